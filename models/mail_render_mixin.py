# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import _, api, models
from odoo.addons.mail.models import mail_render_mixin
from odoo.exceptions import AccessError

EDITORS = "mail.group_mail_template_editor"
TEXTS = ("char", "text", "html")


class MailRenderMixin(models.AbstractModel):
    """Lets nobody but those with the right write what Odoo executes: the placeholders of e-mails.

    They reach past all groups and rules, VIDs and secrets included. Odoo 15 knows that right, and
    gives it to everybody unless told not to, see ``hooks``. Odoo 14 lets even portal users have
    placeholders of their own executed; there it is the administrators' alone.
    """

    _inherit = "mail.render.mixin"

    @api.model
    def _mts_check_code(self, texts):
        """Refuse placeholders of this user, unless the user may write them."""
        if self._mts_is_refused(texts):
            raise AccessError(_("Only administrators may write placeholders into e-mails."))

    @api.model
    def _mts_is_refused(self, texts):
        if self.env.is_admin() or self.env.user.has_group(EDITORS):
            return False
        return any(self._mts_is_code(text) for text in texts if text)

    @api.model
    def _mts_is_code(self, text):
        if hasattr(self, "_is_dynamic_template_qweb"):
            return self._is_dynamic_template_qweb(
                text
            ) or self._is_dynamic_template_inline_template(text)
        try:
            tokens = mail_render_mixin.jinja_template_env.lex(text)
            return any(kind != "data" for _line, kind, _value in tokens)
        except Exception:  # noqa: BLE001  (whatever it is, it is no plain text)
            return True

    # -- Odoo 14; Odoo 15 does the same by itself ------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        templates = super().create(vals_list)
        templates._mts_check_texts()
        return templates

    def write(self, vals):
        result = super().write(vals)
        self._mts_check_texts()
        return result

    def _mts_check_texts(self):
        if not hasattr(self, "_unrestricted_rendering"):
            names = [name for name, field in self._fields.items() if field.type in TEXTS]
            self._mts_check_code(template[name] for template in self.sudo() for name in names)

    @api.model
    def _render_template_jinja(self, template_txt, model, res_ids, add_context=None):
        # A template's own text was looked at when it was written.
        new = not self.ids and self._mts_is_refused([template_txt])
        if new and not self._mts_is_of_a_template(template_txt):
            self._mts_check_code([template_txt])
        return super()._render_template_jinja(template_txt, model, res_ids, add_context)

    @api.model
    def _mts_is_of_a_template(self, text):
        """Tell whether the text is that of a template: to many people, Odoo sends a copy of it."""
        body = self.env["mail.compose.message"]._fields["body"]
        every = self.env["mail.template"].sudo().search([])  # pylint: disable=no-search-all
        return any(
            text in (template.subject, template.email_from, template.reply_to)
            or text in (template.body_html, body.convert_to_column(template.body_html, template))
            for template in every
        )
