# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What becomes of a submission: refused, known already, delivered twice, or with odd values."""

import json

from odoo.tests.common import new_test_user, tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from ..mts.message import REQUEST_HEADER
from .fault_case import CommittedCase, everything_logged
from .odk_case import OdkCase, OdkMixin

CONTROLLER = "odoo.addons.mts_connector.models.mts_refused_delivery"
TEXT = {"Content-Type": "text/plain"}


class DeliveryMixin(OdkMixin):
    def bearer_of(self, connector):
        """Have a window go out, and return the secret that MTS got; its answer is held back."""
        self.simulator.hold()
        if not self.simulator.settings.submissions:
            self.submit()
        connector.action_import_now()
        self.start_slice(connector)
        self.settle()
        request = self.open_requests(connector)
        bearer = f"the secret of request {request.id}"
        request._keep_bearer(bearer)
        self.publish()
        return bearer

    def item(self, instance="uuid:1", status="processed", values=None, **result):
        if status == "processed":
            result.setdefault("token", "token of this person, long enough")
        else:
            result.setdefault("errorCode", "IDA-DEA-001")
        values = {"name": "Amina", "is_registrant": True} if values is None else values
        return {"params": {"instance": instance, "status": status, "values": values, **result}}

    def deliver_with(self, bearer, *items, headers=None):
        self.publish()
        headers = headers or {"Authorization": f"Bearer {bearer}"}
        answer = self.post("/mts/callback/bulk", list(items), {**TEXT, **headers})
        self.env["base"].invalidate_cache()
        return answer


@tagged("post_install", "-at_install")
class TestRefused(OdkCase):
    def refused(self, code="IDA-DEA-001", **answers):
        self.sender.search_domain = '[("given_name", "=", "Amina")]'
        instance = self.submit(**answers)
        self.simulator.refuse(self.vid_given(instance), code)
        connector = self.create_odk_connector()
        run = self.import_now(connector)
        self.assertEqual((run.tokenized_count, run.rejected_count), (0, 1))
        return instance

    def test_it_becomes_a_registrant_with_vid_and_reason(self):
        instance = self.refused()
        partner = self.registrant(instance)
        self.assertEqual(partner.mosip_vid, self.vid_given(instance))
        self.assertEqual((partner.given_name, partner.mosip_auth_token), ("Amina", False))
        record = self.record_of(partner)
        self.assertEqual((record.state, record.error_code), ("rejected", "IDA-DEA-001"))
        self.assertEqual(record.connector_id, self.sender)
        self.assertTrue(record.advice)

    def test_it_is_sent_again_by_the_registry_connector_when_it_is_corrected(self):
        instance = self.refused()
        partner, vid = self.registrant(instance), self.vid_given(instance)
        self.simulator.accept(vid)
        self.import_now(self.sender)
        self.assertEqual(self.sends_of(vid), 1)
        partner.family_name = "Sow"
        self.import_now(self.sender)
        self.assertEqual(self.sends_of(vid), 2)
        self.assertTrue(partner.mosip_auth_token)
        self.assertFalse(partner.mosip_vid)
        self.assertEqual(self.record_of(partner).state, "tokenized")

    def test_or_when_an_officer_asks_for_it(self):
        instance = self.refused()
        self.simulator.accept(self.vid_given(instance))
        self.record_of(self.registrant(instance)).action_retry()
        self.work_on(self.sender)
        self.assertTrue(self.registrant(instance).mosip_auth_token)

    def test_or_by_itself_when_the_fault_has_passed(self):
        instance = self.refused("IDA-MLC-007")
        record = self.record_of(self.registrant(instance))
        self.assertTrue(record.retry_at)
        self.simulator.accept(self.vid_given(instance))
        self.let_time_pass(record, days=1)
        self.import_now(self.sender)
        self.assertTrue(self.registrant(instance).mosip_auth_token)

    def test_what_mts_finds_invalid_is_refused_too(self):
        instance = self.submit(gender=None)
        self.import_now(self.create_odk_connector())
        record = self.record_of(self.registrant(instance))
        self.assertEqual((record.state, record.error_code), ("rejected", "ATS-REQ-011"))

    def test_without_a_vid(self):
        instance = self.submit(vid=None)
        other = self.submit()
        self.import_now(self.create_odk_connector())
        partner = self.registrant(instance)
        self.assertFalse(partner.mosip_vid)
        self.assertEqual(self.record_of(partner).error_code, "ATS-REQ-009")
        self.assertTrue(self.registrant(other).mosip_auth_token)

    @mute_logger("odoo.sql_db")
    def test_the_registry_connector_stays_while_it_is_needed(self):
        self.create_odk_connector()
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.sender.unlink()
            self.sender.flush()

    def test_a_fault_of_mosip_stops_the_connector(self):
        instance = self.refused("IDA-MPA-009")
        connector = self.submission(instance).connector_id
        self.assertIn("Sending has stopped", connector.attention)
        self.assertFalse(self.sender.attention)


