# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import _, api, fields, models
from odoo.exceptions import UserError

from ..actions import open_dialog
from ..mts import signature
from ..mts.settings import SettingError
from .mts_run_progress import SENDING_STATES

RANGES = {"retention_days": (0, 36500)}

# A change of these may change what is sent of anybody.
LOOK_AGAIN = {
    *("mapping", "selected_fields", "lang_code", "search_domain"),
    *("identity_store", "g2p_vid_type", "g2p_token_type"),
}


class MtsConnector(models.Model):
    """The settings of one interface to one MTS: who is sent, when, and how the tokens come back.

    The settings themselves stand in the models that it inherits; here is its life cycle.
    """

    _name = "mts.connector"
    _description = "MTS Connector"
    _inherit = [
        "mail.thread",
        "mts.activities",
        "mts.setting.problems",
        "mts.work",
        "mts.ledger.counts",
    ]
    _secrets = _configurable_secrets = ("callback_auth_password", "hmac_key", "odk_password")
    _order = "name, id"

    name = fields.Char(required=True, help="How people call this connector.")
    active = fields.Boolean(
        default=True, help="Archive a connector to keep its history and stop its schedule."
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company,
        help="Only registrants of this company, or of none, are sent.",
    )
    state = fields.Selection(
        [("draft", "Draft"), ("running", "Running"), ("done", "Done")],
        required=True,
        readonly=True,
        copy=False,
        default="draft",
        tracking=True,
        help="Running: the schedule is on. Done: a one-time connector has done its work.",
    )
    # Where people's data go: who has changed that is on record.
    mts_url = fields.Char(tracking=True)
    callback_url = fields.Char(tracking=True)
    retention_days = fields.Integer(
        "Keep Imports (days)",
        required=True,
        default=90,
        help="Imports and their requests are deleted this many days after they ended; 0 keeps "
        "them for ever. What is known of each registrant stays.",
    )
    attention = fields.Text(
        readonly=True,
        copy=False,
        help="Why sending has stopped and what to do. The next good answer clears it.",
    )
    changes_since = fields.Datetime(
        readonly=True,
        copy=False,
        help="Changes before this time have been looked at by a complete import.",
    )
    run_ids = fields.One2many("mts.run", "connector_id", "Imports Done", copy=False)

    @api.constrains(*RANGES)
    def _check_ranges(self):
        for connector in self:
            connector._check_between(RANGES)

    @api.constrains("company_id")
    def _check_company(self):
        # Odoo looks at the rules before a change only. Its new company's registrants would be
        # sent wherever its manager wants.
        self.check_access_rule("write")

    # -- life cycle ------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        connectors = super().create(vals_list)
        for connector in connectors:
            connector._set_secret("hmac_key", signature.new_key())
        return connectors

    def copy_data(self, default=None):
        # A second connector of the same name would be hard to tell apart.
        return super().copy_data({"name": _("%s (copy)", self.name), **(default or {})})

    def write(self, vals):
        if "active" in vals and not vals["active"]:
            self._stop(_("The connector was archived."))
        if LOOK_AGAIN & set(vals):
            # What was refused may now be sent in another form: look at everything once again.
            vals = {**vals, "changes_since": False}
        return super().write(vals)

    def unlink(self):
        # Before anything is said or locked.
        self.check_access_rights("unlink")
        self.check_access_rule("unlink")
        if not all(connector._try_slice_lock(self.env.cr) for connector in self):
            raise UserError(_("An import is being sent just now. Stop it, then try again."))
        waiting = (
            self.env["mts.record"]
            .sudo()
            .search_count([("connector_id", "in", self.ids), ("state", "=", "pending")])
        )
        if waiting:
            raise UserError(
                _(
                    "%s registrants wait for an answer, which would be lost with the connector. "
                    "Stop it or archive it, and delete it when the answers are in.",
                    waiting,
                )
            )
        self._remove_cron()
        self._remove_jobs()
        return super().unlink()

    def action_start(self):
        """Switch the schedule on; the first import starts at once."""
        self._check_manager()
        self._check_active()
        stopped = self.filtered(lambda self: self.state != "running")
        stopped.state = "running"
        stopped._create_cron()
        return True

    def action_stop(self):
        """Switch the schedule off and send nothing more; answers under way still count."""
        self._check_manager()
        self._stop(_("The connector was stopped."))
        return True

    def _stop(self, reason):
        self.filtered(lambda self: self.state == "running").state = "draft"
        self._remove_cron()
        self._runs_to_send()._finish("cancelled", reason)

    def action_import_now(self):
        """Start an import in the background and show it."""
        self.ensure_one()
        self._check_officer()
        return self._start_run("manual")._open()

    def action_test_connection(self):
        """Try MTS, the callback and its login, and show what came of it."""
        self.ensure_one()
        self._check_manager()
        test = self.env["mts.connection.test"]._of(self)
        return open_dialog(test, _("Test Connection"))

    def action_preview(self):
        """Show who would be sent now, and what; nothing is sent."""
        self.ensure_one()
        self._check_officer()
        preview = self.env["mts.preview"].create({"connector_id": self.id})
        return open_dialog(preview, _("Preview"))

    def _check_officer(self):
        self.check_access_rights("read")
        self.check_access_rule("read")

    def _check_manager(self):
        self.check_access_rights("write")
        self.check_access_rule("write")

    def _check_active(self):
        if not all(self.mapped("active")):
            raise UserError(_("This connector is archived. Unarchive it first."))

    # -- runs -------------------------------------------------------------------------------------

    def _start_run(self, trigger, scope="due"):
        """Return the open run, or a new one, and see to it that it goes on.

        :param scope: ``due``, or ``retry`` for those only whom a person wants to be tried again
        """
        self.ensure_one()
        self._check_active()
        self._let_come_one_by_one()
        runs = self.env["mts.run"].sudo()
        # One that is under way may already have passed by some: not good enough where it was
        # asked for them, or where it is the only one.
        complete = scope == "retry" or (trigger == "schedule" and self.job_type == "onetime")
        states = ("queued",) if complete else SENDING_STATES
        run = runs.search(
            [
                ("connector_id", "=", self.id),
                ("scope", "=", scope),
                ("state", "in", states),
            ],
            limit=1,
        )
        if not run:
            run = runs.create({"connector_id": self.id, "trigger": trigger, "scope": scope})
        elif trigger == "manual":
            # A person wants it now, also where the schedule would wait or not try at all.
            run.write({"trigger": trigger, "next_try_at": False})
        self._ask_for_slice()
        return run

    def _let_come_one_by_one(self):
        """Let one of two who start a run at the same moment begin again, to see the other's run.

        A lock alone would not do: the second would go on with its old view of the runs.
        """
        self.flush()
        self.env.cr.execute(
            "UPDATE mts_connector SET active = active WHERE id = %s",
            [self.id],
            log_exceptions=False,
        )

    def _runs_to_send(self):
        return (
            self.env["mts.run"]
            .sudo()
            .search([("connector_id", "in", self.ids), ("state", "in", SENDING_STATES)])
        )

    def _signing_key(self):
        """Return the key of the proofs.

        :raises SettingError: where the server's configuration has one that cannot be used
        """
        key = self._secret("hmac_key")
        if not signature.is_strong(key):
            raise SettingError(
                _(
                    "“hmac_key” in the server's configuration has less than %(least)s characters: "
                    "its administrator has to set a longer one, or none"
                ),
                least=signature.MIN_KEY,
            )
        return key

    # -- attention -------------------------------------------------------------------------------

    def _raise_attention(self, reason):
        """Stop sending until a person has looked at it.

        :param reason: what is wrong and what to do, without data of registrants
        """
        for connector in self:
            if connector.attention != reason:
                connector.attention = reason
                # The connector before its runs, as when a run begins: in the other order an
                # answer and a slice could wait for each other.
                connector.flush(["attention"])
            connector._runs_to_send()._finish("failed", reason)

    def _judge(self, refused, others):
        """Stop sending, or take it up again, after answers.

        :param refused: records that have just been rejected
        :param others: whether others have been answered, too, and not been rejected
        """
        stopping = refused.filtered(lambda record: record.error_id._stops_sending())
        if stopping:
            error = stopping[0].error_id
            self._raise_attention(
                _(
                    "Sending has stopped: %(meaning)s (%(code)s).\n%(advice)s.",
                    meaning=error.name,
                    code=stopping[0].error_code,
                    advice=error.advice,
                )
            )
        # What passes by itself says nothing about whether MOSIP takes registrants.
        elif others or refused.filtered(lambda record: not record.error_id._retry_pause(1)):
            self.filtered("attention").attention = False

    def _slice_failed(self, error_name):
        """An error of ours, not of MTS: show it and stop, the server log has the place."""
        self._raise_attention(
            _(
                "The import stopped with an unexpected error (%s). The server log says where it "
                "happened; the registrants stay due.",
                error_name,
            )
        )
