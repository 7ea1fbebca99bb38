# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What was submitted in the field becomes registrants with tokens, each once."""

from datetime import timedelta

from odoo.tests.common import new_test_user, tagged

from .common import PASSWORD
from .odk_case import OdkCase


@tagged("post_install", "-at_install")
class TestOdkImport(OdkCase):
    def test_the_defaults_work_for_a_form_with_the_usual_names(self):
        instance = self.submit(addl_name="Binta")
        connector = self.create_odk_connector()
        run = self.import_now(connector)
        self.end_run(connector)
        self.assertEqual(run.state, "done", run.message)
        partner = self.registrant(instance)
        token = self.simulator.token("Amina Binta Diallo", "1990/05/17", "Female")
        self.assertEqual(partner.mosip_auth_token, token)
        self.assertFalse(partner.mosip_vid)
        self.assertEqual(
            (partner.name, partner.given_name, partner.gender, str(partner.birthdate)),
            ("Amina Binta Diallo", "Amina", "Female", "1990-05-17"),
        )
        self.assertTrue(partner.is_registrant)
        self.assertEqual(partner.company_id, connector.company_id)
        self.assertEqual(self.record_of(partner, connector).state, "tokenized")
        self.assertEqual(
            (run.selected_count, run.sent_count, run.tokenized_count, run.pending_count),
            (1, 1, 1, 0),
        )

    def test_fetched_twice_and_nothing_doubled(self):
        instances = self.submit_many(5)
        connector = self.create_odk_connector()
        before = self.env["res.partner"].search_count([])
        self.import_now(connector)
        self.assertEqual(self.env["res.partner"].search_count([]), before + 5)
        connector.odk_pulled_until = self.start
        self.import_now(connector)
        self.assertEqual(self.env["res.partner"].search_count([]), before + 5)
        self.assertEqual(len(self.submission(instances[0])), 1)
        self.assertEqual(self.simulator.ledger.counts["stored_posts"], 2)

    def test_the_next_import_fetches_what_came_since(self):
        self.submit()
        connector = self.create_odk_connector(odk_delay_minutes=20)
        run = self.import_now(connector)
        self.end_run(connector)
        self.assertEqual(connector.odk_pulled_until, run.started_at - timedelta(minutes=20))
        later = self.submit(at=connector.odk_pulled_until)
        connector.odk_delay_minutes = 0
        self.import_now(connector)
        self.assertTrue(self.registrant(later).mosip_auth_token)
        self.assertEqual(self.simulator.ledger.counts["stored_records"], 2)

    def test_no_submissions_is_a_quiet_success(self):
        connector = self.create_odk_connector()
        run = self.import_now(connector)
        self.end_run(connector)
        self.assertEqual((run.state, run.selected_count), ("done", 0))
        self.assertFalse(connector.attention)
        self.assertGreaterEqual(connector.odk_pulled_until, run.started_at)

    def test_with_an_odata_url(self):
        instance = self.submit()
        url = self.simulator.url + "/v1/projects/1/forms/registration.svc"
        connector = self.create_odk_connector(odk_odata_url=url, odk_project=False, odk_form=False)
        self.import_now(connector)
        self.assertTrue(self.registrant(instance).mosip_auth_token)

    def test_with_odoo_login(self):
        new_test_user(self.env, "seeder", "mts_connector.group_callback", password=PASSWORD)
        self.publish()
        instance = self.submit()
        connector = self.create_odk_connector(
            callback_auth_type="odoo",
            callback_auth_username="seeder",
            callback_auth_password=PASSWORD,
        )
        run = self.import_now(connector)
        self.assertEqual(run.tokenized_count, 1, run.message)
        self.assertTrue(self.registrant(instance).mosip_auth_token)

    def test_questions_in_groups_and_other_names(self):
        answers = {"who": {"first": "Amina", "last": "Diallo"}, "card": {"number": self.new_vid()}}
        instance = self.submit(**answers, vid=None)
        connector = self.create_odk_connector(
            mapping='{"vid": "card.number", "name": ["who.first", "who.last"], '
            '"gender": "gender", "dob": "birthdate", "fullAddress": ["address"]}',
            selected_fields='["name", "gender", "is_registrant"]',
            output_format="{params: {instance: .input.__id, vid: .output.vid, "
            "token: .output.token, status: .output.status, errorCode: .output.errorCode, "
            "errorMessage: .output.errorMessage, values: {name: .input.who.first, "
            "gender: .input.gender, is_registrant: true}}}",
        )
        self.import_now(connector)
        partner = self.registrant(instance)
        self.assertEqual((partner.name, partner.gender), ("Amina", "Female"))
        self.assertTrue(partner.mosip_auth_token)
        self.assertFalse(partner.address)

    def test_one_time(self):
        instance = self.submit()
        connector = self.create_odk_connector(job_type="onetime")
        self.schedule(connector)
        self.end_run(connector)
        self.assertTrue(self.registrant(instance).mosip_auth_token)
        self.assertEqual(connector.state, "done")

    def test_by_schedule(self):
        instance = self.submit()
        connector = self.create_odk_connector()
        self.schedule(connector)
        self.assertTrue(self.registrant(instance).mosip_auth_token)
        self.assertTrue(connector.next_import_at)
