# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What answers do, whenever and however they come."""

from unittest.mock import patch

from odoo.tests.common import tagged

from ..models import mts_settlement
from ..mts.client import MtsClient
from ..token_field import TokenOfEach
from .fault_case import CommittedCase, FaultCase

OTHER_TOKEN = "another token of somebody"
NO_PROOF = "0" * 32 + "." + "0" * 32
UNKNOWN = {"errors": [{"errorCode": "ATS-REQ-016", "errorMessage": "unknown"}], "response": None}


class AnswerCase(FaultCase):
    def token_of(self, partner):
        name = f"{partner.given_name} {partner.family_name}"
        return self.simulator.token(name, "1990/05/17", partner.gender)

    def sent(self, *partners, **values):
        """Return a connector with these registrants in flight; MTS keeps its answers back."""
        connector = self.create_connector(**values)
        self.simulator.hold()
        self.import_now(connector)
        for partner in partners:
            self.assertEqual(self.record_of(partner).state, "pending")
        return connector

    def counts(self, request):
        return {
            name: request[name + "_count"]
            for name in ("tokenized", "rejected", "conflict", "lost")
            if request[name + "_count"]
        }


@tagged("post_install", "-at_install")
class TestDelivery(AnswerCase):
    def test_one_at_a_time(self):
        connector = self.create_connector(
            callback_in_bulk=False, callback_url=self.odoo_url + "/mts/callback"
        )
        people = self.create_registrants(3)
        vid = people[1].mosip_vid
        self.simulator.refuse(vid, "IDA-MLC-005")
        run = self.import_now(connector)
        self.assertEqual(
            people.mapped(lambda person: bool(person.mosip_auth_token)), [True, False, True]
        )
        self.assertEqual(people.mapped("mosip_vid"), [False, vid, False])
        self.assertEqual(
            (run.state, self.counts(run.request_ids)), ("done", {"tokenized": 2, "rejected": 1})
        )

    def test_repeated(self):
        connector = self.create_connector()
        people = self.create_registrants(2)
        self.simulator.refuse(people[1].mosip_vid, "IDA-MLC-005")
        self.simulator.add_fault("callback", "repeat", times=3)
        run = self.import_now(connector)
        self.assertEqual(self.counts(run.request_ids), {"tokenized": 1, "rejected": 1})
        self.assertEqual(self.simulator.ledger.counts["callbacks"], 4)

    def test_the_first_refusal_stays(self):
        """Also while somebody else's answer to the same request is awaited."""
        people = self.create_registrants(2)
        self.sent(*people)
        self.log_in_to_deliver()
        ref = self.reference_of(people[0].mosip_vid)
        self.deliver(self.refusal(ref, "the first"))
        self.deliver(self.refusal(ref, "the second"))
        self.assertEqual(self.record_of(people[0]).error_message, "the first")

    def test_out_of_order(self):
        connector = self.create_connector(batch_size=2)
        people = self.create_registrants(6)
        self.simulator.configure(shuffle_records=True)
        self.simulator.hold()
        run = self.import_now(connector)
        self.simulator.release(shuffle=True)
        self.settle()
        self.start_slice(connector)
        # Each got the token of the person who was asked for.
        for partner in people:
            self.assertEqual(partner.mosip_auth_token, self.token_of(partner))
        self.assertEqual((run.state, run.tokenized_count), ("done", 6))

    def test_before_the_post_is_through(self):
        """MTS may call back before we have written down that the POST went well."""
        connector = self.create_connector()
        partner = self.create_registrant()
        submit = MtsClient.submit

        def submit_and_wait(client, message):
            identifier = submit(client, message)
            self.assertTrue(self.simulator.wait_idle(60))
            return identifier

        with patch.object(MtsClient, "submit", submit_and_wait), self.without_slice_lock():
            run = self.import_now(connector)
        self.assertTrue(partner.mosip_auth_token)
        request = run.request_ids
        self.assertEqual((request.state, self.counts(request)), ("answered", {"tokenized": 1}))
        self.assertTrue(request.request_identifier)
        self.assertEqual(run.state, "done")

    def test_late(self):
        partner, other = self.create_registrants(2)
        self.simulator.refuse(other.mosip_vid, "IDA-MLC-005")
        connector = self.sent(partner, other)
        self.simulator.add_fault("status", "answer", status=404, body=UNKNOWN)
        self.answer_overdue(connector)
        request = connector.run_ids.request_ids
        self.assertEqual((request.state, self.counts(request)), ("lost", {"lost": 2}))
        self.release()
        self.assertTrue(partner.mosip_auth_token)
        self.assertEqual(self.record_of(other).state, "rejected")
        self.assertEqual(
            (request.state, self.counts(request)), ("answered", {"tokenized": 1, "rejected": 1})
        )

    def test_late_after_the_last_attempt(self):
        partner, other = self.create_registrants(2)
        self.simulator.refuse(other.mosip_vid, "IDA-MLC-005")
        connector = self.sent(partner, other, max_attempts=1)
        self.simulator.add_fault("status", "answer", status=404, body=UNKNOWN)
        self.answer_overdue(connector)
        self.assertEqual(self.record_of(partner).error_code, "MTC-NO-ANSWER")
        self.release()
        self.assertTrue(partner.mosip_auth_token)
        # What MOSIP says tells more than that nobody said anything.
        self.assertEqual(self.record_of(other).error_code, "IDA-MLC-005")

    def test_late_after_the_last_attempt_of_one_of_them(self):
        """The answer of one is not the last that is taken for their request."""
        new, old = self.create_registrants(2)
        new.mosip_vid = False
        connector = self.sent(
            old,
            max_attempts=2,
            callback_in_bulk=False,
            callback_url=self.odoo_url + "/mts/callback",
        )
        self.simulator.restart()
        self.answer_overdue(connector)
        new.mosip_vid = self.new_vid()
        self.import_now(connector)
        self.simulator.add_fault("status", "answer", status=404, body=UNKNOWN)
        self.answer_overdue(connector)
        states = [(record.state, record.attempts) for record in map(self.record_of, (new, old))]
        self.assertEqual(states, [("lost", 1), ("rejected", 2)])
        self.release()
        self.assertTrue(new.mosip_auth_token and old.mosip_auth_token)

    def test_while_nobody_sends_any_more(self):
        """Somebody has deleted the background job instead of switching it off."""
        partner = self.create_registrant()
        connector = self.sent(partner)
        self.env.ref("mts_connector.cron_work").unlink()
        self.release()
        self.assertTrue(partner.mosip_auth_token)
        self.assertEqual(connector.run_ids.request_ids.state, "answered")

    def sent_again(self, *partners):
        """Return a connector whose registrants were lost and are in flight a second time, and the
        result of the first time for each.
        """
        connector = self.sent(*partners)
        first = [self.reference_of(partner.mosip_vid) for partner in partners]
        self.simulator.restart()
        self.answer_overdue(connector)
        self.import_now(connector)
        self.log_in_to_deliver()
        return connector, first

    def test_a_token_of_an_earlier_request(self):
        partner = self.create_registrant()
        connector, (ref,) = self.sent_again(partner)
        self.deliver(self.result(ref, token="token"))
        self.assertEqual(partner.mosip_auth_token, "token")
        first, second = connector.run_ids.request_ids.sorted("id")
        self.assertEqual((first.state, self.counts(first)), ("lost", {"lost": 1}))
        self.assertEqual((second.state, self.counts(second)), ("answered", {"tokenized": 1}))

    def test_a_refusal_of_an_earlier_request_does_not_count(self):
        partner = self.create_registrant()
        _connector, (ref,) = self.sent_again(partner)
        self.deliver(self.refusal(ref))
        self.assertEqual(self.record_of(partner).state, "pending")
        self.release()
        self.assertTrue(partner.mosip_auth_token)


