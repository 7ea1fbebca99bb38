# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Send One: a single registrant, for real, by the way that all are sent."""

from lxml import etree
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests.common import Form, new_test_user, tagged

from .fault_case import FaultCase


class SendOneCase(FaultCase):
    def setUp(self):
        super().setUp()
        self.officer = new_test_user(self.env, "officer", "mts_connector.group_user")
        self.connector = self.create_connector()

    def asked(self, partner, connector=None, user=None):
        """Return the question, as the button on a contact opens it."""
        context = {"default_partner_id": partner.id}
        if connector:
            context["default_connector_id"] = connector.id
        wizards = self.env["mts.send.one"].with_user(user or self.officer)
        return Form(wizards.with_context(**context))

    def send(self, partner, **values):
        """Answer the question with Send; return the run that opens."""
        action = self.asked(partner, **values).save().action_send()
        self.assertEqual(action["res_model"], "mts.run")
        return self.env["mts.run"].browse(action["res_id"])


@tagged("post_install", "-at_install")
class TestSendOne(SendOneCase):
    def test_only_this_one(self):
        one, other = self.create_registrants(2)
        vid = one.mosip_vid
        run = self.send(one)
        self.assertEqual((run.state, run.connector_id), ("queued", self.connector))
        self.work_on(self.connector)
        self.assertEqual(self.stored_vids(), [[vid]])
        self.assertTrue(one.mosip_auth_token)
        self.assertFalse(one.mosip_vid or other.mosip_auth_token or self.record_of(other))
        self.assertEqual((run.state, run.selected_count, run.tokenized_count), ("done", 1, 1))
        record = self.record_of(one)
        self.assertEqual((record.state, record.attempts), ("tokenized", 1))
        self.assertFalse(record.retry_requested)

    def test_the_others_follow_with_the_next_import(self):
        one, other = self.create_registrants(2)
        self.send(one)
        self.work_on(self.connector)
        self.import_now(self.connector)
        self.assertTrue(other.mosip_auth_token)
        self.assertEqual(len(self.stored_vids()), 2)

    def test_from_the_preview(self):
        partner = self.create_registrant()
        action = self.connector.with_user(self.officer).action_preview()
        preview = self.env[action["res_model"]].with_user(self.officer).browse(action["res_id"])
        arch = preview.fields_view_get(view_type="form")["arch"]
        (button,) = etree.fromstring(arch).xpath("//button[@type='action']")
        opened = self.env["ir.actions.act_window"].browse(int(button.get("name")))
        self.assertEqual((opened.res_model, opened.target), ("mts.send.one", "new"))
        self.assertIn("'default_partner_id': partner_id", button.get("context"))
        self.send(preview.partner_id, connector=preview.connector_id)
        self.work_on(self.connector)
        self.assertTrue(partner.mosip_auth_token)

    def test_who_was_refused_is_tried_again(self):
        partner = self.refused_registrant(self.connector)
        self.pass_by(partner, self.connector)
        self.assertIn("Refused", self.asked(partner).standing)
        self.send(partner)
        self.work_on(self.connector)
        self.assertTrue(partner.mosip_auth_token)
        self.assertEqual(len(self.record_of(partner)), 1)

    def test_pressed_twice_it_is_sent_once(self):
        partner = self.create_registrant()
        first = self.send(partner)
        self.assertEqual(self.send(partner), first)
        vid = partner.mosip_vid
        self.work_on(self.connector)
        self.assertEqual(self.sends_of(vid), 1)

    def test_a_refusal_is_kept_like_any_other(self):
        partner = self.create_registrant()
        self.simulator.refuse(partner.mosip_vid, "IDA-MLC-004")
        self.send(partner)
        self.work_on(self.connector)
        record = self.record_of(partner)
        self.assertEqual((record.state, record.error_code), ("rejected", "IDA-MLC-004"))
        self.pass_by(partner, self.connector)
        self.import_now(self.connector)
        self.assertEqual(self.sends_of(partner.mosip_vid), 1)

    def test_while_sending_has_stopped_it_is_the_one_that_is_tried(self):
        self.connector.attention = "The partner is not allowed"
        partner = self.create_registrant()
        self.send(partner)
        self.work_on(self.connector)
        self.assertTrue(partner.mosip_auth_token)
        self.assertFalse(self.connector.attention)

    def test_who_cannot_be_reached_stays_due(self):
        partner = self.create_registrant()
        run = self.send(partner)
        self.simulator.offline()
        with self.no_pauses():
            self.work_on(self.connector)
        self.simulator.online()
        self.assertEqual((self.record_of(partner).state, run.lost_count), ("lost", 0))
        self.let_time_pass(run, minutes=1)
        self.work_on(self.connector)
        self.assertTrue(partner.mosip_auth_token)


