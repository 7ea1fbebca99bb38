# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models


class IrTranslation(models.Model):
    _inherit = "ir.translation"

    def check(self, mode):
        """Look at translations of what Odoo executes as at the originals, which Odoo does not.

        Those of a view's terms can bring QWeb along, and Odoo lets every employee write them.
        """
        result = super().check(mode)
        if mode != "read":
            rows = self.sudo()
            texts = [row.value for row in rows if row._mts_is_of_a_template()]
            self.env["mail.render.mixin"]._mts_check_code(texts)
            terms = rows.filtered(lambda row: row.type == "model_terms" and row._mts_model())
            for model in {row._mts_model() for row in terms}:
                self.env[model].check_access_rights("write")
        return result

    def _mts_model(self):
        """Return the name of the model that is translated, or None where there is none."""
        model = (self.name or "").partition(",")[0]
        return model if model in self.env else None

    def _mts_is_of_a_template(self):
        model, templates = self._mts_model(), self.env.registry["mail.render.mixin"]
        return bool(model) and issubclass(self.env.registry[model], templates)
