# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A second token for a registrant: it is kept out of sight until a manager has decided."""

import json

from odoo.exceptions import AccessError, UserError
from odoo.tests.common import new_test_user, tagged
from psycopg2 import OperationalError, sql

from ..models.mts_identity_store_partner import MtsIdentityStorePartner
from .fault_case import CommittedCase, FaultCase

STORING = "odoo.addons.mts_connector.models.mts_record"
OLD, NEW = "the old token", "the new token, of MOSIP"
CONTACTS = "base.group_partner_manager,base.group_allow_export"


class ConflictCase(FaultCase):
    def setUp(self):
        super().setUp()
        groups = f"mts_connector.group_%s,{CONTACTS}"
        self.officer = new_test_user(self.env, "officer", groups % "user")
        self.manager = new_test_user(self.env, "manager", groups % "manager")
        self.connector = self.create_connector()
        self.partner = self.create_registrant()
        self.vid = self.partner.mosip_vid
        self.record = self.disputed()

    def disputed(self):
        """Return the record of the registrant, who got another token while being sent."""
        self.simulator.hold()
        self.import_now(self.connector)
        self.partner.mosip_auth_token = OLD
        self.reference = self.reference_of(self.vid)
        self.log_in_to_deliver()
        self.deliver(self.result(self.reference, token=NEW))
        record = self.record_of(self.partner)
        self.assertEqual(record.state, "conflict")
        return record.with_user(self.manager)

    def offered(self):
        """Return what the column holds."""
        self.env["base"].flush()
        self.env.cr.execute("SELECT offered FROM mts_record WHERE id = %s", [self.record.id])
        return self.env.cr.fetchone()[0]

    def counts(self):
        request = self.record.sudo().request_id
        return (request.conflict_count, request.tokenized_count)

    def assert_settled(self, token):
        self.env["base"].invalidate_cache()
        self.assertEqual(self.partner.mosip_auth_token, token)
        self.assertFalse(self.partner.mosip_vid)
        self.assertEqual((self.record.state, self.record.error_code), ("tokenized", False))
        self.assertIsNone(self.offered())
        self.assertEqual(self.counts(), (0, 1))


