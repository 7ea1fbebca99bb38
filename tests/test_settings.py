# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A connector's settings: the defaults fit, and what cannot work is refused with the reason."""

import json
import os
from contextlib import contextmanager
from types import SimpleNamespace
from unittest.mock import patch

from lxml import etree
from odoo.exceptions import ValidationError
from odoo.tests.common import Form, TransactionCase, new_test_user, tagged

from .. import defaults
from ..models import mts_delivery_settings, mts_sending_settings
from ..models.mts_setting_problems import TYPED
from ..mts import output_format, settings
from .common import PASSWORD, odoo_auth

LABELS = {
    "name": "Name",
    "mts_url": "URL to reach MTS",
    "input_type": "MTS Input Type",
    "mapping": "Mapping",
    "output_type": "Output Type",
    "output_format": "Output Format",
    "delivery_type": "Delivery Type",
    "job_type": "Job Type",
    "lang_code": "MOSIP Language",
    "interval_minutes": "Interval in minutes",
    "search_domain": "Filters to apply to Registry",
    "selected_fields": "List of fields to be used",
    "callback_url": "Callback URL",
    "callback_http_method": "Callback HTTP Method",
    "callback_timeout": "Callback Timeout",
    "callback_auth_type": "Callback Auth Type",
    "callback_auth_database": "Callback Auth Database",
    "callback_auth_username": "Callback Auth Username",
    "callback_auth_password": "Callback Auth Password",
}

NOT_SETTINGS = {"active", "activity_ids", "message_follower_ids", "message_ids"}

TEXTS = ("char", "text")

MAPPING = {"vid": "vid", "name": ["given_name", "family_name"], "gender": "gender"}
ELSEWHERE = "https://registry.example.org/another/api"

