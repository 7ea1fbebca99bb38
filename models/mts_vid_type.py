# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import _, api, fields, models
from odoo.exceptions import UserError

from .base import G2P_TYPE


class MtsVidType(models.Model):
    """Remembers which of OpenG2P's ID types have held VIDs, whatever they are called today.

    By number, since OpenG2P may be missing: no field can lead to its model.
    """

    _name = "mts.vid.type"
    _description = "ID Type That Holds VIDs"

    type_id = fields.Integer("Number", required=True, readonly=True)
    name = fields.Char("ID Type", compute="_compute_name")

    _sql_constraints = [("type_unique", "unique(type_id)", "Each type is remembered once.")]

    @api.depends("type_id")
    def _compute_name(self):
        types = self.env[G2P_TYPE].sudo() if G2P_TYPE in self.env else None
        for row in self:
            found = types is not None and types.browse(row.type_id).exists()
            row.name = found.display_name if found else _("Deleted")

    def unlink(self):
        if self._named() & set(self.mapped("type_id")):
            raise UserError(
                _("A connector's settings, or the usual name, say that this type holds VIDs.")
            )
        return super().unlink()

    @api.model
    def _named(self):
        return self.env["mts.identity.store.g2p"].sudo()._named_vid_types()

    @api.model
    def _remembered(self):
        every = self.sudo().search([])  # pylint: disable=no-search-all  # there are a few
        return set(every.mapped("type_id"))

    @api.model
    def _remember_named(self):
        """Keep in mind which types hold VIDs now, before a name or a setting changes."""
        new = sorted(self._named() - self._remembered())
        self.sudo().create([{"type_id": type_id} for type_id in new])

    @api.model
    def _hidden(self):
        """Return the ids of all types that hold VIDs, or have held them."""
        return sorted(self._named() | self._remembered())
