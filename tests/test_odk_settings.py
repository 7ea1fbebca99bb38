# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The settings for ODK Central: what is refused, the defaults, and the password."""

import json

from odoo.exceptions import UserError
from odoo.tests.common import Form, new_test_user, tagged

from .test_server_config import in_environment, in_file
from .test_settings import SettingsCase

PASSWORD = "correct horse"
FORMAT = (
    "{params: {instance: .input.__id, vid: .output.vid, token: .output.token, "
    "status: .output.status, errorCode: .output.errorCode, errorMessage: .output.errorMessage, "
    "values: {name: .input.name}}}"
)


class OdkSettingsCase(SettingsCase):
    def setUp(self):
        super().setUp()
        self.registry_connector = self.create_connector()
        manager = new_test_user(
            self.env, "manager", "mts_connector.group_manager,base.group_partner_manager"
        )
        self.connectors = self.connectors.with_user(manager)

    def create_odk(self, **values):
        return self.create_connector(
            **{
                "input_type": "odk",
                "odk_url": "https://odk.example.org",
                "odk_project": "1",
                "odk_form": "registration",
                "odk_email": "field@example.org",
                "odk_password": PASSWORD,
                **values,
            }
        )


@tagged("post_install", "-at_install")
class TestRefused(OdkSettingsCase):
    def test_what_is_needed(self):
        for name in ("odk_url", "odk_email", "odk_project", "odk_form", "odk_password"):
            for empty in (False, ""):
                with self.assert_refused(name, "it is needed for the input type “ODK Central”"):
                    self.create_odk(**{name: empty})
        with self.assert_refused("registry_connector_id", "it is needed"):
            self.create_odk(registry_connector_id=False)
        with self.assert_refused("odk_pulled_until", "it is needed"):
            self.create_odk(odk_pulled_until=False)

    def test_an_odata_url_stands_for_project_and_form(self):
        url = "https://odk.example.org/v1/projects/1/forms/registration.svc"
        self.create_odk(odk_odata_url=url, odk_project=False, odk_form=False)
        for bad in (url + "/Submissions", url + "?x=1", url[: -len(".svc")]):
            with self.assert_refused("odk_odata_url", "it must end with .svc"):
                self.create_odk(odk_odata_url=bad)
        for bad in (url.replace("odk.", "elsewhere."), url.replace("https:", "http:")):
            with self.assert_refused("odk_odata_url", "it must begin with the ODK base URL"):
                self.create_odk(odk_odata_url=bad)

    def test_only_our_callback_in_bulk(self):
        with self.assert_refused("callback_in_bulk", "it must be on for ODK Central"):
            self.create_odk(
                callback_in_bulk=False, callback_url="https://odoo.example.org/mts/callback"
            )
        with self.assert_refused("callback_url", "it must end with /mts/callback/bulk"):
            self.create_odk(callback_url="https://odoo.example.org/api")

    def test_only_a_registry_of_the_same_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        elsewhere = self.env["mts.connector"].create({"name": "X", "company_id": other.id})
        for connector in (elsewhere, self.create_odk()):
            with self.assert_refused("registry_connector_id", "of the same company"):
                self.create_odk(registry_connector_id=connector.id)

    def test_the_delay(self):
        for minutes in (-1, 1441):
            with self.assert_refused("odk_delay_minutes", "between 0 and 1440"):
                self.create_odk(odk_delay_minutes=minutes)

    def test_fields_that_a_submission_must_not_set(self):
        for name, reason in (
            ("no_such_field", "has no field “no_such_field”"),
            ("mosip_vid", "“mosip_vid” is not for a submission to set"),
            ("mosip_auth_token", "is not for a submission to set"),
            ("company_id", "is not for a submission to set"),
            ("parent_id", "is not for a submission to set"),
            ("active", "is not for a submission to set"),
            ("image_1920", "is not for a submission to set"),
            ("create_date", "is not for a submission to set"),
            ("country_id.code", "has no field “country_id.code”"),
            ("signup_token", "you may not change “signup_token”"),
        ):
            with self.assert_refused("selected_fields", reason):
                self.create_odk(selected_fields=json.dumps(["name", name]), output_format=FORMAT)

    def test_who_may_not_write_contacts_cannot_have_it_done(self):
        other = new_test_user(self.env, "other", "mts_connector.group_manager")
        self.connectors = self.connectors.with_user(other)
        with self.assert_refused("selected_fields", "you may not change"):
            self.create_odk()

    def test_mapping(self):
        for mapping, reason in (
            ('{"name": ["name"]}', "“vid” is missing"),
            ('{"vid": "vid", "nom": "name"}', "MTS has no field “nom”"),
            ('{"vid": "vid", "name": "name"}', "must be mapped to a list"),
            ('{"vid": "vid-number"}', "which is no path to a question"),
        ):
            with self.assert_refused("mapping", reason):
                self.create_odk(mapping=mapping)
        self.create_odk(mapping='{"vid": "card.number", "name": ["who.first", "who.last"]}')

    def test_output_format(self):
        for expression, reason in (
            ("{", "no valid jq"),
            (".output", "instance is missing"),
            (FORMAT.replace(".input.__id", ".input.id"), "instance is missing"),
            (FORMAT.replace(".input.__id", '"1"'), "carries other values"),
            (FORMAT.replace(".output.vid", "null"), "carries other values"),
            (FORMAT.replace(".output.token", ".output.vid"), "carries other values"),
            (FORMAT.replace("{name: .input.name}", "1"), "values is no object"),
            (FORMAT.replace("{name:", "{nom:"), "it sets “nom”, which is not in the list"),
            (FORMAT.replace(".input.name", ".input.name | error"), "jq fails for status"),
        ):
            with self.assert_refused("output_format", reason):
                self.create_odk(output_format=expression)
        self.create_odk(output_format=FORMAT)


