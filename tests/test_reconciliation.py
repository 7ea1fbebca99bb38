# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Requests whose answers do not come: what MTS says of them, and what follows."""

from datetime import timedelta

from odoo.tests.common import tagged
from odoo.tools import mute_logger

from ..mts.client import MtsClient
from .fault_case import FaultCase

UNKNOWN = {"errors": [{"errorCode": "ATS-REQ-016", "errorMessage": "unknown"}], "response": None}


class OverdueCase(FaultCase):
    def sent(self, count=1, **values):
        """Return a connector, its registrants in flight, and their request."""
        connector = self.create_connector(**values)
        people = self.create_registrants(count)
        self.import_now(connector)
        return connector, people, self.open_requests(connector)

    def look(self, connector, **delta):
        """Let time pass for the open requests, and do a slice."""
        self.let_time_pass(self.open_requests(connector), **delta)
        self.work(connector)

    def status_is(self, status):
        self.simulator.clear_faults("status")
        self.simulator.add_fault(
            "status", "answer", status=200, body={"errors": None, "response": {"status": status}}
        )

    def states(self, people):
        return people.mapped(lambda person: self.record_of(person).state)


@tagged("post_install", "-at_install")
class TestWaiting(OverdueCase):
    def test_nobody_is_asked_before_the_time(self):
        self.simulator.hold()
        connector, people, request = self.sent()
        self.simulator.restart()
        self.look(connector, minutes=58)
        self.assertEqual((request.state, self.states(people)), ("sent", ["pending"]))

    def test_mts_is_still_working(self):
        self.simulator.hold()
        connector, people, request = self.sent()
        for status in ("submitted", "processing", "submitted_with_errors", "a status of tomorrow"):
            with self.subTest(status=status):
                self.status_is(status)
                self.look(connector, hours=2)
                self.assertEqual((request.state, self.states(people)), ("sent", ["pending"]))
                self.assertIn("still working", request.message)
                self.assertGreater(request.check_at, self.now())
        self.release()
        self.assertTrue(people.mosip_auth_token)

    def test_mts_has_hung(self):
        """It says that it is working, day after day."""
        self.simulator.hold()
        connector, people, request = self.sent()
        run = connector.run_ids
        self.status_is("processing")
        looks = 0
        while request.state == "sent":
            looks += 1
            self.look(connector, hours=6)
        self.assertEqual((request.state, self.states(people)), ("lost", ["lost"]))
        self.assertLess(looks, 10)
        self.assertEqual(run.state, "failed")

    def test_answers_on_their_way_are_waited_for(self):
        """MTS says that it has finished before it calls back."""
        self.simulator.hold()
        connector, people, request = self.sent()
        self.look(connector, hours=2)
        self.assertEqual((request.state, self.states(people)), ("sent", ["pending"]))
        self.start_slice(connector)
        self.assertEqual(request.state, "sent")
        self.release()
        self.start_slice(connector)
        self.assertEqual((request.state, connector.run_ids.state), ("answered", "done"))
        self.assertFalse(connector.attention)

    @mute_logger("urllib3.connectionpool")
    def test_mts_cannot_be_reached(self):
        self.simulator.hold()
        connector, people, request = self.sent()
        self.simulator.offline()
        with self.no_pauses():
            self.look(connector, hours=2)
            self.assertEqual((request.state, self.states(people)), ("sent", ["pending"]))
            self.assertIn("could not be reached", request.message)
            self.assertGreater(request.check_at, self.now())
            self.look(connector, days=2)
        self.assertEqual((request.state, self.states(people)), ("lost", ["lost"]))
        self.simulator.online()

    def test_mts_fails(self):
        self.simulator.hold()
        connector, people, request = self.sent()
        for status in (500, 503, 401, 404):
            with self.subTest(status=status):
                self.simulator.clear_faults("status")
                self.simulator.add_fault("status", "answer", status=status)
                self.look(connector, hours=2)
                self.assertEqual((request.state, self.states(people)), ("sent", ["pending"]))

    def test_a_slice_asks_an_mts_that_is_down_only_once(self):
        self.simulator.hold()
        connector, people, _request = self.sent(count=3, batch_size=1)
        asked = []
        status = MtsClient.status

        def note(self_, identifier):
            asked.append(identifier)
            return status(self_, identifier)

        self.patch(MtsClient, "status", note)
        self.simulator.add_fault("status", "answer", status=503)
        self.look(connector, hours=2)
        self.assertEqual(len(asked), 1)
        # The others have their turn.
        self.start_slice(connector)
        self.start_slice(connector)
        self.assertEqual(len(set(asked)), 3)
        self.assertEqual(self.states(people), ["pending"] * 3)


