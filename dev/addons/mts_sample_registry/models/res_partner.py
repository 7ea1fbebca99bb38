# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    is_registrant = fields.Boolean("Registrant", index=True)
    is_group = fields.Boolean("Group")
    given_name = fields.Char()
    family_name = fields.Char()
    addl_name = fields.Char("Additional Name")
    birthdate = fields.Date("Date of Birth")
    gender = fields.Selection("_selection_gender")
    address = fields.Text()
    registration_date = fields.Date()

    @api.model
    def _selection_gender(self):
        # A handful of rows: all of them are wanted.
        types = self.env["gender.type"].search([])  # pylint: disable=no-search-all
        return [(gender.value, gender.code) for gender in types]

    @api.onchange("is_group", "given_name", "addl_name", "family_name")
    def _onchange_name_parts(self):
        if self.is_registrant and not self.is_group:
            parts = (self.given_name, self.addl_name, self.family_name)
            self.name = " ".join(part for part in parts if part)
