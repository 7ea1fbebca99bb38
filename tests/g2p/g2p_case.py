# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the tests of OpenG2P's registry share: registrants whose VID is one of their IDs."""

from ..fault_case import FaultCase

VID, TOKEN = "MOSIP VID", "MOSIP UIN TOKEN"


class G2pMixin:
    def setUp(self):
        super().setUp()
        self.ids = self.env["g2p.reg.id"]
        # A new connector makes the ID types that are missing.
        self.connector = self.create_connector()
        types = self.env["g2p.id.type"]
        self.vid_type = types.search([("name", "=", VID)])
        self.token_type = types.search([("name", "=", TOKEN)])

    def create_registrant(self, vid=True, **values):
        """Return a registrant with a VID of this value, with a new one, or with none."""
        partner = super().create_registrant(
            **{"mosip_vid": False, "is_registrant": True, **values}
        )
        if vid:
            self.give(partner, self.vid_type, self.new_vid() if vid is True else vid)
        return partner

    def give(self, partner, id_type, value, **values):
        """Give the registrant an ID."""
        return self.ids.create(
            {"partner_id": partner.id, "id_type": id_type.id, "value": value, **values}
        )

    def vid_rows(self, partners):
        return self.rows(partners, self.vid_type)

    def token_rows(self, partners):
        return self.rows(partners, self.token_type)

    def rows(self, partners, id_type):
        return self.ids.search([("partner_id", "in", partners.ids), ("id_type", "=", id_type.id)])

    def vid_of(self, partner):
        """Return the VID, which is the only one."""
        return self.vid_rows(partner).value

    def assert_tokenized(self, people):
        """Each has the token in both places, once, and no VID any more."""
        for partner in people:
            row = self.token_rows(partner)
            self.assertEqual(len(row), 1)
            self.assertTrue(row.value)
            self.assertEqual((row.value, row.expiry_date), (partner.mosip_auth_token, False))
        self.assertFalse(self.vid_rows(people))
        self.assertFalse(any(people.mapped("mosip_vid")))

    def assert_untouched(self, partner, vid):
        """The registrant has the VID, and no token."""
        self.assertEqual(self.vid_of(partner), vid)
        self.assertFalse(partner.mosip_auth_token)

    def long_ago(self, partner):
        """Act as if everything about the registrant had last been written long ago."""
        self.publish()
        self.env.cr.execute(
            """
            UPDATE res_partner SET write_date = write_date - interval '9 days' WHERE id = %(id)s;
            UPDATE g2p_reg_id SET write_date = write_date - interval '9 days'
                WHERE partner_id = %(id)s;
            UPDATE g2p_id_type SET write_date = write_date - interval '9 days';
            """,
            {"id": partner.id},
        )
        self.env["base"].invalidate_cache()


class G2pCase(G2pMixin, FaultCase):
    pass
