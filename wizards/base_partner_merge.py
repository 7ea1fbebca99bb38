from odoo import api, models


class MergePartnerAutomatic(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_values(self, src_partners, dst_partner):
        """Keep VID and token: Odoo merges only the fields that the present user may see.

        Who has a token needs no VID any more.
        """
        result = super()._update_values(src_partners, dst_partner)
        partners = (dst_partner + src_partners).sudo()
        token = next(filter(None, partners.mapped("mosip_auth_token")), False)
        vid = next(filter(None, partners.mapped("mosip_vid")), False)
        dst_partner.sudo().write({"mosip_auth_token": token, "mosip_vid": not token and vid})
        return result