@tagged("post_install", "-at_install")
class TestConflict(ConflictCase):
    def test_nothing_is_overwritten(self):
        self.assertEqual((self.partner.mosip_auth_token, self.partner.mosip_vid), (OLD, self.vid))
        self.assertIn(NEW, self.offered())
        self.assertEqual(self.counts(), (1, 0))
        self.assertIn("a manager", self.record.advice)
        self.assertIn("second token", self.record.situation)
        self.assertIn("a manager", self.partner.mosip_to_do)

    def test_both_times_are_shown(self):
        self.let_time_pass(self.partner, days=30)
        self.record.invalidate_cache()
        self.assertEqual(self.record.token_at, self.partner.mosip_token_at)
        self.assertGreater(self.record.answered_at, self.record.token_at)
        arch = (
            self.env["mts.record"]
            .with_user(self.manager)
            .fields_view_get(view_type="form")["arch"]
        )
        for name in ("token_at", "answered_at", "action_keep_token", "action_replace_token"):
            self.assertIn(name, arch)
        for button in ("action_keep_token", "action_replace_token"):
            self.assertIn("confirm", arch.split(f'name="{button}"')[1].split("/>")[0])

    def test_keep(self):
        self.record.action_keep_token()
        self.assert_settled(OLD)

    def test_replace(self):
        self.let_time_pass(self.partner, days=30)
        before = self.partner.mosip_token_at
        self.record.action_replace_token()
        self.assert_settled(NEW)
        self.assertGreater(self.partner.mosip_token_at, before)

    def test_only_a_manager_of_the_company_decides(self):
        stranger = new_test_user(
            self.env,
            "stranger",
            "mts_connector.group_manager",
            company_id=self.env["res.company"].create({"name": "Other"}).id,
            company_ids=[(6, 0, self.env["res.company"].search([("name", "=", "Other")]).ids)],
        )
        for user in (self.officer, stranger):
            for action in ("action_keep_token", "action_replace_token"):
                with self.assertRaises(AccessError):
                    getattr(self.record.with_user(user), action)()
        self.assertEqual(self.record.state, "conflict")

    def test_settled_twice(self):
        self.record.action_keep_token()
        for action in (self.record.action_keep_token, self.record.action_replace_token):
            with self.assertRaises(UserError):
                action()
        self.assert_settled(OLD)

    def test_nobody_can_read_the_new_token(self):
        record = self.record
        self.assertNotIn("offered", record._fields)
        seen = [
            record.read(),
            record.copy_data(),
            record.export_data(["id", "error_message", "advice"]),
            self.env["mts.record"].with_user(self.manager).search_read([("id", "=", record.id)]),
            self.partner.with_user(self.manager).read(),
            self.connector.message_ids.mapped("body"),
        ]
        self.assertNotIn(NEW, json.dumps(seen, default=str))
        for leaf in (("offered", "=like", "%"), ("offered", "!=", False)):
            with self.assertRaises(ValueError):
                self.env["mts.record"].with_user(self.manager).search([leaf])

    def test_where_the_vid_was_changed_the_new_token_may_be_somebody_elses(self):
        self.partner.mosip_vid = self.new_vid()
        with self.assertRaises(UserError) as refused:
            self.record.action_replace_token()
        self.assertNotIn(NEW, str(refused.exception))
        self.assertEqual((self.partner.mosip_auth_token, self.record.state), (OLD, "conflict"))
        self.record.action_keep_token()
        self.assert_settled(OLD)

    def test_the_vid_was_removed(self):
        self.partner.mosip_vid = False
        with self.assertRaises(UserError):
            self.record.action_replace_token()

    def test_with_a_key_that_is_too_short_a_person_is_told(self):
        self.connector._set_secret("hmac_key", "short")
        with self.assertRaises(UserError):
            self.record.action_replace_token()
        self.record.action_keep_token()
        self.assert_settled(OLD)

    def test_the_token_that_was_there_was_removed(self):
        self.partner.mosip_auth_token = False
        with self.assertRaises(UserError):
            self.record.action_keep_token()
        self.record.action_replace_token()
        self.assert_settled(NEW)

    def test_asked_again_the_new_token_is_forgotten(self):
        self.partner.mosip_auth_token = False
        self.simulator.hold()
        self.import_now(self.connector)
        self.assertEqual(self.record.state, "pending")
        self.assertIsNone(self.offered())
        self.release()
        self.assertEqual(self.record.state, "tokenized")

    def test_the_same_answer_once_more(self):
        self.deliver(self.result(self.reference, token=NEW))
        self.assertEqual((self.record.state, self.counts()), ("conflict", (1, 0)))

    def open_request(self):
        """Have others of the request unanswered: as long as these are, it takes deliveries."""
        self.record.sudo().request_id.state = "sent"

    def test_a_third_token(self):
        self.open_request()
        self.deliver(self.result(self.reference, token="a third one"))
        self.assertEqual((self.record.state, self.counts()), ("conflict", (1, 0)))
        self.record.action_replace_token()
        self.assert_settled("a third one")

    def test_the_token_that_was_there_comes_after_all(self):
        self.open_request()
        self.deliver(self.result(self.reference, token=OLD))
        self.assert_settled(OLD)

    def test_a_registry_that_does_not_take_it(self):
        def refuse(_store, _tokens):
            raise ValueError(NEW)

        self.patch(MtsIdentityStorePartner, "_store_tokens", refuse)
        with self.assertRaises(UserError) as refused, self.assertLogs(STORING, "ERROR") as logs:
            self.record.action_replace_token()
        self.assertNotIn(NEW, str(refused.exception) + repr(logs.output))
        self.assertEqual(self.record.state, "conflict")
        self.assertIn(NEW, self.offered())

    def test_the_column_is_empty_but_for_conflicts(self):
        """A token stands in one place, and where it is asked about."""
        self.create_registrant(given_name="Fatou")
        self.import_now(self.connector)
        query = sql.SQL(
            "SELECT count(*) FROM mts_record WHERE offered IS NOT NULL AND state != %s"
        )
        self.env.cr.execute(query, ["conflict"])
        self.assertEqual(self.env.cr.fetchone()[0], 0)


@tagged("post_install", "-at_install")
class TestAtTheSameTime(CommittedCase):
    def setUp(self):
        super().setUp()
        self.connector = self.create_connector()
        self.partner = self.create_registrant()
        self.simulator.hold()
        self.import_now(self.connector)
        ref = self.reference_of(self.partner.mosip_vid)
        self.partner.mosip_auth_token = OLD
        self.log_in_to_deliver()
        self.deliver(self.result(ref, token=NEW))
        self.record = self.record_of(self.partner)
        self.commit()

    def test_one_keeps_and_one_replaces(self):
        """The second has to begin again, as Odoo does by itself, and is then told."""
        with self.other_transaction() as env:
            self.record.action_keep_token()
            self.commit()
            with self.assertRaises(OperationalError):
                self.record.with_env(env).action_replace_token()
        with self.assertRaises(UserError):
            self.record.action_replace_token()
        self.assertEqual(self.partner.mosip_auth_token, OLD)

    def test_the_vid_is_changed_while_it_is_replaced(self):
        with self.other_transaction() as env:
            self.partner.mosip_vid = self.new_vid()
            self.commit()
            with self.assertRaises(OperationalError):
                self.record.with_env(env).action_replace_token()
        self.assertEqual(self.partner.mosip_auth_token, OLD)