# Setting: its wrong values, each with a part of the reason.
REFUSED = {
    "mapping": [
        ("{", "no valid JSON"),
        ("", "no valid JSON"),
        (False, "no valid JSON"),
        ("[" * 100000, "nested too deeply"),
        ("[]", "must be a JSON object"),
        ('"vid"', "must be a JSON object"),
        (json.dumps({**MAPPING, "nom": "name"}), "MTS has no field “nom”"),
        ('{"name": ["given_name"]}', "“vid” is missing"),
        ('{"vid": "given_name"}', "“vid” must be mapped to “vid”"),
        ('{"vid": null}', "“vid” must be mapped to “vid”"),
        (json.dumps({**MAPPING, "name": "given_name"}), "“name” must be mapped to a list"),
        (json.dumps({**MAPPING, "name": []}), "“name” must be mapped to a list"),
        (json.dumps({**MAPPING, "fullAddress": None}), "“fullAddress” must be mapped to a list"),
        (json.dumps({**MAPPING, "name": [1]}), "“name” must be mapped to a field name"),
        (json.dumps({**MAPPING, "gender": ["gender"]}), "“gender” must be mapped to a field name"),
        (json.dumps({**MAPPING, "gender": None}), "“gender” must be mapped to a field name"),
        (json.dumps({**MAPPING, "phoneNumber": "mobile"}), "“mobile”, which is not among"),
        (json.dumps({**MAPPING, "name": ["mts_ref"]}), "“mts_ref”, which is not among"),
    ],
    "selected_fields": [
        ("given_name", "no valid JSON"),
        (False, "no valid JSON"),
        ('{"given_name": 1}', "JSON array of texts"),
        ('"given_name"', "JSON array of texts"),
        ('["given_name", 1]', "JSON array of texts"),
        ("[]", "names no field"),
        ('["given_name", "no_such_field"]', "“no_such_field” is no field"),
        ('["country_id.no_such_field"]', "“country_id.no_such_field” is no field"),
        ('["given_name.code"]', "“given_name.code” is no field"),
        ('["given name"]', "“given name” is no field name"),
        ('["country_id..code"]', "“country_id..code” is no field name"),
        ('[""]', "“” is no field name"),
        ('["gender", "gender"]', "“gender” is listed twice"),
        ('["country_id.code", "country_id"]', "“country_id” is listed both by itself"),
        ('["vid"]', "“vid” is added to each record"),
        ('["mts_ref"]', "“mts_ref” is added to each record"),
        ('["vid.x"]', "“vid.x” is added to each record"),
        ('["given_name", "image_1920"]', "“image_1920” is a file"),
        ('["parent_id.image_128"]', "“parent_id.image_128” is a file"),
    ],
    "odk_url": [
        ("odk.example.org", "starts with http"),
        ("http://odk.example.org", "must start with https://"),
        ("https://field:secret@odk.example.org", "must not carry a user name"),
        ("https://odk.example.org/v1", "must end behind the host name"),
        ("https://odk.example.org?x=1", "must end behind the host name"),
    ],
    "odk_odata_url": [
        ("v1/projects/1/forms/a.svc", "starts with http"),
        ("https://odk.example.org/v1/projects/1/forms/a.svc", "begin with the ODK base URL"),
    ],
    "search_domain": [
        ("[", "list of conditions"),
        ("is_registrant", "list of conditions"),
        ('[("is_registrant", "=", true)]', "list of conditions"),
        ('[("name", "=", open("/etc/hostname").read())]', "list of conditions"),
        ('[("create_uid", "=", uid)]', "list of conditions"),
        ("{}", "it must be a list"),
        ('("name", "=", "x")', "it must be a list"),
        ('[("no_such_field", "=", 1)]', "“no_such_field” is no field"),
        ('[("country_id.no_such_field", "=", 1)]', "“country_id.no_such_field” is no field"),
        ('[("same_vat_partner_id", "=", 1)]', "“same_vat_partner_id” cannot be searched"),
        ('[("name", "resembles", "x")]', "cannot be searched"),
        ('["|", ("name", "=", "x")]', "cannot be searched"),
        ("[1]", "cannot be searched"),
        ('[("name",)]', "cannot be searched"),
        ('[("id", "=", "abc")]', "cannot be searched"),
        ('[("create_date", ">", "soon")]', "cannot be searched"),
    ],
    "output_format": [
        ("{", "no valid jq"),
        (False, "no valid jq"),
        ("no_such_function", "no valid jq"),
        ("." + " " * 10000, "longer than"),
        (".output", "ref is missing"),
        ("empty", "no JSON object"),
        ("[.output]", "no JSON object"),
        ('error("out of order")', "jq fails for status “processed”: out of order"),
        (
            output_format.DEFAULT.replace("token: .output.token", "token: .output.vid"),
            "“processed” the result carries other values",
        ),
        (
            output_format.DEFAULT.replace("status: .output.status", 'status: "processed"'),
            "for status “error”: token is missing",
        ),
        (
            output_format.DEFAULT.replace("errorMessage: .output.errorMessage", "x: 1"),
            "“error” the result carries other values",
        ),
        (
            f'if .output.status == "invalid" then empty else {output_format.DEFAULT} end',
            "for status “invalid”: the result is no JSON object",
        ),
        ("last(repeat(1))", "comes to no end"),
    ],
    "mts_url": [
        ("https://mts.example.org/v1?key=1", "must not carry parameters"),
        ("https://mts.example.org/v1/authtoken/json", "must end before /authtoken"),
    ],
    "callback_url": [
        ("https://registry.example.org/mts/callback", "must end with /mts/callback/bulk"),
        ("https://registry.example.org/mts/callback/?db=x", "must end with /mts/callback/bulk"),
    ],
    "lang_code": [
        (code, "three small letters")
        for code in ("en", "ENG", "engl", "e1g", "éng", " eng", False)
    ],
}
for _field in ("mts_url", "callback_url"):
    REFUSED[_field] += [
        (url, "starts with http:// or https://")
        for url in (
            False,
            "mts",
            "//mts.example.org",
            "ftp://mts.example.org/mts/callback/bulk",
            "http://",
            "http:///path",
            "http://mts.example.org:99999",
            "http://mts.example.org:0",
            "http://[::1",
            " http://mts.example.org",
            "http://mts.example.org ",
            "http://mts .example.org",
            "http://mts.example.org/a\nb",
        )
    ]
    REFUSED[_field] += [
        ("http://someone@mts.example.org", "user name or a password"),
        ("http://someone:pass@mts.example.org", "user name or a password"),
        ("http://mts.example.org/#top", "fragment"),
    ]

RANGES = {
    **mts_sending_settings.RANGES,
    **mts_delivery_settings.RANGES,
    "interval_minutes": (1, 525600),
}


