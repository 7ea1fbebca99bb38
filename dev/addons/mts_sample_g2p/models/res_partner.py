# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import _, api, fields, models
from odoo.exceptions import ValidationError


class ResPartner(models.Model):
    _inherit = "res.partner"

    reg_ids = fields.One2many("g2p.reg.id", "partner_id", "IDs")
    phone_number_ids = fields.One2many("g2p.phone.number", "partner_id", "Phone Numbers")
    name = fields.Char(index=True)
    company_id = fields.Many2one(required=True, default=lambda self: self.env.company)
    registration_date = fields.Date(default=fields.Date.context_today)
    disabled = fields.Datetime()
    disabled_reason = fields.Text()
    disabled_by = fields.Many2one("res.users")

    @api.onchange("phone_number_ids")
    def _onchange_phone_number_ids(self):
        # Like the real one, all in one text.
        present = self.phone_number_ids.filtered(lambda number: not number.disabled)
        self.phone = ",".join(present.mapped("phone_no"))

    @api.constrains("registration_date")
    def _check_registration_date(self):
        for partner in self.filtered("registration_date"):
            born = partner.birthdate or partner.registration_date
            if not born <= partner.registration_date <= fields.Date.today():
                raise ValidationError(_("Nobody is registered before being born, nor in advance."))
