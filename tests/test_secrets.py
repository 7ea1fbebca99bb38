"""The callback password and the key of the proofs: used and replaced, and never read back."""

from odoo.exceptions import UserError
from odoo.tests.common import Form, TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger

PASSWORD = "correct horse"
LOGIN = {
    "callback_auth_type": "odoo",
    "callback_auth_username": "seeder",
    "callback_auth_password": PASSWORD,
}


@tagged("post_install", "-at_install")
class TestSecrets(TransactionCase):
    def setUp(self):
        super().setUp()
        manager = new_test_user(
            self.env, "manager", "mts_connector.group_manager,base.group_allow_export"
        )
        self.connectors = self.env["mts.connector"].with_user(manager)
        self.connector = self.connectors.create({"name": "Registry", **LOGIN})

    def kept(self, connector=None):
        """Return the password that MTS would get."""
        properties = (connector or self.connector)._callback_properties("bearer")
        return properties["authOdoo"]["password"]

    def test_the_password_is_used(self):
        self.assertEqual(self.kept(), PASSWORD)
        self.assertTrue(self.connector.callback_auth_password_source)

    def test_no_way_to_read_a_secret(self):
        key = self.connector._secret("hmac_key")
        self.assertEqual(len(key), 64)
        connector, field = self.connector, "callback_auth_password"
        connector.invalidate_cache()
        mine = [("id", "=", connector.id)]
        seen = [
            connector.read(),
            connector.read([field]),
            self.connectors.search_read(mine),
            self.connectors.search_read(mine, [field]),
            connector.export_data([field, "callback_auth_password_source", "name"]),
            connector.copy_data(),
            connector.copy().read(),
            self.connectors.default_get(list(self.connectors._fields)),
            self.connectors.read_group(mine, ["name"], ["state"]),
            self.connectors.name_search("Registry"),
            connector.message_ids.mapped("body"),
            connector.sudo().message_ids.mapped("tracking_value_ids").read(),
            Form(connector).callback_auth_password,
        ]
        for secret in (PASSWORD, key):
            self.assertNotIn(secret, repr(seen))
        # Not even as superuser, and the key has no field at all.
        self.assertEqual(connector.sudo().callback_auth_password, "")
        self.assertNotIn("hmac_key", connector._fields)

    def test_no_way_to_guess_a_secret(self):
        field = "callback_auth_password"
        self.connectors.create({"name": "Registry", **LOGIN, field: "another"})
        with mute_logger("odoo.osv.expression", "odoo.models"):
            for operator in ("=like", "=ilike", "=", "!=", "<"):
                right = self.connectors.search([(field, operator, PASSWORD)])
                wrong = self.connectors.search([(field, operator, "wrong")])
                self.assertEqual(right, wrong)
            for order in (f"{field}, id", f"{field} desc, id"):
                self.assertEqual(
                    self.connectors.search([], order=order), self.connectors.search([], order="id")
                )
            for aggregate in ([field], [f"{field}:max"], [f"found:array_agg({field})"]):
                self.assertNotIn(PASSWORD, self.grouped(aggregate, ["state"]))
            self.assertNotIn(PASSWORD, self.grouped(["name"], [field]))

    def grouped(self, fields, groupby):
        """Return what ``read_group`` gives, be it an error."""
        try:
            with self.env.cr.savepoint():
                return repr(self.connectors.read_group([], fields, groupby))
        except (AssertionError, ValueError, UserError) as error:
            return repr(error)

    def test_saving_without_typing_keeps_the_password(self):
        with Form(self.connector) as form:
            form.name = "National registry"
        self.connector.write({"callback_auth_username": "other", "callback_auth_password": ""})
        self.connector.write({"callback_auth_password": False})
        self.assertEqual(self.kept(), PASSWORD)

    def test_typing_replaces_the_password(self):
        with Form(self.connector) as form:
            form.callback_auth_password = "battery staple"
            # An answer of the server to another field must not empty what was typed.
            form.callback_in_bulk = False
        self.assertEqual(self.kept(), "battery staple")

    def test_the_form_says_whether_a_password_is_set(self):
        self.assertTrue(Form(self.connector).callback_auth_password_source)
        self.assertFalse(Form(self.connectors).callback_auth_password_source)
        self.assertFalse(self.connectors.create({"name": "X"}).callback_auth_password_source)

    def test_the_bearer_secret_needs_no_password(self):
        self.connector.callback_auth_type = "bearer"
        self.assertFalse(self.connector.callback_auth_password_source)
        self.assertEqual(self.connector._secret("callback_auth_password"), "")

    def test_a_copy_has_no_secrets(self):
        copy = self.connector.copy()
        self.assertEqual(copy.callback_auth_type, "bearer")
        self.assertFalse(copy.callback_auth_password_source)
        self.assertNotEqual(copy._secret("hmac_key"), self.connector._secret("hmac_key"))
        self.assertEqual(len(copy._secret("hmac_key")), 64)
        self.assertEqual(self.kept(), PASSWORD)

    def test_each_has_a_password_of_its_own(self):
        names = ("first", "second")
        both = self.connectors.create(
            [{"name": name, **LOGIN, "callback_auth_password": name} for name in names]
        )
        self.assertEqual([self.kept(connector) for connector in both], list(names))
