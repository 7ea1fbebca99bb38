# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models
from odoo.modules.module import load_information_from_description_file

ADDON = "mts_connector"
BUNDLE = "assets_backend"


class IrUiView(models.Model):
    _inherit = "ir.ui.view"

    @api.model
    def _mts_load_assets(self):
        """Have Odoo 14 load the scripts that the manifest names under ``assets``.

        Odoo 15 reads them there. Odoo 14 wants a view that inherits one which Odoo 15 has no more,
        so that it cannot be among the data of an addon for both. Called by ``views/assets.xml``,
        that is whenever the addon is installed or updated.
        """
        if "ir.asset" in self.env:
            return
        manifest = load_information_from_description_file(ADDON)
        scripts = "".join(
            f'<script type="text/javascript" src="/{path}"/>'
            for path in manifest["assets"][f"web.{BUNDLE}"]
        )
        values = {
            "name": BUNDLE,
            "key": f"{ADDON}.{BUNDLE}",
            "type": "qweb",
            "mode": "extension",
            "inherit_id": self.env.ref(f"web.{BUNDLE}").id,
            "arch": f'<data><xpath expr="." position="inside">{scripts}</xpath></data>',
        }
        self._load_records([{"xml_id": f"{ADDON}.{BUNDLE}", "values": values}])