@tagged("post_install", "-at_install")
class TestNotNow(SendOneCase):
    def assert_cannot_be_sent(self, partner, words):
        form = self.asked(partner, connector=self.connector)
        self.assertEqual(form.standing, words)
        self.assertFalse(form.can_be_sent)
        posts = self.simulator.ledger.counts["posts"]
        with self.assertRaises(UserError) as caught:
            form.save().action_send()
        self.assertIn(words, str(caught.exception))
        self.work_on(self.connector)
        self.assertEqual(self.simulator.ledger.counts["posts"], posts)

    def test_while_an_answer_is_expected(self):
        partner = self.create_registrant()
        self.simulator.hold()
        self.import_now(self.create_connector())
        self.assert_cannot_be_sent(partner, "Waiting for an answer")
        self.assertEqual(self.sends_of(partner.mosip_vid), 1)

    def test_who_is_not_to_be_sent(self):
        other = self.env["res.company"].create({"name": "Other"})
        for values, words in (
            ({"mosip_auth_token": "token"}, "Has a token already"),
            ({"mosip_vid": False}, "Has no VID"),
            ({"active": False}, "Archived"),
            ({"ref": "another"}, "Does not match the filter"),
        ):
            partner = self.create_registrant(**values)
            self.assert_cannot_be_sent(partner, words)
            self.assertFalse(self.record_of(partner))
        self.officer.company_ids += other
        partner = self.create_registrant(company_id=other.id)
        self.assert_cannot_be_sent(partner, "Belongs to another company")

    def test_what_changes_between_the_question_and_the_answer(self):
        partner = self.create_registrant()
        question = self.asked(partner).save()
        partner.mosip_vid = False
        with self.assertRaises(UserError):
            question.action_send()

    def test_a_filter_that_no_longer_works(self):
        question = self.asked(self.create_registrant()).save()
        self.env.cr.execute(
            "UPDATE mts_connector SET search_domain = %s WHERE id = %s",
            ['[("gone", "=", "Amina")]', self.connector.id],
        )
        self.env["base"].invalidate_cache()
        with self.assertRaises(ValidationError) as caught:
            question.action_send()
        self.assertIn("“gone” is no field", str(caught.exception))
        self.assertNotIn("Amina", str(caught.exception))

    def test_an_archived_connector(self):
        partner = self.create_registrant()
        self.connector.active = False
        self.assertFalse(self.asked(partner).connector_id)
        with self.assertRaises(UserError):
            self.send(partner, connector=self.connector)


@tagged("post_install", "-at_install")
class TestQuestion(SendOneCase):
    def test_a_connector_that_fits_is_proposed(self):
        fitting = self.create_connector(name="Zanzibar", search_domain='[("ref", "=", "island")]')
        partner = self.create_registrant(ref="island")
        self.assertEqual(self.asked(partner).connector_id, fitting)
        self.assertEqual(self.asked(self.create_registrant()).connector_id, self.connector)
        form = self.asked(self.create_registrant(ref="nowhere"))
        self.assertEqual(form.connector_id, self.connector)
        self.assertFalse(form.can_be_sent)

    def test_it_says_what_a_try_costs(self):
        view = self.env["mts.send.one"].fields_view_get(view_type="form")
        self.assertIn("Each try uses", view["arch"])

    def test_officers_have_it_on_a_contact(self):
        action = str(self.env.ref("mts_connector.mts_send_one_action").id)
        manager = new_test_user(self.env, "manager", "mts_connector.group_manager")
        other = new_test_user(self.env, "other", "base.group_user")
        for user, count in ((self.officer, 1), (manager, 1), (other, 0)):
            partners = self.env["res.partner"].with_user(user)
            arch = etree.fromstring(partners.fields_view_get(view_type="form")["arch"])
            buttons = [
                button
                for button in arch.xpath(f"//button[@name='{action}']")
                if not button.xpath("ancestor-or-self::*[@invisible='1']")
            ]
            self.assertEqual(len(buttons), count, user.login)

    def test_it_is_for_who_may_see_both(self):
        other = self.env["res.company"].create({"name": "Other"})
        mine, others = self.create_registrants(2)
        others.company_id = other
        connector = self.create_connector(company_id=other.id)
        wizards = self.env["mts.send.one"].with_user(self.officer)
        for partner, by in ((others, self.connector), (mine, connector)):
            with self.assertRaises(AccessError):
                wizards.create({"partner_id": partner.id, "connector_id": by.id}).action_send()
            with self.assertRaises(AccessError):
                wizards.with_context(default_partner_id=others.id).default_get(["connector_id"])
        self.assertFalse(self.record_of(mine) + self.record_of(others))
