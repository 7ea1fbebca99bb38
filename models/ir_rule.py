# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models
from odoo.osv import expression

from .base import G2P_ID


class IrRule(models.Model):
    _inherit = "ir.rule"

    @api.model
    def _compute_domain(self, model_name, mode="read"):
        """Keep VIDs among OpenG2P's IDs from everybody who may not see a whole VID.

        Not a record of this model, since OpenG2P may be missing. They may still be created: who
        registers people goes on typing VIDs in.
        """
        domain = super()._compute_domain(model_name, mode)
        if model_name != G2P_ID or mode == "create":
            return domain
        if self.env.su or self.user_has_groups("mts_connector.group_manager"):
            return domain
        hidden = self.env["mts.vid.type"]._hidden()
        return expression.AND([domain or [], [("id_type", "not in", hidden)]])