@tagged("post_install", "-at_install")
class TestKnownToken(OdkCase):
    def known(self, **values):
        """Return a registrant who has the token that the next submission gets."""
        token = self.simulator.token("Amina Diallo", "1990/05/17", "Female")
        values = {"mosip_vid": False, "mosip_auth_token": token, "ref": "known", **values}
        return self.create_registrant(address="Old Street", **values)

    def import_one(self, **values):
        instance = self.submit(address="New Street")
        self.import_now(self.create_odk_connector(**values))
        return self.registrant(instance)

    def test_it_is_shown_as_a_possible_duplicate(self):
        known = self.known()
        new = self.import_one()
        self.assertNotEqual(new, known)
        self.assertEqual(new.mosip_auth_token, known.mosip_auth_token)
        self.assertEqual((new + known).mapped("mosip_duplicate_count"), [1, 1])
        self.assertEqual(known.address, "Old Street")

    def test_or_updates_that_registrant(self):
        known = self.known()
        self.assertEqual(self.import_one(odk_known_person="update"), known)
        self.assertEqual(known.address, "New Street")
        self.assertEqual(known.mosip_duplicate_count, 0)
        self.assertEqual(self.submission_of(known).state, "updated")
        self.assertEqual(self.record_of(known).state, "tokenized")

    def submission_of(self, partner):
        return self.env["mts.submission"].search([("partner_id", "=", partner.id)])

    def test_an_answer_that_was_not_given_empties_nothing(self):
        known = self.known(phone="0612")
        self.import_one(odk_known_person="update")
        self.assertEqual(known.phone, "0612")

    def test_two_submissions_of_one_person_update_one_registrant(self):
        instances = [self.submit(), self.submit()]
        self.import_now(self.create_odk_connector(odk_known_person="update"))
        first, second = (self.registrant(instance) for instance in instances)
        self.assertTrue(first)
        self.assertEqual(first, second)

    def test_whoever_logs_in_to_odoo_is_never_updated(self):
        user = new_test_user(self.env, "officer", "base.group_user", email="a@example.org")
        known = self.known()
        user.partner_id.mosip_auth_token = known.mosip_auth_token
        known.mosip_auth_token = False
        new = self.import_one(odk_known_person="update")
        self.assertNotEqual(new, user.partner_id)
        self.assertEqual(new.mosip_duplicate_count, 1)

    def test_nor_who_belongs_to_another_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        known = self.known(company_id=other.id)
        self.assertNotEqual(self.import_one(odk_known_person="update"), known)
        self.assertEqual(known.address, "Old Street")

    def test_nor_one_of_two(self):
        known = self.known() + self.known()
        self.assertNotIn(self.import_one(odk_known_person="update"), known)


