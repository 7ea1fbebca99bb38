# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import _, models


class MtsIdentityStoreCivil(models.AbstractModel):
    _name = "mts.identity.store.civil"
    _inherit = "mts.identity.store.partner"
    _description = "VIDs of the Civil Registry"
    _precedence = 20

    def _label(self):
        return _("Civil registry")

    def _domain(self):
        return [("civil_vid", "!=", False), ("mosip_auth_token", "=", False)]

    def _read_vids(self, partners):
        return self._stripped([(partner.id, partner.civil_vid or "") for partner in partners])

    def _write_vid(self, partner, vid):
        partner.civil_vid = vid

    def _store_tokens(self, tokens):
        self.env["res.partner"].browse(tokens).write({"civil_vid": False})
        return super()._store_tokens(tokens)

    def _forget(self, partners):
        partners.write({"civil_vid": False})
        return super()._forget(partners)
