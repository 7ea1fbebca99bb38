# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from odoo import api, fields, models


class MtsErrorCode(models.Model):
    _inherit = "mts.error.code"

    policy = fields.Selection(
        selection_add=[("next_day", "Sent again the next day")],
        ondelete={"next_day": "set default"},
    )

    @api.model
    def _precedence(self):
        # Who may not be sent again today is not sent again in a quarter of an hour either.
        order = super()._precedence()
        order.insert(order.index("transient"), "next_day")
        return order

    def _retry_pause(self, attempts):
        if self.policy == "next_day":
            return timedelta(days=1)
        return super()._retry_pause(attempts)
