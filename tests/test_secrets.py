# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The callback password and the key of the proofs: used and replaced, and never read back."""

import re

import psycopg2
from odoo.exceptions import UserError
from odoo.tests.common import Form, TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger

from .rights_case import MatrixCase
from .test_rights import SECRETS

PASSWORD = "correct horse"
LOGIN = {
    "callback_auth_type": "odoo",
    "callback_auth_username": "seeder",
    "callback_auth_password": PASSWORD,
}


OPERATORS = ("=", "!=", "<", ">=", "=like", "=ilike", "like", "not ilike", "in")


def ways_to_read(name, ids):
    """Yield each call over RPC that might say what a secret is."""
    yield "read", ids
    yield "read", ids, [name]
    yield "search_read", [], [name]
    yield "export_data", ids, [name]
    yield "export_data", ids, [f"company_id/{name}"]
    yield "copy_data", ids
    yield "default_get", [name]
    yield "fields_get", [name]
    yield ("fields_view_get",)
    yield "onchange", ids, {}, [], {name: "1"}
    yield "onchange", ids, {"id": ids[0], name: ""}, name, {name: "1", "display_name": ""}
    yield "mapped", ids, name
    yield "name_search", "Of"
    yield "get_metadata", ids
    yield "load", ["id", name], [["mts_test.made_up", "guess"]]
    for spec in (name, f"{name}:max", f"found:array_agg({name})"):
        yield "read_group", [], [spec], ["create_uid"]
    yield "read_group", [], ["create_uid"], [name]


def ways_to_guess(name, ids, guess):
    """Yield each call over RPC that might say whether a guess is right."""
    for operator in OPERATORS:
        value = [guess] if operator == "in" else guess
        yield "search", [(name, operator, value)]
        yield "search", [("create_uid.id", "!=", 0), (name, operator, value)]
        yield "filtered_domain", ids, [(name, operator, value)]
    yield "search_count", [(name, "=like", f"{guess}%")]
    yield "read_group", [(name, "=", guess)], ["create_uid"], ["create_uid"]
    yield "name_search", "Of", [(name, "=", guess)]
    yield "search", [], 0, None, name
    yield "search", [], 0, None, f"{name} desc"


@tagged("post_install", "-at_install")
class TestEveryWay(MatrixCase):
    """Each secret by each way, for the one who may do most over RPC."""

    kinds = ("manager",)

    def setUp(self):
        super().setUp()
        group = self.env.ref("base.group_system")
        self.user("manager").groups_id += group
        self.made_up = {}
        for model, names in SECRETS.items():
            for name in names:
                self.made_up[model, name] = f"kept in {name}"
                self.mine[model]._set_secret(name, self.made_up[model, name])

    def answer(self, model, method, *args):
        """Return what is answered, be it an error."""
        try:
            with self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
                said = repr(self.rpc(self.user("manager"), model, method, *args))
        except (UserError, ValueError, KeyError, AssertionError, psycopg2.Error) as error:
            said = repr(error)
        return re.sub(r" at 0x[0-9a-f]+", "", said)

    @mute_logger("odoo.osv.expression", "odoo.models", "odoo.addons.base.models.ir_model")
    def test_no_way_to_read_one(self):
        for (model, name), secret in self.made_up.items():
            for way in ways_to_read(name, self.mine[model].ids):
                with self.subTest(model=model, name=name, way=way):
                    self.assertNotIn(secret, self.answer(model, *way))

    @mute_logger("odoo.osv.expression", "odoo.models", "odoo.addons.base.models.ir_model")
    def test_no_way_to_guess_one(self):
        for (model, name), secret in self.made_up.items():
            ids = self.mine[model].ids
            wrong = secret.replace("kept", "none")
            right = zip(ways_to_guess(name, ids, secret), ways_to_guess(name, ids, wrong))
            for way, other in right:
                with self.subTest(model=model, name=name, way=way):
                    self.assertEqual(
                        self.answer(model, *way).replace(secret, wrong),
                        self.answer(model, *other),
                    )

    def test_these_ways_lead_to_what_is_no_secret(self):
        """Otherwise the tests above would prove nothing."""
        for model in SECRETS:
            record = self.mine[model]
            name = "name" if model == "mts.connector" else "message"
            if name not in record._fields:
                continue
            record[name] = "shown to all"
            record.flush()
            said = [self.answer(model, *way) for way in ways_to_read(name, record.ids)]
            self.assertGreater(sum("shown to all" in text for text in said), 6, said)
            answers = [
                (self.answer(model, *right), self.answer(model, *wrong))
                for right, wrong in zip(
                    ways_to_guess(name, record.ids, "shown to all"),
                    ways_to_guess(name, record.ids, "none to all"),
                )
            ]
            self.assertGreater(sum(right != wrong for right, wrong in answers), 10)


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

    def test_the_password_does_not_go_to_another_url(self):
        """A manager could read it there."""
        for field in ("mts_url", "callback_auth_url"):
            present = self.connector[field]
            elsewhere = {field: "https://elsewhere.example.org/v1"}
            for values in (elsewhere, {**elsewhere, "callback_auth_password": ""}):
                refused = self.assertRaisesRegex(UserError, "type it in again")
                with refused, self.env.cr.savepoint():
                    self.connector.write(values)
            self.connector.write({field: present, "name": "Renamed"})
            self.connector.write({**elsewhere, "callback_auth_password": "battery staple"})
            self.assertEqual(self.kept(), "battery staple")
        # Without a password anything goes.
        self.connector.write(
            {"callback_auth_type": "bearer", "mts_url": "https://mts.example.org"}
        )
        self.connector.mts_url = "https://elsewhere.example.org"

    def test_no_password_is_kept_that_nothing_needs(self):
        connector = self.connectors.create({"name": "X", "callback_auth_password": PASSWORD})
        self.assertEqual(connector._stored_secret("callback_auth_password"), "")
        connector.callback_auth_password = PASSWORD
        self.assertEqual(connector._stored_secret("callback_auth_password"), "")

    def test_each_has_a_password_of_its_own(self):
        names = ("first", "second")
        both = self.connectors.create(
            [{"name": name, **LOGIN, "callback_auth_password": name} for name in names]
        )
        self.assertEqual([self.kept(connector) for connector in both], list(names))