@tagged("post_install", "-at_install")
class TestChangedMeanwhile(AnswerCase):
    def test_vid_changed(self):
        partner = self.create_registrant()
        connector = self.sent(partner)
        partner.mosip_vid = self.new_vid()
        self.release()
        record = self.record_of(partner)
        self.assertEqual((partner.mosip_auth_token, record.state), (False, "pending"))
        self.answer_overdue(connector)
        self.assertEqual(record.state, "lost")
        self.assertFalse(connector.attention, "MTS reached us: nothing is wrong")
        self.import_now(connector)
        self.assertTrue(partner.mosip_auth_token)

    def test_vid_changed_and_refused(self):
        """The refusal was about the VID as it was."""
        partner = self.create_registrant()
        vid = partner.mosip_vid
        self.simulator.refuse(vid, "IDA-MLC-004")
        connector = self.sent(partner)
        partner.mosip_vid = self.new_vid()
        self.release()
        self.answer_overdue(connector)
        self.import_now(connector)
        self.assertTrue(partner.mosip_auth_token)
        self.assertEqual(self.sends_of(vid), 1)

    def test_deleted(self):
        partner, other = self.create_registrants(2)
        connector = self.sent(partner, other)
        partner.unlink()
        self.release()
        self.start_slice(connector)
        self.assertTrue(other.mosip_auth_token)
        self.assertEqual(connector.run_ids.state, "done")

    def test_all_deleted(self):
        """Nobody is left whose answer could close the request."""
        partner = self.create_registrant()
        connector = self.sent(partner)
        partner.unlink()
        self.start_slice(connector)
        run = connector.run_ids
        self.assertEqual((run.request_ids.state, run.state), ("answered", "done"))

    def test_archived(self):
        partner = self.create_registrant()
        connector = self.sent(partner)
        partner.active = False
        self.release()
        self.start_slice(connector)
        self.assertTrue(partner.mosip_auth_token)
        self.assertFalse(partner.mosip_vid)
        self.assertEqual(connector.run_ids.state, "done")

    def test_merged_into_one_without_a_vid(self):
        source = self.create_registrant()
        target = self.create_registrant(mosip_vid=False)
        connector = self.sent(source)
        self.merge_contacts(source, target)
        self.release()
        self.start_slice(connector)
        self.assertTrue(target.mosip_auth_token)
        self.assertFalse(target.mosip_vid)
        self.assertEqual(connector.run_ids.state, "done")

    def test_merged_by_a_user_who_may_not_see_the_vid(self):
        user = (
            self.env["res.users"]
            .with_context(no_reset_password=True)
            .create(
                {
                    "name": "Contacts only",
                    "login": "contacts only",
                    "email": "contacts@example.org",
                    "groups_id": [
                        (
                            6,
                            0,
                            [
                                self.env.ref("base.group_user").id,
                                self.env.ref("base.group_partner_manager").id,
                            ],
                        )
                    ],
                }
            )
        )
        source = self.create_registrant()
        target = self.create_registrant(mosip_vid=False)
        vid = source.mosip_vid
        self.merge_contacts(source, target.with_user(user), user)
        self.assertEqual(target.mosip_vid, vid)

    def test_merged_into_one_with_another_vid(self):
        source, target = self.create_registrant(), self.create_registrant()
        source_vid, target_vid = source.mosip_vid, target.mosip_vid
        connector = self.sent(source, target)
        self.simulator.add_fault("output", "set", vids=[source_vid], values={"token": OTHER_TOKEN})
        self.merge_contacts(source, target)
        self.assertEqual(target.mosip_vid, target_vid)
        self.release()
        self.start_slice(connector)
        self.assertTrue(target.mosip_auth_token)
        self.assertNotEqual(target.mosip_auth_token, OTHER_TOKEN)
        self.assertEqual(connector.run_ids.state, "done")

    def test_merged_into_one_with_a_token(self):
        source = self.create_registrant()
        target = self.create_registrant(mosip_vid=False, mosip_auth_token=OTHER_TOKEN)
        connector = self.sent(source)
        self.merge_contacts(source, target)
        self.assertFalse(target.mosip_vid, "who has a token needs no VID")
        self.release()
        self.assertEqual(target.mosip_auth_token, OTHER_TOKEN)
        self.answer_overdue(connector)
        self.assertEqual(self.record_of(target).state, "tokenized")

    def test_another_token_is_there_by_now(self):
        partner = self.create_registrant()
        vid = partner.mosip_vid
        connector = self.sent(partner)
        partner.mosip_auth_token = OTHER_TOKEN
        self.release()
        record = self.record_of(partner)
        self.assertEqual((partner.mosip_auth_token, partner.mosip_vid), (OTHER_TOKEN, vid))
        self.assertEqual((record.state, bool(record.advice)), ("conflict", True))
        run = connector.run_ids
        self.start_slice(connector)
        self.assertEqual((run.state, run.conflict_count), ("done", 1))
        # A person finds the other token wrong and removes it.
        partner.mosip_auth_token = False
        self.import_now(connector)
        self.assertEqual(self.sends_of(vid), 2)
        self.assertEqual(record.state, "tokenized")
        self.assertFalse(partner.mosip_vid)

    def test_the_same_token_is_there_by_now(self):
        partner = self.create_registrant()
        self.sent(partner)
        partner.mosip_auth_token = self.simulator.token("Amina Diallo", "1990/05/17", "Female")
        self.release()
        self.assertEqual(self.record_of(partner).state, "tokenized")
        self.assertFalse(partner.mosip_vid)

    def test_the_same_token_is_there_by_now_for_one_of_many(self):
        people = self.create_registrants(4)
        self.sent(*people)
        known, others = people[:2], people[2:]
        for partner in known:
            partner.mosip_auth_token = self.token_of(partner)
            self.let_time_pass(partner, days=3)
        before = known.mapped("mosip_token_at")
        self.release()
        self.assertEqual(known.mapped("mosip_token_at"), before)
        self.assertGreater(min(others.mapped("mosip_token_at")), max(before))
        self.assertEqual(people.mapped("mosip_auth_token"), [self.token_of(one) for one in people])
        self.assertFalse(any(people.mapped("mosip_vid")))

    def test_the_time_of_a_token_that_another_addon_writes_for_many(self):
        people = self.create_registrants(3)
        known = people[:2]
        for number, partner in enumerate(known):
            partner.mosip_auth_token = f"token {number}"
            self.let_time_pass(partner, days=3)
        before = known.mapped("mosip_token_at")
        known.write(
            {"mosip_auth_token": TokenOfEach({known[0].id: "token 0", known[1].id: "token 1"})}
        )
        self.assertEqual(known.mapped("mosip_token_at"), before)
        people.write({"mosip_auth_token": TokenOfEach({id_: f"new {id_}" for id_ in people.ids})})
        self.assertGreater(min(people.mapped("mosip_token_at")), max(before))

    def test_one_delivery_with_two_tokens_for_one_registrant(self):
        """As from two connectors that are clients of different MTS partners."""
        partner = self.create_registrant()
        first = self.sent(partner)
        ref = self.reference_of(partner.mosip_vid)
        self.simulator.restart()
        self.answer_overdue(first)
        second = self.create_connector(name="Second")
        self.import_now(second)
        self.log_in_to_deliver()
        self.deliver(
            self.result(self.reference_of(partner.mosip_vid), token="one"),
            self.result(ref, token="two"),
        )
        self.assertEqual(partner.mosip_auth_token, "one")
        self.assertEqual(self.record_of(partner, second).state, "tokenized")
        self.assertEqual(self.record_of(partner, first).state, "conflict")


