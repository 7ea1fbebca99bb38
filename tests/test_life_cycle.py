# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Start, Stop, Import Now, copy, archive and delete, and settings changed on the way."""

import json
from datetime import timedelta

from odoo import api, sql_db
from odoo.exceptions import UserError
from odoo.tests.common import new_test_user, tagged

from ..simulator import Simulator
from .common import MtsCase


class LifeCycleCase(MtsCase):
    def setUp(self):
        super().setUp()
        self.crons = self.env["ir.cron"].with_context(active_test=False)

    def run_cron(self, cron):
        """Execute a scheduled job as Odoo does: as its user, with a cursor of its own."""
        self.env["base"].flush()
        with self.registry.cursor() as cr:
            cron.with_env(api.Environment(cr, cron.user_id.id, {})).method_direct_trigger()
        self.env["base"].invalidate_cache()

    def tick(self, connector):
        """Let the schedule start an import, and everything happen that follows."""
        self.run_cron(connector.cron_id)
        self.work_on(connector)

    def is_due_now(self, cron):
        """Tell whether Odoo's scheduler would take the job at once."""
        if "ir.cron.trigger" not in self.env:
            return cron.nextcall <= self.now()
        return bool(self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)]))

    def forget_triggers(self):
        if "ir.cron.trigger" in self.env:
            self.env["ir.cron.trigger"].search([]).unlink()


@tagged("post_install", "-at_install")
class TestSchedule(LifeCycleCase):
    def test_start_makes_a_job_that_runs_at_once(self):
        connector = self.create_connector(interval_minutes=90)
        self.assertFalse(connector.cron_id)
        connector.action_start()
        cron = connector.cron_id
        self.assertEqual(connector.state, "running")
        self.assertEqual(cron.model_id.model, "mts.connector")
        self.assertEqual(cron.code, f"model.browse({connector.id})._cron_import()")
        self.assertEqual(cron.user_id, self.env.ref("base.user_root"))
        self.assertEqual((cron.interval_number, cron.interval_type), (90, "minutes"))
        self.assertEqual((cron.numbercall, cron.active), (-1, True))
        self.assertTrue(self.is_due_now(cron))
        connector.action_start()
        self.assertEqual(connector.cron_id, cron)

    def test_stop_removes_the_job_and_its_action(self):
        connector = self.create_connector()
        connector.action_start()
        cron, action = connector.cron_id, connector.cron_id.ir_actions_server_id
        connector.action_stop()
        self.assertEqual(connector.state, "draft")
        self.assertFalse(connector.cron_id)
        self.assertFalse(cron.exists() or action.exists())

    def test_stop_sends_nothing_more_and_still_takes_answers(self):
        first = self.create_registrant()
        connector = self.create_connector(batch_size=1, max_open_requests=1)
        connector.action_start()
        self.simulator.hold()
        second = self.create_registrant(given_name="Binta")
        self.tick(connector)
        connector.action_stop()
        self.env["base"].flush()
        run = connector.run_ids
        self.assertEqual(run.state, "cancelled")
        self.assertIn("stopped", run.message)
        self.simulator.release()
        self.settle()
        self.start_slice(connector)
        self.assertTrue(first.mosip_auth_token)
        self.assertEqual(self.sends_of(second.mosip_vid), 0)

    def test_recurring_goes_on(self):
        connector = self.create_connector()
        connector.action_start()
        for name in ("Amina", "Binta"):
            person = self.create_registrant(given_name=name)
            self.tick(connector)
            self.assertTrue(person.mosip_auth_token)
            self.assertEqual(connector.state, "running")
            self.assertTrue(connector.cron_id)
        self.assertEqual(connector.run_ids.mapped("state"), ["done", "done"])
        self.assertEqual(set(connector.run_ids.mapped("trigger")), {"schedule"})

    def test_a_job_left_behind_does_nothing_and_goes(self):
        connector = self.create_connector()
        connector.action_start()
        cron = connector.cron_id
        # As after a Stop in the moment in which the job was being executed.
        connector.write({"state": "draft", "cron_id": False})
        self.run_cron(cron)
        self.assertFalse(connector.run_ids)
        self.run_cron(self.env.ref("mts_connector.cron_work"))
        self.assertFalse(cron.exists())

    def test_a_new_interval_counts_from_now(self):
        connector = self.create_connector()
        connector.action_start()
        cron = connector.cron_id
        cron.nextcall = self.now() + timedelta(days=1)
        connector.interval_minutes = 10
        self.assertEqual(connector.cron_id, cron)
        self.assertEqual((cron.interval_number, cron.interval_type), (10, "minutes"))
        self.assertLessEqual(cron.nextcall, self.now() + timedelta(minutes=10))
        soon = cron.nextcall
        connector.interval_minutes = 60
        self.assertEqual((cron.interval_number, cron.nextcall), (60, soon))

    def test_the_form_tells_the_next_import(self):
        officer = new_test_user(self.env, "officer", "mts_connector.group_user")
        connector = self.create_connector(interval_minutes=90)

        def told():
            connector.invalidate_cache()
            return connector.with_user(officer).next_import_at

        self.assertFalse(told())
        connector.action_start()
        self.assertLessEqual(told(), self.now())
        tomorrow = self.now() + timedelta(days=1)
        connector.cron_id.nextcall = tomorrow
        self.assertEqual(told(), tomorrow)
        # Somebody else's job is not told of, whatever stands there.
        cron, connector.cron_id = connector.cron_id, self.env.ref("base.autovacuum_job")
        self.assertFalse(told())
        connector.cron_id = cron
        cron.active = False
        self.assertFalse(told())
        connector.action_stop()
        self.assertFalse(told())

    def test_the_job_has_the_name_of_the_connector(self):
        connector = self.create_connector()
        connector.action_start()
        connector.name = "National registry"
        self.assertEqual(connector.cron_id.name, "MTS: National registry")


