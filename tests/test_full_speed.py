# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Several POSTs at once, the next batch ready, and never more than MTS takes."""

import http.server
import json
import threading
import time
from contextlib import contextmanager, suppress
from unittest.mock import patch

from odoo.tests.common import tagged
from odoo.tools import mute_logger

from ..background import sending
from ..background.sending import Sending
from ..background.slice import Slice
from ..background.transaction import in_transaction
from ..models.mts_run import MtsRun
from ..mts.client import MtsClient
from .fault_case import CommittedCase, FaultCase
from .test_runs import Killed

SLICE = "odoo.addons.mts_connector.background.slice"
PATIENCE = 60
POLL_SECONDS = 0.02
OPERATOR_ERROR = "IDA-MPA-004"
IDENTIFIER = "0d0c9d8e-7a6b-4c5d-8e9f-000000000001"


class Watcher(threading.Thread):
    """Does something beside the slice; ``result`` tells what came of it."""

    def __init__(self, work):
        super().__init__(daemon=True)
        self._work = work
        self._result = None
        self._error = None
        self.start()

    def run(self):
        try:
            self._result = self._work()
        except Exception as error:  # noqa: BLE001  (told to the test, which is in another thread)
            self._error = error

    def result(self):
        self.join(PATIENCE)
        if self._error:
            raise self._error
        return self._result


