# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import _, api, fields, models
from odoo.exceptions import UserError

# Who can be sent, though perhaps not by itself.
SENDABLE = ("due", "check", "later", "refused", "answered")


class MtsSendOne(models.TransientModel):
    """Asks whether one registrant is to be sent, and sends it the way that all are sent."""

    _name = "mts.send.one"
    _description = "Send One Registrant"

    partner_id = fields.Many2one(
        "res.partner", "Registrant", required=True, help="Who is sent to MTS."
    )
    connector_id = fields.Many2one(
        "mts.connector",
        required=True,
        domain=[("input_type", "=", "registry")],
        default=lambda self: self._default_connector(),
        help="How the registrant is sent.",
    )
    standing = fields.Char(
        "At Present", compute="_compute_standing", help="Where the registrant stands."
    )
    can_be_sent = fields.Boolean(compute="_compute_standing")

    @api.model
    def _default_connector(self):
        """Return a connector that can send the registrant, or else any."""
        delta = self.env["mts.delta"]
        connectors = self.env["mts.connector"].search([("input_type", "=", "registry")])
        partner = self.env["res.partner"].browse(self.env.context.get("default_partner_id"))
        if partner:
            fitting = [c for c in connectors if delta._standing_of(c, partner) in SENDABLE]
            return fitting[0] if fitting else connectors[:1]
        return connectors[:1]

    @api.depends("partner_id", "connector_id")
    def _compute_standing(self):
        delta = self.env["mts.delta"]
        for wizard in self:
            standing = None
            if wizard.partner_id and wizard.connector_id:
                standing = delta._standing_of(wizard.connector_id, wizard.partner_id)
            wizard.standing = delta._words().get(standing, False)
            wizard.can_be_sent = standing in SENDABLE

    def action_send(self):
        """Send the registrant as Retry does, also one who has never been sent."""
        self.ensure_one()
        if not self.can_be_sent:
            raise UserError(_("This registrant cannot be sent now. %s.", self.standing))
        pair = {"connector_id": self.connector_id.id, "partner_id": self.partner_id.id}
        records = self.env["mts.record"]
        record = records.search([(name, "=", value) for name, value in pair.items()])
        if not record:
            # Due, and nothing has come of it yet.
            record = records.sudo().create({**pair, "state": "lost"}).sudo(False)
        record.action_retry()
        run = self.env["mts.run"].search(
            [
                ("connector_id", "=", self.connector_id.id),
                ("scope", "=", "retry"),
                ("state", "=", "queued"),
            ],
            limit=1,
        )
        return run._open()
