from odoo import api, models


class MergePartnerAutomatic(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        """Leave one VID or token, before whatever belongs to the sources goes to the target."""
        self._check_may_merge(dst_partner)
        for store in self.env["mts.connector"].with_context(active_test=False)._stores([]):
            store._merge(src_partners.sudo(), dst_partner.sudo())
        return super()._update_foreign_keys(src_partners, dst_partner)

    @api.model
    def _update_values(self, src_partners, dst_partner):
        """Have the values copied, whoever merges: Odoo asks for the right to each field."""
        self._check_may_merge(dst_partner)
        return super()._update_values(src_partners.sudo(), dst_partner.sudo())

    @api.model
    def _check_may_merge(self, dst_partner):
        dst_partner.check_access_rights("write")
        dst_partner.check_access_rule("write")
