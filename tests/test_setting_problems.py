# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What saving would refuse stands at the field before."""

import json

from lxml import etree
from odoo.exceptions import ValidationError
from odoo.tests.common import Form, new_test_user, tagged

from ..models.mts_setting_problems import TYPED
from .test_settings import REFUSED, SettingsCase


@tagged("post_install", "-at_install")
class TestProblems(SettingsCase):
    def setUp(self):
        super().setUp()
        self.manager = new_test_user(self.env, "manager", "mts_connector.group_manager")
        self.connector = self.create_connector()

    def form(self):
        return Form(self.connector.with_user(self.manager))

    def test_it_comes_and_goes_with_what_is_typed(self):
        for setting in set(TYPED) - {"callback_auth_url"}:
            good = self.connector[setting]
            for value, reason in REFUSED[setting]:
                if not value or len(value) > 1000:
                    continue
                with self.subTest(setting=setting, value=value):
                    form = self.form()
                    setattr(form, setting, value)
                    problem = getattr(form, f"{setting}_problem") or ""
                    self.assertIn(reason, problem)
                    label = self.connectors.fields_get([setting])[setting]["string"]
                    self.assertTrue(problem.startswith(f"{label}: "))
                    setattr(form, setting, good)
                    self.assertFalse(getattr(form, f"{setting}_problem"))

    def test_it_is_what_saving_says(self):
        form = self.form()
        form.mapping = '{"vid": "vid", "nom": "name"}'
        problem = form.mapping_problem
        with self.assertRaises(ValidationError) as caught, self.env.cr.savepoint():
            form.save()
        self.assertIn(problem, str(caught.exception))

    def test_each_stands_at_its_own(self):
        form = self.form()
        form.mts_url = "nowhere"
        form.lang_code = "english"
        problems = {name: getattr(form, f"{name}_problem") for name in TYPED}
        self.assertEqual({name for name in TYPED if problems[name]}, {"mts_url", "lang_code"})

    def test_another_setting_may_be_the_reason(self):
        form = self.form()
        form.selected_fields = '["given_name"]'
        self.assertIn("which is not among the fields sent", form.mapping_problem)
        form.callback_auth_url = False
        self.assertFalse(form.callback_auth_url_problem)
        form.callback_auth_type = "odoo"
        self.assertIn("starts with http", form.callback_auth_url_problem)

    def test_a_password_is_asked_for_at_its_field_while_there_is_none(self):
        arch = etree.fromstring(self.connectors.fields_view_get(view_type="form")["arch"])
        (field,) = arch.xpath("//field[@name='callback_auth_password']")
        self.assertEqual(
            json.loads(field.get("modifiers"))["required"],
            [
                ["callback_auth_type", "=", "odoo"],
                ["callback_auth_password_source", "=", False],
            ],
        )
