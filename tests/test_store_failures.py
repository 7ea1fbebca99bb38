# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A registrant who cannot be saved: the others get their tokens, and nobody's data gets out."""

from contextlib import contextmanager
from unittest.mock import patch

import psycopg2
from odoo.exceptions import ValidationError
from odoo.fields import Char
from odoo.tests.common import tagged
from odoo.tools import mute_logger

from ..background.transaction import in_transaction
from ..token_field import TokenField, TokenOfEach, own_token
from .common import Conflict
from .fault_case import FaultCase, everything_logged

OURS = "odoo.addons.mts_connector.models.mts_settlement"


@tagged("post_install", "-at_install")
class TestStoreFailures(FaultCase):
    def setUp(self):
        super().setUp()
        self.connector = self.create_connector()
        self.people = self.create_registrants(4)
        self.vids = self.people.mapped("mosip_vid")

    @contextmanager
    def refusing(self, *people):
        """Another addon does not let these be written, and quotes what was to be written."""
        model = type(self.people)
        write, ids = model.write, [partner.id for partner in people]

        def refuse(partners, values):
            if values.get("mosip_auth_token") and set(ids) & set(partners.ids):
                text = f"Not valid: {values} of {partners.mapped('mosip_vid')}"
                raise ValidationError(text)
            return write(partners, values)

        with patch.object(model, "write", refuse):
            yield

    @contextmanager
    def constraint(self, partner):
        """PostgreSQL does not let this one have a token, and quotes the row."""
        self.env.cr.execute(
            "ALTER TABLE res_partner ADD CONSTRAINT mts_test "
            "CHECK (mosip_auth_token IS NULL OR id <> %s)",
            [partner.id],
        )
        yield
        self.env.cr.execute("ALTER TABLE res_partner DROP CONSTRAINT mts_test")

    def import_secretly(self):
        """Import, and make sure that nobody's data is in the log."""
        with everything_logged() as lines, mute_logger(OURS):
            run = self.import_now(self.connector)
        tokens = [result["token"] for result in self.simulator.ledger.results if result["token"]]
        self.assertTrue(lines)
        for secret in [*self.vids, *tokens, "Diallo"]:
            self.assertEqual([line[:300] for line in lines if secret in line], [])
        return run

    @contextmanager
    def in_conflict(self):
        """Somebody else has just changed contacts: the database refuses for a while."""
        model, conflicts = type(self.people), [Conflict()] * (len(self.people) + 1)
        write = model.write

        def refuse(partners, values):
            if values.get("mosip_auth_token") and conflicts:
                raise conflicts.pop()
            return write(partners, values)

        with patch.object(model, "write", refuse):
            yield

    def assert_one_left_out(self, run, poor):
        others = self.people - poor
        self.assertTrue(all(others.mapped("mosip_auth_token")))
        self.assertFalse(any(others.mapped("mosip_vid")))
        self.assertFalse(poor.mosip_auth_token)
        self.assertIn(poor.mosip_vid, self.vids)
        record = self.record_of(poor)
        self.assertEqual((record.state, record.error_code), ("rejected", "MTC-NOT-STORED"))
        self.assertTrue(record.advice)
        self.assertEqual((run.state, run.tokenized_count, run.rejected_count), ("done", 3, 1))
        self.assertFalse(self.connector.attention)

    def test_a_conflict_is_nobodys_fault(self):
        with self.in_conflict():
            self.import_now(self.connector)
        self.assertTrue(all(self.people.mapped("mosip_auth_token")))

    def test_one_of_a_bulk(self):
        poor = self.people[1]
        with self.refusing(poor):
            run = self.import_secretly()
        self.assert_one_left_out(run, poor)
        self.assertIn("ValidationError", self.record_of(poor).error_message)

    @contextmanager
    def overriding(self, override):
        """Have another addon override ``write`` of contacts.

        :param override: called with what it overrides, the contacts and the values
        """
        model = type(self.people)
        write = model.write
        with patch.object(model, "write", lambda partners, vals: override(write, partners, vals)):
            yield

    def assert_all_have_their_own(self):
        tokens = [self.simulator.ledger.results_of(vid)[-1]["token"] for vid in self.vids]
        self.people.invalidate_cache()
        self.assertEqual(self.people.mapped("mosip_auth_token"), tokens)
        self.assertEqual(len(set(tokens)), len(self.people))
        self.assertFalse(any(self.people.mapped("mosip_vid")))
        self.assertEqual({self.record_of(one).state for one in self.people}, {"tokenized"})

    def test_other_addons_see_each_token(self):
        """Also where those of a batch are written with one statement."""
        calls, seen = [], {}

        def look_on(write, partners, vals):
            result = write(partners, vals)
            if vals.get("mosip_auth_token"):
                calls.append(partners)
                seen.update((partner.id, partner.mosip_auth_token) for partner in partners)
            return result

        with self.overriding(look_on):
            self.import_now(self.connector)
        self.assertEqual(calls, [self.people])
        self.assert_all_have_their_own()
        self.assertEqual(seen, {one.id: one.mosip_auth_token for one in self.people})

    def test_other_addons_may_ask_for_each_token(self):
        asked = {}

        def ask(write, partners, vals):
            token = vals.get("mosip_auth_token")
            if token:
                asked.update((one.id, own_token(token, one.id)) for one in partners)
            return write(partners, vals)

        with self.overriding(ask):
            self.import_now(self.connector)
        self.assert_all_have_their_own()
        self.assertEqual(asked, {one.id: one.mosip_auth_token for one in self.people})

    def test_other_addons_may_write_them_one_by_one(self):
        def one_by_one(write, partners, vals):
            return all(write(partner, vals) for partner in partners)

        with self.overriding(one_by_one):
            self.import_now(self.connector)
        self.assert_all_have_their_own()

    def test_what_takes_the_tokens_of_many_for_a_text(self):
        """It gets each contact by itself then, and a text."""
        takes = (
            *(str, "{}".format, str.strip, len, lambda token: token + ""),
            *(lambda token: token == "", lambda token: token != "", lambda token: token in ("",)),
            lambda token: {token: True},
        )
        for take in takes:
            taken = []
            with self.subTest(take):
                self.people.write({"mosip_auth_token": False})
                for partner, vid in zip(self.people, self.vids):
                    partner.mosip_vid = vid

                def look_at(write, partners, vals, take=take, taken=taken):
                    token = vals.get("mosip_auth_token")
                    if token:
                        take(token)
                        taken.append(type(token))
                    return write(partners, vals)

                with self.overriding(look_at), everything_logged() as lines:
                    self.import_now(self.connector)
                self.assert_all_have_their_own()
                self.assertEqual(taken, [str] * len(self.people))
                self.assertIn("4 tokens are stored one by one: TypeError None", lines)

    def test_a_field_that_another_addon_has_made_a_plain_text(self):
        field = self.people._fields["mosip_auth_token"]
        self.assertIs(type(field), TokenField)
        self.addCleanup(setattr, field, "__class__", TokenField)
        field.__class__ = Char
        self.import_now(self.connector)
        self.assert_all_have_their_own()

    def test_the_tokens_of_many_do_not_show(self):
        values = {"mosip_auth_token": TokenOfEach({1: "secret"})}
        self.assertEqual(f"{values}", "{'mosip_auth_token': <a token of each contact>}")

    def test_a_contact_without_a_token_of_its_own(self):
        """Whoever writes tokens of many must have one for each; nothing is noted otherwise."""
        first, second = self.people[:2]
        with self.assertRaises(KeyError):
            (first + second).write({"mosip_auth_token": TokenOfEach({first.id: "a token"})})
        self.assertEqual((first + second).mapped("mosip_auth_token"), [False, False])

    def test_a_contact_that_another_addon_writes_twice(self):
        """What is looked at afterwards is each one's own."""
        seen = {}

        def twice(write, partners, vals):
            result = write(partners[0] + partners, vals)
            if vals.get("mosip_auth_token"):
                seen.update((partner.id, partner.mosip_auth_token) for partner in partners)
            return result

        with self.overriding(twice):
            self.import_now(self.connector)
        self.assert_all_have_their_own()
        self.assertEqual(seen, {one.id: one.mosip_auth_token for one in self.people})

    def test_one_by_one(self):
        self.connector.write(
            {"callback_in_bulk": False, "callback_url": self.odoo_url + "/mts/callback"}
        )
        with self.refusing(self.people[3]):
            run = self.import_secretly()
        self.assert_one_left_out(run, self.people[3])

    def test_a_constraint_of_the_database(self):
        poor = self.people[0]
        with self.constraint(poor):
            run = self.import_secretly()
        self.assert_one_left_out(run, poor)

    def test_it_can_be_tried_again(self):
        poor = self.people[2]
        with self.refusing(poor):
            self.import_secretly()
        self.import_now(self.connector)
        self.assertEqual(self.sends_of(poor.mosip_vid), 1)
        self.record_of(poor).action_retry()
        self.work(self.connector)
        self.assertEqual(self.record_of(poor).state, "tokenized")
        self.assertTrue(poor.mosip_auth_token)

    def test_nobody_can_be_saved(self):
        """It is not the registrants: no more VIDs are spent on it."""
        self.connector.batch_size = 3
        self.connector.max_open_requests = 1
        with self.refusing(*self.people):
            run = self.import_secretly()
        self.assertEqual(run.state, "failed")
        self.assertIn("MTC-STORE-FAILS", self.connector.attention)
        self.assertEqual(self.people.mapped("mosip_vid"), self.vids)
        self.assertEqual([self.sends_of(vid) for vid in self.vids], [1, 1, 1, 0])

    def test_the_fingerprint_goes_with_the_vid(self):
        self.simulator.refuse(self.vids[0], "IDA-DEA-001")
        self.import_now(self.connector)
        kept = [self.record_of(partner)._secret("fingerprint") for partner in self.people]
        self.assertEqual([bool(secret) for secret in kept], [True, False, False, False])

    def test_a_statement_that_fails_in_the_background(self):
        def fail(env):
            env.cr.execute("SELECT %s::date", [self.vids[0]])

        with everything_logged() as lines, self.assertRaises(psycopg2.Error):
            in_transaction(self.registry, fail)
        self.assertEqual([line for line in lines if self.vids[0] in line], [])

    def test_tokens_do_not_depend_on_what_goes_on_with_the_import(self):
        """Such as an addon of jobs that is broken; the scheduled job closes the import then."""
        self.simulator.hold()
        run = self.import_now(self.connector)
        work = "odoo.addons.mts_connector.models.mts_work"
        broken = patch.object(type(self.connector), "_ask_for_slice", side_effect=KeyError("job"))
        with broken, self.assertLogs(work, "ERROR") as logs:
            self.release()
        self.assertIn("KeyError", logs.output[0])
        self.assertTrue(all(self.people.mapped("mosip_auth_token")))
        self.tick()
        self.assertEqual((run.state, run.tokenized_count), ("done", 4))
