# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Test Connection: what it finds, in words, and what it leaves behind."""

from odoo.exceptions import AccessError
from odoo.tests.common import new_test_user, tagged

from ..simulator.tests.receiver import Receiver
from .common import PASSWORD, MtsCase, odoo_auth, words_of


class ConnectionCase(MtsCase):
    def setUp(self):
        super().setUp()
        self.manager = new_test_user(self.env, "manager", "mts_connector.group_manager")

    def report(self, **values):
        """Set a connector up as a manager, press the button, and return what he reads."""
        connector = self.create_connector(**values).with_user(self.manager)
        return self.connection_report(connector)

    def deliverer(self, groups="mts_connector.group_callback,base.group_portal"):
        return new_test_user(self.env, "seeder", groups, password=PASSWORD)

    def single(self):
        return {"callback_in_bulk": False, "callback_url": self.odoo_url + "/mts/callback"}


@tagged("post_install", "-at_install")
class TestFindings(ConnectionCase):
    def test_all_is_well(self):
        report = self.report()
        self.assertIn("Everything works", report)
        self.assertIn("Works MTS It answers, says “[0 - 0] pong”", report)
        self.assertIn("version “1.1.0”", report)
        self.assertIn("Works Mapping MTS knows all of its fields: vid, name", report)
        self.assertIn("Works Callback address It is reached from here", report)
        self.assertIn("Works Callback login None is needed", report)
        self.assertNotIn("To be mended", report)
        self.assertNotIn("Doubtful", report)

    def test_every_way_of_delivery(self):
        for method in ("POST", "PUT", "GET", "PATCH"):
            for values in ({}, self.single()):
                report = self.report(callback_http_method=method, **values)
                self.assertIn("Everything works", report, (method, values))

    def test_mts_is_not_there(self):
        self.simulator.offline()
        report = self.report()
        self.assertIn("Not everything works yet", report)
        self.assertIn("To be mended MTS MTS could not be reached", report)
        self.assertIn("Check the URL to reach MTS", report)
        # Each thing is told by itself.
        self.assertIn("Works Callback address", report)

    def test_another_service_is_there(self):
        with Receiver() as server:
            report = self.report(mts_url=server.url.rpartition("/")[0])
        self.assertIn("To be mended MTS", report)

    def test_mts_does_not_know_a_field(self):
        self.simulator.add_fault("ping", "answer", status=200, body='"pong"', next=1)
        body = {"version": "9", "response": {"authfields": ["vid", "name", "gender", "dob"]}}
        self.simulator.add_fault("ping", "answer", status=200, body=body, next=1)
        report = self.report()
        self.assertIn(
            "To be mended Mapping MTS does not know these fields: phoneNumber, emailId, "
            "fullAddress.",
            report,
        )

    def test_a_field_that_mts_wants_is_not_mapped(self):
        mapping = '{"vid": "vid", "name": ["given_name"], "fullAddress": ["address"]}'
        report = self.report(mapping=mapping)
        self.assertIn("Doubtful Mapping These fields are missing: gender, dob.", report)
        self.assertIn("Everything works", report)

    def test_the_callback_is_not_there(self):
        report = self.report(callback_url=self.simulator.url + "/mts/callback/bulk")
        self.assertIn("To be mended Callback address Odoo does not find the callback", report)

    def test_the_callback_is_elsewhere(self):
        with Receiver() as server:
            report = self.report(callback_url=server.url)
            self.assertEqual([call.method for call in server.calls], ["HEAD"])
        self.assertIn("Doubtful Callback address It answers (HTTP 200). It is another API", report)

    def test_an_address_that_only_this_machine_knows(self):
        # For this machine another name of itself, for the connector another machine.
        report = self.report(mts_url=self.simulator.url.replace("127.0.0.1", "0.0.0.0"))  # noqa: S104
        self.assertIn("Works MTS", report)
        self.assertIn(
            "To be mended Callback address For MTS “127.0.0.1” is its own machine.", report
        )
        self.assertIn("Not everything works yet", report)

    def test_settings_that_no_longer_work(self):
        connector = self.create_connector()
        self.env.cr.execute(
            "UPDATE mts_connector SET selected_fields = %s, search_domain = %s WHERE id = %s",
            ['["gone"]', '[("gone", "=", "Amina")]', connector.id],
        )
        connector.invalidate_cache()
        report = self.connection_report(connector)
        self.assertIn("To be mended Settings List of fields to be used: “gone” is no", report)
        self.assertIn("To be mended Settings Filters to apply to Registry: “gone” is no", report)
        self.assertIn("Works MTS", report)
        self.assertNotIn("Amina", report)

    def test_the_background_job_that_was_deleted(self):
        self.env.ref("mts_connector.cron_work").unlink()
        report = self.report()
        self.assertIn("To be mended Background work", report)

    def test_nothing_is_sent_in_the_background(self):
        self.env.ref("mts_connector.cron_work").active = False
        report = self.report()
        self.assertIn("To be mended Background work", report)
        self.assertIn("MTS: send, ask after answers, close", report)


