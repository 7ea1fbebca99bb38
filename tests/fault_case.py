# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the tests of faults share: the schedule, deliveries by hand, and real transactions."""

import logging
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from unittest.mock import patch

from odoo import SUPERUSER_ID, api

from ..background import slice as slices
from ..mts import client
from .common import PASSWORD, MtsCase


@contextmanager
def everything_logged():
    """Collect what any logger says, at any level."""
    lines = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(f"{record.getMessage()} {record.exc_info}")
    loggers = [logging.getLogger(), logging.getLogger("odoo")]
    levels = [logger.level for logger in loggers]
    loggers[0].addHandler(handler)
    try:
        for logger in loggers:
            logger.setLevel(logging.DEBUG)
        yield lines
    finally:
        loggers[0].removeHandler(handler)
        for logger, level in zip(loggers, levels):
            logger.setLevel(level)


class FaultCase(MtsCase):
    def schedule(self, connector):
        """Let the connector's own scheduled job run, and everything that follows from it."""
        if connector.state != "running":
            connector.action_start()
        self.trigger(connector)
        run = connector.run_ids[:1]
        self.work_on(connector)
        return run

    def trigger(self, connector):
        """Let the connector's own scheduled job run."""
        self.publish()
        connector.cron_id.method_direct_trigger()
        self.publish()
        self.env["base"].invalidate_cache()

    def refused_registrant(self, connector, code="IDA-DEA-001", **values):
        """Return a registrant whom MOSIP has refused once, and who would be accepted now."""
        partner = self.create_registrant(**values)
        self.simulator.refuse(partner.mosip_vid, code)
        self.import_now(connector)
        self.assertEqual(self.record_of(partner, connector).state, "rejected")
        self.simulator.accept(partner.mosip_vid)
        return partner

    def tick(self):
        """Let the background job run, as the scheduler does each minute."""
        self.publish()
        with self.registry.cursor() as cr:
            api.Environment(cr, SUPERUSER_ID, {})["mts.connector"]._cron_work()
        self.settle()

    def pass_by(self, partner, connector):
        """Act as if the registrant had last been written long before the last look."""
        self.publish()
        self.env.cr.execute(
            "UPDATE res_partner SET write_date = write_date - interval '9 days' WHERE id = %s",
            [partner.id],
        )
        self.env["base"].invalidate_cache()
        connector.changes_since = self.now() - timedelta(days=3)

    def merge_contacts(self, source, target, user=None):
        """Have Odoo make one of two contacts."""
        wizard = self.env["base.partner.merge.automatic.wizard"]
        wizard = wizard.with_user(user) if user else wizard
        wizard._merge((source + target).ids, target, extra_checks=False)
        self.env["base"].flush()
        self.env["base"].invalidate_cache()
        self.assertFalse(source.exists())

    def answer_overdue(self, connector):
        """Let the answer timeout pass, and the time that MTS may take to deliver."""
        for _look in range(2):
            self.let_time_pass(self.open_requests(connector), days=1)
            self.work(connector)

    def open_requests(self, connector):
        return self.env["mts.request"].search(
            [("connector_id", "=", connector.id), ("state", "in", ("to_send", "sent"))]
        )

    def requests_of(self, run):
        return run.request_ids.sorted("id")

    def posted(self):
        """Return the number of registrants in each POST that MTS got, in order."""
        return [post["records"] for post in self.simulator.ledger.posts]

    def stored_vids(self):
        """Return the VIDs of each POST that MTS stored, in order."""
        return [post["vids"] for post in self.simulator.ledger.posts if post["stored"]]

    def assert_all_tokenized(self, people):
        self.assertEqual([person.id for person in people if not person.mosip_auth_token], [])

    def assert_sent_once(self, vids):
        """Nobody was sent twice, and nobody was left out."""
        stored = [vid for batch in self.stored_vids() for vid in batch]
        self.assertEqual(sorted(stored), sorted(vids))

    # -- deliveries by hand ----------------------------------------------------------------------

    def log_in_to_deliver(self):
        self.env["res.users"].with_context(no_reset_password=True).create(
            {
                "name": "Deliverer",
                "login": "deliverer",
                "password": PASSWORD,
                "groups_id": [(6, 0, [self.env.ref("mts_connector.group_callback").id])],
            }
        )
        self.publish()
        self.authenticate("deliverer", PASSWORD)

    def publish(self):
        """Let other environments see what this one did."""
        self.env["base"].flush()

    def release(self):
        """Let MTS deliver what it has kept back."""
        self.publish()
        self.simulator.release()
        self.settle()

    def reference_of(self, vid):
        """Return the ``mts_ref`` that MTS got with this VID the last time."""
        return self.simulator.ledger.results_of(vid)[-1]["input"]["mts_ref"]

    @staticmethod
    def result(ref, status="processed", **values):
        return {"params": {"ref": ref, "status": status, **values}}

    def refusal(self, ref, message="no match"):
        return self.result(ref, "error", errorCode="IDA-DEA-001", errorMessage=message)

    def deliver(self, *results):
        """Deliver in bulk, and return what the callback answers."""
        self.publish()
        answer = self.post("/mts/callback/bulk", list(results), {"Content-Type": "text/plain"})
        self.assertEqual(answer.status_code, 200, answer.text)
        self.env["base"].invalidate_cache()
        return answer.json()

    # -- the inside of a slice -------------------------------------------------------------------

    def without_slice_lock(self):
        """While its transaction is open, Odoo's test mode keeps callbacks waiting."""
        return patch.object(
            type(self.env["mts.connector"]), "_slice_lock", lambda _self: nullcontext(True)
        )

    def out_of_time(self):
        """Slices that have no time: each sends one batch."""
        return patch.object(slices, "BUDGET", 0.0)

    def no_pauses(self):
        """The client tries to connect again without a pause."""
        return patch.object(client, "CONNECT_RETRY", client.CONNECT_RETRY.new(backoff_factor=0))


