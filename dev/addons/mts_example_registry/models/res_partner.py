# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    # These two stand for those of OCA's partner_contact_birthdate and partner_contact_gender.
    birthdate_date = fields.Date("Birthdate")
    gender = fields.Selection([("male", "Male"), ("female", "Female"), ("other", "Other")])
    civil_vid = fields.Char("VID", copy=False, groups="mts_connector.group_manager")

    def _mts_texts(self, path):
        # MOSIP knows people as "Female", in English; here they are "female", or "Femme" on screen.
        texts = super()._mts_texts(path)
        return [text and text.capitalize() for text in texts] if path == "gender" else texts