@tagged("post_install", "-at_install")
class TestValues(DeliveryMixin, OdkCase):
    def bearer(self):
        """Return the secret for a delivery that may set these fields."""
        connector = self.create_odk_connector(
            selected_fields=json.dumps(
                ["name", "gender", "birthdate", "phone", "color", "is_registrant", "credit_limit"]
            ),
            output_format="{params: {instance: .input.__id, vid: .output.vid, "
            "token: .output.token, status: .output.status, errorCode: .output.errorCode, "
            "errorMessage: .output.errorMessage, values: {name: .input.given_name}}}",
        )
        return self.bearer_of(connector)

    def taken(self, values):
        """Have a submission with these values delivered, and return what it became."""
        bearer = self.bearer()
        answer = self.deliver_with(bearer, self.item(values=values))
        self.assertEqual(answer.json(), {"accepted": 1, "ignored": 0, "malformed": 0})
        return self.submission("uuid:1")

    def test_texts_become_what_the_fields_hold(self):
        partner = self.taken(
            {
                "name": "  Amina ",
                "gender": "female",
                "birthdate": "1990/05/17",
                "phone": 612345678,
                "color": "7",
                "is_registrant": "yes",
                "credit_limit": "2.5",
            }
        ).partner_id
        self.assertEqual(
            (partner.name, partner.gender, str(partner.birthdate), partner.phone),
            ("Amina", "Female", "1990-05-17", "612345678"),
        )
        self.assertEqual((partner.color, partner.is_registrant), (7, True))
        self.assertEqual(partner.credit_limit, 2.5)

    def test_what_cannot_be_used_is_refused_by_name_and_the_rest_is_taken(self):
        submission = self.taken(
            {
                "name": "Amina",
                "gender": "unheard of",
                "birthdate": "last spring",
                "color": "blue",
                "phone": ["0612"],
                "is_registrant": "perhaps",
                "credit_limit": {},
            }
        )
        self.assertEqual(submission.partner_id.name, "Amina")
        self.assertTrue(submission.partner_id.mosip_auth_token)
        self.assertEqual(
            submission.problem,
            "Not taken: gender, birthdate, color, phone, is_registrant, credit_limit",
        )

    def test_numbers_without_end(self):
        """JSON writes them as 1e999, Python also as NaN and Infinity, and a person as a text."""
        bearer = self.bearer()
        ends = {"uuid:1": "1e999", "uuid:2": "NaN", "uuid:3": "-Infinity", "uuid:4": '"inf"'}
        values = {"name": "Amina", "color": "VALUE", "credit_limit": "VALUE"}
        items = [
            json.dumps(self.item(instance, values=values, token=f"token of {instance}")).replace(
                '"VALUE"', number
            )
            for instance, number in ends.items()
        ]
        self.publish()
        body = f"[{', '.join(items)}]"
        headers = {**TEXT, "Authorization": f"Bearer {bearer}"}
        answer = self.post("/mts/callback/bulk", body, headers)
        self.assertEqual(answer.json(), {"accepted": 4, "ignored": 0, "malformed": 0})
        self.env["base"].invalidate_cache()
        for instance in ends:
            submission = self.submission(instance)
            self.assertEqual(submission.partner_id.name, "Amina")
            self.assertEqual(submission.problem, "Not taken: color, credit_limit")

    def test_what_the_database_could_not_take(self):
        """Nor Python: it takes very long over millions of digits, be they zeros."""
        values = {"name": "Amina", "na\0me": 1, "na\ud800me": 1, "color": "0" * 40 + "7"}
        answer = self.deliver_with(self.bearer(), self.item(values=values))
        self.assertEqual(answer.json(), {"accepted": 1, "ignored": 0, "malformed": 0})
        submission = self.submission("uuid:1")
        self.assertEqual(submission.partner_id.name, "Amina")
        self.assertEqual(submission.problem, "Not taken: name, name, color")

    def test_only_listed_fields_are_set(self):
        submission = self.taken(
            {
                "name": "Amina",
                "comment": "not listed",
                "no_such_field": 1,
                "mosip_vid": "2345678901234567",
                "company_id": 1,
                "active": False,
                "a name with blanks": 1,
            }
        )
        partner = submission.partner_id
        self.assertFalse(partner.comment or partner.mosip_vid)
        self.assertTrue(partner.active)
        for name in ("comment", "no_such_field", "mosip_vid", "company_id", "active"):
            self.assertIn(name, submission.problem)

    def test_the_registry_may_refuse_a_value(self):
        """One that looks well to us: the others are taken all the same."""
        partners = type(self.env["res.partner"])
        create, write = partners.create, partners.write

        def refusing(original):
            def method(records, vals):
                if "0666" in str(vals):
                    raise ValueError(f"no such phone: {vals}")
                return original(records, vals)

            return method

        self.patch(partners, "create", refusing(create))
        self.patch(partners, "write", refusing(write))
        with everything_logged() as lines:
            submission = self.taken({"name": "Amina", "phone": "0666", "color": 3})
        self.assertEqual(submission.problem, "Not taken: phone")
        (place, *_others) = (line for line in lines if "cannot be taken in as it is" in line)
        self.assertIn(f"Submission {submission.id} ", place)
        self.assertIn("ValueError", place)
        self.assertIn("in method", place)
        self.assertNotIn("0666", place)
        self.assertEqual(submission.partner_id.color, 3)
        self.assertEqual(submission.partner_id.name, "Amina")

    def test_a_registry_that_takes_nobody(self):
        partners = type(self.env["res.partner"])

        def create(_self, _vals):
            raise ValueError("full")

        connector = self.create_odk_connector()
        bearer = self.bearer_of(connector)
        with self.subTest("nobody is registered"):
            self.patch(partners, "create", create)
            answer = self.deliver_with(bearer, self.item())
            self.assertEqual(answer.json()["accepted"], 0)
            self.assertEqual(self.submission("uuid:1").state, "failed")
            self.assertIn("ValueError", self.submission("uuid:1").problem)
            self.assertIn("could not become registrants", connector.attention)

    def test_nobody_is_without_a_name(self):
        self.assertEqual(self.taken({}).partner_id.name, "Submission uuid:1")

    def patch(self, target, name, value):
        original = getattr(target, name)
        setattr(target, name, value)
        self.addCleanup(setattr, target, name, original)