@tagged("post_install", "-at_install")
class TestCodes(AnswerCase):
    def refused_with(self, code, message="words"):
        connector = self.create_connector()
        partner = self.create_registrant()
        self.simulator.refuse(partner.mosip_vid, {"code": code, "message": message})
        self.import_now(connector)
        return connector, self.record_of(partner)

    def test_a_code_that_is_in_no_table(self):
        connector, record = self.refused_with("NEW-XYZ-001", "MOSIP says so")
        self.assertEqual((record.state, record.error_code), ("rejected", "NEW-XYZ-001"))
        self.assertEqual(record.error_message, "MOSIP says so")
        self.assertIn("Unknown code", record.advice)
        self.assertFalse(connector.attention)

    def test_a_code_that_a_deployment_has_added(self):
        self.env["mts.error.code"].create(
            {"code": "NEW-XYZ-001", "name": "Here", "policy": "final", "advice": "Give up"}
        )
        _connector, record = self.refused_with("NEW-XYZ-001")
        self.assertEqual(record.advice, "Give up")

    def test_of_several_errors_the_most_specific_counts(self):
        connector = self.create_connector()
        partner = self.create_registrant()
        self.simulator.refuse(
            partner.mosip_vid,
            [
                {"code": "IDA-MLC-007", "message": "try later"},
                {"code": "IDA-DEA-001", "message": "name does not match"},
            ],
        )
        self.import_now(connector)
        record = self.record_of(partner)
        self.assertEqual(record.error_code, "IDA-DEA-001")
        self.assertIn("Correct the named field", record.advice)
        self.assertIn("name does not match", record.error_message)
        self.assertFalse(record.retry_at)

    def test_several_errors_that_stop_everybody(self):
        connector = self.create_connector()
        partner = self.create_registrant()
        self.simulator.refuse(partner.mosip_vid, ["IDA-DEA-001", "IDA-MPA-013"])
        self.import_now(connector)
        self.assertIn("IDA-MPA-013", connector.attention)

    def test_a_family_of_codes(self):
        connector, record = self.refused_with("IDA-MPA-009")
        self.assertEqual(record.error_code, "IDA-MPA-009")
        self.assertIn("Ask the MTS operator", record.advice)
        self.assertIn("IDA-MPA-009", connector.attention)

    def test_the_words_of_mosip_without_the_data_of_the_person(self):
        connector = self.create_connector()
        partner = self.create_registrant()
        vid = partner.mosip_vid
        self.simulator.refuse(
            vid,
            {
                "code": "IDA-DEA-001",
                "message": f"{vid} is not Amina Diallo of 12 Harbour Road",
            },
        )
        self.import_now(connector)
        words = self.record_of(partner).error_message
        for secret in (vid, "Amina", "Diallo", "Harbour"):
            self.assertNotIn(secret, words)
        self.assertIn("is not", words)


