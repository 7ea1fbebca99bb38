# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Runs and their slices: how they begin, get on, stop, and end."""

import traceback
from unittest.mock import patch

import psycopg2
from odoo import SUPERUSER_ID, api
from odoo.exceptions import ValidationError
from odoo.tests.common import tagged
from odoo.tools import mute_logger

from ..background.transaction import in_transaction
from ..hooks import uninstall_hook
from ..models import mts_run
from ..mts.client import MtsClient
from .fault_case import CommittedCase, FaultCase

SLICE = "odoo.addons.mts_connector.background.slice"


class Killed(BaseException):
    """Stands for the end of the process: nothing that follows is done."""


@tagged("post_install", "-at_install")
class TestOutbox(CommittedCase):
    def during_the_post(self, work):
        """Do something in another transaction while each POST is on its way.

        :return: a list, in which is afterwards what it gave for each POST
        """
        submit = MtsClient.submit
        results = []

        def submit_and_work(client, message):
            results.append(in_transaction(self.registry, work))
            return submit(client, message)

        self.patch(MtsClient, "submit", submit_and_work)
        return results

    def test_all_is_committed_before_the_post(self):
        connector = self.create_connector(batch_size=2)
        people = self.create_registrants(3)

        def look(env):
            going_out = [("state", "=", "pending"), ("request_id.sent_at", "!=", False)]
            return env["mts.record"].search(going_out).partner_id

        seen = self.during_the_post(look)
        self.import_now(connector)
        self.assertEqual(set(seen[0].ids), set(people[:2].ids))
        self.assertIn(people[2].id, seen[1].ids)

    def test_the_transaction_of_the_job_is_not_open_during_the_post(self):
        connector = self.create_connector()
        self.create_registrant()
        with self.registry.cursor() as cr:
            job = cr._cnx.get_backend_pid()

            def state_of_the_job(env):
                env.cr.execute("SELECT state FROM pg_stat_activity WHERE pid = %s", [job])
                return env.cr.fetchone()[0]

            seen = self.during_the_post(state_of_the_job)
            connector.action_import_now()
            self.publish()
            api.Environment(cr, SUPERUSER_ID, {})["mts.connector"]._cron_work()
        self.settle()
        self.assertEqual(seen, ["idle"])

    def test_two_slices_are_never_at_work_at_once(self):
        connector = self.create_connector(batch_size=1)
        people = self.create_registrants(2)
        vids = people.mapped("mosip_vid")

        def work_too(env):
            before = len(self.posted())
            env["mts.connector"].browse(connector.id)._work()
            gone_out = [("connector_id", "=", connector.id), ("sent_at", "!=", False)]
            last = env["mts.request"].search(gone_out, order="id desc", limit=1)
            return len(self.posted()) - before, last.state

        seen = self.during_the_post(work_too)
        self.import_now(connector)
        self.assertEqual(seen, [(0, "to_send"), (0, "to_send")])
        self.assert_sent_once(vids)

    def test_a_cancelled_run_sends_no_further_batch(self):
        connector = self.create_connector(batch_size=1)
        self.create_registrants(3)

        def cancel(env):
            env["mts.connector"].browse(connector.id).run_ids.action_cancel()

        self.during_the_post(cancel)
        run = self.import_now(connector)
        self.assertEqual(self.posted(), [1])
        self.assertEqual((run.state, run.tokenized_count), ("cancelled", 1))

    def test_a_transaction_of_its_own(self):
        """It neither sees nor writes what the caller has not written yet."""
        partner = self.create_registrant()
        self.commit()
        name = partner.name
        partner.name = "not written yet"
        seen = in_transaction(
            self.registry, lambda env: env[partner._name].browse(partner.id).name
        )
        self.assertEqual(seen, name)
        self.commit()
        self.assertEqual(partner.name, "not written yet")

    def test_killed_during_the_post(self):
        """Nobody knows whether MTS got it; so it counts as sent until MTS is asked."""
        connector = self.create_connector()
        partner = self.create_registrant()
        vid = partner.mosip_vid
        with patch.object(MtsClient, "submit", side_effect=Killed), self.assertRaises(Killed):
            self.import_now(connector)
        self.commit()
        run = connector.run_ids
        self.assertEqual(run.request_ids.state, "to_send")
        self.import_now(connector)
        self.assertEqual((run.request_ids.state, self.sends_of(vid)), ("sent", 0))
        self.answer_overdue(connector)
        self.import_now(connector)
        self.assertTrue(partner.mosip_auth_token)
        self.assertEqual(self.sends_of(vid), 1)


