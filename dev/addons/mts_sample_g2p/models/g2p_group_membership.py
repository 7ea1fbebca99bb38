# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import _, api, fields, models
from odoo.exceptions import ValidationError


class G2pGroupMembership(models.Model):
    _name = "g2p.group.membership"
    _description = "Membership of a Group"
    _order = "id desc"

    group = fields.Many2one("res.partner", required=True, domain=[("is_group", "=", True)])
    individual = fields.Many2one("res.partner", required=True, domain=[("is_group", "=", False)])
    kind = fields.Many2many("g2p.group.membership.kind")

    @api.constrains("individual")
    def _check_individual(self):
        for membership in self:
            members = membership.group.group_membership_ids.mapped("individual.id")
            if members.count(membership.individual.id) > 1:
                raise ValidationError(_("Nobody is in a group twice."))

    @api.model_create_multi
    def create(self, vals_list):
        memberships = super().create(vals_list)
        memberships.group._recompute_group()
        return memberships

    def write(self, vals):
        # Like the real one without a look at how many heads there are.
        result = super().write(vals)
        self.group._recompute_group()
        return result

    def unlink(self):
        groups = self.group
        result = super().unlink()
        groups._recompute_group()
        return result
