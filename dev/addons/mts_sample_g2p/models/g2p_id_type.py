# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import _, api, fields, models
from odoo.exceptions import ValidationError


class G2pIdType(models.Model):
    _name = "g2p.id.type"
    _description = "ID Type"
    _order = "name"

    name = fields.Char()
    id_validation = fields.Char("Pattern of the Numbers")

    @api.constrains("name")
    def _check_name(self):
        # Like the real one, for a single type at a time.
        self.ensure_one()
        if not self.name:
            raise ValidationError(_("An ID type needs a name."))
        others = self.search([("id", "!=", self.id)])
        if self.name.lower() in [other.name.lower() for other in others]:
            raise ValidationError(_("There is an ID type of this name already."))