@tagged("post_install", "-at_install")
class TestLogin(ConnectionCase):
    def test_the_user_may_deliver(self):
        self.deliverer()
        for values in ({}, self.single()):
            report = self.report(**odoo_auth(), **values)
            self.assertIn("Works Callback login The user logs in, and may deliver.", report)
            self.assertIn("Everything works", report)

    def test_a_wrong_password(self):
        self.deliverer()
        report = self.report(**odoo_auth(callback_auth_password="wrong"))
        self.assertIn("To be mended Callback login Odoo refuses this user name", report)
        self.assertIn("Works Callback address", report)

    def test_an_unknown_user(self):
        report = self.report(**odoo_auth())
        self.assertIn("To be mended Callback login Odoo refuses this user name", report)
        self.assertIn("Doubtful Callback user There is no user with this login", report)

    def test_an_unknown_database(self):
        self.deliverer()
        report = self.report(**odoo_auth(callback_auth_database="no_such_database"))
        self.assertIn("To be mended Callback login Odoo fails to log in", report)
        self.assertIn("no database of this name", report)

    def test_a_user_who_may_not_deliver(self):
        self.deliverer("base.group_portal")
        report = self.report(**odoo_auth())
        self.assertIn("To be mended Callback login The login works, but", report)
        self.assertIn("“MTS: deliver callbacks”", report)

    def test_a_second_factor(self):
        user = self.deliverer()
        if "totp_secret" in user._fields:
            user.sudo().totp_secret = "A" * 32
            user.flush()
            report = self.report(**odoo_auth())
            self.assertIn("To be mended Callback login Odoo asks this user for a second", report)

    def test_the_login_is_not_there(self):
        self.deliverer()
        url = self.odoo_url + "/web/login"
        report = self.report(**odoo_auth(callback_auth_url=url))
        self.assertIn("it ends in /web/session/authenticate", report)

    def test_a_user_who_may_too_much(self):
        self.deliverer("mts_connector.group_callback,base.group_user")
        report = self.report(**odoo_auth())
        self.assertIn("Doubtful Callback user This user may do more than deliver", report)
        self.assertIn("Works Callback login", report)

    def test_another_api_takes_the_login(self):
        with Receiver() as server:
            values = {"callback_url": server.url, "callback_auth_url": server.auth_url}
            report = self.report(**odoo_auth(**values))
        self.assertIn("To be mended Callback login Odoo's login is not at this address", report)


@tagged("post_install", "-at_install")
class TestTraces(ConnectionCase):
    def test_nothing_is_sent_or_changed(self):
        self.deliverer()
        partner = self.create_registrant()
        connector = self.create_connector(**odoo_auth())
        tables = [self.env[name] for name in ("mts.run", "mts.request", "mts.record")]
        before = [table.search_count([]) for table in tables], connector.read(), partner.read()
        self.connection_report(connector.with_user(self.manager))
        self.env["base"].invalidate_cache()
        after = [table.search_count([]) for table in tables], connector.read(), partner.read()
        self.assertEqual(before, after)
        self.assertEqual(self.simulator.ledger.counts["posts"], 0)

    def test_nothing_secret_is_told_or_kept(self):
        self.deliverer()
        connector = self.create_connector(**odoo_auth(callback_auth_password="hush hush"))
        with self.assertLogs(level="DEBUG") as logs:
            report = self.connection_report(connector)
        row = self.env["mts.connection.test"].search([], order="id desc", limit=1)
        for text in (report, repr(row.read()), *logs.output):
            self.assertNotIn("hush hush", text)

    def test_words_of_mts_are_made_harmless(self):
        for body in ('"<script>alert(1)</script> 2345678901234567"', '"' + "long " * 1000 + '"'):
            self.simulator.add_fault("ping", "answer", status=200, body=body, next=1)
            action = self.create_connector().action_test_connection()
            html = self.env[action["res_model"]].browse(action["res_id"]).report
            self.assertNotIn("<script", html)
            self.assertNotIn("2345678901234567", html)
            self.assertLess(len(words_of(html)), 700)

    def test_officers_do_not_test(self):
        officer = new_test_user(self.env, "officer", "mts_connector.group_user")
        with self.assertRaises(AccessError):
            self.create_connector().with_user(officer).action_test_connection()
