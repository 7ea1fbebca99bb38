# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Who is sent again, and whose answer counts, when the IDs of a registrant change."""

from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests.common import tagged

from .g2p_case import G2pCase


@tagged("post_install", "-at_install")
class TestSentAgain(G2pCase):
    """The registrant's own row is not written; only an ID is."""

    def setUp(self):
        super().setUp()
        self.partner = self.create_registrant()
        self.vid = self.vid_of(self.partner)
        self.simulator.refuse(self.vid, "IDA-DEA-001")
        self.import_now(self.connector)
        self.assertEqual(self.record_of(self.partner).state, "rejected")
        self.simulator.accept(self.vid)
        self.long_ago(self.partner)
        self.connector.changes_since = self.now() - timedelta(days=3)

    def assert_not_sent(self):
        self.import_now(self.connector)
        self.assertEqual(self.sends_of(self.vid), 1)
        self.assertFalse(self.record_of(self.partner).to_check)
        self.assertEqual(self.record_of(self.partner).state, "rejected")

    def assert_sent(self, vid):
        before = self.sends_of(vid)
        self.import_now(self.connector)
        self.assertEqual(self.sends_of(vid), before + 1)
        self.assert_tokenized(self.partner)

    def test_nothing_has_changed(self):
        self.assert_not_sent()

    def test_another_value(self):
        vid = self.new_vid()
        self.vid_rows(self.partner).value = vid
        self.assert_sent(vid)

    def test_the_same_value(self):
        self.vid_rows(self.partner).value = self.vid
        self.assert_not_sent()

    def test_deleted_and_made_anew(self):
        self.vid_rows(self.partner).unlink()
        self.import_now(self.connector)
        vid = self.new_vid()
        self.give(self.partner, self.vid_type, vid)
        self.assert_sent(vid)

    def test_deleted_and_made_anew_as_it_was(self):
        self.vid_rows(self.partner).unlink()
        self.give(self.partner, self.vid_type, self.vid)
        self.assert_not_sent()

    def test_another_id(self):
        other = self.env["g2p.id.type"].create({"name": "National ID"})
        self.give(self.partner, other, "AB 123")
        self.assert_not_sent()

    def test_another_type_for_the_vid(self):
        number = self.env["g2p.id.type"].create({"name": "Number"})
        vid = self.new_vid()
        self.give(self.partner, number, vid)
        self.long_ago(self.partner)
        self.connector.g2p_vid_type = "Number"
        self.import_now(self.connector)
        self.assertEqual(self.sends_of(vid), 1)

    def test_types_that_change_names(self):
        number = self.env["g2p.id.type"].create({"name": "Number"})
        vid = self.new_vid()
        self.give(self.partner, number, vid)
        self.long_ago(self.partner)
        self.vid_type.name, number.name = "Old VID", self.vid_type.name
        self.import_now(self.connector)
        self.assertEqual(self.sends_of(vid), 1)

    def test_another_store(self):
        vid = self.new_vid()
        self.partner.mosip_vid = vid
        self.long_ago(self.partner)
        self.connector.identity_store = "partner"
        self.import_now(self.connector)
        self.assertEqual(self.sends_of(vid), 1)


@tagged("post_install", "-at_install")
class TestWhileAnAnswerIsExpected(G2pCase):
    def setUp(self):
        super().setUp()
        self.partner = self.create_registrant()
        self.vid = self.vid_of(self.partner)
        self.row = self.vid_rows(self.partner)
        self.simulator.hold()
        self.import_now(self.connector)

    def assert_refused(self, vid):
        """The answer is not for this VID: nothing is written, and the new one is sent."""
        self.release()
        self.assertFalse(self.partner.mosip_auth_token or self.token_rows(self.partner))
        self.assertEqual(self.record_of(self.partner).state, "pending")
        self.answer_overdue(self.connector)
        self.assertEqual(self.record_of(self.partner).state, "lost")
        if vid:
            self.assert_untouched(self.partner, vid)
            self.import_now(self.connector)
            self.assertEqual(self.sends_of(vid), 1)
            self.assert_tokenized(self.partner)

    def test_another_value(self):
        vid = self.new_vid()
        self.row.value = vid
        self.assert_refused(vid)

    def test_deleted(self):
        self.row.unlink()
        self.assert_refused(None)

    def test_made_anew_with_another(self):
        self.row.unlink()
        vid = self.new_vid()
        self.give(self.partner, self.vid_type, vid)
        self.assert_refused(vid)

    def test_made_anew_with_the_same(self):
        self.row.unlink()
        self.give(self.partner, self.vid_type, self.vid)
        self.release()
        self.assert_tokenized(self.partner)

    def test_given_to_another_registrant(self):
        other = self.create_registrant(vid=False)
        self.row.partner_id = other
        self.assert_refused(None)
        self.assert_untouched(other, self.vid)

    def test_another_type(self):
        self.row.id_type = self.env["g2p.id.type"].create({"name": "No VID"})
        self.assert_refused(None)

    def test_another_store(self):
        """VIDs are looked for where they are kept now."""
        self.connector.identity_store = "partner"
        self.release()
        self.assert_untouched(self.partner, self.vid)

    def test_another_token_is_there_by_now(self):
        row = self.give(self.partner, self.token_type, "another", expiry_date="2030-01-01")
        self.release()
        self.assertEqual(self.record_of(self.partner).state, "conflict")
        self.assertEqual((row.value, str(row.expiry_date)), ("another", "2030-01-01"))
        self.assert_untouched(self.partner, self.vid)

    def test_the_same_token_is_there_by_now(self):
        token = self.simulator.token("Amina Diallo", "1990/05/17", "Female")
        self.give(self.partner, self.token_type, token)
        self.release()
        self.assertEqual(self.record_of(self.partner).state, "tokenized")
        self.assert_tokenized(self.partner)

    def test_archived(self):
        self.partner.active = False
        self.release()
        self.assert_tokenized(self.partner)

    def test_disabled(self):
        self.partner.disabled = self.now()
        self.release()
        self.assert_tokenized(self.partner)

    def test_the_answer_came_elsewhere_and_left_a_token(self):
        self.simulator.add_fault("callback", "drop")
        self.give(self.partner, self.token_type, "stored by another API")
        self.release()
        self.answer_overdue(self.connector)
        self.assertEqual(self.record_of(self.partner).state, "tokenized")


