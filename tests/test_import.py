# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The main job: registrants go out, tokens come back, VIDs are gone."""

from unittest.mock import patch

from odoo.tests.common import new_test_user, tagged
from odoo.tools import mute_logger

from .common import PASSWORD, MtsCase, odoo_auth

SINGLE = {"callback_in_bulk": False}
METHODS = ("POST", "PUT", "GET", "PATCH")

STORING = "odoo.addons.mts_connector.models.mts_record"


@tagged("post_install", "-at_install")
class TestImport(MtsCase):
    def assert_tokenized(self, connector, people):
        """Import, and expect everybody to be tokenized in it."""
        run = self.import_now(connector)
        self.start_slice(connector)
        self.assertEqual(run.state, "done", run.message)
        self.assertTrue(all(people.mapped("mosip_auth_token")))
        self.assertFalse(any(people.mapped("mosip_vid")))
        self.assertEqual(set(self.record_of(people[0]).mapped("state")), {"tokenized"})
        count = len(people)
        counts = (run.selected_count, run.sent_count, run.tokenized_count, run.pending_count)
        self.assertEqual(counts, (count, count, count, 0))
        self.assertEqual(run.progress, 100.0)

    def callbacks(self, kind="callback"):
        return [call for call in self.simulator.ledger.callbacks if call["kind"] == kind]

    def delivering_user(self, groups):
        user = new_test_user(self.env, "seeder", groups, password=PASSWORD)
        self.env["base"].flush()
        return user

    def single(self, **values):
        return {**SINGLE, "callback_url": self.odoo_url + "/mts/callback", **values}

    def test_the_defaults_work_as_they_stand(self):
        self.env["ir.config_parameter"].set_param("web.base.url", self.odoo_url)
        person = self.create_registrant(is_registrant=True)
        others = self.create_registrant(is_registrant=True, is_group=True)
        others += self.create_registrant(is_registrant=False)
        connector = self.env["mts.connector"].create(
            {"name": "Registry", "mts_url": self.simulator.url}
        )
        self.assert_tokenized(connector, person)
        token = self.simulator.token("Amina Diallo", "1990/05/17", "Female")
        self.assertEqual(person.mosip_auth_token, token)
        self.assertTrue(all(others.mapped("mosip_vid")))

    def test_in_bulk_with_bearer(self):
        self.assert_tokenized(self.create_connector(), self.create_registrants(3))
        self.assertEqual([call["http_status"] for call in self.callbacks()], [200])

    def test_singly_with_bearer(self):
        connector = self.create_connector(**self.single())
        self.assert_tokenized(connector, self.create_registrants(3))
        self.assertEqual([call["http_status"] for call in self.callbacks()], [200] * 3)

    def test_in_bulk_with_odoo_login(self):
        self.delivering_user("mts_connector.group_callback")
        connector = self.create_connector(**odoo_auth())
        self.assert_tokenized(connector, self.create_registrants(3))
        self.assert_logged_in_and_out()

    def test_singly_with_odoo_login(self):
        self.delivering_user("mts_connector.group_callback")
        connector = self.create_connector(**self.single(**odoo_auth()))
        self.assert_tokenized(connector, self.create_registrants(3))
        self.assert_logged_in_and_out()

    def test_with_the_login_of_a_portal_user(self):
        self.delivering_user("mts_connector.group_callback,base.group_portal")
        for number, delivery in enumerate(({}, self.single())):
            connector = self.create_connector(**odoo_auth(), **delivery)
            person = self.create_registrant(given_name=f"Person {number}")
            self.assert_tokenized(connector, person)

    def assert_logged_in_and_out(self):
        for kind in ("login", "logout"):
            self.assertEqual([call["http_status"] for call in self.callbacks(kind)], [200])

    def test_every_http_method(self):
        for method in METHODS:
            for delivery in ({}, self.single()):
                person = self.create_registrant(given_name=method)
                values = {**delivery, "callback_http_method": method}
                connector = self.create_connector(**values)
                self.assert_tokenized(connector, person)
                self.assertEqual(self.callbacks()[-1]["method"], method)

    def test_batches(self):
        people = self.create_registrants(5)
        vids = people.mapped("mosip_vid")
        self.assert_tokenized(self.create_connector(batch_size=2), people)
        posted = [post["vids"] for post in self.simulator.ledger.posts]
        self.assertEqual(posted, [vids[:2], vids[2:4], vids[4:]])

    def test_refusals_are_kept_with_code_message_and_advice(self):
        fine, mismatch, incomplete = self.create_registrants(3)
        incomplete.gender = False
        vids = (mismatch + incomplete).mapped("mosip_vid")
        refusal = {"code": "IDA-DEA-001", "message": "Demographic data did not match"}
        self.simulator.refuse(mismatch.mosip_vid, refusal)
        run = self.import_now(self.create_connector())
        self.assertEqual((run.tokenized_count, run.rejected_count), (1, 2))
        self.assertTrue(fine.mosip_auth_token)
        self.assertFalse(any((mismatch + incomplete).mapped("mosip_auth_token")))
        self.assertEqual((mismatch + incomplete).mapped("mosip_vid"), vids)
        self.assertEqual(
            [
                (record.state, record.error_code, record.error_message, record.advice)
                for record in (self.record_of(mismatch), self.record_of(incomplete))
            ],
            [
                ("rejected", refusal["code"], refusal["message"], self.advice(refusal["code"])),
                ("rejected", "ATS-REQ-011", self.message(incomplete), self.advice("ATS-REQ-011")),
            ],
        )

    def message(self, partner):
        return self.simulator.ledger.results_of(partner.mosip_vid)[-1]["errorMessage"]

    def advice(self, code):
        advice = self.env["mts.error.code"].search([("code", "=", code)]).advice
        self.assertTrue(advice)
        return advice

    def test_each_company_sends_its_own(self):
        ours, theirs = self.env.company, self.env["res.company"].create({"name": "Other"})
        my_person = self.create_registrant(company_id=ours.id)
        their_person = self.create_registrant(company_id=theirs.id)
        of_nobody = self.create_registrant(company_id=False)
        run = self.import_now(self.create_connector(company_id=theirs.id))
        self.assertEqual(run.tokenized_count, 2)
        self.assertTrue(their_person.mosip_auth_token and of_nobody.mosip_auth_token)
        self.assertFalse(my_person.mosip_auth_token)
        self.assertEqual(self.record_of(their_person).company_id, theirs)
        run = self.import_now(self.create_connector(company_id=ours.id))
        self.assertEqual(run.tokenized_count, 1)
        self.assertTrue(my_person.mosip_auth_token)
        self.assertEqual(run.company_id, ours)

    def test_who_is_not_sent(self):
        archived = self.create_registrant(active=False)
        other = self.create_registrant(ref="another")
        done = self.create_registrant(mosip_auth_token="a token that was there before")
        unknown = self.create_registrant(mosip_vid=False)
        run = self.import_now(self.create_connector())
        self.start_slice(run.connector_id)
        self.assertEqual((run.state, run.selected_count), ("done", 0))
        self.assertFalse(self.simulator.ledger.posts)
        self.assertFalse(self.record_of(archived + other + done + unknown))

    def test_token_and_vid_change_together(self):
        first, second = self.create_registrants(2)
        vids = (first + second).mapped("mosip_vid")
        connector = self.create_connector()
        partners = type(self.env["res.partner"])
        original = partners.write

        def write(records, vals):
            """Fail once the second token is written."""
            result = original(records, vals)
            if vals.get("mosip_auth_token") and second in records:
                records.flush()
                raise ValueError("the disk is full")
            return result

        with patch.object(partners, "write", write), mute_logger(STORING):
            run = self.import_now(connector)
        self.assertTrue(first.mosip_auth_token)
        self.assertFalse(first.mosip_vid)
        # What was written before the failure is taken back: the VID is there, the token is not.
        self.assertEqual((second.mosip_vid, second.mosip_auth_token), (vids[1], False))
        self.assertEqual(self.record_of(second).error_code, "MTC-NOT-STORED")
        self.assertEqual((run.tokenized_count, run.rejected_count), (1, 1))
