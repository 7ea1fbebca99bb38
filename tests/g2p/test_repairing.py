# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A second token, and a VID to be corrected, where both are among OpenG2P's IDs."""

from lxml import etree
from odoo.tests.common import new_test_user, tagged

from .g2p_case import G2pCase


@tagged("post_install", "-at_install")
class TestConflict(G2pCase):
    def setUp(self):
        super().setUp()
        self.partner = self.create_registrant()
        self.simulator.hold()
        self.import_now(self.connector)
        self.give(self.partner, self.token_type, "from before")
        self.release()
        self.record = self.record_of(self.partner)
        self.assertEqual(self.record.state, "conflict")

    def test_since_when_the_present_token_is_there(self):
        self.assertEqual(self.record.token_at, self.token_rows(self.partner).write_date)
        self.assertTrue(self.record.token_at)
        self.record.action_keep_token()
        self.assertEqual(self.record.token_at, self.partner.mosip_token_at)

    def test_who_has_a_token_among_the_ids_counts_as_having_one(self):
        coverage = self.env["mts.coverage"].search([("partner_id", "=", self.partner.id)])
        self.assertEqual(coverage.coverage, "token")
        self.assertTrue(self.partner.mosip_has_token)
        self.assertFalse(self.create_registrant().mosip_has_token)

    def test_keep(self):
        self.record.action_keep_token()
        self.assert_tokenized(self.partner)
        self.assertEqual(self.partner.mosip_auth_token, "from before")
        self.assertEqual(self.record.state, "tokenized")

    def test_replace(self):
        self.record.action_replace_token()
        self.assert_tokenized(self.partner)
        self.assertNotEqual(self.partner.mosip_auth_token, "from before")

    def test_where_the_vid_was_changed_the_new_one_is_not_taken(self):
        self.vid_rows(self.partner).value = self.new_vid()
        with self.assertRaisesRegex(Exception, "The VID was changed"):
            self.record.action_replace_token()
        self.assertEqual(self.token_rows(self.partner).value, "from before")

    def test_merged_with_another_token(self):
        self.record.action_keep_token()
        source = self.create_registrant(vid=False)
        self.give(source, self.token_type, "another")
        wizard = self.env["base.partner.merge.automatic.wizard"]
        wizard._merge((source + self.partner).ids, self.partner, extra_checks=False)
        self.env["base"].flush()
        self.env["base"].invalidate_cache()
        self.assertEqual(self.token_rows(self.partner).value, "from before")
        self.assertEqual(self.record.state, "conflict")
        self.record.action_replace_token()
        self.assertEqual(self.token_rows(self.partner).value, "another")


@tagged("post_install", "-at_install")
class TestOpenRegistrant(G2pCase):
    def test_at_the_masked_vid(self):
        """The contact's own VID is not where OpenG2P looks."""
        partner = self.create_registrant()
        self.simulator.refuse(self.vid_of(partner), {"code": "IDA-MLC-005", "message": "expired"})
        self.import_now(self.connector)
        manager = new_test_user(self.env, "manager", "mts_connector.group_manager")
        action = self.record_of(partner).with_user(manager).action_open_registrant()
        partners = self.env["res.partner"].with_user(manager).with_context(**action["context"])
        arch = partners.fields_view_get(action["views"][0][0], "form")["arch"]
        focused = etree.fromstring(arch).xpath("//*[@default_focus='1']/@name")
        self.assertEqual(focused, ["mosip_vid_masked"])
