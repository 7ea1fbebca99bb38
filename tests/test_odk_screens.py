# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What people see of a connector to ODK Central: the test, the preview, the submissions."""

from datetime import timedelta

from odoo.tests.common import Form, new_test_user, tagged
from odoo.tools import format_datetime

from .common import words_of
from .odk_case import OdkCase


@tagged("post_install", "-at_install")
class TestConnectionTest(OdkCase):
    def test_all_is_well(self):
        report = self.connection_report(self.create_odk_connector())
        self.assertIn("Everything works", report)
        self.assertIn("The user logs in, and the form is there. Its questions: 9.", report)
        self.assertIn("It has all the questions of the mapping.", report)

    def test_the_login(self):
        report = self.connection_report(self.create_odk_connector(odk_password="wrong"))
        self.assertIn("Not everything works yet", report)
        self.assertIn("ODK Central does not know this e-mail and password.", report)

    def test_the_form(self):
        report = self.connection_report(self.create_odk_connector(odk_form="another"))
        self.assertIn("ODK Central has no such form in this project.", report)

    def test_the_questions_of_the_mapping(self):
        self.simulator.configure(odk_fields={"vid": "string", "who.given_name": "string"})
        connector = self.create_odk_connector(
            mapping='{"vid": "vid", "name": ["who.given_name", "who.surname"], '
            '"gender": "__system.submitterName", "dob": "born"}'
        )
        report = self.connection_report(connector)
        self.assertIn("The form has no such questions: who.surname, born.", report)

    def test_it_says_nothing_of_odk_to_others(self):
        self.assertNotIn("ODK", self.connection_report(self.sender))


@tagged("post_install", "-at_install")
class TestPreview(OdkCase):
    def setUp(self):
        super().setUp()
        self.officer = new_test_user(
            self.env, "officer", "mts_connector.group_user", tz="Africa/Nairobi"
        )

    def preview(self, connector):
        action = connector.with_user(self.officer).action_preview()
        record = self.env[action["res_model"]].with_user(self.officer).browse(action["res_id"])
        return words_of(record.report)

    def test_how_much_would_be_fetched(self):
        self.submit_many(3)
        self.submit(at=self.start - timedelta(minutes=1))
        report = self.preview(self.create_odk_connector())
        self.assertIn("Submissions in this time: 3", report)
        self.assertIn(format_datetime(self.env, self.start, tz="Africa/Nairobi"), report)
        self.assertIn("possible duplicate", report)
        self.assertIn("“Registry” sends it again", report)
        self.assertIn('"given_name": "sample"', report)
        self.assertNotIn("match the filter", report)
        self.assertFalse(self.simulator.ledger.posts)

    def test_what_becomes_of_a_known_token(self):
        report = self.preview(self.create_odk_connector(odk_known_person="update"))
        self.assertIn("the one who has it already", report)

    def test_odk_may_be_out_of_reach(self):
        report = self.preview(self.create_odk_connector(odk_password="wrong"))
        self.assertIn("ODK Central does not know this e-mail and password.", report)

    def test_the_registry_has_its_own(self):
        self.assertIn("match the filter", self.preview(self.sender))


@tagged("post_install", "-at_install")
class TestProgress(OdkCase):
    def test_it_goes_by_the_time_that_is_fetched(self):
        """All submissions so far may be settled, and the most of them not yet fetched."""
        self.start -= timedelta(hours=3)
        self.submit(at=self.start + timedelta(minutes=10))
        self.submit(at=self.start + timedelta(hours=2))
        self.simulator.hold()
        connector = self.create_odk_connector()
        run = self.import_now(connector)
        self.assertEqual(run.progress, 0)
        self.release()
        officer = new_test_user(self.env, "officer", "mts_connector.group_user", tz="Asia/Tokyo")
        run = run.with_user(officer).with_context(tz=officer.tz)
        fetched = format_datetime(self.env, self.start + timedelta(hours=1), tz="Asia/Tokyo")
        self.assertEqual((run.state, round(run.progress)), ("sending", 25))
        self.assertIn("1 settled.", run.outlook)
        self.assertIn(fetched, run.outlook)
        self.simulator.configure(hold=False)
        self.work_on(connector)
        self.assertEqual((run.state, run.progress), ("done", 100))

    def test_nobody_is_offered_to_be_sent_by_it(self):
        self.create_odk_connector(name="First by name")
        self.assertEqual(Form(self.env["mts.send.one"]).connector_id, self.sender)


@tagged("post_install", "-at_install")
class TestSubmissions(OdkCase):
    def test_they_are_listed_and_found(self):
        instance = self.submit()
        odd = self.submit(gender="unheard of")
        connector = self.create_odk_connector()
        self.import_now(connector)
        officer = new_test_user(self.env, "officer", "mts_connector.group_user")
        submissions = self.env["mts.submission"].with_user(officer)
        problems = submissions.search(["|", ("problem", "!=", False), ("state", "=", "failed")])
        self.assertEqual(problems.instance_id, odd)
        self.assertEqual(problems.problem, "Not taken: gender")
        form = Form(self.submission(instance).with_user(officer))
        self.assertEqual(form.partner_id, self.registrant(instance))
        request = Form(self.submission(instance).request_id.with_user(officer))
        self.assertEqual(request.window_from, str(self.start))