@tagged("post_install", "-at_install")
class TestMalformed(AnswerCase):
    def test_bad_items_do_not_spoil_the_good_ones(self):
        people = self.create_registrants(3)
        self.sent(*people)
        refs = [self.reference_of(person.mosip_vid) for person in people]
        self.log_in_to_deliver()
        told = self.deliver(
            None,
            [],
            "text",
            {},
            {"params": None},
            {"params": []},
            {"params": {"status": "processed", "token": "x"}},
            {"params": {"ref": {"a": 1}, "status": "processed", "token": "x"}},
            {"params": {"ref": "0.0." + NO_PROOF, "status": "processed", "token": "x"}},
            {"params": {"ref": "9999999999.1." + NO_PROOF, "status": "processed", "token": "x"}},
            self.result(refs[0][:-1] + "x", token="forged"),
            self.result(refs[0], token=" token "),
            self.refusal(refs[1], message="no\x00 match\ud800"),
        )
        self.assertEqual(people[0].mosip_auth_token, "token")
        self.assertEqual(self.record_of(people[1]).state, "rejected")
        self.assertEqual(self.record_of(people[2]).state, "pending")
        self.assertEqual(told["accepted"], 2)

    def test_a_registrant_whose_data_cannot_be_read_any_more(self):
        """As when the addon is gone that a selected field belonged to."""
        partner, other = self.create_registrants(2)
        self.simulator.refuse(partner.mosip_vid, "IDA-DEA-001")
        self.sent(partner, other)
        with patch.object(type(partner), "_mts_texts", side_effect=KeyError("given_name")):
            self.release()
        self.assertTrue(other.mosip_auth_token)
        record = self.record_of(partner)
        self.assertEqual((record.state, record.error_code), ("rejected", "IDA-DEA-001"))
        self.assertFalse(record.error_message)

    def test_nulls_of_an_output_format_that_fails_at_run_time(self):
        connector = self.create_connector(
            output_format='if .output.token != null and (.output.token | startswith("sample") | '
            'not) and .input.given_name == "Person 1" then error else {ref: .input.mts_ref, '
            "status: .output.status, token: .output.token, errorCode: .output.errorCode, "
            "errorMessage: .output.errorMessage} end"
        )
        people = self.create_registrants(3)
        self.import_now(connector)
        self.assertEqual(
            people.mapped(lambda person: bool(person.mosip_auth_token)), [True, False, True]
        )
        self.answer_overdue(connector)
        self.assertEqual(self.record_of(people[1]).state, "lost")

    def test_the_same_record_twice(self):
        people = self.create_registrants(3)
        connector = self.sent(*people)
        first, second, third = (self.reference_of(person.mosip_vid) for person in people)
        self.log_in_to_deliver()
        told = self.deliver(
            self.result(first, token="one"),
            self.refusal(first),
            self.result(first, token="two"),
            self.refusal(second),
            self.result(second, token="three"),
            self.refusal(third),
            self.refusal(third),
        )
        self.assertEqual(people.mapped("mosip_auth_token"), ["one", "three", False])
        self.assertEqual(told["accepted"], 3)
        request = connector.run_ids.request_ids
        self.assertEqual(
            (request.state, self.counts(request)), ("answered", {"tokenized": 2, "rejected": 1})
        )

    def assert_unusable(self, partner, connector, words):
        record = self.record_of(partner)
        self.assertFalse(partner.mosip_auth_token)
        self.assertEqual((record.state, record.error_code), ("rejected", "MTC-UNUSABLE"))
        self.assertIn(words, record.error_message)
        self.assertIn("MTC-UNUSABLE", connector.attention)

    def test_an_unknown_status_is_an_answer_all_the_same(self):
        """MTS has asked MOSIP: to send again would spend another transaction for the same."""
        connector = self.create_connector()
        partner = self.create_registrant()
        vid = partner.mosip_vid
        self.simulator.add_fault("output", "set", values={"status": "authenticated"})
        self.import_now(connector)
        self.assert_unusable(partner, connector, ".output.status")
        self.answer_overdue(connector)
        self.import_now(connector)
        self.assertEqual(self.sends_of(vid), 1)

    def test_a_token_counts_only_when_processed(self):
        connector = self.create_connector()
        partner = self.create_registrant()
        self.simulator.add_fault("output", "set", values={"status": "submitted"})
        self.import_now(connector)
        self.assert_unusable(partner, connector, ".output.status")

    def test_processed_without_a_token(self):
        connector = self.create_connector()
        partner = self.create_registrant()
        self.simulator.add_fault("output", "set", values={"token": None})
        self.import_now(connector)
        self.assert_unusable(partner, connector, ".output.token")

    def test_an_error_without_a_code(self):
        connector = self.create_connector()
        partner = self.create_registrant()
        self.simulator.refuse(partner.mosip_vid, "IDA-DEA-001")
        self.simulator.add_fault("output", "set", values={"errorCode": None})
        self.import_now(connector)
        self.assert_unusable(partner, connector, ".output.errorCode")


