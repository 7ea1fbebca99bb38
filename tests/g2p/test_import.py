# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The import from OpenG2P's registry, with nothing but defaults, and what it writes where."""

from contextlib import contextmanager
from unittest.mock import patch

from odoo.tests.common import Form, tagged
from odoo.tools import mute_logger

from ..fault_case import everything_logged
from .g2p_case import TOKEN, VID, G2pCase

OURS = "odoo.addons.mts_connector.models.mts_record"


@tagged("post_install", "-at_install")
class TestImport(G2pCase):
    def test_with_nothing_but_defaults(self):
        self.env["ir.config_parameter"].set_param("web.base.url", self.odoo_url)
        connector = self.env["mts.connector"].create(
            {"name": "Registry", "mts_url": self.simulator.url}
        )
        self.assertEqual(connector.identity_store, "g2p")
        self.assertEqual((connector.g2p_vid_type, connector.g2p_token_type), (VID, TOKEN))
        person = self.create_registrant()
        others = self.create_registrant(is_group=True)
        others += self.create_registrant(is_registrant=False)
        others += self.create_registrant(disabled="2026-01-01 12:00:00")
        others += self.create_registrant(active=False)
        run = self.import_now(connector)
        self.start_slice(connector)
        self.assertEqual((run.state, run.selected_count, run.tokenized_count), ("done", 1, 1))
        self.assert_tokenized(person)
        token = self.simulator.token("Amina Diallo", "1990/05/17", "Female")
        self.assertEqual(person.mosip_auth_token, token)
        for other in others:
            self.assertTrue(self.vid_of(other))
            self.assertFalse(self.token_rows(other))

    def test_in_bulk(self):
        people = self.create_registrants(5)
        self.give(people[2], self.token_type, False, expiry_date="2020-01-01")
        calls = []

        def counting(name):
            original = getattr(type(self.ids), name)

            def method(records, *args):
                calls.append((name, len(records)))
                return original(records, *args)

            return patch.object(type(self.ids), name, method)

        with counting("create"), counting("unlink"):
            run = self.import_now(self.connector)
        self.assertEqual(run.tokenized_count, 5)
        self.assert_tokenized(people)
        self.assertEqual(sorted(name for name, _count in calls), ["create", "unlink"])
        self.assertIn(("unlink", 5), calls)

    def test_an_id_that_is_there_is_updated(self):
        partner = self.create_registrant()
        row = self.give(partner, self.token_type, False, expiry_date="2020-01-01")
        self.import_now(self.connector)
        self.assertEqual(self.token_rows(partner), row)
        self.assert_tokenized(partner)

    def test_other_ids_stay(self):
        partner = self.create_registrant()
        national = self.env["g2p.id.type"].create({"name": "National ID"})
        self.give(partner, national, "AB 123", expiry_date="2030-01-01")
        self.import_now(self.connector)
        self.assert_tokenized(partner)
        kept = self.rows(partner, national)
        self.assertEqual((kept.value, str(kept.expiry_date)), ("AB 123", "2030-01-01"))

    def test_who_has_a_token_already(self):
        here, there = self.create_registrant(mosip_auth_token="before"), self.create_registrant()
        self.give(there, self.token_type, "before")
        run = self.import_now(self.connector)
        self.start_slice(self.connector)
        self.assertEqual((run.state, run.selected_count), ("done", 0))
        self.assertTrue(self.vid_of(here) and self.vid_of(there))

    def test_who_has_no_vid(self):
        self.create_registrant(vid=False)
        self.create_registrant(vid=" ")
        empty = self.create_registrant(vid=False)
        self.give(empty, self.vid_type, False)
        self.import_now(self.connector)
        self.assertFalse(self.simulator.ledger.posts)

    def test_blanks_around_a_vid(self):
        vid = self.new_vid()
        partner = self.create_registrant(vid=f" {vid}\t")
        self.import_now(self.connector)
        self.assertEqual(self.sends_of(vid), 1)
        self.assert_tokenized(partner)

    def test_several_vids(self):
        """Older releases of OpenG2P let a registrant have two IDs of one type."""
        partner = self.create_registrant()
        self.publish()
        newer = self.new_vid()
        self.env.cr.execute(
            "INSERT INTO g2p_reg_id (partner_id, id_type, value) VALUES (%s, %s, %s)",
            [partner.id, self.vid_type.id, newer],
        )
        self.import_now(self.connector)
        self.assertEqual(self.sends_of(newer), 1)
        self.assert_tokenized(partner)

    def test_id_types_of_ones_own(self):
        types = self.env["g2p.id.type"]
        vid_type, token_type = types.create({"name": "Number"}), types.create({"name": "PSUT"})
        connector = self.create_connector(g2p_vid_type="number", g2p_token_type="PSUT ")
        partner, other = self.create_registrant(vid=False), self.create_registrant()
        vid = self.new_vid()
        self.give(partner, vid_type, vid)
        run = self.import_now(connector)
        self.assertEqual((run.tokenized_count, self.sends_of(vid)), (1, 1))
        self.assertEqual(self.rows(partner, token_type).value, partner.mosip_auth_token)
        self.assertFalse(self.rows(partner, vid_type))
        self.assertTrue(self.vid_of(other))

    def test_on_the_contact_all_the_same(self):
        """A connector from before OpenG2P was installed goes on as it was."""
        connector = self.create_connector(identity_store="partner")
        partner = self.create_registrant(vid=False, mosip_vid=self.new_vid())
        other = self.create_registrant()
        self.import_now(connector)
        self.assertTrue(partner.mosip_auth_token)
        self.assertFalse(partner.reg_ids)
        self.assertTrue(self.vid_of(other))

    def test_who_is_refused_keeps_the_vid(self):
        partner = self.create_registrant()
        vid = self.vid_of(partner)
        self.simulator.refuse(vid, "IDA-DEA-001")
        self.import_now(self.connector)
        self.assertEqual(self.record_of(partner).state, "rejected")
        self.assert_untouched(partner, vid)

    def test_each_company_sends_its_own(self):
        other = self.env["res.company"].create({"name": "Other"})
        ours, theirs = self.create_registrant(), self.create_registrant(company_id=other.id)
        self.import_now(self.create_connector(company_id=other.id))
        self.assert_tokenized(theirs)
        self.assertTrue(self.vid_of(ours))
        self.import_now(self.connector)
        self.assert_tokenized(ours)

    def test_one_of_several_phone_numbers(self):
        partner = self.create_registrant()
        with Form(partner, "mts_sample_registry.res_partner_view_form") as form:
            for number in ("+224 555 0001", "+224 555 0002"):
                with form.phone_number_ids.new() as line:
                    line.phone_no = number
        self.assertEqual(partner.phone, "+224 555 0001,+224 555 0002")
        self.import_now(self.connector)
        (result,) = self.simulator.ledger.results
        self.assertEqual(result["payload"]["phoneNumber"], "+224 555 0001")

    def test_duplicates_are_found(self):
        first, second = self.create_registrant(), self.create_registrant()
        self.import_now(self.connector)
        self.assert_tokenized(first + second)
        self.assertEqual((first.mosip_duplicate_count, second.mosip_duplicate_count), (1, 1))
        self.assertEqual(len(set(self.token_rows(first + second).mapped("value"))), 1)


