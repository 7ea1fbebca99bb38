# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging
import random
import time
from contextlib import contextmanager
from datetime import timedelta

import psycopg2
from odoo import SUPERUSER_ID, _, api, fields, models

from ..background import rounds
from ..background import slice as slices
from ..background.transaction import in_transaction
from .mts_run_progress import OPEN_REQUESTS, OPEN_STATES

_logger = logging.getLogger(__name__)

# First number of the advisory lock that keeps slices of one connector apart; the second is the
# connector's id. Any fixed number does that no other addon uses.
SLICE_LOCK = 0x4D5453

# Where queue_job keeps our jobs apart from those of others.
CHANNEL_PARENT, CHANNEL = "root", "mts"

# A job that finds its connector at work comes again after so many seconds.
BUSY_SECONDS = 5

# Nobody seems to look after a job any more that has been waiting, or without a slice at work, for
# so long.
JOB_PATIENCE = timedelta(minutes=1)


class MtsWork(models.AbstractModel):
    """Who does the slices of a connector: OCA's ``queue_job`` where it is installed, or else the
    scheduled job.

    The scheduled job is the watchdog in both cases: each minute it sees to it that whatever is
    open goes on.
    """

    _name = "mts.work"
    _description = "Background Work of a Connector"
    _inherit = "mts.schedule"

    @api.model
    def _cron_work(self):
        """See to each connector, as long as there is time."""
        deadline = rounds.begin(slices.BUDGET)
        if deadline is None:
            # The next round goes on, within a minute.
            return
        self._remove_orphaned_crons()
        every = self.with_context(active_test=False)
        connectors = list(every.search([]))  # pylint: disable=no-search-all
        # So that none has to wait for ever behind those that always use up the time.
        random.shuffle(connectors)
        for connector in connectors:
            # A slice has its own transactions; this one must not stay open beside them.
            self.env.cr.commit()  # pylint: disable=invalid-commit
            if connector._left_to_a_job():
                continue
            connector._work(deadline)
            if time.monotonic() >= deadline:
                self._wake(self.env.ref("mts_connector.cron_work"))
                break

    def _ask_for_slice(self):
        """Have a slice done as soon as this transaction is committed."""
        if self._has_queue():
            for connector in self:
                connector._enqueue_slice()
        else:
            # Where somebody has deleted it, what asks for the slice goes on all the same.
            self._wake(self.env.ref("mts_connector.cron_work", raise_if_not_found=False))

    def _hint_at_slice(self):
        """Ask for a slice where what was done before must not depend on it, as answers do not.

        Without it the scheduled job goes on within a minute.
        """
        try:
            with self.env.cr.savepoint():
                self._ask_for_slice()
        except psycopg2.OperationalError:
            # A matter of the moment: Odoo takes the whole delivery once again.
            raise
        except Exception as error:  # noqa: BLE001  (whatever other addons come up with)
            _logger.error("Nobody could be asked for a slice: %s", type(error).__name__)

    def _work(self, deadline=None):
        """Do one slice: send what is due, ask after overdue answers, close what is finished.

        The schedule, the button and a queue job all end here. It runs in transactions of its own.

        :param deadline: see :class:`~..background.slice.Slice`
        """
        self.ensure_one()
        with self._slice_lock() as mine:
            if mine and slices.Slice(self.pool, self.id, deadline).run():
                self._ask_for_slice()
            elif not mine and self._has_queue():
                # The slice at work may be past what this one was asked for.
                self._enqueue_slice(eta=BUSY_SECONDS)

    @contextmanager
    def _slice_lock(self):
        """Yield whether this is the only slice of the connector, in any process.

        The lock belongs to a transaction of its own, since the slice commits many times; it goes
        with its connection, so a killed process leaves none behind.
        """
        with self.pool.cursor() as cr:
            yield self._try_slice_lock(cr)

    def _try_slice_lock(self, cr):
        """Keep slices of this connector away until the transaction ends; False where one works."""
        cr.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [SLICE_LOCK, self.id])
        return cr.fetchone()[0]

    # -- jobs ------------------------------------------------------------------------------------

    @api.model
    def _has_queue(self):
        return "queue.job" in self.env

    def _job_key(self):
        return f"mts_connector.slice.{self.id}"

    def _enqueue_slice(self, eta=None):
        """Let a job do a slice. One that waits already will do, one at work will not.

        :param eta: not before so many seconds have passed
        """
        connector = self.with_user(SUPERUSER_ID)
        connector.with_company(connector.company_id).with_delay(
            eta=eta,
            channel=f"{CHANNEL_PARENT}.{CHANNEL}",
            description=_("MTS: %s", connector.name),
            identity_key=self._job_key(),
        )._work()

    def _left_to_a_job(self):
        """Have a job do the slice; False where there is no queue, or nobody works on it."""

        def leave(env):
            env[self._name]._declare_channel()
            return env[self._name].browse(self.id)._see_to_jobs()

        return self._has_queue() and in_transaction(self.pool, leave)

    @api.model
    def _declare_channel(self):
        """Make our channel known: ``queue_job`` clears away done jobs of channels it knows."""
        channels = self.env["queue.job.channel"]
        root = channels.search([("complete_name", "=", CHANNEL_PARENT)])
        if not channels.search([("name", "=", CHANNEL), ("parent_id", "=", root.id)]):
            channels.create({"name": CHANNEL, "parent_id": root.id})

    def _see_to_jobs(self):
        """Have a job wait for its turn, and tell whether it can be left at that.

        A killed worker leaves its job behind as if it was at work, where it takes up the room of
        others. The slice went with the worker, which shows by its lock.
        """
        if not self._try_slice_lock(self.env.cr):
            return True
        late = self._late_jobs()
        left_behind = late.filtered(lambda job: job.state != "pending")
        left_behind.requeue()
        if not self._has_open():
            # There is little to look after, and it would be a job each minute.
            return False
        self._enqueue_slice()
        return late == left_behind

    def _has_open(self):
        """Tell whether a slice may have to talk to MTS."""
        mine = ("connector_id", "=", self.id)
        return bool(
            self.env["mts.run"].search_count([mine, ("state", "in", OPEN_STATES)])
            or self.env["mts.request"].search_count([mine, ("state", "in", OPEN_REQUESTS)])
        )

    def _jobs(self, *domain):
        keys = [connector._job_key() for connector in self]
        return self.env["queue.job"].search([("identity_key", "in", keys), *domain])

    def _remove_jobs(self):
        if self._has_queue():
            self.sudo()._jobs().unlink()

    def _late_jobs(self):
        """Return the unfinished jobs to which nothing has happened for too long."""
        latest = fields.Datetime.now() - JOB_PATIENCE
        return self._jobs(("state", "in", ("pending", "enqueued", "started"))).filtered(
            lambda job: (
                (job.date_started or job.date_enqueued or job.eta or job.date_created) < latest
            )
        )