@tagged("post_install", "-at_install")
class TestBeginningAtTheSameTime(CommittedCase):
    def test_two_who_press_import_now(self):
        connector = self.create_connector()
        self.commit()
        with self.other_transaction() as other:
            run = connector.action_import_now()["res_id"]
            self.commit()
            # Odoo begins such a request anew, and then it finds the run.
            with self.assertRaises(psycopg2.errors.SerializationFailure):
                other["mts.connector"].browse(connector.id).action_import_now()
            other.cr.rollback()
            other.clear()
            again = other["mts.connector"].browse(connector.id).action_import_now()
        self.assertEqual(again["res_id"], run)

    def test_the_schedule_and_import_now(self):
        connector = self.create_connector()
        connector.action_start()
        self.commit()
        model = type(connector)
        come_one_by_one = model._let_come_one_by_one
        presses = []

        def press_import_now_meanwhile(record):
            if not presses:
                presses.append(True)
                with self.registry.cursor() as cr:
                    env = api.Environment(cr, SUPERUSER_ID, {})
                    env["mts.connector"].browse(connector.id).action_import_now()
            come_one_by_one(record)

        with patch.object(model, "_let_come_one_by_one", press_import_now_meanwhile):
            self.trigger(connector)
        self.assertEqual((len(presses), len(connector.run_ids)), (1, 1))


@tagged("post_install", "-at_install")
class TestBeginning(FaultCase):
    def test_the_schedule_and_import_now_one_after_the_other(self):
        connector = self.create_connector()
        partner = self.create_registrant()
        vid = partner.mosip_vid
        connector.action_start()
        first = connector.action_import_now()["res_id"]
        self.trigger(connector)
        second = connector.action_import_now()["res_id"]
        self.assertEqual((connector.run_ids.ids, second), ([first], first))
        self.work_on(connector)
        self.assertEqual(self.sends_of(vid), 1)

    def test_a_run_that_nobody_is_due_for(self):
        run = self.import_now(self.create_connector())
        self.assertEqual((run.state, run.selected_count, run.progress), ("done", 0, 100.0))
        self.assertTrue(run.finished_at)


