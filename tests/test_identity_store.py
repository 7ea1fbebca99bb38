# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Identity stores that are not there: OpenG2P's in this database, and one whose addon is gone."""

from unittest.mock import patch

from odoo.exceptions import ValidationError
from odoo.tests.common import tagged

from .fault_case import FaultCase


@tagged("post_install", "-at_install")
class TestWithoutOpenG2p(FaultCase):
    def test_a_new_connector_takes_the_contact(self):
        connector = self.create_connector()
        self.assertNotIn("g2p.reg.id", self.env)
        self.assertEqual(connector.identity_store, "partner")

    def test_openg2p_cannot_be_chosen(self):
        connector = self.create_connector()
        with self.assertRaises(ValidationError) as caught:
            connector.identity_store = "g2p"
        for word in ("Identity Store", "g2p_registry_base"):
            self.assertIn(word, str(caught.exception))

    def test_a_store_that_there_is_not(self):
        with self.assertRaises(ValueError):
            self.create_connector(identity_store="made up")

    def test_whoever_works_for_a_registrant(self):
        """Such contacts get the address, as ever, and nothing that is the registrant's own."""
        person = self.create_registrant()
        contact = person.create({"name": "Office", "type": "contact", "parent_id": person.id})
        person.write({"street": "3 Hill Lane", "mosip_vid": self.new_vid()})
        self.assertEqual((contact.street, contact.mosip_vid), ("3 Hill Lane", False))
        nobody = patch.object(type(person), "_commercial_fields", side_effect=AssertionError)
        with nobody:
            self.import_now(self.create_connector())
        self.assertTrue(person.mosip_auth_token, "what passes on to contacts was asked for")
        self.assertEqual((contact.street, contact.mosip_auth_token), ("3 Hill Lane", False))


@tagged("post_install", "-at_install")
class TestStoreThatIsGone(FaultCase):
    """The addon that brought the store was removed, or OpenG2P was."""

    stores = ("of a removed addon", "g2p")

    def setUp(self):
        super().setUp()
        self.connector = self.create_connector()
        self.partner = self.create_registrant()
        self.vid = self.partner.mosip_vid

    def remove(self, store):
        self.publish()
        self.env.cr.execute(
            "UPDATE mts_connector SET identity_store = %s WHERE id = %s",
            [store, self.connector.id],
        )
        self.env["base"].invalidate_cache()

    def test_nothing_is_sent_and_it_is_said_why(self):
        for store in self.stores:
            self.remove(store)
            run = self.import_now(self.connector)
            self.assertEqual(run.state, "failed")
            self.assertIn("g2p_registry_base" if store == "g2p" else store, run.message)
        self.assertFalse(self.simulator.ledger.posts)
        self.remove("partner")
        self.import_now(self.connector)
        self.assertTrue(self.partner.mosip_auth_token)

    def test_answers_on_the_way_count_no_more(self):
        for store in self.stores:
            self.remove("partner")
            self.simulator.hold()
            self.import_now(self.connector)
            self.remove(store)
            self.release()
            self.assertEqual(self.record_of(self.partner).state, "pending")
            self.answer_overdue(self.connector)
            self.assertEqual(self.record_of(self.partner).state, "lost")
            self.assertEqual(self.partner.mosip_vid, self.vid)

    def test_contacts_are_shown_changed_and_merged(self):
        other = self.create_registrant(mosip_vid=False)
        for store in self.stores:
            self.remove(store)
            self.assertTrue(self.partner.mosip_vid_masked.endswith(self.vid[-4:]))
            self.vid = self.new_vid()
            self.partner.mosip_vid_masked = self.vid
            self.assertEqual(self.partner.mosip_vid, self.vid)
        wizard = self.env["base.partner.merge.automatic.wizard"]
        wizard._merge((self.partner + other).ids, other, extra_checks=False)
        self.assertEqual(other.mosip_vid, self.vid)
