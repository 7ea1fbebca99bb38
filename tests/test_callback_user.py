# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the form says of the user that MTS logs in as."""

from odoo.tests.common import Form, tagged

from .rights_case import RightsCase


@tagged("post_install", "-at_install")
class TestCallbackUser(RightsCase):
    kinds = ("callback", "portal", "internal", "officer", "manager")

    def setUp(self):
        super().setUp()
        self.deliverer = self.user("callback")
        self.connector = self.env["mts.connector"].create(
            {
                "name": "Registry",
                "callback_auth_type": "odoo",
                "callback_auth_username": self.deliverer.login,
                "callback_auth_password": "a long password",
            }
        )

    def warning(self, **values):
        self.connector.write(values)
        self.connector.invalidate_cache()
        return self.connector.callback_user_warning

    def add_groups(self, *names):
        self.deliverer.groups_id += self.env["res.groups"].union(
            *(self.env.ref(name) for name in names)
        )

    def test_a_user_who_may_deliver_and_nothing_else(self):
        self.assertFalse(self.warning())
        self.add_groups("base.group_portal")
        self.assertFalse(self.warning())

    def test_more_rights_than_needed(self):
        for name in (
            "base.group_user",
            "mts_connector.group_user",
            "mts_connector.group_manager",
            "base.group_system",
            "base.group_partner_manager",
        ):
            with self.subTest(name), self.env.cr.savepoint():
                before = self.deliverer.groups_id
                self.add_groups(name)
                self.assertIn(self.env.ref(name).full_name, self.warning())
                self.deliverer.groups_id = before
                self.assertFalse(self.warning())

    def test_a_user_who_cannot_deliver(self):
        self.assertIn("no user with this login", self.warning(callback_auth_username="nobody"))
        self.assertIn(
            "not in the group", self.warning(callback_auth_username=self.user("portal").login)
        )
        self.deliverer.active = False
        self.assertIn("archived", self.warning(callback_auth_username=self.deliverer.login))

    def test_two_factor_authentication(self):
        if "totp_secret" in self.deliverer._fields:
            self.deliverer.sudo().totp_secret = "A" * 32
            self.assertIn("two-factor", self.warning())

    def test_nothing_is_said_of_what_is_not_known_here(self):
        self.assertFalse(self.warning(callback_auth_database="another"))
        self.assertFalse(
            self.warning(
                callback_auth_type="bearer",
                callback_auth_database=self.env.cr.dbname,
                callback_auth_username="nobody",
            )
        )

    def test_another_api_needs_other_rights(self):
        self.deliverer.groups_id = self.env.ref("base.group_portal")
        self.assertIn("not in the group", self.warning())
        self.assertFalse(self.warning(callback_url="https://odoo.example.org/other/api"))

    def test_the_form_warns_before_it_is_saved(self):
        manager = self.user("manager")
        with Form(self.connector.with_user(manager)) as form:
            self.assertFalse(form.callback_user_warning)
            form.callback_auth_username = self.user("officer").login
            self.assertIn("not in the group", form.callback_user_warning)
            form.callback_auth_username = self.deliverer.login
            self.assertFalse(form.callback_user_warning)

    def test_officers_are_not_told_of_other_users(self):
        seen = self.rpc(self.user("officer"), "mts.connector", "read", self.connector.ids)
        self.assertNotIn("callback_user_warning", seen[0])