class SettingsCase(TransactionCase):
    def setUp(self):
        super().setUp()
        self.connectors = self.env["mts.connector"]

    def create_connector(self, **values):
        return self.connectors.create({"name": "Registry", **values})

    @contextmanager
    def assert_refused(self, field, reason):
        """Expect the message to have the field's label and the reason, and nothing to change."""
        expected = f"{field}: {reason}"
        with self.assertRaises(ValidationError, msg=expected) as caught, self.env.cr.savepoint():
            yield
        message = str(caught.exception)
        label = self.connectors.fields_get([field])[field]["string"]
        self.assertIn(f"{label}: ", message)
        self.assertIn(reason, message)


@tagged("post_install", "-at_install")
class TestDefaults(SettingsCase):
    def test_a_name_is_enough(self):
        with Form(self.connectors) as form:
            form.name = "National registry"
        connector = form.save()
        self.assertEqual(connector.state, "draft")
        self.assertEqual(connector.lang_code, "eng")
        self.assertEqual(connector.interval_minutes, 24 * 60)
        self.assertEqual(connector.job_type, "recurring")
        self.assertEqual(connector.callback_http_method, "POST")
        self.assertEqual(connector.batch_size, 100)

    def test_urls_come_from_the_base_url(self):
        self.env["ir.config_parameter"].set_param("web.base.url", "https://registry.example.org/")
        connector = self.create_connector()
        base = "https://registry.example.org"
        self.assertEqual(connector.callback_url, f"{base}/mts/callback/bulk")
        self.assertEqual(connector.callback_auth_url, f"{base}/web/session/authenticate")
        self.assertEqual(connector.callback_auth_database, self.env.cr.dbname)

    def test_the_fields_of_the_registry_are_chosen(self):
        connector = self.create_connector()
        self.assertEqual(
            json.loads(connector.mapping),
            {
                "vid": "vid",
                "name": ["given_name", "addl_name", "family_name"],
                "gender": "gender",
                "dob": "birthdate",
                "phoneNumber": "phone",
                "emailId": "email",
                "fullAddress": ["address"],
            },
        )
        people = [("is_registrant", "=", True), ("is_group", "=", False)]
        self.assertEqual(settings.parse_domain(connector.search_domain), people)

    def test_plain_contacts_have_defaults_that_fit_too(self):
        env = self.registry_with("name", "phone", "email", "street", "street2", "city", "zip")
        plain = self.create_connector(
            selected_fields=defaults.default_fields(env),
            mapping=defaults.default_mapping(env),
            search_domain=defaults.default_domain(env),
        )
        self.assertEqual(
            json.loads(plain.mapping),
            {
                "vid": "vid",
                "name": ["name"],
                "phoneNumber": "phone",
                "emailId": "email",
                "fullAddress": ["street", "street2", "city", "zip"],
            },
        )
        person = self.env["res.partner"].create({"name": "Amina Diallo"})
        company = self.env["res.partner"].create({"name": "Harbour Ltd", "is_company": True})
        address = self.env["res.partner"].create({"name": "Warehouse", "type": "delivery"})
        found = self.env["res.partner"].search(plain._domain())
        self.assertEqual(found & (person + company + address), person)

    def test_names_of_other_addons_are_known(self):
        env = self.registry_with("name", "firstname", "lastname", "birthdate_date")
        mapping = json.loads(defaults.default_mapping(env))
        self.assertEqual(
            mapping, {"vid": "vid", "name": ["firstname", "lastname"], "dob": "birthdate_date"}
        )
        self.assertTrue(
            settings.parse_mapping(
                defaults.default_mapping(env), settings.parse_fields(defaults.default_fields(env))
            )
        )

    @staticmethod
    def registry_with(*names):
        """Return as much of an environment as the defaults look at."""
        return {"res.partner": SimpleNamespace(_fields=dict.fromkeys(names))}