@tagged("post_install", "-at_install")
class TestSlices(FaultCase):
    def test_out_of_time_it_goes_on_in_the_next(self):
        connector = self.create_connector(batch_size=2)
        people = self.create_registrants(5)
        vids = people.mapped("mosip_vid")
        run = self.env["mts.run"].browse(connector.action_import_now()["res_id"])
        wakes = []
        self.patch(type(connector), "_wake", lambda _self, cron: wakes.append(cron))
        with self.out_of_time():
            for posts in ([2], [2, 2], [2, 2, 1]):
                wakes.clear()
                self.start_slice(connector)
                self.assertTrue(wakes, "it asks to go on")
                self.settle()
                self.assertEqual((self.posted(), run.state), (posts, "sending"))
            self.start_slice(connector)
        self.assertEqual((run.state, run.tokenized_count), ("done", 5))
        self.assert_sent_once(vids)

    def test_out_of_time_for_the_first_page_too(self):
        """Each slice gets on, however long it was busy with something else."""
        connector = self.create_connector(batch_size=1)
        people = self.create_registrants(2)
        connector.action_import_now()
        with self.out_of_time():
            self.start_slice(connector)
            self.settle()
            self.start_slice(connector)
            self.settle()
        self.assertTrue(all(people.mapped("mosip_auth_token")))

    def test_each_connector_has_its_turn(self):
        """The job ends before its time limit, and asks to go on."""
        connectors = self.create_connector() + self.create_connector(
            name="Second", search_domain='[("ref", "=", "second")]'
        )
        self.create_registrants(2)
        self.create_registrant(ref="second")
        for connector in connectors:
            connector.action_import_now()
        with self.out_of_time():
            for _tick in range(200):
                posts = len(self.posted())
                self.tick()
                self.assertLessEqual(len(self.posted()), posts + 1)
        self.assertEqual(sum(self.posted()), 3)
        self.assertEqual(connectors.run_ids.mapped("state"), ["done", "done"])

    def test_several_requests_at_a_time(self):
        connector = self.create_connector(batch_size=2, parallel_requests=4)
        people = self.create_registrants(11)
        vids = people.mapped("mosip_vid")
        run = self.import_now(connector)
        self.assertEqual((run.state, run.tokenized_count), ("done", 11))
        self.assert_sent_once(vids)

    def test_an_unexpected_error_is_seen_by_a_person_and_tells_nothing(self):
        connector = self.create_connector()
        partner = self.create_registrant()
        fails = patch.object(
            type(self.env["mts.run"]), "_take_batch", side_effect=ValueError(partner.mosip_vid)
        )
        with fails, self.assertLogs(SLICE, "ERROR") as logs:
            run = self.import_now(connector)
        self.assertEqual(run.state, "failed")
        for text in (run.message, connector.attention, "".join(logs.output)):
            self.assertIn("ValueError", text)
            self.assertNotIn(partner.mosip_vid, text)
        self.import_now(connector)
        self.assertTrue(partner.mosip_auth_token)
        self.assertFalse(connector.attention)

    @mute_logger(SLICE)
    def test_an_error_on_top_of_an_error_tells_nothing(self):
        """Whoever called the slice shows it with all that led to it."""
        connector = self.create_connector()
        vid = self.create_registrant().mosip_vid
        connector.action_import_now()
        fails = patch.object(type(self.env["mts.run"]), "_take_batch", side_effect=ValueError(vid))
        fails_too = patch.object(type(connector), "_slice_failed", side_effect=KeyError("second"))
        with fails, fails_too, self.assertRaises(KeyError) as caught:
            self.start_slice(connector)
        shown = "".join(traceback.format_exception(KeyError, caught.exception, None))
        self.assertIn("second", shown)
        self.assertNotIn(vid, shown)

    @mute_logger(SLICE)
    def test_what_passes_by_itself_needs_nobody(self):
        connector = self.create_connector()
        partner = self.create_registrant()
        errors = (psycopg2.OperationalError(), psycopg2.InterfaceError())
        for error in errors:
            fails = patch.object(type(self.env["mts.run"]), "_take_batch", side_effect=error)
            with fails:
                run = self.import_now(connector)
            self.assertEqual(run.state, "sending")
            self.assertFalse(connector.attention)
        self.work_on(connector)
        self.assertTrue(partner.mosip_auth_token)
        self.assertEqual(run.state, "done")


@tagged("post_install", "-at_install")
class TestWindow(FaultCase):
    def test_sending_waits_for_answers(self):
        connector = self.create_connector(batch_size=2, max_open_requests=2)
        people = self.create_registrants(9)
        vids = people.mapped("mosip_vid")
        self.simulator.hold()
        run = self.import_now(connector)
        self.assertEqual((self.posted(), run.state), ([2, 2], "sending"))
        self.simulator.release(1)
        self.settle()
        self.work_on(connector)
        self.assertEqual((self.posted(), run.state), ([2, 2, 2], "sending"))
        self.release()
        self.work_on(connector)
        self.assertEqual((run.state, run.tokenized_count), ("done", 9))
        self.assert_sent_once(vids)

    def test_without_answers_it_gets_on_when_they_are_given_up(self):
        connector = self.create_connector(batch_size=1, max_open_requests=1)
        self.create_registrants(2)
        self.simulator.add_fault("post", "forget", next=1)
        run = self.import_now(connector)
        self.assertEqual(self.posted(), [1])
        self.answer_overdue(connector)
        self.work_on(connector)
        self.assertEqual(self.posted(), [1, 1])
        self.assertEqual((run.state, run.lost_count, run.tokenized_count), ("done", 1, 1))


