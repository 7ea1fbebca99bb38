# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What MTS gets of a registrant: strings and nested objects, as its contract wants them."""

import json
from datetime import datetime

from odoo.tests.common import new_test_user, tagged

from .common import MtsCase

MAPPING = {"vid": "vid", "name": ["given_name"]}


@tagged("post_install", "-at_install")
class TestValues(MtsCase):
    def sent(self, fields, partner=None, mapping=None, **values):
        """Import one registrant with these fields and return what MTS got, without our own keys.

        :param partner: an existing contact to be that registrant
        """
        if partner:
            partner.write({"mosip_vid": self.new_vid(), "ref": "mts-test", **values})
        else:
            partner = self.create_registrant(**values)
        vid = partner.mosip_vid
        connector = self.create_connector(
            selected_fields=json.dumps(fields), mapping=json.dumps(mapping or MAPPING)
        )
        run = self.import_now(connector)
        self.assertEqual(run.sent_count, 1, run.message)
        (result,) = self.simulator.ledger.results
        record = dict(result["input"])
        self.assert_texts(record)
        self.assertEqual(record.pop("vid"), vid.strip())
        self.assertTrue(record.pop("mts_ref"))
        return record

    def assert_texts(self, value):
        """Expect strings, and objects of them: anything else can fail a whole batch."""
        if isinstance(value, dict):
            for part in value.values():
                self.assert_texts(part)
        else:
            self.assertIsInstance(value, str)
            self.assertTrue(value)

    def test_texts_without_blanks_around_them(self):
        record = self.sent(
            ["given_name", "family_name", "address", "email", "phone"],
            given_name="  Amina ",
            family_name="Diallo Été 名",
            address="12  Harbour Road\nGoma\n",
            email="\t",
            phone=False,
        )
        self.assertEqual(
            record,
            {
                "given_name": "Amina",
                "family_name": "Diallo Été 名",
                "address": "12  Harbour Road\nGoma",
            },
        )

    def test_nothing_for_what_is_empty(self):
        record = self.sent(
            ["given_name", "birthdate", "gender", "country_id", "category_id", "parent_id.name"],
            given_name="Amina",
            birthdate=False,
            gender=False,
        )
        self.assertEqual(record, {"given_name": "Amina"})

    def test_dates(self):
        partner = self.create_registrant(birthdate="1990-05-07")
        created = datetime(2020, 1, 31, 23, 59, 59)
        self.env.cr.execute(
            "UPDATE res_partner SET create_date = %s WHERE id = %s", [created, partner.id]
        )
        partner.invalidate_cache()
        record = self.sent(["given_name", "birthdate", "create_date"], partner)
        self.assertEqual(record["birthdate"], "1990/05/07")
        self.assertEqual(record["create_date"], "2020/01/31")

    def test_numbers_and_booleans(self):
        record = self.sent(
            ["given_name", "color", "partner_latitude", "is_registrant", "is_group"],
            color=7,
            partner_latitude=1.5,
            is_registrant=True,
            is_group=False,
        )
        self.assertEqual(record["color"], "7")
        self.assertEqual(record["partner_latitude"], "1.5")
        self.assertEqual((record["is_registrant"], record["is_group"]), ("true", "false"))

    def test_keys_of_selections(self):
        self.env["gender.type"].create({"code": "W", "value": "Woman"})
        record = self.sent(["given_name", "gender", "type"], gender="Woman", type="other")
        self.assertEqual((record["gender"], record["type"]), ("Woman", "other"))

    def test_names_of_related_records(self):
        tags = self.env["res.partner.category"].create([{"name": "Farmer"}, {"name": "Head"}])
        record = self.sent(
            ["given_name", "country_id", "category_id"],
            country_id=self.env.ref("base.sn").id,
            category_id=[(6, 0, tags.ids)],
        )
        self.assertEqual(record["country_id"], "Senegal")
        self.assertEqual(sorted(record["category_id"].split(", ")), ["Farmer", "Head"])

    def test_dotted_paths_are_nested(self):
        household = self.env["res.partner"].create(
            {"name": "Household 12", "country_id": self.env.ref("base.sn").id, "city": " Dakar "}
        )
        tags = self.env["res.partner.category"].create([{"name": "Farmer"}, {"name": "Head"}])
        record = self.sent(
            [
                "given_name",
                "parent_id.country_id.code",
                "parent_id.city",
                "parent_id.street",
                "category_id.name",
                "child_ids.name",
            ],
            mapping={
                "vid": "vid",
                "name": ["given_name", "parent_id.country_id.code"],
                "fullAddress": ["parent_id.city"],
            },
            parent_id=household.id,
            category_id=[(6, 0, tags.ids)],
        )
        names = record.pop("category_id")["name"]
        self.assertEqual(sorted(names.split(", ")), ["Farmer", "Head"])
        self.assertEqual(
            record,
            {
                "given_name": "Amina",
                "parent_id": {"country_id": {"code": "SN"}, "city": "Dakar"},
            },
        )

    def test_html_as_plain_text(self):
        user = new_test_user(
            self.env, "writer", "base.group_user", signature="<p>Amina &amp; Ali</p>"
        )
        record = self.sent(["given_name", "user_ids.signature"], user.partner_id, given_name="A")
        self.assertEqual(record["user_ids"], {"signature": "Amina & Ali"})

    def test_mts_reads_what_the_mapping_says(self):
        self.sent(
            ["given_name", "family_name", "birthdate", "gender", "street", "city"],
            mapping={
                "vid": "vid",
                "name": ["family_name", "given_name"],
                "dob": "birthdate",
                "gender": "gender",
                "fullAddress": ["street", "city"],
            },
            street="12 Harbour Road",
            city="Goma",
        )
        (result,) = self.simulator.ledger.results
        payload = result["payload"]
        self.assertEqual(payload["name"], "Diallo Amina")
        self.assertEqual(payload["dob"], "1990/05/17")
        self.assertEqual(payload["fullAddress"], "12 Harbour Road, Goma")

    def test_a_vid_with_blanks_around_it(self):
        partner = self.create_registrant(mosip_vid=f" {self.new_vid()}\n")
        blank = self.create_registrant(mosip_vid="  ")
        self.import_now(self.create_connector())
        self.assertTrue(partner.mosip_auth_token)
        self.assertFalse(partner.mosip_vid)
        self.assertFalse(self.record_of(blank))
        self.assertEqual(self.simulator.ledger.counts["processed"], 1)