@tagged("post_install", "-at_install")
class TestGone(OverdueCase):
    def test_no_callback_arrived(self):
        self.simulator.add_fault("callback", "drop")
        connector, people, request = self.sent(2)
        run = connector.run_ids
        self.answer_overdue(connector)
        self.assertEqual((request.state, self.states(people)), ("lost", ["lost", "lost"]))
        self.assertIn("callback URL", connector.attention)
        self.assertEqual((run.state, run.lost_count, run.pending_count), ("failed", 2, 0))
        self.assertIn("callback URL", run.message)

    def test_some_callbacks_arrived(self):
        self.simulator.add_fault("callback", "drop", next=1)
        connector, people, request = self.sent(
            3, callback_in_bulk=False, callback_url=self.odoo_url + "/mts/callback"
        )
        self.answer_overdue(connector)
        self.assertEqual(request.state, "lost")
        self.assertEqual(sorted(self.states(people)), ["lost", "tokenized", "tokenized"])
        self.assertFalse(connector.attention, "the callback works")
        run = connector.run_ids
        self.assertEqual((run.state, run.lost_count, run.tokenized_count), ("done", 1, 2))
        self.import_now(connector)
        self.assertEqual(self.states(people), ["tokenized"] * 3)
        self.assertEqual(self.simulator.ledger.counts["stored_records"], 4)

    def test_the_callback_could_not_be_made(self):
        connector, people, request = self.sent(callback_url="http://127.0.0.1:9/mts/callback/bulk")
        self.answer_overdue(connector)
        self.assertEqual((request.state, self.states(people)), ("lost", ["lost"]))
        self.assertIn("callback URL", connector.attention)

    def test_mts_was_restarted(self):
        self.simulator.hold()
        connector, people, request = self.sent(2)
        self.simulator.restart()
        self.simulator.release()
        self.look(connector, hours=2)
        self.assertEqual((request.state, self.states(people)), ("lost", ["lost", "lost"]))
        self.assertFalse(connector.attention)
        self.schedule(connector)
        self.assertEqual(self.states(people), ["tokenized", "tokenized"])
        self.assertEqual(people.mapped("mosip_vid"), [False, False])

    def test_mts_accepts_and_forgets(self):
        self.simulator.add_fault("post", "forget", next=1)
        connector, people, request = self.sent()
        self.look(connector, hours=2)
        self.assertEqual((request.state, self.states(people)), ("lost", ["lost"]))

    def test_a_request_that_mts_never_confirmed(self):
        self.simulator.add_fault("post", "close", next=1)
        connector, people, request = self.sent()
        self.assertFalse(request.request_identifier)
        self.look(connector, minutes=58)
        self.assertEqual(request.state, "sent")
        self.look(connector, minutes=3)
        self.assertEqual((request.state, self.states(people)), ("lost", ["lost"]))
        self.import_now(connector)
        self.assertEqual(self.states(people), ["tokenized"])

    def test_no_answer_again_and_again(self):
        self.simulator.add_fault("callback", "drop")
        connector, people, _request = self.sent(max_attempts=3)
        vid = people.mosip_vid
        for _time in range(5):
            self.answer_overdue(connector)
            self.import_now(connector)
        record = self.record_of(people)
        self.assertEqual((record.state, record.error_code), ("rejected", "MTC-NO-ANSWER"))
        self.assertIn("callback URL", record.advice)
        self.assertEqual((self.sends_of(vid), record.attempts), (3, 3))
        self.simulator.clear_faults()
        record.action_retry()
        self.work_on(connector)
        self.assertTrue(people.mosip_auth_token)

    def test_who_got_a_token_some_other_way(self):
        self.simulator.add_fault("callback", "drop")
        connector, people, request = self.sent(2)
        people[0].mosip_auth_token = "typed in by hand"
        self.answer_overdue(connector)
        self.assertEqual(self.states(people), ["tokenized", "lost"])
        self.assertEqual((request.tokenized_count, request.lost_count), (1, 1))


