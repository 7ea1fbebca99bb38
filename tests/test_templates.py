# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Templates of e-mails, whose placeholders Odoo executes: who may write them."""

from odoo.exceptions import AccessError
from odoo.tests.common import tagged

from ..hooks import post_init_hook
from ..models.mail_render_mixin import EDITORS
from .rights_case import RightsCase

VID = "2345678901234560"
# In the language of each series, in any order.
CODE = (
    "${object.sudo().mosip_vid} {{ object.sudo().mosip_vid }}",
    "${user.search([]).mapped('partner_id')} {{ user.search([]).mapped('partner_id') }}",
    "% for partner in object.sudo()\n${partner.mosip_vid}\n% endfor\n{{ user.partner_id }}",
    "<% set vid = object.sudo().mosip_vid %>${vid}{{ object.sudo().mosip_vid }}",
)
BODY = f'<p>{CODE[0]}<t t-out="object.sudo().mosip_vid"/></p>'


@tagged("post_install", "-at_install")
class TestTemplates(RightsCase):
    kinds = ("portal", "internal", "officer", "manager")

    def setUp(self):
        super().setUp()
        self.partner = self.env["res.partner"].create({"name": "Amina", "mosip_vid": VID})
        self.contacts = self.env["ir.model"]._get("res.partner").id

    def values(self, **values):
        return {"name": "Greeting", "model_id": self.contacts, "subject": "Hello", **values}

    def preview(self, user, template_id, lang=False):
        """Return what a preview of the template for the contact shows."""
        made = self.rpc(
            user,
            "mail.template.preview",
            "create",
            {
                "mail_template_id": template_id,
                "resource_ref": f"res.partner,{self.partner.id}",
                "lang": lang,
            },
        )
        return repr(self.rpc(user, "mail.template.preview", "read", [made]))

    def refused(self):
        return self.assertRaises(AccessError)

    def test_nobody_writes_code_into_a_template(self):
        for kind in ("internal", "officer", "manager"):
            user = self.user(kind)
            made = self.rpc(user, "mail.template", "create", self.values())
            for values in ({"subject": CODE[0]}, {"body_html": BODY}, {"lang": CODE[2]}):
                with self.subTest(kind=kind, values=values):
                    with self.refused(), self.env.cr.savepoint():
                        self.rpc(user, "mail.template", "create", self.values(**values))
                    with self.refused(), self.env.cr.savepoint():
                        self.rpc(user, "mail.template", "write", [made], values)
            self.rpc(user, "mail.template", "write", [made], {"subject": "50 % off, in $"})

    def test_nor_into_a_translation_of_one(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        user = self.user("internal")
        made = self.rpc(user, "mail.template", "create", self.values(body_html="<p>Hi</p>"))
        for field, code in (("subject", CODE[0]), ("body_html", BODY)):
            values = {
                "type": "model",
                "name": f"mail.template,{field}",
                "lang": "fr_FR",
                "res_id": made,
                "src": "x",
                "value": "Bonjour",
                "state": "translated",
            }
            with self.refused(), self.env.cr.savepoint():
                self.rpc(user, "ir.translation", "create", {**values, "value": code})
            kept = self.rpc(user, "ir.translation", "create", values)
            with self.refused(), self.env.cr.savepoint():
                self.rpc(user, "ir.translation", "write", [kept], {"value": code})
            with self.refused(), self.env.cr.savepoint():
                self.rpc(
                    user,
                    "mail.template",
                    "write",
                    [made],
                    {field: code},
                    context={"lang": "fr_FR"},
                )
        self.assertIn("Bonjour", self.preview(user, made, "fr_FR"))

    def test_nor_into_the_translation_of_a_view(self):
        """Such as the layout of all e-mails."""
        self.env["res.lang"]._activate_lang("fr_FR")
        view = self.env["ir.ui.view"].create(
            {"name": "Layout", "type": "qweb", "arch": "<t t-name='layout'><p>Hello</p></t>"}
        )
        values = {
            "type": "model_terms",
            "name": "ir.ui.view,arch_db",
            "lang": "fr_FR",
            "res_id": view.id,
            "src": "Hello",
            "value": '<t t-esc="record.sudo().mosip_vid"/>',
            "state": "translated",
        }
        for kind in ("internal", "officer", "manager"):
            with self.subTest(kind=kind), self.refused(), self.env.cr.savepoint():
                self.rpc(self.user(kind), "ir.translation", "create", values)
        kept = self.env["ir.translation"].create({**values, "value": "Bonjour"})
        with self.refused(), self.env.cr.savepoint():
            value = {"value": values["value"]}
            self.rpc(self.user("internal"), "ir.translation", "write", [kept.id], value)
        admin = self.user("internal")
        admin.groups_id += self.env.ref("base.group_system")
        self.rpc(admin, "ir.translation", "write", [kept.id], {"value": "Salut"})
        self.assertIn("Salut", view.with_context(lang="fr_FR").arch)

    def test_nor_into_a_message(self):
        for kind in ("portal", "internal", "manager"):
            for code in CODE:
                values = {
                    "composition_mode": "mass_mail",
                    "model": "res.partner",
                    "subject": code,
                    "body": "Hello",
                }
                with self.subTest(kind=kind, code=code):
                    made = self.rpc(self.user(kind), "mail.compose.message", "create", values)
                    for method in ("get_mail_values", "render_message"):
                        with self.refused():
                            self.rpc(
                                self.user(kind),
                                "mail.compose.message",
                                method,
                                [made],
                                self.partner.ids,
                            )

    def test_templates_that_are_there_are_used_by_all(self):
        values = self.values(
            subject="Hello ${object.name}{{ object.name }}",
            body_html='<p class="x">For ${object.name}<t t-out="object.name"/></p>',
        )
        template = self.env["mail.template"].create(values)
        user = self.user("internal")
        seen = self.preview(user, template.id)
        self.assertIn("Hello ", seen)
        self.assertEqual(
            seen.count("Amina"), self.preview(self.env.user, template.id).count("Amina")
        )
        values = {
            "composition_mode": "mass_mail",
            "model": "res.partner",
            "template_id": template.id,
            "subject": template.subject,
            "body": template.body_html,
        }
        made = self.rpc(user, "mail.compose.message", "create", values)
        mails = self.rpc(user, "mail.compose.message", "get_mail_values", [made], self.partner.ids)
        self.assertIn("Amina", mails[self.partner.id]["subject"])
        self.assertIn("Amina", mails[self.partner.id]["body"])

    def test_administrators_write_what_they_like(self):
        """And see what they like: this is what the others are kept from."""
        user = self.user("internal")
        user.groups_id += self.env.ref("base.group_system")
        made = self.rpc(user, "mail.template", "create", self.values(subject=CODE[0]))
        self.assertIn(VID, self.preview(user, made))

    def test_those_who_had_the_right_before_the_installation(self):
        editors = self.env.ref(EDITORS, raise_if_not_found=False)
        if editors:
            self.env["ir.config_parameter"].set_param("mail.restrict.template.rendering", False)
        admin, archived = self.user("manager"), self.user("officer")
        admin.groups_id += self.env.ref("base.group_system")
        archived.active = False
        post_init_hook(self.env.cr, self.registry)
        self.env["base"].invalidate_cache()
        archived.active = True
        for kind in ("internal", "officer"):
            with self.refused(), self.env.cr.savepoint():
                self.rpc(self.user(kind), "mail.template", "create", self.values(subject=CODE[0]))
        self.rpc(admin, "mail.template", "create", self.values(subject=CODE[0]))