@tagged("post_install", "-at_install")
class TestOneTime(LifeCycleCase):
    def test_once_over_everybody_who_is_due(self):
        people = self.create_registrants(5)
        connector = self.create_connector(job_type="onetime", batch_size=2)
        connector.action_start()
        cron = connector.cron_id
        self.tick(connector)
        self.assertTrue(all(people.mapped("mosip_auth_token")))
        self.assertEqual((connector.state, len(connector.run_ids)), ("done", 1))
        self.assertFalse(connector.cron_id)
        self.assertFalse(cron.exists())

        later = self.create_registrant(given_name="Later")
        connector.action_start()
        self.assertEqual(connector.state, "running")
        self.tick(connector)
        self.assertTrue(later.mosip_auth_token)
        self.assertEqual(connector.state, "done")

    def test_nobody_is_due(self):
        connector = self.create_connector(job_type="onetime")
        connector.action_start()
        self.tick(connector)
        self.assertEqual(connector.state, "done")

    def test_what_was_under_way_before_does_not_end_it(self):
        self.create_registrant()
        connector = self.create_connector(job_type="onetime")
        self.simulator.hold()
        self.import_now(connector)
        connector.action_start()
        self.env["base"].flush()
        self.simulator.release()
        self.settle()
        self.start_slice(connector)
        self.assertEqual(connector.run_ids.state, "done")
        self.assertEqual(connector.state, "running")
        later = self.create_registrant(given_name="Later")
        self.tick(connector)
        self.assertTrue(later.mosip_auth_token)
        self.assertEqual(connector.state, "done")

    def test_it_also_takes_those_whom_an_import_has_passed_by(self):
        early, late = self.create_registrants(2)
        early.mosip_vid = False
        connector = self.create_connector(job_type="onetime", max_open_requests=1, batch_size=1)
        self.simulator.hold()
        manual = self.import_now(connector)
        self.assertEqual(manual.state, "sending")
        early.mosip_vid = self.new_vid()
        connector.action_start()
        self.run_cron(connector.cron_id)
        self.assertEqual(len(connector.run_ids), 2)
        self.simulator.release()
        self.settle()
        self.start_slice(connector)
        self.work_on(connector)
        self.assertTrue(early.mosip_auth_token and late.mosip_auth_token)
        self.assertEqual(connector.state, "done")

    def test_started_again_it_does_not_end_with_what_went_before(self):
        self.create_registrant()
        connector = self.create_connector(job_type="onetime")
        connector.action_start()
        self.simulator.hold()
        self.tick(connector)
        connector.action_stop()
        connector.action_start()
        self.env["base"].flush()
        self.simulator.release()
        self.settle()
        self.start_slice(connector)
        self.assertEqual(connector.run_ids.state, "done")
        self.assertEqual(connector.state, "running")
        self.tick(connector)
        self.assertEqual(connector.state, "done")

    def test_a_retry_does_not_end_it(self):
        refused = self.create_registrant()
        connector = self.create_connector(job_type="onetime")
        self.simulator.refuse(refused.mosip_vid, "IDA-DEA-001")
        self.import_now(connector)
        connector.action_start()
        self.record_of(refused).action_retry()
        self.work_on(connector)
        self.assertEqual(connector.state, "running")
        self.tick(connector)
        self.assertEqual(connector.state, "done")

    def test_it_can_be_started_again_where_it_failed(self):
        person = self.create_registrant()
        connector = self.create_connector(job_type="onetime")
        self.simulator.add_fault("post", "answer", status=401, next=1)
        connector.action_start()
        self.tick(connector)
        self.assertEqual(connector.run_ids.state, "failed")
        self.assertEqual(connector.state, "draft")
        self.assertFalse(connector.cron_id)
        connector.action_import_now()
        self.work_on(connector)
        self.assertTrue(person.mosip_auth_token)

    def test_another_job_type_begins_anew(self):
        connector = self.create_connector()
        connector.action_start()
        first = connector.cron_id
        first.nextcall = self.now() + timedelta(days=1)
        self.forget_triggers()
        connector.job_type = "onetime"
        self.assertFalse(first.exists())
        self.assertTrue(self.is_due_now(connector.cron_id))
        connector.job_type = "recurring"
        self.assertEqual(connector.cron_id.interval_number, connector.interval_minutes)
        self.assertEqual(connector.state, "running")


