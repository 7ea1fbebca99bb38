# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging
from datetime import timedelta

from odoo import _, api, fields, models

from ..background.transaction import in_transaction

_logger = logging.getLogger(__name__)

RANGES = {"interval_minutes": (1, 525600)}


class UncheckedMany2one(fields.Many2one):
    """A reference without a foreign key.

    Odoo keeps the row of a scheduled job locked while it executes it. With a foreign key
    PostgreSQL would have whoever writes the connector wait for that, the job itself first of all.
    """

    def update_db_foreign_key(self, model, column):
        """Leave it out."""


class MtsSchedule(models.AbstractModel):
    """When registrants are sent by themselves: the scheduled job of a connector."""

    _name = "mts.schedule"
    _description = "Schedule of a Connector"
    _inherit = "mts.setting.mixin"

    job_type = fields.Selection(
        [("recurring", "Recurring"), ("onetime", "One time")],
        required=True,
        default="recurring",
        help="Recurring sends whoever is due each time the interval has passed. One time sends "
        "whoever is due now, once.",
    )
    interval_minutes = fields.Integer(
        "Interval in minutes",
        required=True,
        default=1440,
        help="Time between two scheduled imports. A day has 1440 minutes.",
    )
    cron_id = UncheckedMany2one("ir.cron", "Scheduled Job", readonly=True, copy=False)
    next_import_at = fields.Datetime(
        "Next Import",
        compute="_compute_next_import_at",
        help="When whoever is due then is sent by the schedule.",
    )
    onetime_run_id = fields.Many2one(
        "mts.run",
        "One-Time Import",
        readonly=True,
        copy=False,
        help="With this import a one-time connector has done its work.",
    )

    @api.constrains(*RANGES)
    def _check_schedule_ranges(self):
        for connector in self:
            connector._check_between(RANGES)

    @api.depends("cron_id")
    def _compute_next_import_at(self):
        for connector in self:
            cron = connector._origin._own_cron()
            connector.next_import_at = cron.active and cron.nextcall

    def write(self, vals):
        result = super().write(vals)
        running = self.filtered("cron_id")
        if "job_type" in vals:
            running._create_cron()
        elif "interval_minutes" in vals or "name" in vals:
            running._update_cron()
        return result

    def _cron_code(self):
        return f"model.browse({self.id})._cron_import()"

    def _own_cron(self):
        """Return the scheduled job, if it still is there.

        A job of somebody else is not ours to touch: RPC would let a manager write any number.
        """
        cron = self.cron_id.sudo().exists()
        return cron if cron.code == self._cron_code() else cron.browse()

    def _cron_values(self):
        return {
            "name": _("MTS: %s", self.name),
            "model_id": self.env["ir.model"]._get_id(self._name),
            "state": "code",
            "code": self._cron_code(),
            "user_id": self.env.ref("base.user_root").id,
            # A one-time job stays until its run has ended: one that fails, for want of a database
            # connection say, would be over for Odoo otherwise.
            "interval_number": 1 if self.job_type == "onetime" else self.interval_minutes,
            "interval_type": "minutes",
            "numbercall": -1,
            "doall": False,
        }

    def _create_cron(self):
        """Begin the schedule anew; the first import starts at once."""
        self._remove_cron()
        self.onetime_run_id = False
        for connector in self:
            connector.cron_id = self.env["ir.cron"].sudo().create(connector._cron_values())
            self._wake(connector.cron_id)

    def _update_cron(self):
        for connector in self.filtered(lambda self: self._own_cron()):
            # A shorter interval counts from now on, not only after the present one.
            soonest = fields.Datetime.now() + timedelta(minutes=connector.interval_minutes)
            cron = connector._own_cron()
            cron.write({**connector._cron_values(), "nextcall": min(cron.nextcall, soonest)})

    def _remove_cron(self):
        """Remove the scheduled job, also one whose connector forgot it.

        A job that is being executed cannot be touched. It then stays behind without effect, and
        the next tick of the background job removes it.
        """
        for connector in self:
            cron = connector._own_cron()
            connector.cron_id = False
            connector._try_unlink(cron)

    @api.model
    def _try_unlink(self, crons):
        # Asked beforehand, since Odoo rolls everything back when it finds a job locked.
        self.env.cr.execute(
            "SELECT id FROM ir_cron WHERE id = ANY(%s) FOR UPDATE SKIP LOCKED",
            [crons.ids],
            log_exceptions=False,
        )
        free = crons.browse(row[0] for row in self.env.cr.fetchall())
        for cron in free:
            action = cron.ir_actions_server_id
            cron.unlink()
            action.unlink()
        if crons - free:
            _logger.info("Scheduled jobs %s are being executed, removed later", (crons - free).ids)

    @api.model
    def _remove_orphaned_crons(self):
        crons = (
            self.env["ir.cron"]
            .with_context(active_test=False)
            .search([("model_id.model", "=", self._name), ("code", "like", "_cron_import()")])
        )
        connectors = self.with_context(active_test=False).search([("cron_id", "in", crons.ids)])
        self._try_unlink(crons - connectors.cron_id)

    def _cron_import(self):
        """Start the scheduled import."""

        def start(env):
            connector = env[self._name].browse(self.id).exists()
            if connector.state == "running" and not connector.onetime_run_id:
                run = connector._start_run("schedule")
                if connector.job_type == "onetime":
                    connector.onetime_run_id = run

        in_transaction(self.pool, start)

    @api.model
    def _wake(self, cron):
        """Have the job executed as soon as possible. Odoo 14 looks by itself each minute."""
        if hasattr(cron, "_trigger"):
            cron.sudo()._trigger()
