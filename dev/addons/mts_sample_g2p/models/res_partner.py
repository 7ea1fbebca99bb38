# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import _, api, fields, models
from odoo.exceptions import ValidationError


class ResPartner(models.Model):
    _inherit = "res.partner"

    reg_ids = fields.One2many("g2p.reg.id", "partner_id", "IDs")
    phone_number_ids = fields.One2many("g2p.phone.number", "partner_id", "Phone Numbers")
    name = fields.Char(index=True)
    group_membership_ids = fields.One2many("g2p.group.membership", "group", "Members")
    individual_membership_ids = fields.One2many(
        "g2p.group.membership", "individual", "Memberships"
    )
    force_recompute_canary = fields.Datetime(compute="_compute_canary", store=True)
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

    def _compute_canary(self):
        # The real one also makes a job that counts the members anew.
        self.force_recompute_canary = fields.Datetime.now()

    def _recompute_group(self):
        self.env.add_to_compute(self._fields["force_recompute_canary"], self)

    @api.model_create_multi
    def create(self, vals_list):
        partners = super().create(vals_list)
        partners._recompute_their_groups()
        return partners

    def write(self, vals):
        result = super().write(vals)
        self._recompute_their_groups()
        return result

    def _recompute_their_groups(self):
        """Whatever is written of a member: its groups are written, too, or refuse it."""
        for partner in self.filtered(lambda one: one.is_registrant and not one.is_group):
            groups = partner.individual_membership_ids.group
            for group in groups:
                group._check_kinds()
            groups._recompute_group()

    def _check_kinds(self):
        present = [kind for member in self.group_membership_ids for kind in member.kind.ids]
        for kind in self.env["g2p.group.membership.kind"].search([("is_unique", "=", True)]):
            if present.count(kind.id) > 1:
                raise ValidationError(_("A group has one %s only.", kind.name))

    @api.constrains("registration_date")
    def _check_registration_date(self):
        for partner in self.filtered("registration_date"):
            born = partner.birthdate or partner.registration_date
            if not born <= partner.registration_date <= fields.Date.today():
                raise ValidationError(_("Nobody is registered before being born, nor in advance."))