@tagged("post_install", "-at_install")
class TestAttention(FaultCase):
    """What the next registrant would meet too is not tried on each of them."""

    def stopped(self, code="IDA-MPA-009"):
        connector = self.create_connector(batch_size=1, max_open_requests=1)
        people = self.create_registrants(5)
        self.simulator.refuse("*", code)
        run = self.import_now(connector)
        self.assertEqual((self.posted(), run.state), ([1], "failed"))
        self.assertEqual(run.message, connector.attention)
        return connector, people

    def test_codes_that_stop_everybody(self):
        codes = {
            "IDA-MPA-009": "Ask the MTS operator",
            "AUT-CRY-002": "Ask the MTS operator",
            "IDA-MLC-008": "must allow demographic authentication",
            "IDA-DEA-002": "Correct the MOSIP language",
        }
        for code, advice in codes.items():
            with self.subTest(code=code):
                self.simulator.ledger.reset()
                connector, people = self.stopped(code)
                self.assertIn(code, connector.attention)
                self.assertIn(advice, connector.attention)
                self.assertEqual(len(people.filtered("mosip_vid")), 5)
                self.simulator.accept("*")
                people.unlink()

    def test_the_schedule_sends_nothing(self):
        connector, _people = self.stopped()
        run = self.schedule(connector)
        self.assertEqual((self.posted(), run.state), ([1], "failed"))
        self.assertIn("press Import Now", run.message)
        self.assertIn("IDA-MPA-009", run.message)

    def test_import_now_tries_exactly_one(self):
        connector, _people = self.stopped()
        connector.write({"batch_size": 100, "max_open_requests": 20})
        run = self.import_now(connector)
        self.assertEqual((self.posted(), run.state), ([1, 1], "failed"))
        self.assertIn("IDA-MPA-009", run.message)

    def test_import_now_tries_also_while_a_scheduled_run_waits(self):
        connector, _people = self.stopped()
        connector.action_start()
        self.trigger(connector)
        self.import_now(connector)
        self.assertEqual(self.posted(), [1, 1])

    def test_the_next_good_answer_clears_it_and_the_rest_goes_on(self):
        connector, people = self.stopped()
        self.simulator.accept("*")
        connector.write({"batch_size": 2, "max_open_requests": 20})
        run = self.import_now(connector)
        self.assertFalse(connector.attention)
        self.assertEqual(self.posted(), [1, 1, 2, 1])
        self.assertEqual((run.state, run.tokenized_count), ("done", 4))
        self.assertFalse(people[0].mosip_auth_token, "refused, and unchanged since")

    def tried_with(self, code):
        connector, people = self.stopped()
        self.simulator.refuse("*", code)
        run = self.import_now(connector)
        return connector, run, people

    def test_a_refusal_of_one_person_is_a_good_answer(self):
        connector, run, _people = self.tried_with({"code": "IDA-DEA-001", "times": 1})
        self.assertEqual((bool(connector.attention), run.state), (False, "done"))

    def test_a_passing_fault_is_none(self):
        connector, run, _people = self.tried_with("IDA-MLC-007")
        self.assertEqual((bool(connector.attention), run.state), (True, "failed"))
        self.assertEqual(self.posted(), [1, 1])

    def test_what_mts_finds_invalid_is_none(self):
        """It has not been passed on, so it tells nothing about MOSIP."""
        connector, people = self.stopped()
        people[1].address = False
        run = self.import_now(connector)
        self.assertEqual(self.record_of(people[1]).state, "rejected")
        self.assertEqual((bool(connector.attention), run.state), (True, "failed"))
        self.assertEqual(self.posted(), [1, 1])

    def test_where_everybody_was_refused_a_retry_takes_it_up_again(self):
        connector = self.create_connector()
        people = self.create_registrants(2)
        self.simulator.refuse("*", "IDA-MPA-009")
        self.import_now(connector)
        self.simulator.accept("*")
        run = self.import_now(connector)
        self.assertEqual((run.state, run.selected_count), ("failed", 0))
        self.assertIn("Press Retry", run.message)
        self.record_of(people[0]).action_retry()
        self.work_on(connector)
        self.assertTrue(people[0].mosip_auth_token)
        self.assertFalse(connector.attention)

    def test_who_could_not_be_reached_has_not_been_tried(self):
        connector, _people = self.stopped()
        self.simulator.accept("*")
        self.simulator.add_fault("post", "answer", status=502, next=1)
        run = self.import_now(connector)
        self.assertEqual(run.state, "sending")
        self.let_time_pass(run, minutes=5)
        self.work_on(connector)
        self.assertEqual((run.state, bool(connector.attention)), ("done", False))