@tagged("post_install", "-at_install")
class TestForm(SettingsCase):
    def setUp(self):
        super().setUp()
        self.view = self.connectors.fields_view_get(view_type="form")
        self.in_form = [
            node.get("name") for node in etree.fromstring(self.view["arch"]).iter("field")
        ]

    def test_every_setting_is_in_the_form_under_its_label(self):
        for name, label in LABELS.items():
            self.assertIn(name, self.in_form)
            self.assertEqual(self.view["fields"][name]["string"], label)

    def test_every_setting_is_explained(self):
        for name in set(self.in_form) - NOT_SETTINGS:
            self.assertTrue(self.view["fields"][name].get("help"), name)

    def test_every_setting_that_is_stored_is_in_the_form(self):
        stored = {
            name
            for model in ("mts.odk.settings",)
            for name, field in self.env[model]._fields.items()
            if not field.automatic
        }
        self.assertEqual(stored - set(self.in_form), set())

    def test_every_setting_that_is_typed_has_its_problem_below(self):
        form = etree.fromstring(self.view["arch"])
        for setting in TYPED:
            field = form.xpath(f"//field[@name='{setting}']")[0]
            below = field.getnext()
            self.assertEqual(below.get("name"), f"{setting}_problem")
            self.assertIn("oe_edit_only", below.get("class"))
        typed = {
            name
            for check in self.connectors._constraint_methods
            for name in check._constrains
            if name in self.view["fields"] and self.view["fields"][name]["type"] in TEXTS
        }
        self.assertEqual(typed, set(TYPED))

    def test_code_is_edited_in_the_code_editor(self):
        form = etree.fromstring(self.view["arch"])
        code = {node.get("name") for node in form.xpath("//field[@widget='mts_code']")}
        self.assertEqual(code, {"selected_fields", "mapping", "output_format"})
        files, _rest = self.env["ir.qweb"]._get_asset_content("web.assets_backend", {})
        self.assertIn(
            "/mts_connector/static/src/js/code_field.js", [file["url"] for file in files]
        )

    def test_the_url_follows_the_kind_of_delivery(self):
        with Form(self.create_connector()) as form:
            form.callback_in_bulk = False
            self.assertTrue(form.callback_url.endswith("/mts/callback"))
            form.callback_in_bulk = True
            self.assertTrue(form.callback_url.endswith("/mts/callback/bulk"))
            form.callback_url = ELSEWHERE
            form.callback_in_bulk = False
            self.assertEqual(form.callback_url, ELSEWHERE)


