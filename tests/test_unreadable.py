"""A registrant whose data cannot be read: the others are sent, and nobody's data gets out."""

from contextlib import contextmanager
from unittest.mock import patch

from odoo.tests.common import tagged
from odoo.tools import mute_logger

from .fault_case import FaultCase, everything_logged

OURS = "odoo.addons.mts_connector.models.mts_payload"


@tagged("post_install", "-at_install")
class TestUnreadable(FaultCase):
    def setUp(self):
        super().setUp()
        self.connector = self.create_connector(batch_size=4)
        self.people = self.create_registrants(6)
        self.vids = self.people.mapped("mosip_vid")

    @contextmanager
    def failing(self, people, statement=None):
        """A field of another addon fails for these, and quotes what is in it.

        :param statement: what PostgreSQL refuses to do then
        """
        model, ids = type(self.people), people.ids
        read = model._mts_field_text

        def fail(partners, record, name):
            if record.id in ids and name == "address":
                if statement:
                    record.env.cr.execute(statement)
                raise ValueError(f"Not in any district: {record.address} of {record.mosip_vid}")
            return read(partners, record, name)

        with patch.object(model, "_mts_field_text", fail):
            yield

    def import_secretly(self):
        with everything_logged() as lines, self.assertLogs(OURS, "ERROR") as ours:
            run = self.import_now(self.connector)
        self.assertIn("ValueError", ours.output[0])
        for secret in [*self.vids, "Diallo", "Harbour"]:
            self.assertEqual([text[:300] for text in lines + ours.output if secret in text], [])
        return run

    def assert_set_aside(self, bad, run):
        self.assert_all_tokenized(self.people - bad)
        self.assertEqual((run.state, run.rejected_count, run.tokenized_count), ("done", 1, 5))
        record = self.record_of(bad)
        self.assertEqual((record.state, record.error_code), ("rejected", "MTC-NOT-READ"))
        self.assertEqual((record.attempts, record.sent_at), (0, False))
        self.assertIn("could not be read", record.error_message)
        self.assertIn("which field", record.advice)

    def test_one_does_not_keep_the_others(self):
        bad = self.people[1]
        with self.failing(bad):
            run = self.import_secretly()
            self.assert_set_aside(bad, run)
            # It is no use to try again by itself.
            self.assertEqual(self.import_now(self.connector).selected_count, 0)
        self.record_of(bad).action_retry()
        self.work_on(self.connector)
        self.assert_all_tokenized(self.people)
        self.assert_sent_once(self.vids)

    def test_a_change_of_data_is_a_reason_to_read_it_again(self):
        bad = self.people[1]
        with self.failing(bad), mute_logger(OURS):
            self.import_now(self.connector)
        bad.address = "13 Harbour Road"
        self.import_now(self.connector)
        self.assert_all_tokenized(self.people)
        self.assert_sent_once(self.vids)

    def test_a_statement_that_postgresql_refuses(self):
        """It ends the transaction for all the others, unless it is kept apart."""
        bad = self.people[5]
        with self.failing(bad, "SELECT no_such_column FROM res_partner"), mute_logger(
            "odoo.sql_db"
        ):
            run = self.import_now(self.connector)
        self.assert_set_aside(bad, run)

    def test_where_nobody_can_be_read_it_is_not_the_registrants(self):
        with self.failing(self.people):
            run = self.import_secretly()
            self.assertEqual((run.state, run.selected_count), ("failed", 0))
            self.assertIn("no registrant could be read", self.connector.attention)
            self.assertFalse(
                self.env["mts.record"].search([("partner_id", "in", self.people.ids)])
            )
            # Nor does the one that is tried now pay for it.
            with mute_logger(OURS):
                self.assertEqual(self.import_now(self.connector).state, "failed")
            self.assertFalse(self.record_of(self.people[0]))
        self.assertEqual(self.posted(), [])
        self.import_now(self.connector)
        self.assertFalse(self.connector.attention)
        self.import_now(self.connector)
        self.assert_all_tokenized(self.people)
        self.assert_sent_once(self.vids)