@tagged("post_install", "-at_install")
class TestDefaults(OdkSettingsCase):
    def test_a_form_needs_no_more_than_where_it_is(self):
        with Form(self.connectors) as form:
            form.name = "Field"
            form.input_type = "odk"
            form.odk_url = "https://odk.example.org"
            form.odk_project = "1"
            form.odk_form = "registration"
            form.odk_email = "field@example.org"
            form.odk_password = PASSWORD
        connector = form.save()
        self.assertEqual(connector.registry_connector_id, self.registry_connector)
        self.assertEqual(connector.output_format, self.create_odk().output_format)
        self.assertEqual(connector._secret("odk_password"), PASSWORD)
        self.assertFalse(connector._problems())

    def test_going_over_keeps_what_was_changed(self):
        with Form(self.connectors) as form:
            usual = form.output_format, form.selected_fields
            form.name = "Field"
            form.mapping = '{"vid": "vid", "name": ["given_name"]}'
            form.input_type = "odk"
            self.assertNotEqual(form.output_format, usual[0])
            self.assertEqual(form.mapping, '{"vid": "vid", "name": ["given_name"]}')
            form.input_type = "registry"
            self.assertEqual((form.output_format, form.selected_fields), usual)

    def test_the_registry_is_not_touched_by_it(self):
        self.env["res.partner"].create({"name": "Amina", "mosip_vid": "2345678901234567"})
        connector = self.create_odk()
        self.assertFalse(self.env["res.partner"].search(connector._domain()))


@tagged("post_install", "-at_install")
class TestPassword(OdkSettingsCase):
    def kept(self, connector):
        return connector._odk().password

    def test_it_is_used_and_not_read(self):
        connector = self.create_odk()
        self.assertEqual(self.kept(connector), PASSWORD)
        seen = [
            connector.read(),
            connector.copy_data(),
            connector.sudo().odk_password,
            Form(connector).odk_password,
            connector.message_ids.mapped("body"),
        ]
        self.assertNotIn(PASSWORD, repr(seen))
        self.assertEqual(connector.odk_password_source, "database")

    def test_saving_without_typing_keeps_it_and_typing_replaces_it(self):
        connector = self.create_odk()
        with Form(connector) as form:
            form.name = "Other"
        connector.write({"odk_password": False})
        self.assertEqual(self.kept(connector), PASSWORD)
        connector.odk_password = "battery staple"
        self.assertEqual(self.kept(connector), "battery staple")

    def test_it_does_not_go_to_another_url(self):
        connector = self.create_odk()
        for field in ("mts_url", "odk_url"):
            elsewhere = {field: "https://elsewhere.example.org"}
            for values in (elsewhere, {**elsewhere, "odk_password": ""}):
                refused = self.assertRaisesRegex(UserError, "type it in again")
                with refused, self.env.cr.savepoint():
                    connector.write(values)
            connector.write({**elsewhere, "odk_password": "battery staple"})
            self.assertEqual(self.kept(connector), "battery staple")

    def test_none_is_kept_that_nothing_needs(self):
        connector = self.create_odk()
        usual = self.connectors._registry_defaults()
        connector.write({"input_type": "registry", **usual})
        self.assertEqual(connector._stored_secret("odk_password"), "")
        connector.odk_password = PASSWORD
        self.assertEqual(connector._stored_secret("odk_password"), "")

    def test_a_copy_has_none(self):
        copy = self.create_odk().copy()
        self.assertEqual(self.kept(copy), "")
        with self.assert_refused("odk_password", "it is needed"):
            copy.odk_email = "other@example.org"

    def test_it_may_come_from_the_server(self):
        with in_file(odk_password="of the file"):
            connector = self.create_odk(odk_password=False)
            self.assertEqual(self.kept(connector), "of the file")
            self.assertEqual(connector.odk_password_source, "server")
            mine = {f"MTS_CONNECTOR_ODK_PASSWORD_{connector.id}": "mine"}
            with in_environment(**mine):
                self.assertEqual(self.kept(connector), "mine")