@tagged("post_install", "-at_install")
class TestEnding(FaultCase):
    def test_cancel(self):
        connector = self.create_connector(batch_size=2, max_open_requests=1)
        people = self.create_registrants(5)
        vids = people.mapped("mosip_vid")
        self.simulator.hold()
        run = self.import_now(connector)
        run.action_cancel()
        self.release()
        self.work_on(connector)
        # What was under way still counts, and nothing more is sent.
        self.assertEqual((run.state, run.selected_count), ("cancelled", 2))
        self.assertEqual((run.tokenized_count, run.pending_count), (2, 0))
        self.assertIn("Cancelled by", run.message)
        self.assertEqual(self.posted(), [2])
        self.import_now(connector)
        self.assertTrue(all(people.mapped("mosip_auth_token")))
        self.assert_sent_once(vids)

    def test_cancel_before_it_has_begun(self):
        connector = self.create_connector()
        self.create_registrant()
        run = self.env["mts.run"].browse(connector.action_import_now()["res_id"])
        run.action_cancel()
        self.work_on(connector)
        self.assertEqual((run.state, self.posted()), ("cancelled", []))

    def test_what_has_ended_cannot_be_cancelled(self):
        run = self.import_now(self.create_connector())
        run.action_cancel()
        self.assertEqual(run.state, "done")

    def test_an_archived_connector_still_gets_its_answers(self):
        connector = self.create_connector()
        partner, other = self.create_registrants(2)
        connector.batch_size = 1
        self.simulator.hold()
        run = self.import_now(connector)
        connector.active = False
        self.simulator.release(1)
        self.settle()
        self.simulator.restart()
        self.let_time_pass(self.open_requests(connector), hours=2)
        self.tick()
        self.assertTrue(partner.mosip_auth_token)
        self.assertEqual(self.record_of(other).state, "lost")
        self.assertEqual((run.state, run.tokenized_count, run.lost_count), ("done", 1, 1))


@tagged("post_install", "-at_install")
class TestExecutedJobs(CommittedCase):
    """Odoo keeps the row of a job locked while it executes it, and lets nobody touch it."""

    def executed(self, connector):
        self.commit()
        cr = self.registry.cursor()
        self.addCleanup(cr.close)
        cr.execute("SELECT 1 FROM ir_cron WHERE id = %s FOR UPDATE", [connector.cron_id.id])
        return cr

    def assert_removed_afterwards(self, cron, executing):
        executing.rollback()
        self.commit()
        self.assertTrue(cron.exists())
        self.tick()
        self.assertFalse(cron.exists())

    def test_stop(self):
        connector = self.create_connector()
        connector.action_start()
        cron = connector.cron_id
        executing = self.executed(connector)
        run = self.env["mts.run"].browse(connector.action_import_now()["res_id"])
        connector.action_stop()
        self.commit()
        self.assertEqual((connector.state, run.state), ("draft", "cancelled"))
        self.assertFalse(connector.cron_id)
        # The job that stayed behind does nothing.
        self.tick()
        connector._cron_import()
        self.commit()
        self.assertEqual(len(connector.run_ids), 1)
        self.assert_removed_afterwards(cron, executing)

    def test_start_again(self):
        connector = self.create_connector()
        connector.action_start()
        cron = connector.cron_id
        executing = self.executed(connector)
        connector.action_stop()
        connector.action_start()
        self.commit()
        self.assertEqual(connector.state, "running")
        new = connector.cron_id
        self.assertNotEqual(new, cron)
        self.assert_removed_afterwards(cron, executing)
        self.assertTrue(new.exists())

    def test_delete(self):
        connector = self.create_connector()
        connector.action_start()
        cron = connector.cron_id
        executing = self.executed(connector)
        connector.unlink()
        self.commit()
        self.assert_removed_afterwards(cron, executing)

    def test_a_one_time_import(self):
        connector = self.create_connector(job_type="onetime")
        partner = self.create_registrant()
        connector.action_start()
        cron = connector.cron_id
        executing = self.executed(connector)
        connector._cron_import()
        self.work_on(connector)
        self.assertTrue(partner.mosip_auth_token)
        self.assertEqual(connector.state, "done")
        self.assert_removed_afterwards(cron, executing)


