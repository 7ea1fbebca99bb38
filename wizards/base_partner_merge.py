from odoo import api, models


class MergePartnerAutomatic(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_values(self, src_partners, dst_partner):
        """Keep VID and token, whoever merges: Odoo asks for the right to each field.

        Who has a token needs no VID any more.
        """
        dst_partner.check_access_rights("write")
        dst_partner.check_access_rule("write")
        sources, target = src_partners.sudo(), dst_partner.sudo()
        result = super()._update_values(sources, target)
        partners = target + sources
        token = next(filter(None, partners.mapped("mosip_auth_token")), False)
        vid = next(filter(None, partners.mapped("mosip_vid")), False)
        target.write({"mosip_auth_token": token, "mosip_vid": not token and vid})
        return result
