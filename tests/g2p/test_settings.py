# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The settings of a connector to OpenG2P's registry."""

from unittest.mock import patch

from odoo.exceptions import ValidationError
from odoo.tests.common import tagged

from .g2p_case import TOKEN, VID, G2pCase


@tagged("post_install", "-at_install")
class TestSettings(G2pCase):
    def refused(self, **values):
        with self.assertRaises(ValidationError) as caught:
            self.connector.write(values)
        return str(caught.exception)

    def names(self):
        return self.env["g2p.id.type"].search([]).mapped("name")

    def test_the_usual_id_types_are_made(self):
        self.env["g2p.id.type"].search([]).unlink()
        self.create_connector()
        self.assertEqual(sorted(self.names()), sorted([VID, TOKEN]))
        self.create_connector()
        self.assertEqual(len(self.names()), 2)

    def test_they_are_known_in_small_letters_too(self):
        self.env["g2p.id.type"].search([]).unlink()
        for name in (VID, TOKEN):
            self.env["g2p.id.type"].create({"name": name.lower()})
        self.create_connector()
        self.assertEqual(sorted(self.names()), sorted([VID.lower(), TOKEN.lower()]))

    def test_id_types_that_are_not_there(self):
        for setting in ("g2p_vid_type", "g2p_token_type"):
            message = self.refused(**{setting: "MOSIP V%"})
            self.assertIn("Identity Store", message)
            self.assertIn("MOSIP V%", message)
        self.assertEqual(len(self.names()), 2)

    def test_one_type_for_both(self):
        self.assertIn("ID type each", self.refused(g2p_token_type=VID))

    def test_empty_means_the_usual(self):
        self.connector.write({"g2p_vid_type": False, "g2p_token_type": " "})
        partner = self.create_registrant()
        self.import_now(self.connector)
        self.assert_tokenized(partner)

    def test_openg2p_is_not_installed(self):
        connectors = self.env["mts.connector"]
        store = type(self.env["mts.identity.store.g2p"])
        with patch.object(store, "_is_available", lambda _self: False):
            self.assertEqual(connectors.new({}).identity_store, "partner")
            self.assertEqual(self.create_connector().identity_store, "partner")
            message = self.refused(identity_store="g2p")
        self.assertIn("g2p_registry_base", message)

    def test_the_choice(self):
        field = self.env["mts.connector"].fields_get(["identity_store"])["identity_store"]
        self.assertEqual(field["selection"], [("g2p", "OpenG2P ID"), ("partner", "Contact")])

    def test_the_types_are_asked_for_where_they_matter(self):
        arch = self.env["mts.connector"].fields_view_get(view_type="form")["arch"]
        for name in ("g2p_vid_type", "g2p_token_type"):
            self.assertIn(f'name="{name}"', arch)

    def test_disabled_registrants_are_left_out(self):
        connector = self.env["mts.connector"].create({"name": "Defaults"})
        self.assertIn(("disabled", "=", False), connector._domain())