@tagged("post_install", "-at_install")
class TestClearing(FaultCase):
    def vacuum(self):
        self.publish()
        with self.registry.cursor() as cr:
            api.Environment(cr, SUPERUSER_ID, {})["ir.autovacuum"]._run_vacuum_cleaner()
        self.env["base"].invalidate_cache()

    def finished_run(self, days, **values):
        connector = self.create_connector(**values)
        partner = self.create_registrant()
        run = self.import_now(connector)
        self.let_time_pass(run, days=days)
        return run, self.record_of(partner)

    def test_old_runs_go_and_records_stay(self):
        run, record = self.finished_run(days=91)
        request = run.request_ids
        self.vacuum()
        self.assertFalse((run.exists(), request.exists()) != (run.browse(), request.browse()))
        self.assertEqual((record.state, record.request_id.id), ("tokenized", False))

    def test_younger_ones_stay(self):
        run, _record = self.finished_run(days=89)
        self.vacuum()
        self.assertTrue(run.exists())

    def test_the_setting(self):
        short, _record = self.finished_run(days=8, retention_days=7)
        for_ever, _record = self.finished_run(days=9999, retention_days=0, name="Second")
        self.vacuum()
        self.assertEqual((short + for_ever).exists(), for_ever)

    def test_a_large_one_goes_by_and_by(self):
        connector = self.create_connector(batch_size=1)
        self.create_registrants(3)
        run = self.import_now(connector)
        self.let_time_pass(run, days=91)
        with patch.object(mts_run, "CLEARED_AT_ONCE", 2):
            self.vacuum()
            self.assertEqual(len(run.request_ids), 1)
            self.vacuum()
        self.assertFalse(run.exists())

    def test_runs_that_wait_for_answers_stay(self):
        connector = self.create_connector()
        partner = self.create_registrant()
        self.simulator.hold()
        run = self.import_now(connector)
        self.let_time_pass(run, days=999)
        self.vacuum()
        self.assertTrue(run.exists())
        run.action_cancel()
        self.let_time_pass(run, days=999)
        self.vacuum()
        self.assertTrue(run.exists().request_ids, "its answer is still awaited")
        self.release()
        self.assertTrue(partner.mosip_auth_token)

    def test_a_time_that_makes_no_sense(self):
        with self.assertRaises(ValidationError):
            self.create_connector(retention_days=-1)


@tagged("post_install", "-at_install")
class TestUninstalling(FaultCase):
    def test_with_open_requests(self):
        connector = self.create_connector()
        self.create_registrant()
        connector.action_start()
        self.simulator.hold()
        self.import_now(connector)
        crons = connector.cron_id
        connector.copy().action_start()
        crons += self.env["mts.connector"].search([]).cron_id
        uninstall_hook(self.env.cr, self.registry)
        self.env["base"].invalidate_cache()
        self.assertFalse(crons.exists())
        left = (
            self.env["ir.cron"]
            .with_context(active_test=False)
            .search([("model_id.model", "=", "mts.connector")])
        )
        self.assertEqual(left, self.env.ref("mts_connector.cron_work"))