class CommittedCase(FaultCase):
    """With real transactions, for what several of them do to each other.

    ``self.env`` is committed by and by, and cleaned up in the end.
    """

    registry_test_mode = False

    def setUp(self):
        super().setUp()
        # Odoo's own transaction ends here, so that it does not stay open all through the test. On
        # 15 it is asked in the end to go back to its savepoint.
        self.cr.rollback()
        if hasattr(self, "_savepoint_id"):
            self.addCleanup(self.cr.execute, f"SAVEPOINT test_{self._savepoint_id}")
        cr = self.registry.cursor()
        self.addCleanup(cr.close)
        self.env = api.Environment(cr, SUPERUSER_ID, {})
        self.addCleanup(self.clean_up)

    def clean_up(self):
        self.env.cr.rollback()
        self.env.clear()
        connectors = self.env["mts.connector"].with_context(active_test=False).search([])
        connectors._remove_cron()
        connectors.activity_ids.unlink()
        self.env.cr.execute("DELETE FROM mts_connector")
        self.env.cr.execute("DELETE FROM mts_refused_delivery")
        self.env["mts.connector"]._remove_orphaned_crons()
        self.env["res.users"].search([("login", "=", "deliverer")]).unlink()
        self.env["res.partner"].search([("ref", "=", "mts-test")]).unlink()
        self.env.cr.commit()  # pylint: disable=invalid-commit

    def publish(self):
        self.commit()

    def commit(self):
        self.env["base"].flush()
        self.env.cr.commit()  # pylint: disable=invalid-commit
        self.env["base"].invalidate_cache()

    def start_slice(self, connector):
        self.commit()
        result = super().start_slice(connector)
        self.commit()
        return result

    def settle(self):
        result = super().settle()
        self.commit()
        return result

    @contextmanager
    def other_transaction(self):
        """Yield an environment whose transaction begins now; it is rolled back in the end."""
        with self.registry.cursor() as cr:
            cr.execute("SELECT 1 FROM mts_connector")
            env = api.Environment(cr, SUPERUSER_ID, {})
            try:
                yield env
            finally:
                env.clear()
                cr.rollback()