@tagged("post_install", "-at_install")
class TestRefused(SettingsCase):
    def test_wrong_values(self):
        connector = self.create_connector()
        before = self.stored(connector)
        for field, cases in REFUSED.items():
            for value, reason in cases:
                with self.subTest(field=field, value=str(value)[:80]):
                    with self.assert_refused(field, reason):
                        connector.write({field: value, "name": "Another"})
                    self.assertEqual(self.stored(connector), before)

    def test_wrong_values_from_the_start(self):
        for field, cases in REFUSED.items():
            # Odoo itself asks for what is missing altogether.
            value, reason = next(case for case in cases if case[0])
            with self.subTest(field=field), self.assert_refused(field, reason):
                self.create_connector(**{field: value})
        self.assertFalse(self.connectors.search([("name", "=", "Registry")]))

    def test_ranges(self):
        connector = self.create_connector()
        for field, (least, most) in RANGES.items():
            for value in (least - 1, most + 1):
                with self.assert_refused(field, f"between {least} and {most}"):
                    connector.write({field: value})
            for value in (least, most):
                connector.write({field: value})

    def test_every_number_has_a_range(self):
        numbers = {
            name
            for model in ("mts.sending.settings", "mts.delivery.settings")
            for name, field in self.env[model]._fields.items()
            if field.type == "integer" and not field.automatic
        }
        self.assertEqual(numbers - set(RANGES), set())

    def test_single_results_need_the_url_for_single_results(self):
        connector = self.create_connector()
        with self.assert_refused("callback_url", "must end with /mts/callback"):
            connector.callback_in_bulk = False
        connector.write(
            {"callback_in_bulk": False, "callback_url": "https://example.org/odoo/mts/callback"}
        )

    def test_what_goes_to_another_api_need_not_suit_our_callback(self):
        connector = self.create_connector(callback_url=ELSEWHERE, output_format=".output")
        with self.assert_refused("output_format", "no valid jq"):
            connector.output_format = "{"
        with self.assert_refused("output_format", "ref is missing"):
            connector.callback_url = "https://registry.example.org/mts/callback/bulk"

    def test_another_output_format_that_our_callback_can_use(self):
        self.create_connector(
            output_format="{ref: .input.mts_ref, note: (.input.address // null)} + .output, 1"
        )

    def test_paths_into_related_records(self):
        fields = ["given_name", "category_id.name", "parent_id.country_id.code", "child_ids"]
        mapping = {
            "vid": "vid",
            "name": ["given_name", "category_id.name"],
            "gender": "parent_id.country_id.code",
        }
        self.create_connector(selected_fields=json.dumps(fields), mapping=json.dumps(mapping))

    def test_filters_that_can_be_searched(self):
        for domain in (
            "[]",
            "",
            '  ["|", ("city", "=", "Goma"), ["parent_id.country_id.code", "in", ["CD"]]] ',
            '[(1, "=", 1), ("mosip_duplicate_count", "=", 0)]',
        ):
            self.create_connector(search_domain=domain)

    def test_nobody_sends_what_he_may_not_read(self):
        manager = new_test_user(self.env, "manager", "mts_connector.group_manager")
        connector = self.create_connector()
        field = self.env["res.partner"]._fields["city"]
        restricted = patch.object(field, "groups", "base.group_system")
        restricted.start()
        self.addCleanup(restricted.stop)
        for path in ("city", "parent_id.city", "mts_record_ids.connector_id.cron_id.code"):
            fields = json.dumps(["given_name", path])
            mapping = json.dumps({"vid": "vid", "name": ["given_name"]})
            values = {"selected_fields": fields, "mapping": mapping}
            with self.assert_refused("selected_fields", f"you may not read “{path}”"):
                connector.with_user(manager).write(values)
            connector.write(values)

    def test_jq_gets_nothing_of_the_server_to_read(self):
        with patch.dict(os.environ, {"PGPASSWORD": "correct horse"}):
            with self.assertRaises(ValidationError) as caught, self.env.cr.savepoint():
                self.create_connector(output_format="error(env.PGPASSWORD)")
            self.assertNotIn("correct horse", str(caught.exception))
        folder = os.path.dirname(__file__)
        with self.assert_refused("output_format", "no valid jq"):
            # Any JSON file would do; that it is not opened is what counts.
            self.create_connector(
                output_format=f'import "test_settings" as $x {{search: "{folder}"}}; $x'
            )

    def test_odoo_login_needs_database_user_and_password(self):
        for field in (
            "callback_auth_database",
            "callback_auth_username",
            "callback_auth_password",
        ):
            for empty in (False, ""):
                with self.subTest(field=field, empty=empty):
                    with self.assert_refused(field, "it is needed"):
                        self.create_connector(**odoo_auth(**{field: empty}))
                    switched = self.create_connector()
                    with self.assert_refused(field, "it is needed"):
                        switched.write(odoo_auth(**{field: empty}))
        for field in ("callback_auth_database", "callback_auth_username"):
            connector = self.create_connector(**odoo_auth())
            with self.assert_refused(field, "it is needed"):
                connector.write({field: " ", "callback_auth_password": "another"})
            self.assertEqual(connector._secret("callback_auth_password"), PASSWORD)

    def test_odoo_login_needs_a_url(self):
        with self.assert_refused("callback_auth_url", "starts with http"):
            self.create_connector(**odoo_auth(callback_auth_url=False))
        connector = self.create_connector(callback_auth_url=False)
        with self.assert_refused("callback_auth_url", "starts with http"):
            connector.write(odoo_auth())
        # It would be kept for everybody to read.
        with self.assert_refused("callback_auth_url", "user name or a password"):
            connector.callback_auth_url = "https://mts:secret@odoo.example.org/"

    def test_reasons_are_in_the_language_of_the_user(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.translate("%(field)s: %(reason)s.", "%(field)s : %(reason)s.")
        self.translate(
            "our callback cannot use the result for status “%(status)s”: %(reason)s",
            "le résultat pour « %(status)s » est inutilisable : %(reason)s",
        )
        self.translate("ref is missing (.input.mts_ref)", "ref manque")
        with self.assertRaises(ValidationError) as caught, self.env.cr.savepoint():
            self.connectors.with_context(lang="fr_FR").create(
                {"name": "Registry", "output_format": ".output"}
            )
        self.assertIn(
            "le résultat pour « processed » est inutilisable : ref manque", str(caught.exception)
        )

    def translate(self, source, value):
        self.env["ir.translation"].create(
            {
                "name": "addons/mts_connector/mts/settings.py",
                "type": "code",
                "lang": "fr_FR",
                "src": source,
                "value": value,
                "state": "translated",
                "module": "mts_connector",
            }
        )

    def stored(self, connector):
        """Return everything that the database holds of the connector."""
        self.env["base"].flush()
        self.env.cr.execute("SELECT * FROM mts_connector WHERE id = %s", [connector.id])
        return self.env.cr.dictfetchone()