@tagged("post_install", "-at_install")
class TestNotStored(G2pCase):
    def setUp(self):
        super().setUp()
        self.people = self.create_registrants(4)
        self.vids = [self.vid_of(partner) for partner in self.people]

    def import_secretly(self):
        """Import, and make sure that nobody's data is in the log."""
        with everything_logged() as lines, mute_logger(OURS):
            run = self.import_now(self.connector)
        tokens = [result["token"] for result in self.simulator.ledger.results if result["token"]]
        self.assertTrue(lines and tokens)
        for secret in [*self.vids, *tokens, "Diallo"]:
            self.assertEqual([line[:300] for line in lines if secret in line], [])
        messages = [run.message, self.connector.attention, *self.records().mapped("error_message")]
        for secret in [*self.vids, *tokens]:
            self.assertNotIn(secret, repr(messages))
        return run

    def records(self):
        return self.env["mts.record"].search([("partner_id", "in", self.people.ids)])

    def answer_with(self, vid, token):
        self.simulator.add_fault("output", "set", vids=[vid], values={"token": token})

    def assert_one_left_out(self, poor, run):
        self.assert_untouched(poor, self.vids[self.people.ids.index(poor.id)])
        self.assertFalse(self.token_rows(poor))
        self.assert_tokenized(self.people - poor)
        record = self.record_of(poor)
        self.assertEqual((record.state, record.error_code), ("rejected", "MTC-NOT-STORED"))
        self.assertEqual((run.tokenized_count, run.rejected_count), (3, 1))

    def test_a_token_that_openg2p_does_not_take(self):
        self.token_type.id_validation = r"^(?!odd)"
        self.answer_with(self.vids[1], "odd-token-of-somebody-0123456789")
        self.assert_one_left_out(self.people[1], self.import_secretly())
        self.assertIn("ValidationError", self.record_of(self.people[1]).error_message)

    def test_a_token_that_does_not_fit(self):
        """Cut off, it would be another token."""
        self.answer_with(self.vids[0], "x" * 101)
        self.assert_one_left_out(self.people[0], self.import_secretly())

    def test_a_vid_that_cannot_be_deleted(self):
        row, unlink = self.vid_rows(self.people[3]), type(self.ids).unlink

        def refuse(rows):
            if row in rows:
                raise ValueError(f"{row.value} stays")
            return unlink(rows)

        with patch.object(type(self.ids), "unlink", refuse):
            run = self.import_secretly()
        self.assert_one_left_out(self.people[3], run)

    def test_no_token_is_taken(self):
        self.token_type.id_validation = "^nothing$"
        run = self.import_secretly()
        self.assertEqual((run.tokenized_count, run.rejected_count), (0, 4))
        self.assertIn("MTC-STORE-FAILS", self.connector.attention)
        self.assertEqual([self.vid_of(partner) for partner in self.people], self.vids)

    @contextmanager
    def without_openg2p(self):
        """Act as if OpenG2P had been uninstalled."""
        store = type(self.env["mts.identity.store.g2p"])
        with patch.object(store, "_is_available", lambda _self: False):
            yield

    def test_openg2p_is_gone_when_the_answers_come(self):
        self.simulator.hold()
        run = self.import_now(self.connector)
        with self.without_openg2p():
            self.release()
            self.assertEqual(self.records().mapped("state"), ["pending"] * 4)
        self.answer_overdue(self.connector)
        self.assertEqual(run.lost_count, 4)

    def test_openg2p_is_gone_when_an_import_begins(self):
        with self.without_openg2p():
            run = self.import_now(self.connector)
        self.assertEqual(run.state, "failed")
        self.assertIn("g2p_registry_base", run.message)
        self.assertFalse(self.simulator.ledger.posts)

    def test_the_id_type_is_gone_when_an_import_begins(self):
        self.connector.g2p_token_type = self.env["g2p.id.type"].create({"name": "PSUT"}).name
        self.env["g2p.id.type"].search([("name", "=", "PSUT")]).unlink()
        run = self.import_now(self.connector)
        self.assertEqual(run.state, "failed")
        self.assertIn("PSUT", run.message)
        self.assertFalse(self.simulator.ledger.posts)
