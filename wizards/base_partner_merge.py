# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models

OFFICER = "mts_connector.group_user"

# Merging contacts who have any of these would be a way to other people's logins and accounts.
LEFT_TO_ODOO = ("res.users", "account.move.line")


class MergePartnerAutomatic(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _merge(self, partner_ids, dst_partner=None, extra_checks=True):
        if extra_checks and self._is_one_person(partner_ids):
            extra_checks = False
        return super()._merge(partner_ids, dst_partner, extra_checks)

    @api.model
    def _is_one_person(self, partner_ids):
        """Tell whether MOSIP says so; otherwise Odoo asks for the same e-mail."""
        if not self.user_has_groups(OFFICER):
            return False
        partners = self.env["res.partner"].browse(partner_ids).exists()
        if not self.env["mts.duplicate"]._are_alike(partners):
            return False
        return not any(
            self.env[model]
            .sudo()
            .with_context(active_test=False)
            .search([("partner_id", "in", partners.ids)], limit=1)
            for model in LEFT_TO_ODOO
            if model in self.env
        )

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        """Leave one of each, before whatever belongs to the sources goes to the target."""
        self._check_may_merge(dst_partner)
        sources, target = src_partners.sudo(), dst_partner.sudo()
        self.env["mts.record"].sudo()._merge(sources, target)
        self.env["mts.duplicate.decision"].sudo()._merge(sources, target)
        for store in self.env["mts.connector"].with_context(active_test=False)._stores([]):
            store._merge(sources, target)
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
