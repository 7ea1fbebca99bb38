from odoo import models


class IrTranslation(models.Model):
    _inherit = "ir.translation"

    def check(self, mode):
        """Look at translations of e-mail templates as at the templates, which Odoo does not."""
        result = super().check(mode)
        if mode != "read":
            texts = [row.value for row in self.sudo() if row._mts_is_of_a_template()]
            self.env["mail.render.mixin"]._mts_check_code(texts)
        return result

    def _mts_is_of_a_template(self):
        model = (self.name or "").partition(",")[0]
        templates = self.env.registry["mail.render.mixin"]
        return model in self.env and issubclass(self.env.registry[model], templates)
