# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class G2pGroupMembershipKind(models.Model):
    _name = "g2p.group.membership.kind"
    _description = "Kind of Membership"
    _order = "id desc"

    name = fields.Char("Kind")
    is_unique = fields.Boolean("Once in a Group")