@tagged("post_install", "-at_install")
class TestImportNow(LifeCycleCase):
    def test_it_returns_at_once_and_shows_the_import(self):
        person = self.create_registrant()
        connector = self.create_connector()
        self.forget_triggers()
        action = connector.action_import_now()
        self.assertEqual(self.simulator.ledger.counts["posts"], 0)
        self.assertEqual(action["res_model"], "mts.run")
        self.assertEqual(action["views"], [(False, "form")])
        run = self.env["mts.run"].browse(action["res_id"])
        self.assertEqual((run.state, run.trigger), ("queued", "manual"))
        if "ir.cron.trigger" in self.env:
            self.assertTrue(self.is_due_now(self.env.ref("mts_connector.cron_work")))
        self.run_cron(self.env.ref("mts_connector.cron_work"))
        self.settle()
        self.assertTrue(person.mosip_auth_token)
        self.assertEqual(connector.state, "draft")

    def test_no_second_import_while_one_is_being_sent(self):
        self.create_registrants(2)
        connector = self.create_connector(batch_size=1, max_open_requests=1)
        first = connector.action_import_now()["res_id"]
        self.assertEqual(connector.action_import_now()["res_id"], first)
        self.simulator.hold()
        self.work(connector)
        self.assertEqual(self.env["mts.run"].browse(first).state, "sending")
        self.assertEqual(connector.action_import_now()["res_id"], first)
        connector.action_start()
        self.run_cron(connector.cron_id)
        self.assertEqual(connector.run_ids.ids, [first])

    def test_each_connector_has_its_own_import(self):
        runs = {self.create_connector().action_import_now()["res_id"] for _number in range(2)}
        self.assertEqual(len(runs), 2)


