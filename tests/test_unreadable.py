# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A registrant whose data cannot be read: the others are sent, and nobody's data gets out."""

import json
from contextlib import contextmanager
from unittest.mock import patch

from odoo.tests.common import tagged
from odoo.tools import mute_logger

from .fault_case import FaultCase, everything_logged

OURS = "odoo.addons.mts_connector.models.mts_payload"
FIELDS = ["given_name", "family_name", "gender", "birthdate", "contact_address"]
MAPPING = {
    "vid": "vid",
    "name": ["given_name", "family_name"],
    "gender": "gender",
    "dob": "birthdate",
    "fullAddress": ["contact_address"],
}


class UnreadableCase(FaultCase):
    count = 6

    def setUp(self):
        super().setUp()
        self.connector = self.create_connector(
            batch_size=4, selected_fields=json.dumps(FIELDS), mapping=json.dumps(MAPPING)
        )
        self.people = self.create_registrants(self.count)
        self.people.write({"street": "12 Harbour Road"})
        self.sent_vids = self.people.mapped("mosip_vid")

    @contextmanager
    def failing(self, people, emptied_first=False, statement=None):
        """A computed field fails for these, and quotes what is in it.

        :param emptied_first: the field of all has been emptied before
        :param statement: what PostgreSQL refuses to do, in place of another error
        """
        model, ids = type(self.people), set(people.ids)
        compute = model._compute_contact_address

        def fail(partners):
            if emptied_first:
                partners.contact_address = False
            bad = partners.filtered(lambda partner: partner.id in ids)
            if bad and statement:
                partners.env.cr.execute(statement, log_exceptions=False)
            elif bad:
                raise ValueError(f"In no district: {bad.mapped('street')} of {bad.ids}")
            return compute(partners)

        self.env["base"].invalidate_cache()
        with patch.object(model, "_compute_contact_address", fail):
            yield
        self.env["base"].invalidate_cache()

    def import_secretly(self):
        with everything_logged() as lines, self.assertLogs(OURS, "ERROR") as ours:
            run = self.import_now(self.connector)
        self.assertIn("ValueError", ours.output[0])
        for secret in [*self.sent_vids, "Diallo", "Harbour"]:
            self.assertEqual([text[:300] for text in lines + ours.output if secret in text], [])
        return run

    def import_quietly(self):
        with mute_logger(OURS):
            return self.import_now(self.connector)

    def states_of(self, people):
        return {self.record_of(person).state for person in people}


@tagged("post_install", "-at_install")
class TestUnreadable(UnreadableCase):
    def assert_set_aside(self, bad, run):
        self.assert_all_tokenized(self.people - bad)
        self.assertEqual((run.state, run.rejected_count, run.tokenized_count), ("done", 1, 5))
        record = self.record_of(bad)
        self.assertEqual((record.state, record.error_code), ("rejected", "MTC-NOT-READ"))
        self.assertEqual((record.attempts, record.sent_at), (0, False))
        self.assertIn("could not be read", record.error_message)
        self.assertIn("which field", record.advice)
        sent = [result["input"] for result in self.simulator.ledger.results]
        self.assertEqual(len(sent), 5)
        for payload in sent:
            self.assertIn("Harbour", payload["contact_address"])

    def test_one_does_not_keep_the_others(self):
        bad = self.people[1]
        with self.failing(bad):
            run = self.import_secretly()
            self.assert_set_aside(bad, run)
            # It is no use to try again by itself.
            self.assertEqual(self.import_quietly().selected_count, 0)
        self.record_of(bad).action_retry()
        self.work_on(self.connector)
        self.assert_all_tokenized(self.people)
        self.assert_sent_once(self.sent_vids)

    def test_nothing_is_sent_that_was_computed_by_halves(self):
        bad = self.people[1]
        with self.failing(bad, emptied_first=True):
            run = self.import_secretly()
        self.assert_set_aside(bad, run)

    def test_a_statement_that_postgresql_refuses(self):
        """It ends the transaction for all the others, unless it is kept apart."""
        bad = self.people[5]
        with self.failing(bad, statement="SELECT nothing FROM nowhere"):
            run = self.import_quietly()
        self.assert_set_aside(bad, run)

    def test_an_override_that_leaves_one_out(self):
        """Or what belongs to those behind would be sent as that of those before."""
        model, bad = type(self.people), self.people[1]
        texts = model._mts_texts

        def texts_of_some(partners, path):
            return texts(partners - bad, path)

        with patch.object(model, "_mts_texts", texts_of_some):
            run = self.import_secretly()
        self.assert_set_aside(bad, run)
        sent = {
            result["input"]["vid"]: result["input"] for result in self.simulator.ledger.results
        }
        for person, vid in zip(self.people, self.sent_vids):
            if person != bad:
                self.assertEqual(sent[vid]["given_name"], person.given_name)

    def test_a_change_of_data_is_a_reason_to_read_it_again(self):
        bad = self.people[1]
        with self.failing(bad):
            self.import_quietly()
        bad.street = "13 Harbour Road"
        self.import_now(self.connector)
        self.assert_all_tokenized(self.people)
        self.assert_sent_once(self.sent_vids)

    def test_who_was_refused_before_is_not_sent_for_it(self):
        """The refusal stands, with its advice, until the data is seen to have changed."""
        refused = self.people[2]
        self.simulator.refuse(refused.mosip_vid, "IDA-DEA-001")
        self.import_now(self.connector)
        refused.comment = "nothing of what is sent"
        with self.failing(refused):
            self.import_quietly()
        refused.comment = "again"
        self.import_now(self.connector)
        self.assertEqual(self.record_of(refused).error_code, "IDA-DEA-001")
        self.assertEqual(self.sends_of(refused.mosip_vid), 1)