@tagged("post_install", "-at_install")
class TestDelivery(DeliveryMixin, OdkCase):
    def setUp(self):
        super().setUp()
        self.connector = self.create_odk_connector()

    def test_a_secret_is_good_for_one_delivery(self):
        bearer = self.bearer_of(self.connector)
        self.assertEqual(self.deliver_with(bearer, self.item()).json()["accepted"], 1)
        again = self.deliver_with(bearer, self.item("uuid:2"))
        self.assertEqual(again.json(), {"accepted": 0, "ignored": 1, "malformed": 0})
        self.assertFalse(self.submission("uuid:2"))

    def test_repeated_callbacks_double_nothing(self):
        instances = self.submit_many(3)
        self.simulator.add_fault("callback", "repeat", times=2)
        run = self.import_now(self.connector)
        self.assertEqual(run.tokenized_count, 3)
        self.assertEqual(len(self.env["mts.submission"].search([])), len(instances))

    @mute_logger(CONTROLLER)
    def test_strangers_are_turned_away(self):
        self.bearer_of(self.connector)
        for headers in (
            {"Authorization": "Bearer guess"},
            {REQUEST_HEADER: "guess"},
            {REQUEST_HEADER: ""},
        ):
            answer = self.deliver_with("", self.item(), headers=headers)
            self.assertEqual((answer.status_code, answer.json()), (403, {"error": "denied"}))
        self.assertFalse(self.submission("uuid:1"))

    @mute_logger(CONTROLLER)
    def test_a_user_delivers_with_the_secret_of_the_request_only(self):
        bearer = self.bearer_of(self.connector)
        self.log_in_to_deliver()
        answer = self.deliver_with("", self.item(), headers={REQUEST_HEADER: "guess"})
        self.assertEqual(answer.status_code, 403)
        answer = self.deliver_with("", self.item(), headers={"X-Other": "1"})
        self.assertEqual(answer.json()["malformed"], 1)
        self.assertFalse(self.submission("uuid:1"))
        answer = self.deliver_with("", self.item(), headers={REQUEST_HEADER: bearer})
        self.assertEqual(answer.json()["accepted"], 1)

    @mute_logger(CONTROLLER)
    def test_the_secret_alone_is_not_enough_in_that_header(self):
        bearer = self.bearer_of(self.connector)
        answer = self.deliver_with("", self.item(), headers={REQUEST_HEADER: bearer})
        self.assertEqual(answer.status_code, 403)

    @mute_logger(CONTROLLER)
    def test_what_cannot_be_read_leaves_the_window_to_be_fetched_again(self):
        bearer = self.bearer_of(self.connector)
        until = self.connector.odk_pulled_until
        answer = self.deliver_with(bearer, self.item(), None, {"params": {"instance": "x"}})
        self.assertEqual(answer.json(), {"accepted": 1, "ignored": 0, "malformed": 2})
        self.assertEqual(self.connector.odk_pulled_until, until)
        self.assertIn("could not be read", self.connector.attention)
        self.release()
        self.import_now(self.connector)
        self.assertGreater(self.connector.odk_pulled_until, until)

    @mute_logger(CONTROLLER)
    def test_an_empty_delivery_ends_nothing(self):
        bearer = self.bearer_of(self.connector)
        self.deliver_with(bearer)
        self.assertEqual(self.open_requests(self.connector).state, "sent")

    def test_of_several_in_one_delivery_the_token_counts(self):
        bearer = self.bearer_of(self.connector)
        refused = self.item(status="error", vid=self.new_vid())
        answer = self.deliver_with(bearer, refused, self.item(), refused)
        self.assertEqual(answer.json(), {"accepted": 1, "ignored": 2, "malformed": 0})
        self.assertTrue(self.registrant("uuid:1").mosip_auth_token)

    def test_a_result_that_says_nothing_is_a_refusal(self):
        bearer = self.bearer_of(self.connector)
        vid = self.new_vid()
        self.deliver_with(bearer, self.item(status="unheard of", vid=vid))
        record = self.record_of(self.registrant("uuid:1"))
        self.assertEqual((record.state, record.error_code), ("rejected", "MTC-UNUSABLE"))
        self.assertEqual(self.registrant("uuid:1").mosip_vid, vid)

    def test_nothing_of_it_is_logged(self):
        vid = self.new_vid()
        values = {"name": "Fatoumata", "gender": "Fatoumata", "address": "Rue Cachée"}
        bearer = self.bearer_of(self.connector)
        with everything_logged() as lines:
            self.deliver_with(bearer, self.item(values=values, vid=vid, status="error"))
        self.assertTrue(lines)
        said = "\n".join(line for line in lines if "INSERT INTO" not in line)
        for secret in (vid, "Fatoumata", "Rue Cachée", bearer, "uuid:1"):
            self.assertNotIn(secret, said)


