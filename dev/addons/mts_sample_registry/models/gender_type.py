from odoo import fields, models


class GenderType(models.Model):
    """The choices of a registrant's gender; each registry sets up its own."""

    _name = "gender.type"
    _description = "Gender Type"
    _rec_name = "value"
    _order = "id"

    code = fields.Char(required=True)
    value = fields.Char(required=True)

    _sql_constraints = [
        ("unique_code", "unique(code)", "This code is in use already."),
        ("unique_value", "unique(value)", "This value is in use already."),
    ]