@tagged("post_install", "-at_install")
class TestNobodyIsReadable(UnreadableCase):
    """It does not seem to be the registrants."""

    count = 16

    def test_the_others_are_left_alone(self):
        with self.failing(self.people):
            run = self.import_secretly()
            self.assertEqual((run.state, run.rejected_count), ("failed", 10))
            self.assertIn("could not be read", self.connector.attention)
            self.assertEqual(self.states_of(self.people[10:]), {False})
        self.assertEqual(self.posted(), [])
        # As the message says.
        self.import_now(self.connector)
        self.assertFalse(self.connector.attention)
        for record in self.env["mts.record"].search([("state", "=", "rejected")]):
            record.action_retry()
        self.import_now(self.connector)
        self.assert_all_tokenized(self.people)

    def test_it_begins_in_the_middle_of_an_import(self):
        """Such as with an addon that is upgraded meanwhile."""
        with self.failing(self.people[4:]):
            run = self.import_quietly()
        self.assert_all_tokenized(self.people[:4])
        self.assertEqual((run.state, run.rejected_count), ("failed", 10))
        self.assertIn("could not be read", run.message)
        self.assertEqual(self.states_of(self.people[14:]), {False})

    def test_a_few_do_not_stop_those_who_come_later(self):
        with self.failing(self.people[:9]):
            self.import_quietly()
        self.assert_all_tokenized(self.people[9:])
        self.assertFalse(self.connector.attention)

    def test_they_do_not_keep_others_from_being_tried(self):
        """Where a single registrant is tried, after something else has stopped the connector."""
        self.connector.attention = "The certificate has expired"
        with self.failing(self.people[:3]):
            self.import_quietly()
            self.assert_all_tokenized(self.people[3])
            self.assertFalse(self.connector.attention)
            self.import_quietly()
        self.assert_all_tokenized(self.people[3:])

    def test_what_stopped_the_connector_stays_the_reason(self):
        self.connector.attention = "The certificate has expired"
        with self.failing(self.people):
            run = self.import_quietly()
        self.assertEqual(self.connector.attention, "The certificate has expired")
        self.assertEqual((run.state, run.message), ("failed", self.connector.attention))


@tagged("post_install", "-at_install")
class TestUnreadableWhenTheAnswersCome(UnreadableCase):
    """Words of MTS are not kept where nobody knows what in them is somebody's data."""

    def answers(self, **failing):
        for vid in self.sent_vids[:3]:
            error = {"code": "IDA-MLC-002", "message": "is not of 12 Harbour Road"}
            self.simulator.refuse(vid, error)
        self.simulator.hold()
        self.import_now(self.connector)
        with self.failing(self.people[1], **failing):
            self.release()
        self.assert_all_tokenized(self.people[3:])
        for person in self.people[:3]:
            record = self.record_of(person)
            self.assertEqual((record.state, record.error_code), ("rejected", "IDA-MLC-002"))
            self.assertNotIn("Harbour", record.error_message or "")

    def test_a_field_that_fails(self):
        self.answers()

    def test_a_field_that_is_emptied_first(self):
        self.answers(emptied_first=True)

    def test_a_statement_that_postgresql_refuses(self):
        self.answers(statement="SELECT nothing FROM nowhere")