@tagged("post_install", "-at_install")
class TestMerged(G2pCase):
    """Odoo moves the IDs of one contact to the other, past OpenG2P's constraints."""

    def assert_one_of_each(self, partner):
        """OpenG2P's own check still passes."""
        partner.reg_ids._validate_fields(["partner_id", "id_type"])

    def test_into_one_without_a_vid(self):
        source, target = self.create_registrant(), self.create_registrant(vid=False)
        self.simulator.hold()
        self.import_now(self.connector)
        self.merge_contacts(source, target)
        self.release()
        self.start_slice(self.connector)
        self.assert_tokenized(target)
        self.assertEqual(self.connector.run_ids.state, "done")

    def test_into_one_with_another_vid(self):
        source, target = self.create_registrant(), self.create_registrant()
        vid, lost = self.vid_of(target), self.vid_of(source)
        self.simulator.add_fault("output", "set", vids=[lost], values={"token": "wrong"})
        self.simulator.hold()
        self.import_now(self.connector)
        self.merge_contacts(source, target)
        self.assertEqual(self.vid_of(target), vid)
        self.assert_one_of_each(target)
        self.release()
        self.assert_tokenized(target)
        self.assertNotEqual(target.mosip_auth_token, "wrong")

    def test_a_token_comes_along(self):
        source, target = self.create_registrant(), self.create_registrant()
        self.give(target, self.token_type, False)
        vid = self.vid_of(target)
        self.import_now(self.create_connector(search_domain=f'[("id", "=", {source.id})]'))
        token = source.mosip_auth_token
        self.merge_contacts(source, target)
        self.assertEqual(target.mosip_auth_token, token)
        self.assert_tokenized(target)
        self.assert_one_of_each(target)
        self.import_now(self.connector)
        self.assertEqual(self.sends_of(vid), 0)

    def test_of_two_tokens_that_of_the_target_stays(self):
        source, target = self.create_registrant(vid=False), self.create_registrant(vid=False)
        source.mosip_auth_token = "theirs"
        self.give(source, self.token_type, "theirs")
        self.give(target, self.token_type, "ours")
        self.merge_contacts(source, target)
        self.assertEqual((target.mosip_auth_token, target.reg_ids.value), ("ours", "ours"))
        self.assert_one_of_each(target)

    def test_two_who_wait_with_connectors_of_different_stores(self):
        """Only one answer can be awaited for a person: the merge can wait as well."""
        source = self.create_registrant(vid=False, mosip_vid=self.new_vid())
        target = self.create_registrant()
        other = self.create_connector(identity_store="partner")
        self.simulator.hold()
        self.import_now(other)
        self.import_now(self.connector)
        states = [self.record_of(person).state for person in (source, target)]
        self.assertEqual(states, ["pending"] * 2)
        with self.assertRaisesRegex(UserError, "wait for an answer"), self.env.cr.savepoint():
            self.merge_contacts(source, target)
        self.release()
        self.merge_contacts(source, target)
        self.assert_tokenized(target)

    def test_other_ids_are_left_to_odoo(self):
        source, target = self.create_registrant(), self.create_registrant(vid=False)
        national = self.env["g2p.id.type"].create({"name": "National ID"})
        row = self.give(source, national, "AB 123")
        self.merge_contacts(source, target)
        self.assertEqual(self.rows(target, national), row)

    def test_by_a_registrar(self):
        """Who may not see the VID, nor delete an ID."""
        groups = ("base.group_user", "mts_sample_g2p.group_g2p_registrar")
        groups += ("base.group_partner_manager",)
        user = (
            self.env["res.users"]
            .with_context(no_reset_password=True)
            .create(
                {
                    "name": "Registrar",
                    "login": "registrar",
                    "email": "registrar@example.org",
                    "groups_id": [(6, 0, [self.env.ref(group).id for group in groups])],
                }
            )
        )
        source, target = self.create_registrant(), self.create_registrant()
        vid = self.vid_of(target)
        self.merge_contacts(source, target.with_user(user), user)
        self.assert_untouched(target, vid)


@tagged("post_install", "-at_install")
class TestIndexed(G2pCase):
    def test_who_is_due_is_found_by_an_index(self):
        connector = self.connector
        statement, params = self.env["mts.delta"]._page_sql(connector, "due", 0, 100)
        self.env.cr.execute("SET LOCAL enable_seqscan = off")
        self.env.cr.execute(f"EXPLAIN {statement}", params)
        plan = "\n".join(row[0] for row in self.env.cr.fetchall())
        self.assertNotIn("Seq Scan on g2p_reg_id", plan)
        # VIDs and tokens, of those who are new and of each candidate.
        self.assertEqual(plan.count("g2p_reg_id_mts_index"), 4, plan)
