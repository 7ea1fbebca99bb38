# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.tests.common import tagged

from ..fault_case import CommittedCase
from ..many_connectors_case import ManyConnectors
from .g2p_case import G2pMixin


@tagged("post_install", "-at_install")
class TestAmongIds(ManyConnectors, G2pMixin, CommittedCase):
    def vid_of(self, partner):
        return self.vid_rows(partner).value

    def clean_up(self):
        self.env.cr.rollback()
        self.env.clear()
        self.ids.search([("partner_id.ref", "=", "mts-test")]).unlink()
        self.commit()
        return super().clean_up()

    def test_of_different_stores(self):
        """A registrant has two VIDs, and is in flight once all the same."""
        self.second.identity_store = "partner"
        partner = self.create_registrant(mosip_vid=self.new_vid())
        among_ids, on_contact = self.vid_of(partner), partner.mosip_vid
        self.both("hold")
        self.import_now(self.second)
        self.import_now(self.first)
        self.release_both()
        self.assertEqual((self.tries(among_ids), self.tries(on_contact)), ([0, 0], [0, 1]))
        self.assertTrue(partner.mosip_auth_token)
