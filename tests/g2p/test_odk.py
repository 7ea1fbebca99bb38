# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Submissions in OpenG2P's registry: VID and token are among the IDs of a registrant."""

from odoo.tests.common import tagged

from ..fault_case import FaultCase
from ..odk_case import OdkMixin
from .g2p_case import G2pMixin


class G2pOdkCase(OdkMixin, G2pMixin, FaultCase):
    def setUp(self):
        super().setUp()
        self.field = self.create_odk_connector()


@tagged("post_install", "-at_install")
class TestOdk(G2pOdkCase):
    def test_a_token(self):
        instance = self.submit()
        self.import_now(self.field)
        partner = self.registrant(instance)
        self.assert_tokenized(partner)
        self.assertTrue(partner.is_registrant)
        self.assertEqual(partner.company_id, self.field.company_id)

    def test_a_refusal_and_another_try(self):
        self.sender.search_domain = '[("given_name", "=", "Amina")]'
        instance = self.submit()
        vid = self.vid_given(instance)
        self.simulator.refuse(vid, "IDA-DEA-001")
        self.import_now(self.field)
        partner = self.registrant(instance)
        self.assert_untouched(partner, vid)
        self.assertEqual(self.record_of(partner).state, "rejected")
        self.simulator.accept(vid)
        self.import_now(self.sender)
        self.assertEqual(self.sends_of(vid), 1)
        partner.family_name = "Sow"
        self.import_now(self.sender)
        self.assert_tokenized(partner)

    def test_twice(self):
        instance = self.submit()
        self.import_now(self.field)
        self.field.odk_pulled_until = self.start
        self.import_now(self.field)
        self.assert_tokenized(self.registrant(instance))

    def test_a_token_that_only_the_registry_knows(self):
        token = self.simulator.token("Amina Diallo", "1990/05/17", "Female")
        known = self.create_registrant(vid=False)
        self.give(known, self.token_type, token)
        self.field.odk_known_person = "update"
        instance = self.submit(address="New Street")
        self.import_now(self.field)
        self.assertEqual(self.registrant(instance), known)
        self.assertEqual(known.address, "New Street")

    def test_a_vid_that_the_registry_does_not_take(self):
        self.vid_type.id_validation = "^9"
        instance = self.submit(vid="2345678901234567")
        self.simulator.refuse("2345678901234567", "IDA-DEA-001")
        self.import_now(self.field)
        submission = self.submission(instance)
        self.assertIn("The registry does not take the VID", submission.problem)
        self.assertNotIn("2345", submission.problem)
        self.assertEqual(self.record_of(submission.partner_id).state, "rejected")
