# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Secrets and certificates from the server's configuration instead of the database."""

import os
from unittest.mock import patch

from odoo.tests.common import Form, TransactionCase, tagged
from odoo.tools import config

from .. import server_config
from ..mts import signature
from .fault_case import FaultCase

LOGIN = {"callback_auth_type": "odoo", "callback_auth_username": "seeder"}
KEY = "of the server's configuration, forty characters"


def in_file(**options):
    """Odoo's configuration file has these options in our section."""
    return patch.dict(config.misc, {server_config.SECTION: options})


def in_environment(**variables):
    return patch.dict(os.environ, variables)


@tagged("post_install", "-at_install")
class TestServerConfig(TransactionCase):
    def setUp(self):
        super().setUp()
        self.connector = self.env["mts.connector"].create({"name": "Registry"})
        self.number = self.connector.id

    def password(self, connector=None):
        properties = (connector or self.connector)._callback_properties("bearer")
        return properties["authOdoo"]["password"]

    def source(self):
        self.connector.invalidate_cache()
        return self.connector.callback_auth_password_source

    def test_one_connector_comes_before_all_and_the_environment_before_the_file(self):
        mine = f"name_{self.number}"
        other = f"name_{self.number + 1}"
        steps = (
            (in_file(**{other: "of another"}), ""),
            (in_file(name="file"), "file"),
            (in_environment(MTS_CONNECTOR_NAME="variable"), "variable"),
            (in_file(**{mine: "my file"}), "my file"),
            (in_environment(**{f"MTS_CONNECTOR_{mine}".upper(): "my variable"}), "my variable"),
        )
        self.assertEqual(server_config.get("name", self.number), "")
        for settings, expected in steps:
            settings.start()
            self.addCleanup(settings.stop)
            self.assertEqual(server_config.get("name", self.number), expected)
        self.assertEqual(server_config.get("name", self.number + 2), "variable")

    def test_a_word_that_odoo_reads_as_a_boolean(self):
        with in_file(name=True):
            self.assertEqual(server_config.get("name"), "True")

    def test_the_server_needs_no_password_in_the_database(self):
        with in_file(callback_auth_password="of the file"):
            self.connector.write(LOGIN)
            self.assertEqual(self.password(), "of the file")
            self.assertEqual(self.source(), "server")
            self.assertEqual(self.connector._stored_secret("callback_auth_password"), "")
        self.assertFalse(self.source())

    def test_the_server_comes_before_the_database(self):
        self.connector.write({**LOGIN, "callback_auth_password": "typed"})
        self.assertEqual((self.password(), self.source()), ("typed", "database"))
        with in_environment(MTS_CONNECTOR_CALLBACK_AUTH_PASSWORD="of the server"):
            self.assertEqual((self.password(), self.source()), ("of the server", "server"))
        self.assertEqual(self.password(), "typed")

    def test_each_connector_has_its_own(self):
        other = self.connector.copy()
        with in_file(**{f"callback_auth_password_{self.number}": "mine"}):
            self.connector.write(LOGIN)
            self.assertEqual(self.password(), "mine")
            self.assertFalse(other.callback_auth_password_source)

    def test_the_form_says_where_it_is(self):
        with in_file(callback_auth_password="of the file"):
            with Form(self.env["mts.connector"]) as form:
                form.name = "New"
                form.callback_auth_type = "odoo"
                form.callback_auth_username = "seeder"
                self.assertEqual(form.callback_auth_password_source, "server")
            created = form.save()
            self.assertEqual(self.password(created), "of the file")

    def test_what_the_server_keeps_cannot_be_read(self):
        with in_file(callback_auth_password="of the file", hmac_key=KEY):
            self.connector.write(LOGIN)
            self.connector.invalidate_cache()
            seen = repr([self.connector.read(), self.connector.copy_data()])
        self.assertNotIn("of the file", seen)
        self.assertNotIn(KEY, seen)

    def test_the_key_of_the_proofs(self):
        stored = self.connector._secret("hmac_key")
        with in_file(hmac_key=KEY):
            self.assertEqual(self.connector._secret("hmac_key"), KEY)
        self.assertEqual(self.connector._secret("hmac_key"), stored)

    def test_a_key_that_anybody_could_guess_is_not_used(self):
        for key in ("", "short"):
            with self.assertRaises(ValueError) as caught:
                signature.reference(key, 1, 1, "2345678901234560")
            self.assertNotIn("short", str(caught.exception))

    def test_a_bearer_secret_does_not_come_from_there(self):
        with in_file(bearer_hash="made up"):
            request = self.env["mts.request"].new({})
            self.assertEqual(request._secret_source("bearer_hash"), False)


@tagged("post_install", "-at_install")
class TestShortKey(FaultCase):
    SAID = "“hmac_key” in the server's configuration has less than 32 characters"

    def test_nothing_is_sent(self):
        connector = self.create_connector()
        partner = self.create_registrant()
        with in_file(hmac_key="short"):
            run = self.import_now(connector)
            self.assertIn(self.SAID, self.connection_report(connector))
        self.assertEqual((run.state, self.posted()), ("failed", []))
        self.assertIn(f"Nothing was sent: {self.SAID}", run.message)
        self.assertNotIn("Server configuration", self.connection_report(connector))
        self.import_now(connector)
        self.assertTrue(partner.mosip_auth_token)

    def test_nothing_more_is_sent(self):
        connector = self.create_connector(batch_size=1, max_open_requests=1)
        people = self.create_registrants(2)
        self.simulator.hold()
        connector.action_import_now()
        self.start_slice(connector)
        self.simulator.release()
        self.settle()
        with in_file(hmac_key="short"):
            self.start_slice(connector)
        run = connector.run_ids
        self.assertEqual((run.state, self.posted()), ("failed", [1]))
        self.assertIn(f"Nothing more was sent: {self.SAID}", run.message)
        self.import_now(connector)
        self.assertTrue(all(people.mapped("mosip_auth_token")))