@tagged("post_install", "-at_install")
class TestLateAnswers(DeliveryMixin, CommittedCase):
    """With real transactions, since it matters what was written when."""

    def clean_up(self):
        mine = self.env["mts.submission"].search([("connector_id", "=", self.connector.id)])
        people = mine.partner_id
        result = super().clean_up()
        people.unlink()
        self.env.cr.commit()  # pylint: disable=invalid-commit
        return result

    def setUp(self):
        super().setUp()
        self.connector = self.create_odk_connector(
            selected_fields='["name", "is_registrant"]',
            output_format="{params: {instance: .input.__id, vid: .output.vid, "
            "token: .output.token, status: .output.status, errorCode: .output.errorCode, "
            "errorMessage: .output.errorMessage, values: {name: .input.given_name}}}",
        )
        self.vid = self.new_vid()
        self.first = self.bearer_of(self.connector)
        self.open_requests(self.connector)._give_up("given up")
        self.second = self.bearer_of(self.connector)

    def refuse_with(self, bearer, name="Amina"):
        values = {"name": name, "is_registrant": True}
        item = self.item(status="error", vid=self.vid, values=values)
        self.commit()
        return self.deliver_with(bearer, item).json()["accepted"]

    def accept_with(self, bearer, name="Amina"):
        values = {"name": name, "is_registrant": True}
        self.commit()
        return self.deliver_with(bearer, self.item(vid=self.vid, values=values)).json()["accepted"]

    def person(self):
        return self.registrant("uuid:1")

    def test_the_newer_answer_updates(self):
        self.refuse_with(self.first)
        self.assertEqual(self.accept_with(self.second, "Mina"), 1)
        self.assertEqual(self.person().name, "Mina")
        self.assertTrue(self.person().mosip_auth_token)
        self.assertFalse(self.person().mosip_vid)

    def test_an_older_refusal_is_no_news(self):
        self.refuse_with(self.second)
        self.assertEqual(self.refuse_with(self.first, "Mina"), 0)
        self.assertEqual(self.person().name, "Amina")

    def test_an_older_token_is_welcome_its_values_are_not(self):
        self.refuse_with(self.second)
        self.assertEqual(self.accept_with(self.first, "Mina"), 1)
        self.assertTrue(self.person().mosip_auth_token)
        self.assertEqual(self.person().name, "Amina")

    def test_what_an_officer_has_corrected_stays(self):
        self.refuse_with(self.first)
        self.commit()
        self.person().name = "Mina"
        self.accept_with(self.second)
        self.assertEqual(self.person().name, "Mina")
        self.assertTrue(self.person().mosip_auth_token)

    def test_no_token_for_another_vid(self):
        self.refuse_with(self.first)
        other = self.new_vid()
        self.person().mosip_vid = other
        self.assertEqual(self.accept_with(self.second), 0)
        self.assertEqual((self.person().mosip_vid, self.person().mosip_auth_token), (other, False))

    def test_who_was_deleted_stays_deleted(self):
        self.refuse_with(self.first)
        self.person().unlink()
        self.assertEqual(self.accept_with(self.second), 0)
        self.assertFalse(self.person())
