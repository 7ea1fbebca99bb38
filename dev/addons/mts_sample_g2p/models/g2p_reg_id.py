# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import re

from odoo import _, api, fields, models
from odoo.exceptions import ValidationError


class G2pRegId(models.Model):
    _name = "g2p.reg.id"
    _description = "Registrant ID"
    _order = "id desc"

    # Like the real one without indexes, and in the way of deleting a registrant.
    partner_id = fields.Many2one(
        "res.partner", "Registrant", required=True, domain=[("is_registrant", "=", True)]
    )
    id_type = fields.Many2one("g2p.id.type", "ID Type", required=True)
    value = fields.Char(size=100)
    expiry_date = fields.Date()
    id_type_as_str = fields.Char(related="id_type.name")

    def name_get(self):
        return [(row.id, row.partner_id.name or "") for row in self]

    @api.constrains("value")
    @api.onchange("value")
    def _check_value(self):
        for row in self:
            if not row.value:
                # The real one looks no further either.
                return
            pattern = row.id_type.id_validation
            if pattern and not re.match(pattern, row.value):
                # It quotes the number, which must not get around.
                raise ValidationError(
                    _("%(type)s cannot be %(value)s.", type=row.id_type.name, value=row.value)
                )

    @api.constrains("partner_id", "id_type")
    def _check_one_of_each_type(self):
        # Counted with the user's own rights.
        for row in self:
            same = [("partner_id", "=", row.partner_id.id), ("id_type", "=", row.id_type.id)]
            if self.search_count(same) > 1:
                raise ValidationError(_("ID Type must be unique."))
