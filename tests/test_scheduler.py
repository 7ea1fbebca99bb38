# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How Odoo's own scheduler executes the background job."""

import threading
from unittest.mock import patch

import psycopg2
from odoo.addons.base.models.ir_cron import ir_cron
from odoo.tests.common import tagged
from odoo.tools import mute_logger

from .fault_case import CommittedCase


class SchedulerCase(CommittedCase):
    """A thread of the scheduler looks, does all that is to be done, and looks again later."""

    def round(self, job):
        """Let a thread of the scheduler have its next round, in which this job is due."""
        self.commit()
        self.env.cr.execute(
            "UPDATE ir_cron SET nextcall = now() AT TIME ZONE 'UTC' "
            "+ CASE WHEN id = %s THEN interval '-1 minute' ELSE interval '1 day' END",
            [job.id],
        )
        self.commit()
        thread = threading.Thread(
            target=ir_cron._process_jobs, args=[self.env.cr.dbname], daemon=True
        )
        thread.start()
        thread.join(60)
        self.assertFalse(thread.is_alive(), "the round does not end")
        self.commit()


@tagged("post_install", "-at_install")
class TestRounds(SchedulerCase):
    def setUp(self):
        super().setUp()
        self.work_job = self.env.ref("mts_connector.cron_work")

    def test_a_long_import_takes_many_rounds(self):
        """Odoo kills what takes too long, and counts all of a round together."""
        connector = self.create_connector(batch_size=1)
        self.create_registrants(3)
        self.simulator.hold()
        connector.action_import_now()
        with self.out_of_time():
            for posts in (1, 2, 3):
                self.round(self.work_job)
                self.assertEqual(len(self.posted()), posts)

    def test_connectors_share_the_time_of_a_round(self):
        deadlines = []
        work = type(self.env["mts.connector"])._work

        def note(connector, deadline=None):
            deadlines.append(deadline)
            return work(connector, deadline)

        self.create_connector()
        self.create_connector(name="Second")
        self.patch(type(self.env["mts.connector"]), "_work", note)
        self.round(self.work_job)
        self.assertEqual(len(deadlines), 2)
        self.assertEqual(len(set(deadlines)), 1)


@tagged("post_install", "-at_install")
class TestOneTime(SchedulerCase):
    def test_what_fails_is_started_again_and_only_once(self):
        connector = self.create_connector(job_type="onetime")
        partner = self.create_registrant()
        self.simulator.hold()
        connector.action_start()
        job = connector.cron_id
        fails = patch.object(type(connector), "_start_run", side_effect=psycopg2.OperationalError)
        with fails, mute_logger("odoo.addons.base.models.ir_cron"):
            self.round(job)
        self.assertEqual((connector.state, len(connector.run_ids)), ("running", 0))
        for _round in range(2):
            self.round(job)
            self.assertEqual((connector.state, len(connector.run_ids)), ("running", 1))
        self.work_on(connector)
        self.release()
        self.work_on(connector)
        self.assertTrue(partner.mosip_auth_token)
        self.assertEqual(connector.state, "done")
        self.assertFalse(job.exists())
