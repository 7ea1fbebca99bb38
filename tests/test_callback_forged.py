# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Forged, foreign, repeated and late results, from who may deliver."""

import json

from odoo.tests.common import new_test_user, tagged

from .callback_case import (
    BULK,
    DENIED,
    NOTHING_NEW,
    SINGLE,
    TOKEN,
    CallbackCase,
)
from .common import PASSWORD
from .test_server_config import in_file


@tagged("post_install", "-at_install")
class TestForged(CallbackCase):
    def statements(self, *results, **options):
        """Return the answer, and how much was asked of the database for it."""
        self.env["base"].flush()
        before = self.env.cr.sql_log_count
        answer = self.deliver(*results, **options)
        return answer, self.env.cr.sql_log_count - before

    def forgeries(self, ref, other):
        """Yield references made from two genuine ones."""
        record, request, proof, seal = ref.split(".")
        other_record, other_request, other_proof, other_seal = other.split(".")
        flipped = "0123456789abcdef0"
        yield from (
            f"{record}.{request}.{flipped[int(proof[0], 16) + 1]}{proof[1:]}.{seal}",
            f"{record}.{request}.{proof}.{seal[:-1]}{flipped[int(seal[-1], 16) + 1]}",
            f"{other_record}.{request}.{proof}.{seal}",
            f"{record}.{request}.{other_proof}.{other_seal}",
            f"{record}.{request}.{proof}.{other_seal}",
            f"{record}.{request}.{other_proof}.{seal}",
            f"{record}.{request}.{seal}.{proof}",
            f"{record}.{request}.{proof}.{proof}",
            f"{record}.{request}.{'0' * 32}.{'0' * 32}",
            f"{other_record}.{other_request}.{proof}.{seal}",
            f"0{record}.{request}.{proof}.{seal}",
            f"{record}.{request}.{proof.upper()}.{seal.upper()}",
            f"{record}.{request}.{proof}.{seal}.",
            f"{record}.{request}.{proof}",
            f"{record}.{request}",
            f"{ref}\n{other}",
            f"-{ref}",
        )

    def log_in_to_deliver(self):
        new_test_user(self.env, "deliverer", "mts_connector.group_callback", password=PASSWORD)
        self.env["base"].flush()
        self.authenticate("deliverer", PASSWORD)

    def test_forged_references(self):
        self.sent(2)
        first, second = self.refs
        self.log_in_to_deliver()
        with self.nothing_written():
            for ref in (*self.forgeries(first, second), *self.forgeries(second, first)):
                for bearer in (None, ""):
                    answer = self.deliver(self.result(ref), bearer=bearer)
                    self.assertEqual(answer, (200, NOTHING_NEW))

    def test_wrong_unknown_and_foreign_ones_are_met_alike(self):
        self.sent()
        foreign = self.refs[0]
        self.sent(2)
        record, request, proof, seal = self.refs[0].split(".")
        cases = {
            "wrong": f"{record}.{request}.{proof}.{seal[::-1]}",
            "wrong, of another record": f"{self.refs[1].split('.')[0]}.{request}.{proof}.{seal}",
            "unknown record": f"999999999.{request}.{proof}.{seal}",
            "unknown request": f"{record}.999999999.{proof}.{seal}",
            "beyond what there can be": f"9999999999.9999999999.{proof}.{seal}",
            "foreign": foreign,
            "no reference": "nonsense",
        }
        self.deliver(self.result(cases["wrong"]))  # what Odoo keeps in mind is there from now on
        found = {name: self.statements(self.result(ref)) for name, ref in cases.items()}
        self.assertEqual(found, dict.fromkeys(cases, found["wrong"]))
        self.assertEqual(found["wrong"][0], (200, NOTHING_NEW))
        self.log_in_to_deliver()
        del cases["foreign"]  # a user may deliver for all
        self.deliver(self.result(cases["wrong"]), bearer="")
        found = {name: self.statements(self.result(r), bearer="") for name, r in cases.items()}
        self.assertEqual(found, dict.fromkeys(cases, found["wrong"]))
        self.assertEqual(found["wrong"][0], (200, NOTHING_NEW))

    def test_a_key_that_is_too_short_to_be_used(self):
        """Nothing is told of whether there is such a record."""
        person = self.sent()
        ref = self.refs[0]
        unknown = f"999999999.{ref.partition('.')[2]}"
        self.log_in_to_deliver()
        with in_file(hmac_key="short"):
            for bearer in (None, ""):
                self.deliver(self.result(unknown), bearer=bearer)
                found = [self.statements(self.result(r), bearer=bearer) for r in (ref, unknown)]
                self.assertEqual(found[0], found[1])
                self.assertEqual(found[0][0], (200, NOTHING_NEW))
        self.assertFalse(person.mosip_auth_token)

    def test_the_bearer_of_another_request(self):
        self.sent()
        (foreign,) = self.refs
        person = self.sent()
        with self.nothing_written():
            for path, body in ((BULK, [self.result(foreign)]), (SINGLE, self.result(foreign))):
                self.assertEqual(self.answered(self.send(path, body)), (200, NOTHING_NEW))
        both = self.deliver(self.result(foreign), self.result(self.refs[0]))
        self.assertEqual(both, (200, {"accepted": 1, "ignored": 1, "malformed": 0}))
        self.assert_tokenized(person)

    def test_the_vid_has_changed(self):
        person = self.sent()
        self.deliver({"ref": "nonsense"})
        person.mosip_vid = self.new_vid()
        self.assertEqual(self.deliver(self.result(self.refs[0])), (200, NOTHING_NEW))
        self.assertFalse(person.mosip_auth_token)
        self.assertEqual(self.record_of(person).state, "pending")

    def test_a_callback_that_comes_again(self):
        vids = [self.new_vid() for _number in range(4)]
        self.simulator.refuse(vids[3], "IDA-MLC-005")
        people = self.env["res.partner"]
        for vid in vids:
            people += self.create_registrant(mosip_vid=vid, given_name=vid)
        self.import_now(self.connector)
        call = self.receiver.calls[-1]
        self.bearer = call.headers["Authorization"].partition(" ")[2]
        first = self.answered(self.send(BULK, call.data))
        self.assertEqual(first, (200, {"accepted": 4, "ignored": 0, "malformed": 0}))
        self.assertEqual(
            [bool(person.mosip_auth_token) for person in people], [True] * 3 + [False]
        )
        self.log_in_to_deliver()
        with self.nothing_written():
            for bearer in (None, ""):
                again = self.answered(self.send(BULK, call.data, bearer=bearer))
                self.assertEqual(again, (200, {"accepted": 0, "ignored": 4, "malformed": 0}))
                for item in json.loads(call.data):
                    answer = self.send(SINGLE, item, bearer=bearer)
                    self.assertEqual(self.answered(answer), (200, NOTHING_NEW))

    def test_what_is_answered_stays_answered(self):
        """Who reads the bearer and the reference in the log of MTS, say, gets nothing for them."""
        person, other = self.sent(2)
        refusal = {"status": "error", "errorCode": "IDA-DEA-001"}
        refused = self.deliver({"ref": self.refs[0], **refusal})
        self.assertEqual(refused[1]["accepted"], 1)
        late = {"ref": self.refs[0], "status": "processed", "token": TOKEN}
        self.assertEqual(self.deliver({"ref": self.refs[1], **refusal})[1]["accepted"], 1)
        self.assertEqual(self.request_of(person).state, "answered")
        self.log_in_to_deliver()
        with self.nothing_written():
            for bearer in (None, ""):
                self.assertEqual(self.deliver(late, bearer=bearer), (200, NOTHING_NEW))
        self.assertEqual((person + other).mapped("mosip_auth_token"), [False, False])

    def test_nothing_hangs_on_the_secret_of_the_database(self):
        """Some registries let every user read and write it."""
        person = self.sent()
        self.env["ir.config_parameter"].set_param("database.secret", "known to everybody")
        self.assertEqual(self.deliver(self.result(self.refs[0]))[1]["accepted"], 1)
        self.assert_tokenized(person)

    def test_a_late_answer(self):
        """The old bearer works for the old request, until that is cleared away."""
        person, other = self.sent(2)
        run = self.record_of(person).run_id
        refs, bearer = self.refs, self.bearer
        self.simulator.restart()
        for _look in range(2):
            self.let_time_pass(run.request_ids, days=1)
            self.start_slice(self.connector)
        self.import_now(self.connector)
        self.assertNotEqual(self.record_of(person).run_id, run)
        self.assertEqual(
            self.deliver(self.result(refs[0]), bearer=bearer),
            (200, {"accepted": 1, "ignored": 0, "malformed": 0}),
        )
        self.assert_tokenized(person)
        run.unlink()
        self.log_in_to_deliver()
        with self.nothing_written():
            self.assertEqual(self.deliver(self.result(refs[1]), bearer=bearer), (403, DENIED))
            self.assertEqual(self.deliver(self.result(refs[1]), bearer=""), (200, NOTHING_NEW))
        self.assertTrue(other.mosip_vid)
