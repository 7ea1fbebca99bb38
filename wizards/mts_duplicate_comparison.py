# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import _, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date, format_datetime

from ..models.base import GUARDED

# Odoo's own bookkeeping, of which these two help to find out what happened.
BOOKKEEPING = ("create_date", "create_uid")
NOT_COMPARED = ("binary", "html", "one2many", "reference", "many2one_reference")


class MtsDuplicateComparison(models.TransientModel):
    """Puts registrants with one token side by side, and lets a person settle what they are."""

    _name = "mts.duplicate.comparison"
    _description = "Comparison of Registrants with the Same Token"

    partner_ids = fields.Many2many("res.partner", string="Registrants", readonly=True)
    comparison = fields.Html(compute="_compute_comparison", sanitize=False)
    reason = fields.Text(help="Why they are not the same person. Others will read it.")

    @api.depends("partner_ids")
    def _compute_comparison(self):
        template = self.env.ref("mts_connector.duplicate_comparison")
        action = self.env.ref("mts_connector.mts_duplicate_action")
        for wizard in self:
            values = {
                "partners": wizard.partner_ids,
                "rows": wizard._rows(),
                "action_id": action.id,
            }
            html = template._render(values, engine="ir.qweb")
            wizard.comparison = html.decode() if isinstance(html, bytes) else html

    def _rows(self):
        """Return what differs, and then what of the values that are sent is the same."""
        connectors = self.env["mts.connector"].sudo().search([])  # pylint: disable=no-search-all
        sent = connectors._sent_fields()
        rows = [self._row(name) for name in self._compared_fields()]
        differing = [row for row in rows if row["differs"]]
        return differing + [
            row
            for row in rows
            if not row["differs"] and row["name"] in sent and any(row["values"])
        ]

    def _row(self, name):
        partners = self.partner_ids
        field = partners._fields[name]
        return {
            "name": name,
            "label": field._description_string(self.env),
            "values": [_shown(partner, field) for partner in partners],
            "differs": len({partner[name] or False for partner in partners}) > 1,
        }

    def _compared_fields(self):
        """Return the names of the fields that are compared, of those that this user may read."""
        partners = self.partner_ids
        for name in partners.fields_get(attributes=["type"]):
            field = partners._fields[name]
            if name in BOOKKEEPING or (
                field.store
                and not (field.compute or field.automatic or field.groups)
                and field.type not in NOT_COMPARED
                and name not in GUARDED
            ):
                yield name

    def action_merge(self):
        """Go on to Odoo's own merging of contacts."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("base.action_partner_merge")
        context = {"active_model": "res.partner", "active_ids": self.partner_ids.ids}
        return {**action, "context": context}

    def action_settle(self):
        """They are different people: keep the reason, and list them no more."""
        self.ensure_one()
        partners = self.partner_ids
        partners.check_access_rule("read")
        if not self.env["mts.duplicate"]._are_alike(partners):
            raise UserError(_("They have not the same token any more. Nothing has to be settled."))
        self.env["mts.duplicate.decision"].sudo()._settle(partners, self.reason)
        return {"type": "ir.actions.act_window_close"}


def _shown(record, field):
    """Return the value as a person reads it."""
    value, env = record[field.name], record.env
    if field.type == "boolean":
        return _("Yes") if value else _("No")
    if not value:
        return ""
    if field.relational:
        # Odoo shows the names of what a contact leads to, whatever rights there are to it.
        return ", ".join(value.sudo().mapped("display_name"))
    if field.type == "selection":
        return dict(field._description_selection(env)).get(value, value)
    formats = {"date": format_date, "datetime": format_datetime}
    return formats[field.type](env, value) if field.type in formats else str(value)