@tagged("post_install", "-at_install")
class TestSettingsOnTheWay(LifeCycleCase):
    def test_the_next_batch_uses_the_new_settings(self):
        people = self.create_registrants(5)
        vids = people.mapped("mosip_vid")
        connector = self.create_connector(batch_size=1, max_open_requests=1)
        connector.action_start()
        self.simulator.hold()
        self.tick(connector)
        other = Simulator().start()
        self.addCleanup(other.stop)
        connector.write(
            {
                "mts_url": other.url,
                "batch_size": 3,
                "max_open_requests": 20,
                "selected_fields": json.dumps(["family_name", "birthdate", "gender", "address"]),
                "mapping": json.dumps(
                    {
                        "vid": "vid",
                        "name": ["family_name"],
                        "dob": "birthdate",
                        "gender": "gender",
                        "fullAddress": ["address"],
                    }
                ),
            }
        )
        self.assertEqual(connector.state, "running")
        self.start_slice(connector)
        self.assertTrue(other.wait_idle(60))
        self.assertEqual([post["vids"] for post in self.simulator.ledger.posts], [vids[:1]])
        sizes = sorted(len(post["vids"]) for post in other.ledger.posts)
        self.assertEqual(sizes, [1, 3])
        names = {result["payload"]["name"] for result in other.ledger.results}
        self.assertEqual(names, {"Diallo"})
        self.simulator.release()
        self.settle()
        self.start_slice(connector)
        self.assertTrue(all(people.mapped("mosip_auth_token")))


@tagged("post_install", "-at_install")
class TestEnd(LifeCycleCase):
    def test_a_copy_is_a_draft_without_a_job(self):
        connector = self.create_connector(interval_minutes=90)
        self.create_registrant()
        connector.action_start()
        self.tick(connector)
        copy = connector.copy()
        self.assertEqual(copy.name, "Registry (copy)")
        self.assertEqual((copy.state, copy.interval_minutes), ("draft", 90))
        self.assertFalse(copy.cron_id or copy.run_ids or copy.attention or copy.changes_since)
        self.assertTrue(connector.cron_id)

    def test_delete_removes_job_and_action(self):
        connector = self.create_connector()
        person = self.create_registrant()
        connector.action_start()
        self.tick(connector)
        cron, action = connector.cron_id, connector.cron_id.ir_actions_server_id
        connector.unlink()
        self.assertFalse(cron.exists() or action.exists())
        self.assertTrue(person.mosip_auth_token)

    def test_delete_waits_for_answers(self):
        person = self.create_registrant()
        connector = self.create_connector()
        self.simulator.hold()
        self.import_now(connector)
        with self.assertRaisesRegex(UserError, "1 registrants wait for an answer"):
            connector.unlink()
        self.simulator.release()
        self.settle()
        self.assertTrue(person.mosip_auth_token)
        connector.unlink()
        self.assertFalse(connector.exists())

    def test_delete_waits_for_a_slice_that_is_at_work(self):
        connector = self.create_connector()
        with sql_db.db_connect(self.env.cr.dbname).cursor() as elsewhere:
            self.assertTrue(connector._try_slice_lock(elsewhere))
            with self.assertRaisesRegex(UserError, "being sent just now"):
                connector.unlink()
        connector.unlink()

    def test_archive_stops(self):
        self.create_registrants(2)
        connector = self.create_connector(batch_size=1, max_open_requests=1)
        connector.action_start()
        self.simulator.hold()
        self.tick(connector)
        cron = connector.cron_id
        connector.active = False
        self.assertFalse(cron.exists())
        self.assertEqual(connector.state, "draft")
        self.assertEqual(connector.run_ids.state, "cancelled")
        self.assertIn("archived", connector.run_ids.message)
        for button in (connector.action_start, connector.action_import_now):
            with self.assertRaisesRegex(UserError, "Unarchive"):
                button()
        self.simulator.release()
        self.settle()
        self.start_slice(connector)
        self.assertEqual(len(self.simulator.ledger.posts), 1)
        connector.active = True
        self.assertFalse(connector.cron_id)

    def test_archive_stops_an_import_by_hand(self):
        self.create_registrant()
        connector = self.create_connector()
        connector.action_import_now()
        connector.toggle_active()
        self.work(connector)
        self.assertEqual(connector.run_ids.state, "cancelled")
        self.assertFalse(self.simulator.ledger.posts)
