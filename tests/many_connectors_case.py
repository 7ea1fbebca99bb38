"""Several connectors on one registry, each on an MTS of its own: the tests for any store."""

import threading
import time
from unittest.mock import patch

from odoo.tools import mute_logger

from ..background import transaction
from ..background.transaction import in_transaction
from ..simulator import Simulator

DEADLINE_SECONDS = 60


class ManyConnectors:
    """Goes before :class:`~.fault_case.CommittedCase`: the connectors work at the same time."""

    def setUp(self):
        super().setUp()
        self.other_simulator = Simulator().start()
        self.addCleanup(self.other_simulator.stop)
        self.first = self.create_connector(name="First", batch_size=2)
        self.second = self.create_connector(
            name="Second", batch_size=3, mts_url=self.other_simulator.url
        )
        self.simulators = (self.simulator, self.other_simulator)

    def vid_of(self, partner):
        return partner.mosip_vid

    def both(self, method):
        """Call a method of both simulators."""
        for simulator in self.simulators:
            getattr(simulator, method)()

    def tries(self, vid):
        """Return how often each MTS got this VID."""
        return [len(simulator.ledger.results_of(vid)) for simulator in self.simulators]

    def settle_both(self):
        for simulator in self.simulators:
            self.assertTrue(simulator.wait_idle(DEADLINE_SECONDS), "MTS is still busy")
        self.commit()

    def release_both(self):
        self.commit()
        self.both("release")
        self.settle_both()

    def work_in_a_thread(self, connector):
        """Let the background job do a slice for the connector; return the thread."""
        connector_id = connector.id

        def work():
            in_transaction(
                self.registry, lambda env: env["mts.connector"].browse(connector_id)._work()
            )

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        return thread

    def finish(self, thread):
        thread.join(DEADLINE_SECONDS)
        self.assertFalse(thread.is_alive(), "the slice does not end")

    def send_the_rest(self):
        """Where a slice ran out of time, the next ones go on."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        sending = [("state", "in", ("queued", "sending"))]
        while self.env["mts.run"].search_count(sending):
            self.assertLess(time.monotonic(), deadline, "the imports do not get on")
            for connector in (self.first, self.second):
                self.start_slice(connector)

    def wait_until_blocked(self):
        """Wait until some transaction of this database waits for another one."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while time.monotonic() < deadline:
            self.env.cr.execute(
                """
                SELECT 1 FROM pg_locks JOIN pg_stat_activity USING (pid)
                WHERE NOT granted AND locktype = 'transactionid' AND datname = current_database()
                """
            )
            blocked = self.env.cr.fetchone()
            self.commit()
            if blocked:
                return
            time.sleep(0.01)
        self.fail("nobody waits")

    # -- the tests -------------------------------------------------------------------------------

    def test_in_flight_with_one_is_not_sent_by_another(self):
        partner = self.create_registrant()
        vid = self.vid_of(partner)
        self.both("hold")
        self.import_now(self.first)
        run = self.import_now(self.second)
        self.start_slice(self.second)
        self.assertEqual((run.state, run.selected_count), ("done", 0))
        self.release_both()
        self.assertTrue(partner.mosip_auth_token)
        self.import_now(self.second)
        self.assertEqual(self.tries(vid), [1, 0])

    def test_who_got_no_answer_is_due_with_the_other(self):
        partner = self.create_registrant()
        vid = self.vid_of(partner)
        self.simulator.add_fault("callback", "drop", next=1)
        self.import_now(self.first)
        self.import_now(self.second)
        self.assertEqual(self.tries(vid), [1, 0])
        self.answer_overdue(self.first)
        self.import_now(self.second)
        self.settle_both()
        self.assertEqual(self.tries(vid), [1, 1])
        self.assertTrue(partner.mosip_auth_token)

    def test_both_at_the_same_time(self):
        people = self.create_registrants(20)
        vids = [self.vid_of(partner) for partner in people]
        self.both("hold")
        for connector in (self.first, self.second):
            connector.action_import_now()
        self.commit()
        threads = [self.work_in_a_thread(connector) for connector in (self.first, self.second)]
        for thread in threads:
            self.finish(thread)
        self.send_the_rest()
        self.release_both()
        self.assertEqual([sum(self.tries(vid)) for vid in vids], [1] * 20)
        self.assertTrue(all(people.mapped("mosip_auth_token")))
        self.assertFalse(any(self.vid_of(partner) for partner in people))
        for connector in (self.first, self.second):
            self.start_slice(connector)
            self.assertEqual(connector.run_ids.state, "done")
            self.assertFalse(connector.attention)

    def test_one_takes_whom_the_other_is_just_taking(self):
        """The second sees the registrant as due, until the first one's transaction is through."""
        partner = self.create_registrant()
        self.take_at_the_same_time(partner)
        self.start_slice(self.second)
        run = self.second.run_ids
        self.assertEqual((run.state, run.selected_count), ("done", 0))

    def test_one_takes_them_away_from_the_other_time_and_again(self):
        """Nobody need see to it: the next slice goes on."""
        partner = self.create_registrant()
        slices = "odoo.addons.mts_connector.background.slice"
        with patch.object(transaction, "MAX_TRIES", 1), mute_logger(slices):
            self.take_at_the_same_time(partner)
        self.assertEqual(self.second.run_ids.state, "sending")
        self.assertFalse(self.second.attention)
        self.start_slice(self.second)
        run = self.second.run_ids
        self.assertEqual((run.state, run.selected_count), ("done", 0))

    def take_at_the_same_time(self, partner):
        """Let the first take the registrant, and the second try to, who is a moment later."""
        vid = self.vid_of(partner)
        for connector in (self.first, self.second):
            connector.action_import_now()
        self.commit()
        with self.other_transaction() as other:
            first = other["mts.connector"].browse(self.first.id)
            run = other["mts.run"]._next(first, other["mts.delta"]._oldest_transaction())
            self.assertEqual(len(run._take_batch().items), 1)
            other["base"].flush()
            thread = self.work_in_a_thread(self.second)
            self.wait_until_blocked()
            other.cr.commit()
            self.finish(thread)
        self.commit()
        self.assertEqual(self.tries(vid), [0, 0])
        self.assertEqual(self.record_of(partner).connector_id, self.first)