@tagged("post_install", "-at_install")
class TestElsewhere(OverdueCase):
    """The callback URL is another API within Odoo."""

    def sent_elsewhere(self, count, **values):
        self.simulator.add_fault("callback", "drop")
        return self.sent(
            count,
            callback_url=self.odoo_url + "/another/api",
            output_format="{anything: .output.token}",
            **values,
        )

    def ask(self, connector):
        for _look in range(2):
            self.look(connector, minutes=10)

    def test_who_has_a_token_by_then(self):
        connector, people, request = self.sent_elsewhere(3)
        people[0].write({"mosip_auth_token": "stored by the other API", "mosip_vid": False})
        self.ask(connector)
        self.assertEqual(self.states(people), ["tokenized", "rejected", "rejected"])
        self.assertEqual(self.record_of(people[1]).error_code, "MTC-ELSEWHERE")
        self.assertIn("Look there", self.record_of(people[1]).advice)
        run = connector.run_ids
        self.assertEqual((request.state, run.state), ("answered", "done"))
        self.assertEqual((run.tokenized_count, run.rejected_count), (1, 2))
        self.assertFalse(connector.attention)

    def test_the_others_are_not_sent_again_unless_there_is_a_cause(self):
        connector, people, _request = self.sent_elsewhere(3)
        vids = people.mapped("mosip_vid")
        self.ask(connector)
        people[1].given_name = "Aminata"
        self.import_now(connector)
        self.assertEqual([self.sends_of(vid) for vid in vids], [1, 2, 1])
        self.record_of(people[2]).action_retry()
        self.work_on(connector)
        self.assertEqual([self.sends_of(vid) for vid in vids], [1, 2, 2])

    def test_mts_is_asked_soon(self):
        """Nobody tells us when the answers are there."""
        _connector, _people, request = self.sent_elsewhere(1, answer_timeout_minutes=600)
        self.assertLess(request.check_at, self.now() + timedelta(minutes=2))

    def test_a_request_that_mts_never_confirmed(self):
        """MTS cannot be asked about it: all one can do is wait."""
        self.simulator.add_fault("post", "close", next=1)
        connector, people, request = self.sent_elsewhere(1)
        self.look(connector, minutes=58)
        self.assertEqual((request.state, self.states(people)), ("sent", ["pending"]))
        self.look(connector, minutes=3)
        self.assertEqual((request.state, self.states(people)), ("lost", ["lost"]))

    def test_mts_is_still_working(self):
        self.simulator.hold()
        connector, people, _request = self.sent_elsewhere(1)
        self.status_is("processing")
        self.ask(connector)
        self.assertEqual(self.states(people), ["pending"])

    def test_mts_has_forgotten(self):
        connector, people, _request = self.sent_elsewhere(2)
        people[0].write({"mosip_auth_token": "stored by the other API", "mosip_vid": False})
        self.simulator.add_fault("status", "answer", status=404, body=UNKNOWN)
        self.ask(connector)
        self.assertEqual(self.states(people), ["tokenized", "lost"])
