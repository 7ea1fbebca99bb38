# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import _, api, fields, models
from odoo.exceptions import ValidationError


class GenderType(models.Model):
    """The choices of a registrant's gender; each registry sets up its own."""

    _name = "gender.type"
    _description = "Gender Type"
    _rec_name = "code"

    code = fields.Char()
    value = fields.Char()
    active = fields.Boolean(default=True)

    @api.constrains("code")
    def _check_code(self):
        # Like the real one, for a single type at a time.
        self.ensure_one()
        if not self.code:
            raise ValidationError(_("A gender type needs a code."))
        others = self.search([("id", "!=", self.id)])
        if self.code.lower() in [other.code.lower() for other in others]:
            raise ValidationError(_("There is a gender type of this code already."))
