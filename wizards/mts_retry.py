# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models


class MtsRetry(models.TransientModel):
    """Asks before registrants are sent again."""

    _name = "mts.retry"
    _description = "Retry"

    record_ids = fields.Many2many("mts.record", string="Records", readonly=True)
    sendable_count = fields.Integer("Can Be Sent", compute="_compute_counts")
    awaited_count = fields.Integer("Waiting for an Answer", compute="_compute_counts")
    unreachable_count = fields.Integer("Cannot Be Sent", compute="_compute_counts")

    @api.depends("record_ids")
    def _compute_counts(self):
        for wizard in self:
            records = wizard.record_ids.sudo()
            awaited = records._expecting()
            wizard.awaited_count = len(awaited)
            wizard.sendable_count = len(wizard._sendable())
            wizard.unreachable_count = len(records - awaited) - wizard.sendable_count

    def _sendable(self):
        records = self.record_ids.sudo()
        sendable = (records - records._expecting())._within_reach()
        return self.record_ids & sendable

    def action_send(self):
        """Send those who can be sent."""
        self.ensure_one()
        self._sendable().action_retry()
        return {"type": "ir.actions.act_window_close"}