@tagged("post_install", "-at_install")
class TestDuplicates(AnswerCase):
    def test_two_registrants_with_the_same_token(self):
        connector = self.create_connector(batch_size=1)
        pair = self.create_registrant() + self.create_registrant()
        other = self.create_registrant(given_name="Fatou")
        self.import_now(connector)
        self.assertEqual(len(set(pair.mapped("mosip_auth_token"))), 1)
        self.assertEqual(pair.mapped("mosip_duplicate_count"), [1, 1])
        self.assertEqual(other.mosip_duplicate_count, 0)
        found = self.env["res.partner"].search([("mosip_duplicate_count", ">", 0)])
        self.assertEqual(found, pair)


@tagged("post_install", "-at_install")
class TestAtTheSameTime(CommittedCase):
    def test_the_last_two_answers_of_a_request(self):
        """Each blind to the other: the second has to begin again, and closes the request."""
        connector = self.create_connector(
            callback_in_bulk=False, callback_url=self.odoo_url + "/mts/callback"
        )
        people = self.create_registrants(2)
        self.simulator.hold()
        self.import_now(connector)
        first, second = (self.reference_of(person.mosip_vid) for person in people)
        self.log_in_to_deliver()
        self.commit()
        settle = mts_settlement.MtsSettlement._settle
        deliveries = []

        def settle_late(records, delivered):
            deliveries.append(delivered)
            if len(deliveries) == 1:
                # The other one comes and goes, while this one has its view of things already.
                records.env.cr.execute("SELECT count(*) FROM mts_record")
                answer = self.post("/mts/callback", self.result(second, token="two"))
                self.assertEqual(answer.status_code, 200)
            return settle(records, delivered)

        with patch.object(mts_settlement.MtsSettlement, "_settle", settle_late):
            self.post("/mts/callback", self.result(first, token="one"))
        self.commit()
        self.assertEqual(len(deliveries), 3, "the first had to begin again")
        self.assertEqual(people.mapped("mosip_auth_token"), ["one", "two"])
        self.assertEqual(connector.run_ids.request_ids.state, "answered")
