# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What becomes of the registrants when a POST goes wrong."""

import http.client
import itertools
import socket
import ssl
import threading
from unittest.mock import patch

from odoo.tests.common import tagged
from odoo.tools import mute_logger

from ..mts.client import MtsClient
from ..mts.errors import OutcomeUnknown
from .fault_case import FaultCase

CONNECTIONS = "urllib3.connectionpool"
CONNECTION_FAULTS = (
    # As the run says it; what is wrong with the URL of MTS.
    ("connection refused", "http://127.0.0.1:{closed_port}"),
    ("unknown host", "http://no-such-host.invalid"),
    ("TLS", "https://127.0.0.1:{open_port}"),
)


class SendingCase(FaultCase):
    def setUp(self):
        super().setUp()
        pauses = self.no_pauses()
        pauses.start()
        self.addCleanup(pauses.stop)

    def import_again(self, connector, run, minutes=60):
        """Let the pause pass, and do another slice."""
        self.let_time_pass(run, minutes=minutes)
        self.work_on(connector)


@tagged("post_install", "-at_install")
class TestNotReached(SendingCase):
    """Nothing was stored: the same registrants go out later, in the same run."""

    def unreachable_urls(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            closed_port = unused.getsockname()[1]
            open_port = self.simulator.url.rpartition(":")[2]
            for words, url in CONNECTION_FAULTS:
                yield words, url.format(closed_port=closed_port, open_port=open_port)

    @mute_logger(CONNECTIONS)
    def test_no_connection(self):
        for words, url in self.unreachable_urls():
            with self.subTest(words):
                self.simulator.ledger.reset()
                connector = self.create_connector(mts_url=url, batch_size=2)
                people = self.create_registrants(3)
                vids = people.mapped("mosip_vid")
                run = self.import_now(connector)
                self.assertEqual(run.state, "sending")
                self.assertIn(words, run.message)
                self.assertEqual(run.selected_count, 0)
                self.assertFalse(connector.attention)
                connector.mts_url = self.simulator.url
                self.import_again(connector, run)
                self.assert_all_tokenized(people)
                self.assertEqual((run.state, run.selected_count, run.lost_count), ("done", 3, 0))
                self.assertFalse(run.message)
                self.assert_sent_once(vids)

    @mute_logger(CONNECTIONS)
    def test_no_connection_for_several_requests_at_a_time(self):
        connector = self.create_connector(batch_size=1, parallel_requests=3)
        people = self.create_registrants(5)
        vids = people.mapped("mosip_vid")
        self.simulator.offline()
        run = self.import_now(connector)
        self.assertEqual((run.state, run.failures), ("sending", 1))
        self.simulator.online()
        self.import_again(connector, run)
        self.assert_all_tokenized(people)
        self.assert_sent_once(vids)

    def test_a_gateway_says_that_mts_is_down(self):
        for status in (502, 503, 429):
            with self.subTest(status=status):
                self.simulator.ledger.reset()
                connector = self.create_connector(batch_size=2)
                people = self.create_registrants(3)
                vids = people.mapped("mosip_vid")
                self.simulator.add_fault("post", "answer", status=status, next=1)
                run = self.import_now(connector)
                self.assertIn(str(status), run.message)
                self.import_again(connector, run)
                self.assert_all_tokenized(people)
                self.assert_sent_once(vids)

    def test_down_in_the_middle_of_a_run(self):
        connector = self.create_connector(batch_size=2, parallel_requests=2)
        people = self.create_registrants(7)
        vids = people.mapped("mosip_vid")
        posts = []
        submit = MtsClient.submit

        def go_down(client, message):
            posts.append(message)
            if len(posts) == 2:
                self.simulator.add_fault("post", "answer", status=503)
            return submit(client, message)

        with patch.object(MtsClient, "submit", go_down):
            run = self.import_now(connector)
        self.assertEqual(run.state, "sending")
        self.simulator.clear_faults()
        self.import_again(connector, run)
        self.assert_all_tokenized(people)
        self.assert_sent_once(vids)
        self.assertEqual((run.state, run.selected_count, run.tokenized_count), ("done", 7, 7))

    def test_the_pauses_grow_and_then_the_run_fails(self):
        connector = self.create_connector()
        people = self.create_registrants(2)
        vids = people.mapped("mosip_vid")
        self.simulator.add_fault("post", "answer", status=502)
        run = self.import_now(connector)
        pauses = []
        while run.state == "sending":
            pauses.append(round((run.next_try_at - self.now()).total_seconds() / 60))
            self.import_again(connector, run, minutes=pauses[-1] + 1)
        self.assertEqual(pauses, [1, 2, 4, 8])
        self.assertEqual((run.state, run.pending_count, run.sent_count), ("failed", 0, 0))
        self.assertIn("502", run.message)
        self.assertIn("stay due", run.message)
        self.assertEqual({self.record_of(person).attempts for person in people}, {0})
        self.simulator.clear_faults()
        self.schedule(connector)
        self.assert_all_tokenized(people)
        self.assert_sent_once(vids)

    def test_nothing_is_sent_before_the_pause_is_over(self):
        connector = self.create_connector()
        self.create_registrant()
        self.simulator.add_fault("post", "answer", status=502)
        self.import_now(connector)
        posts = len(self.posted())
        self.work(connector)
        self.assertEqual(len(self.posted()), posts)

    def test_import_now_does_not_wait_for_the_pause(self):
        connector = self.create_connector()
        partner = self.create_registrant()
        self.simulator.add_fault("post", "answer", status=502, next=1)
        first = self.import_now(connector)
        second = self.import_now(connector)
        self.assertEqual(first, second)
        self.assertTrue(partner.mosip_auth_token)


@tagged("post_install", "-at_install")
class TestNobodyKnows(SendingCase):
    """The batch may have been stored: it counts as sent, and nobody goes out twice."""

    def faults(self, stored):
        yield "gateway timeout", {"kind": "answer", "status": 504, "stored": stored}
        yield "an unknown status", {"kind": "answer", "status": 520, "stored": stored}
        yield "closed without an answer", {"kind": "close", "stored": stored}

    def fail_once(self, kind, **options):
        self.simulator.add_fault("post", kind, next=1, **options)

    def test_stored(self):
        for words, fault in self.faults(stored=True):
            with self.subTest(words):
                connector = self.create_connector()
                people = self.create_registrants(3)
                vids = people.mapped("mosip_vid")
                self.fail_once(**fault)
                run = self.import_now(connector)
                self.assert_all_tokenized(people)
                self.assertEqual(run.state, "done")
                self.assertEqual([self.sends_of(vid) for vid in vids], [1, 1, 1])

    def test_not_stored(self):
        for words, fault in self.faults(stored=False):
            with self.subTest(words):
                connector = self.create_connector(batch_size=2)
                people = self.create_registrants(3)
                vids = people.mapped("mosip_vid")
                self.fail_once(**fault)
                run = self.import_now(connector)
                self.assertEqual((run.state, run.pending_count), ("waiting", 2))
                self.import_now(connector)
                self.assertEqual([self.sends_of(vid) for vid in vids], [0, 0, 1])
                self.answer_overdue(connector)
                self.assertEqual((run.state, run.lost_count), ("done", 2))
                self.import_now(connector)
                self.assert_all_tokenized(people)
                self.assertEqual([self.sends_of(vid) for vid in vids], [1, 1, 1])

    def hang(self, stored):
        """Let the POST take longer than the client waits; the hang ends with the simulator."""
        self.simulator.add_fault("post", "hang", stored=stored, next=1)
        connector = self.create_connector(request_timeout=1)
        partner = self.create_registrant()
        vid = partner.mosip_vid
        run = self.import_now(connector)
        return connector, partner, vid, run

    def test_read_timeout_and_stored(self):
        _connector, partner, vid, run = self.hang(stored=True)
        self.assertTrue(partner.mosip_auth_token)
        self.assertEqual((run.state, self.sends_of(vid)), ("done", 1))

    def test_read_timeout_and_not_stored(self):
        connector, partner, vid, run = self.hang(stored=False)
        self.assertEqual((run.state, run.pending_count), ("waiting", 1))
        self.assertIn("did not answer in time", run.request_ids.message)
        self.answer_overdue(connector)
        self.import_now(connector)
        self.assertTrue(partner.mosip_auth_token)
        self.assertEqual(self.sends_of(vid), 1)

    def test_a_secure_connection_that_breaks_after_the_batch_went_out(self):
        """Not to be taken for a connection that could not be opened: see the client's payload."""
        connector = self.create_connector()
        partner = self.create_registrant()
        vid = partner.mosip_vid
        begin = http.client.HTTPResponse.begin

        def fail(response):
            begin(response)
            raise ssl.SSLError(1, "bad record mac")

        with patch.object(http.client.HTTPResponse, "begin", fail):
            connector.action_import_now()
            self.start_slice(connector)
        self.assertEqual(self.posted(), [1])
        self.work_on(connector)
        self.assertTrue(partner.mosip_auth_token)
        self.assertEqual(self.sends_of(vid), 1)


@tagged("post_install", "-at_install")
class TestPoison(SendingCase):
    def test_one_record_fails_its_batch(self):
        connector = self.create_connector(batch_size=100)
        people = self.create_registrants(9)
        vids = people.mapped("mosip_vid")
        bad = people[6]
        self.simulator.poison(bad.mosip_vid)
        run = self.import_now(connector)
        self.assert_all_tokenized(people - bad)
        record = self.record_of(bad)
        self.assertEqual((record.state, record.error_code), ("rejected", "ATS-REQ-100"))
        self.assertIn("poisoned", record.error_message)
        self.assertTrue(record.retry_at)
        self.assertEqual((run.state, run.selected_count), ("done", 9))
        self.assertEqual((run.tokenized_count, run.rejected_count), (8, 1))
        self.assert_sent_once(set(vids) - {bad.mosip_vid})
        # 9, 4, 5, 2, 3, 1, 2 …: halved, not sent one by one.
        self.assertLess(len(self.posted()), 10)

    def test_the_first_and_the_last(self):
        connector = self.create_connector()
        people = self.create_registrants(5)
        vids = people.mapped("mosip_vid")
        self.simulator.poison(vids[0], vids[4])
        run = self.import_now(connector)
        self.assert_all_tokenized(people[1:4])
        self.assertEqual((run.state, run.rejected_count), ("done", 2))
        self.assert_sent_once(vids[1:4])

    def import_with_neighbours(self, **values):
        """Import forty, of whom MTS stumbles over the first four and the tenth; return the run.

        That is so many side by side that MTS itself is in doubt.
        """
        connector = self.create_connector(batch_size=16, **values)
        people = self.create_registrants(40)
        bad = people[:4] + people[9]
        vids = set(people.mapped("mosip_vid")) - set(bad.mapped("mosip_vid"))
        self.simulator.poison(*bad.mapped("mosip_vid"))
        run = self.import_now(connector)
        # The others must not wait behind them for ever.
        self.assert_all_tokenized(people - bad)
        self.assert_sent_once(vids)
        return run

    def test_neighbours(self):
        run = self.import_with_neighbours()
        self.assertEqual((run.state, run.rejected_count), ("done", 5))

    def test_neighbours_at_the_same_time(self):
        """Where all others are through before them, nothing tells them from an MTS that fails."""
        run = self.import_with_neighbours(parallel_requests=3)
        self.assertIn(run.state, ("done", "failed"))

    def test_it_goes_on_when_the_last_probe_clears_mts(self):
        connector = self.create_connector(batch_size=4)
        people = self.create_registrants(8)
        self.simulator.poison(*people[:3].mapped("mosip_vid"))
        connector.action_import_now()
        # One slice: all that follows has to be seen by the one that was in doubt.
        self.work(connector)
        self.assertEqual(self.posted(), [4, 2, 1, 1, 2, 1, 1, 4])
        self.assertEqual({self.record_of(person).state for person in people[:3]}, {"rejected"})

    def test_nobody_is_found_guilty_while_mts_is_in_doubt(self):
        connector = self.create_connector(batch_size=4)
        people = self.create_registrants(4)
        self.simulator.poison(*people[:3].mapped("mosip_vid"))
        submit, last = MtsClient.submit, people[3].mosip_vid

        def fail(client, message):
            records = message["request"]["authdata"]
            if [record["vid"] for record in records] == [last]:
                raise OutcomeUnknown("Made up.")
            return submit(client, message)

        with patch.object(MtsClient, "submit", fail):
            connector.action_import_now()
            self.start_slice(connector)
        states = [self.record_of(person).state for person in people]
        self.assertEqual(states, ["lost", "lost", "lost", "pending"])

    def test_alone(self):
        connector = self.create_connector()
        partner = self.create_registrant()
        self.simulator.poison(partner.mosip_vid)
        run = self.import_now(connector)
        self.assertEqual((run.state, run.rejected_count), ("done", 1))
        self.assertEqual(self.record_of(partner).error_code, "ATS-REQ-100")

    def test_it_is_tried_again_a_limited_number_of_times(self):
        connector = self.create_connector(max_attempts=2)
        partner = self.create_registrant()
        self.simulator.poison(partner.mosip_vid)
        for _time in range(4):
            self.import_now(connector)
            self.let_time_pass(self.record_of(partner), days=1)
        self.assertEqual(self.posted(), [1, 1])

    def test_every_request_fails(self):
        connector = self.create_connector(batch_size=16)
        people = self.create_registrants(40)
        vids = people.mapped("mosip_vid")
        self.simulator.add_fault("post", "answer", status=500)
        run = self.import_now(connector)
        self.assertEqual(run.state, "failed")
        self.assertIn("fails on every request", run.message)
        # 16, 8, 4, 2, three single ones, and what is left of the batch.
        self.assertLess(len(self.posted()), 13)
        # It was not the records: none of them is worse off for having been the first.
        records = self.env["mts.record"].search([("connector_id", "=", connector.id)])
        self.assertEqual(set(records.mapped("state")), {"lost"})
        self.assertEqual(set(records.mapped("attempts")), {0})
        self.simulator.clear_faults()
        self.schedule(connector)
        self.assert_all_tokenized(people)
        self.assert_sent_once(vids)

    def test_unreachable_while_halving(self):
        connector = self.create_connector()
        people = self.create_registrants(4)
        vids = people.mapped("mosip_vid")
        self.simulator.add_fault("post", "answer", status=500, next=3)
        self.simulator.add_fault("post", "answer", status=503, next=1)
        run = self.import_now(connector)
        self.assertEqual(run.state, "sending")
        self.import_again(connector, run)
        self.assert_all_tokenized(people)
        self.assert_sent_once(vids)
        self.assertEqual((run.state, run.selected_count), ("done", 4))

    def test_it_fails_when_another_has_found_mts_down(self):
        """Neither is searched for a bad record any more, nor is one found guilty."""
        submit, postpone = MtsClient.submit, type(self.env["mts.run"])._postpone
        for size in (1, 2):
            with self.subTest(size=size):
                self.simulator.ledger.reset()
                numbers, down = itertools.count(1), threading.Event()

                def fail_late(client, message, numbers=numbers, down=down):
                    if next(numbers) == 2:
                        self.assertTrue(down.wait(60))
                    return submit(client, message)

                def find_down(run, *args, down=down):
                    down.set()
                    return postpone(run, *args)

                connector = self.create_connector(batch_size=size, parallel_requests=2)
                people = self.create_registrants(2 * size)
                vids = people.mapped("mosip_vid")
                for status in (502, 500):
                    self.simulator.add_fault("post", "answer", status=status, next=1)
                with patch.object(MtsClient, "submit", fail_late), patch.object(
                    type(self.env["mts.run"]), "_postpone", find_down
                ):
                    run = self.import_now(connector)
                self.assertEqual(set(run.request_ids.mapped("state")), {"failed"})
                self.assertEqual({self.record_of(person).attempts for person in people}, {0})
                self.import_again(connector, run)
                self.assert_all_tokenized(people)
                self.assertEqual((run.state, run.selected_count), ("done", 2 * size))
                self.assert_sent_once(vids)

    def test_answered_while_halving(self):
        """A late answer of an earlier request counts for the present one, and once."""
        connector = self.create_connector()
        people = self.create_registrants(4)
        self.simulator.hold()
        self.import_now(connector)
        late = self.result(self.reference_of(people[3].mosip_vid), token="late")
        self.simulator.restart()
        self.answer_overdue(connector)
        self.simulator.release()
        self.log_in_to_deliver()
        self.simulator.add_fault("post", "answer", status=500, next=1)
        submit = MtsClient.submit

        def deliver_late(client, message):
            if len(message["request"]["authdata"]) == 4:
                self.post("/mts/callback/bulk", [late], {"Content-Type": "text/plain"})
            return submit(client, message)

        with patch.object(MtsClient, "submit", deliver_late), self.without_slice_lock():
            run = self.import_now(connector)
        self.assert_all_tokenized(people)
        self.assertEqual((run.state, run.selected_count, run.tokenized_count), ("done", 4, 4))
        for request in run.request_ids:
            self.assertEqual(request.record_count, request.tokenized_count)

    def test_deleted_while_halving(self):
        connector = self.create_connector()
        people = self.create_registrants(4)
        self.simulator.add_fault("post", "answer", status=500, next=1)
        submit = MtsClient.submit

        def delete_one(client, message):
            if len(message["request"]["authdata"]) == 4:
                with self.registry.cursor() as cr:
                    cr.execute("DELETE FROM res_partner WHERE id = %s", [people[1].id])
            return submit(client, message)

        with patch.object(MtsClient, "submit", delete_one), self.without_slice_lock():
            run = self.import_now(connector)
        self.assert_all_tokenized(people[:1] + people[2:])
        self.assertEqual(run.state, "done")
        self.assertEqual(self.posted(), [4, 1, 2])


@tagged("post_install", "-at_install")
class TestRefused(SendingCase):
    """The settings are wrong: the run ends with MTS's own words, and nobody is spent on it."""

    def assert_stopped(self, connector, run, *words):
        self.assertEqual(run.state, "failed")
        for word in words:
            self.assertIn(word, connector.attention)
            self.assertIn(word, run.message)
        self.assertEqual(run.sent_count, 0)

    def test_a_setting_that_mts_refuses(self):
        connector = self.create_connector(batch_size=2)
        people = self.create_registrants(5)
        vids = people.mapped("mosip_vid")
        # As when MTS's own rules change: the form would refuse it.
        wrong = {"vid": "vid", "name": "given_name"}
        with patch.object(type(connector), "_parsed_mapping", lambda _self: wrong):
            run = self.import_now(connector)
        self.assert_stopped(connector, run, "ATS-REQ-102")
        self.assertEqual(self.posted(), [2], "one POST, not one for each batch")
        self.assert_sent_once([])
        self.assertEqual(set(people.mapped("mosip_vid")), set(vids))

    def test_the_words_of_mts_without_anybodys_data(self):
        connector = self.create_connector()
        partner = self.create_registrant()
        words = f"cannot read {partner.mosip_vid} of Amina Diallo, 12 Harbour Road: column 7"
        for status, code in ((400, "ATS-REQ-024"), (422, "ATS-REQ-102"), (400, "ATS-REQ-103")):
            with self.subTest(status=status):
                body = {"errors": [{"errorCode": code, "errorMessage": words}], "response": None}
                self.simulator.add_fault("post", "answer", status=status, body=body, next=1)
                run = self.import_now(connector)
                self.assert_stopped(
                    connector, run, "cannot read", "column 7", code, "Correct the connector"
                )
                for secret in (partner.mosip_vid, "Amina", "Diallo", "Harbour"):
                    self.assertNotIn(secret, connector.attention)
                    self.assertNotIn(secret, run.request_ids.message)
                self.assertEqual(self.record_of(partner).attempts, 0)

    def test_the_words_of_mts_without_our_secrets(self):
        connector = self.create_connector(
            callback_auth_type="odoo",
            callback_auth_username="deliverer",
            callback_auth_password="very secret",
        )
        self.create_registrant()
        body = {
            "errors": [{"errorCode": "ATS-REQ-102", "errorMessage": "bad: very secret"}],
            "response": None,
        }
        self.simulator.add_fault("post", "answer", status=422, body=body)
        self.import_now(connector)
        self.assertIn("bad: •••", connector.attention)

    def test_another_http_status(self):
        for status in (301, 307, 401, 403, 404, 405):
            with self.subTest(status=status):
                connector = self.create_connector()
                partner = self.create_registrant()
                self.simulator.add_fault("post", "answer", status=status, next=1)
                run = self.import_now(connector)
                self.assert_stopped(connector, run, str(status))
                self.import_now(connector)
                self.assertTrue(partner.mosip_auth_token)
                self.assertFalse(connector.attention)

    def test_the_payload_does_not_follow_a_redirect(self):
        connector = self.create_connector()
        self.create_registrant()
        self.simulator.add_fault("post", "answer", status=307)
        self.import_now(connector)
        self.assertEqual(self.simulator.ledger.counts["posts"], 1)


@tagged("post_install", "-at_install")
class TestStrangeSuccess(SendingCase):
    def test_no_valid_record(self):
        """HTTP 200 with ATS-REQ-101 and an identifier: the callbacks come all the same."""
        connector = self.create_connector()
        people = self.create_registrants(2)
        people.write({"address": False})
        run = self.import_now(connector)
        self.assertEqual((run.state, run.rejected_count), ("done", 2))
        self.assertEqual(self.record_of(people[0]).error_code, "ATS-REQ-015")
        self.assertFalse(connector.attention)

    def not_mts(self, **answer):
        connector = self.create_connector(batch_size=2)
        people = self.create_registrants(5)
        vids = people.mapped("mosip_vid")
        self.simulator.add_fault("post", "answer", status=200, next=1, **answer)
        run = self.import_now(connector)
        return connector, people, vids, run

    def test_an_answer_that_is_not_one_of_mts(self):
        for body in (
            "<html>Welcome</html>",
            "[]",
            "",
            {"response": {}},
            {"response": None},
            {"response": {"request_identifier": 7}},
        ):
            with self.subTest(body=body):
                self.simulator.ledger.reset()
                connector, people, vids, run = self.not_mts(body=body, stored=False)
                self.assertEqual(run.state, "failed")
                self.assertIn("Check the URL", connector.attention)
                self.assertEqual(self.posted(), [2], "one POST, not one for each batch")
                # What answered may have kept them: they are not sent again before their time.
                self.import_now(connector)
                self.assertEqual([self.sends_of(vid) for vid in vids], [0, 0, 1, 1, 1])
                self.assertFalse(connector.attention)
                self.answer_overdue(connector)
                self.import_now(connector)
                self.assert_all_tokenized(people)
                self.assert_sent_once(vids)

    def test_its_answer_came_before(self):
        """So it is MTS all the same, and nothing is wrong with its URL."""
        connector = self.create_connector()
        partner = self.create_registrant()
        answer = {"status": 200, "body": "<html>", "stored": True}
        self.simulator.add_fault("post", "answer", **answer)
        submit = MtsClient.submit

        def submit_and_wait(client, message):
            try:
                return submit(client, message)
            finally:
                self.assertTrue(self.simulator.wait_idle(60))

        with patch.object(MtsClient, "submit", submit_and_wait), self.without_slice_lock():
            run = self.import_now(connector)
        self.assertTrue(partner.mosip_auth_token)
        self.assertFalse(connector.attention)
        self.assertEqual(run.state, "done")

    def test_stored_all_the_same(self):
        connector, people, vids, _run = self.not_mts(body="<html>", stored=True)
        self.assert_all_tokenized(people[:2])
        self.assertFalse(connector.attention, "MTS is there: its answer came")
        self.import_now(connector)
        self.assert_all_tokenized(people)
        self.assert_sent_once(vids)