class KeepingAlive:
    """An MTS that keeps connections open, and counts them."""

    def __enter__(self):
        seen = self.seen = {"connections": 0, "posts": 0}

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                seen["connections"] += 1
                return super().setup()

            def do_POST(self):
                seen["posts"] += 1
                self.rfile.read(int(self.headers["Content-Length"]))
                body = json.dumps({"response": {"request_identifier": IDENTIFIER}}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_args):
                """Say nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_exception):
        self._server.shutdown()
        self._server.server_close()


class SpeedCase(CommittedCase):
    def wait_for(self, condition, what):
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"waited in vain for {what}")
            time.sleep(POLL_SECONDS)

    def committed(self, query):
        with self.registry.cursor() as cr:
            cr.execute(query)
            return cr.fetchone()[0]

    def ready(self):
        """Return how many batches are taken of which nothing has gone out."""
        return self.committed("SELECT count(*) FROM mts_request WHERE sent_at IS NULL")

    def hang(self, posts):
        """Let the next POSTs be stored, and answered when the simulator is released."""
        self.simulator.add_fault("post", "hang", stored=True, next=posts)

    def beside_hanging_posts(self, posts, work=lambda: None):
        """Begin to watch: when so many hang and all else is done, ``work``, then let them go."""

        def watch():
            try:
                self.wait_for(lambda: self.simulator.ledger.counts["posts"] >= posts, "the POSTs")
                self.wait_for(lambda: self.ready() == 1, "the next batch")
                return self.simulator.ledger.counts["posts"], work()
            finally:
                self.simulator.release()

        return Watcher(watch)


@tagged("post_install", "-at_install")
class TestSeveralAtOnce(SpeedCase):
    def test_as_many_as_allowed_and_the_next_is_ready(self):
        connector = self.create_connector(batch_size=2, parallel_requests=3)
        people = self.create_registrants(12)
        vids = people.mapped("mosip_vid")
        self.hang(posts=3)
        watcher = self.beside_hanging_posts(3)
        run = self.import_now(connector)
        # The slice looks ahead when there is no room for another, so a fourth would be out by now.
        self.assertEqual(watcher.result(), (3, None))
        self.assertEqual(self.simulator.ledger.counts["posts_at_once"], 3)
        self.assertEqual((run.state, run.tokenized_count), ("done", 12))
        self.assert_sent_once(vids)

    def test_one_at_a_time_by_default(self):
        connector = self.create_connector(batch_size=2)
        people = self.create_registrants(6)
        vids = people.mapped("mosip_vid")
        self.hang(posts=1)
        watcher = self.beside_hanging_posts(1)
        self.import_now(connector)
        self.assertEqual(watcher.result(), (1, None))
        self.assertEqual(self.simulator.ledger.counts["posts_at_once"], 1)
        self.assert_sent_once(vids)

    def test_one_connection_for_all(self):
        with KeepingAlive() as server:
            connector = self.create_connector(batch_size=1, mts_url=server.url)
            self.create_registrants(4)
            self.import_now(connector)
        self.assertEqual(server.seen, {"connections": 1, "posts": 4})


@tagged("post_install", "-at_install")
class TestWhatIsReadyHasNotGoneOut(SpeedCase):
    """So nobody pays for it, whatever becomes of the slice."""

    def test_killed(self):
        connector = self.create_connector(batch_size=1)
        people = self.create_registrants(3)
        vids = people.mapped("mosip_vid")
        with patch.object(MtsClient, "submit", side_effect=Killed), self.assertRaises(Killed):
            self.import_now(connector)
        self.commit()
        self.assertEqual(self.ready(), 1)
        self.import_now(connector)
        self.assertEqual([self.sends_of(vid) for vid in vids], [0, 1, 1])
        self.assertEqual(self.record_of(people[1]).attempts, 1)
        self.assertEqual(self.record_of(people[0]).request_id.state, "sent")
        self.assertEqual(len(connector.run_ids.request_ids), 3)

    def test_cancelled(self):
        connector = self.create_connector(batch_size=1)
        people = self.create_registrants(3)
        vids = people.mapped("mosip_vid")
        self.hang(posts=1)
        watcher = self.beside_hanging_posts(1, lambda: self.cancel(connector))
        run = self.import_now(connector)
        watcher.result()
        self.assertEqual(
            (run.state, run.selected_count, len(run.request_ids)), ("cancelled", 1, 1)
        )
        self.import_now(connector)
        self.assert_sent_once(vids)

    def cancel(self, connector):
        in_transaction(
            self.registry,
            lambda env: env["mts.connector"].browse(connector.id).run_ids.action_cancel(),
        )

    def test_deleted(self):
        connector = self.create_connector(batch_size=2)
        people = self.create_registrants(5)
        vids = people.mapped("mosip_vid")
        ids = tuple(people[2:5].ids)
        self.hang(posts=1)
        watcher = self.beside_hanging_posts(1, lambda: self.delete(ids[:1]))
        run = self.import_now(connector)
        watcher.result()
        self.assertEqual(self.posted(), [2, 1, 1])
        self.assert_sent_once([*vids[:2], *vids[3:]])
        self.assertEqual(run.state, "done")

    def test_all_of_it_deleted(self):
        connector = self.create_connector(batch_size=2)
        people = self.create_registrants(5)
        vids = people.mapped("mosip_vid")
        ids = tuple(people[2:5].ids)
        self.hang(posts=1)
        watcher = self.beside_hanging_posts(1, lambda: self.delete(ids[:2]))
        run = self.import_now(connector)
        watcher.result()
        self.assertEqual(self.posted(), [2, 1])
        self.assert_sent_once([*vids[:2], vids[4]])
        self.assertEqual(run.state, "done")

    def test_a_fault_that_stops_sending(self):
        """It is seen by the one that is out; all have been taken by then."""
        connector = self.create_connector(batch_size=1, parallel_requests=3)
        vids = self.create_registrants(2).mapped("mosip_vid")
        for vid in vids:
            self.simulator.refuse(vid, OPERATOR_ERROR)
        self.hang(posts=1)
        self.simulator.add_fault("post", "answer", status=503, next=1)
        watcher = self.beside_hanging_posts(2, self.wait_for_attention)
        run = self.import_now(connector)
        watcher.result()
        self.assertEqual(sum(self.sends_of(vid) for vid in vids), 1)
        self.assertEqual((run.state, run.message), ("failed", connector.attention))

    def wait_for_attention(self):
        query = "SELECT count(*) FROM mts_connector WHERE attention IS NOT NULL"
        self.wait_for(lambda: self.committed(query), "the answer")

    def test_what_went_out_before_a_pause_does_not_end_it(self):
        connector = self.create_connector(batch_size=1, parallel_requests=2)
        vids = self.create_registrants(3).mapped("mosip_vid")
        self.hang(posts=1)
        headers = {"Retry-After": "600"}
        self.simulator.add_fault("post", "answer", status=503, headers=headers, next=1)
        query = "SELECT count(*) FROM mts_run WHERE next_try_at IS NOT NULL"
        watcher = Watcher(lambda: self.release_when(query))
        run = self.import_now(connector)
        watcher.result()
        self.assertEqual((run.state, run.failures), ("sending", 1))
        self.assertIn("503", run.message)
        self.let_time_pass(run, minutes=11)
        self.work_on(connector)
        self.assertEqual((run.state, run.message), ("done", False))
        self.assert_sent_once(vids)

    def test_what_went_out_before_a_failure_does_not_take_the_reason_away(self):
        connector = self.create_connector(batch_size=1, parallel_requests=2)
        vids = self.create_registrants(3).mapped("mosip_vid")
        self.hang(posts=1)
        self.simulator.add_fault("post", "answer", status=502, next=1)
        query = "SELECT count(*) FROM mts_run WHERE state = 'failed'"
        watcher = Watcher(lambda: self.release_when(query))
        with patch("odoo.addons.mts_connector.models.mts_run.MAX_FAILURES", 1):
            run = self.import_now(connector)
        watcher.result()
        self.assertEqual(run.state, "failed")
        self.assertIn("502", run.message)
        self.import_now(connector)
        self.assert_sent_once(vids)

    def release_when(self, query):
        try:
            self.wait_for(lambda: self.committed(query), "the pause")
        finally:
            self.simulator.release()

    def delete(self, ids):
        with self.registry.cursor() as cr:
            cr.execute("DELETE FROM res_partner WHERE id IN %s", [ids])

    def test_out_of_time(self):
        connector = self.create_connector(batch_size=1)
        people = self.create_registrants(3)
        vids = people.mapped("mosip_vid")
        late = []
        wait = Sending._wait

        def wait_too_long(work):
            late.append(True)
            return wait(work)

        is_late = patch.object(Slice, "is_late", lambda _self: bool(late))
        with is_late, patch.object(Sending, "_wait", wait_too_long):
            connector.action_import_now()
            self.start_slice(connector)
        self.settle()
        run = connector.run_ids
        self.assertEqual((self.posted(), run.state, len(run.request_ids)), ([1], "sending", 1))
        self.assertFalse(self.ready())
        self.work_on(connector)
        self.assert_sent_once(vids)
        self.assertEqual((run.state, run.tokenized_count), ("done", 3))


@tagged("post_install", "-at_install")
class TestAnErrorOfOurs(FaultCase):
    def test_how_mts_calls_what_it_has_taken_is_kept(self):
        """It comes while the next batch is taken, with the first under way."""
        connector = self.create_connector(batch_size=1)
        self.create_registrants(2)
        take, taken = MtsRun._take_batch, []

        def fail_the_second_time(run):
            if taken:
                raise ValueError
            taken.append(run.id)
            return take(run)

        with patch.object(MtsRun, "_take_batch", fail_the_second_time), mute_logger(SLICE):
            run = self.import_now(connector)
        self.assertTrue(run.request_ids.request_identifier)
        self.assertIn("ValueError", connector.attention or run.message)


@tagged("post_install", "-at_install")
class TestMtsThatIsBusy(SpeedCase):
    def busy_answers(self):
        return [post["fault"] for post in self.simulator.ledger.posts].count("busy")

    def test_it_gets_no_more_than_it_takes(self):
        connector = self.create_connector(
            batch_size=1, parallel_requests=8, max_open_requests=1000
        )
        people = self.create_registrants(24)
        vids = people.mapped("mosip_vid")
        self.simulator.configure(most_posts=2)
        self.hang(posts=2)

        def watch():
            # Six of the first eight are refused. Of the four allowed then, two are out already;
            # with one more that is refused, two are allowed.
            self.wait_for(lambda: self.busy_answers() >= 7, "POSTs that are refused")
            self.simulator.release()

        watcher = Watcher(watch)
        run = self.import_now(connector)
        watcher.result()
        self.assertEqual((run.state, run.failures, run.tokenized_count), ("done", 0, 24))
        self.assert_sent_once(vids)
        self.assertEqual({self.record_of(person).attempts for person in people}, {1})
        # Once in a while another one is tried: at most with every second answer.
        self.assertLessEqual(self.busy_answers(), 8 + 24 / 2)

    def test_slow_answers(self):
        connector = self.create_connector(
            batch_size=1, parallel_requests=4, max_open_requests=1000
        )
        people = self.create_registrants(16)
        vids = people.mapped("mosip_vid")
        self.simulator.configure(store_seconds_per_record=0.05)
        with self.each_post_takes(1, *[10] * 15):
            run = self.import_now(connector)
        self.assertEqual((run.state, run.tokenized_count), ("done", 16))
        self.assert_sent_once(vids)
        at_once = [post["at_once"] for post in self.simulator.ledger.posts]
        self.assertEqual(at_once[-4:], [1, 1, 1, 1])

    @contextmanager
    def each_post_takes(self, *seconds):
        """Let the clock say that the POSTs took so long."""
        durations = iter(seconds)
        call = sending.Post.__call__

        def timed(post):
            with suppress(StopIteration):
                post.pretended = next(durations)
            return call(post)

        taken = property(lambda post: post.pretended, lambda post, _seconds: None)
        with patch.object(sending.Post, "__call__", timed), patch.object(
            sending.Post, "seconds", taken, create=True
        ):
            yield


@tagged("post_install", "-at_install")
class TestRetryAfter(FaultCase):
    def busy_for(self, seconds, **values):
        connector = self.create_connector(batch_size=1, **values)
        vids = self.create_registrants(3).mapped("mosip_vid")
        self.simulator.add_fault(
            "post", "answer", status=503, headers={"Retry-After": str(seconds)}, next=1
        )
        return connector, vids, self.import_now(connector)

    def test_the_pause_that_mts_asks_for(self):
        connector, vids, run = self.busy_for(600)
        pause = (run.next_try_at - self.now()).total_seconds() / 60
        self.assertEqual((self.posted(), run.state, round(pause)), ([1], "sending", 10))
        self.let_time_pass(run, minutes=11)
        self.work_on(connector)
        self.assert_sent_once(vids)
        self.assertEqual(run.state, "done")

    def test_several_under_way(self):
        """All of them wait, not only half of them."""
        connector, vids, run = self.busy_for(600, parallel_requests=2)
        self.assertTrue(run.next_try_at)
        self.assertLessEqual(len(self.posted()), 2)
        self.let_time_pass(run, minutes=11)
        self.work_on(connector)
        self.assert_sent_once(vids)
