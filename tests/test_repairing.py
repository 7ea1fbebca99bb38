# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Who was refused is found, corrected where it is wrong, and tried again."""

import json
import re
from unittest.mock import patch

import xlrd
from lxml import etree
from odoo.tests.common import Form, new_test_user, tagged
from odoo.tools import mute_logger
from odoo.tools.safe_eval import safe_eval

from ..models.mts_registrant_form import MtsRegistrantForm
from ..models.mts_repair import TO_REPAIR
from ..mts.message import named_fields
from .common import PASSWORD
from .fault_case import FaultCase

GROUPS = "mts_connector.group_user,base.group_partner_manager,base.group_allow_export"


class RepairCase(FaultCase):
    def setUp(self):
        super().setUp()
        self.officer = new_test_user(self.env, "officer", GROUPS, password=PASSWORD)
        self.connector = self.create_connector()

    def refused(self, code, message="words", **values):
        """Return the record of a registrant who was refused, as an officer sees it."""
        partner = self.create_registrant(**values)
        self.simulator.refuse(partner.mosip_vid, {"code": code, "message": message})
        self.import_now(self.connector)
        return self.record_of(partner).with_user(self.officer)

    def opened(self, record):
        """Return the form that the button opens: its arch, and the action."""
        action = record.action_open_registrant()
        self.assertEqual(
            (action["res_model"], action["res_id"]), ("res.partner", record.partner_id.id)
        )
        partners = self.env["res.partner"].with_user(self.officer)
        partners = partners.with_context(**action["context"])
        view = partners.fields_view_get(action["views"][0][0], "form")
        return etree.fromstring(view["arch"]), action


@tagged("post_install", "-at_install")
class TestFieldInQuestion(RepairCase):
    def test_what_each_refusal_is_about(self):
        for code, message, expected in (
            ("IDA-DEA-001", "Demographic data gender did not match", "Gender"),
            ("IDA-DEA-001", "Demographic data name in eng did not match", "Name"),
            ("IDA-DEA-001", "Demographic data fullAddress did not match", "Address"),
            ("IDA-MLC-005", "VID is expired", "MOSIP VID"),
            ("IDA-MLC-003", "UIN is deactivated", ""),
            ("IDA-MPA-013", "The partner's name is unknown", ""),
            ("NEW-XYZ-001", "The name of the server", ""),
        ):
            with self.subTest(code=code, message=message):
                self.connector.attention = False
                self.assertEqual(self.refused(code, message).question, expected)

    def test_what_mts_misses(self):
        for field, expected in (
            ("gender", "Gender"),
            ("birthdate", "Date of birth"),
            ("address", "Address"),
        ):
            partner = self.create_registrant(**{field: False})
            self.import_now(self.connector)
            self.assertEqual(self.record_of(partner).question, expected)

    def test_several_at_once(self):
        partner = self.create_registrant()
        self.simulator.refuse(
            partner.mosip_vid,
            [
                {"code": "IDA-DEA-001", "message": "Demographic data dob did not match"},
                {"code": "IDA-DEA-001", "message": "Demographic data name did not match"},
            ],
        )
        self.import_now(self.connector)
        self.assertEqual(self.record_of(partner).question, "Name, Date of birth")

    def test_a_code_of_the_deployment(self):
        self.env["mts.error.code"].create(
            {"code": "NEW-1", "name": "N", "advice": "Ring up", "mts_field": "phoneNumber"}
        )
        self.assertEqual(self.refused("NEW-1").question, "Phone")

    def test_words_within_words_are_none(self):
        self.assertEqual(named_fields("the username of the agent in the aged surname list"), [])
        self.assertEqual(
            named_fields("addressLine1, postalCode; EMAILID"), ["emailId", "fullAddress"]
        )

    def test_a_code_that_was_deleted_from_the_list(self):
        record = self.refused("IDA-MLC-003")
        self.env["mts.error.code"].search([("code", "=", "IDA-MLC-003")]).unlink()
        record.invalidate_cache()
        self.assertIn("Unknown code", record.advice)


@tagged("post_install", "-at_install")
class TestOpenRegistrant(RepairCase):
    def marked(self, arch):
        return [
            node.get("name")
            for node in arch.iter("field")
            if "border-warning" in node.get("class", "")
        ]

    def focused(self, arch):
        return [node.get("name") for node in arch.xpath("//*[@default_focus='1']")]

    def test_at_the_field(self):
        """In the registry's own form, which has it, and ready to be typed in."""
        record = self.refused("IDA-DEA-001", "gender did not match")
        arch, action = self.opened(record)
        self.assertEqual(arch.get("string"), "Registrant")
        self.assertEqual(self.marked(arch), ["gender"])
        self.assertEqual(self.focused(arch), ["gender"])
        self.assertEqual(action["context"]["form_view_initial_mode"], "edit")

    def test_at_each_part_of_the_name(self):
        arch, _action = self.opened(self.refused("IDA-DEA-001", "name did not match"))
        self.assertEqual(self.marked(arch), ["given_name", "addl_name", "family_name"])
        self.assertEqual(self.focused(arch), ["given_name"])

    def test_at_the_vid_on_its_page(self):
        arch, _action = self.opened(self.refused("IDA-MLC-005"))
        self.assertEqual(self.focused(arch), ["mosip_vid_masked"])
        (page,) = arch.xpath("//page[@autofocus]")
        self.assertEqual(page.get("name"), "mosip")

    def test_where_a_dotted_path_begins(self):
        self.connector.write(
            {
                "selected_fields": json.dumps(["name", "gender", "birthdate", "country_id.code"]),
                "mapping": json.dumps(
                    {
                        "vid": "vid",
                        "name": ["name"],
                        "gender": "gender",
                        "dob": "birthdate",
                        "fullAddress": ["country_id.code"],
                    }
                ),
            }
        )
        arch, action = self.opened(self.refused("IDA-DEA-001", "fullAddress did not match"))
        self.assertEqual(action["context"]["mts_question"], ["country_id"])
        self.assertEqual(self.focused(arch), ["country_id"])

    def test_who_may_not_edit_contacts_reads(self):
        record = self.refused("IDA-DEA-001", "gender did not match")
        reader = new_test_user(self.env, "reader", "mts_connector.group_user")
        action = record.with_user(reader).action_open_registrant()
        self.assertNotIn("form_view_initial_mode", action["context"])

    def test_what_is_only_translated_has_not_changed(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        country = self.env["res.country"].create({"name": "Land", "code": "ZZ"})
        country.with_context(lang="fr_FR").name = "Terre"
        self.connector.write(
            {
                "selected_fields": json.dumps(["name", "country_id"]),
                "mapping": json.dumps(
                    {"vid": "vid", "name": ["name"], "fullAddress": ["country_id"]}
                ),
            }
        )
        record = self.refused("IDA-MLC-005", country_id=country.id)
        partner = record.partner_id
        self.assertNotIn("changed since", partner.with_context(lang="fr_FR").mosip_to_do)
        partner.sudo().country_id = False
        self.env["base"].flush()
        self.env["base"].invalidate_cache()
        self.assertIn("changed since", partner.with_context(lang="fr_FR").mosip_to_do)

    def test_a_form_that_is_broken_keeps_none_of_the_others_back(self):
        arch = "<form><field name='gender'/><field name='given_name'/></form>"
        broken = self.env["ir.ui.view"].create({"model": "res.partner", "arch": arch})
        change = "<xpath expr=\"//field[@name='given_name']\" position='replace'/>"
        broken.create({"inherit_id": broken.id, "model": "res.partner", "arch": change}).flush()
        # An update of another addon takes away what this one changes.
        self.env.cr.execute(
            "UPDATE ir_ui_view SET arch_db = replace(arch_db, 'given_name', 'family_name') "
            "WHERE id = %s",
            [broken.id],
        )
        self.env["base"].invalidate_cache()
        with mute_logger("odoo.addons.base.models.ir_ui_view"):
            arch, _action = self.opened(self.refused("IDA-DEA-001", "gender did not match"))
        self.assertEqual(self.focused(arch), ["gender"])

    def test_all_forms_are_looked_through_once(self):
        record = self.refused("IDA-DEA-001", "gender did not match")
        looked = MtsRegistrantForm._shown_by
        with patch.object(
            MtsRegistrantForm, "_shown_by", autospec=True, side_effect=looked
        ) as look:
            self.opened(record)
            once = look.call_count
            self.opened(record)
            self.assertEqual(look.call_count, once)
            # What somebody changes in a view counts at once.
            self.env.ref("base.view_partner_form").priority += 1
            self.opened(record)
        self.assertEqual(look.call_count, 2 * once)
        self.assertTrue(once)

    def test_corrected_and_sent_again(self):
        """The whole way: refused, opened, corrected, asked, sent, tokenized."""
        partner = self.create_registrant(gender=False)
        self.import_now(self.connector)
        record = self.record_of(partner).with_user(self.officer)
        _arch, action = self.opened(record)
        with Form(
            partner.with_user(self.officer).with_context(**action["context"]),
            view=action["views"][0][0],
        ) as form:
            self.assertIn("Gender: Fill in the gender", form.mosip_to_do)
            form.gender = "Female"
        self.assertIn("changed since: the next import sends it", partner.mosip_to_do)
        asked = record.action_ask_retry()
        wizard = self.env[asked["res_model"]].browse(asked["res_id"]).with_user(self.officer)
        wizard.action_send()
        self.work_on(self.connector)
        self.assertTrue(partner.mosip_auth_token)
        self.assertFalse(partner.mosip_to_do)


@tagged("post_install", "-at_install")
class TestRegistrantForm(RepairCase):
    def arch(self, view=False, user=None, kind="form"):
        partners = self.env["res.partner"].with_user(user or self.officer)
        return etree.fromstring(partners.fields_view_get(view, kind)["arch"])

    def test_every_form_with_pages_has_ours(self):
        for view in (False, self.env.ref("mts_sample_registry.res_partner_view_form").id):
            arch = self.arch(view)
            self.assertEqual(len(arch.xpath("//page[@name='mosip']")), 1)
            self.assertEqual(len(arch.xpath("//div[@name='mosip_to_do']")), 1)

    def test_a_dialog_has_not(self):
        arch = self.arch(self.env.ref("base.view_partner_simple_form").id)
        self.assertFalse(arch.xpath("//page | //field[@name='mosip_to_do']"))

    def test_others_see_nothing_of_it(self):
        other = new_test_user(self.env, "other", "base.group_user")
        self.assertFalse(self.arch(user=other).xpath("//page[@name='mosip']"))
        self.assertFalse(
            self.arch(user=other, kind="search").xpath("//filter[@name='mosip_duplicates']")
        )

    def test_every_search_has_the_filter(self):
        for view in (False, self.env.ref("mts_sample_registry.res_partner_view_search").id):
            arch = self.arch(view, kind="search")
            self.assertEqual(len(arch.xpath("//filter[@name='mosip_duplicates']")), 1)

    def test_the_page(self):
        partner = self.create_registrant()
        with Form(partner.with_user(self.officer)) as form:
            self.assertFalse(form.mosip_token_at)
            self.assertEqual(len(form.mts_record_ids), 0)
        self.import_now(self.connector)
        with Form(partner.with_user(self.officer)) as form:
            self.assertTrue(form.mosip_token_at)
            (row,) = form.mts_record_ids._records
            self.assertEqual(row["situation"], "Has got the token")

    def test_what_is_told_of_a_refusal(self):
        record = self.refused("IDA-MLC-003")
        told = record.partner_id.mosip_to_do
        self.assertEqual(told, "The person goes to the ID authority")
        self.assertEqual(record.situation, "Refused: The person goes to the ID authority")

    def test_nothing_is_told_who_has_a_token(self):
        record = self.refused("IDA-MLC-003")
        record.sudo().partner_id.mosip_auth_token = "by hand"
        self.assertFalse(record.partner_id.mosip_to_do)

    def test_states_in_words(self):
        record = self.refused("IDA-MLC-007")
        self.assertIn("sent again by itself", record.situation)
        record.sudo().partner_id.mosip_vid = self.new_vid()
        self.simulator.hold()
        record.sudo().action_retry()
        self.assertIn("as somebody asked", record.situation)
        self.start_slice(self.connector)
        self.assertIn("not come yet", record.situation)
        self.simulator.restart()
        self.answer_overdue(self.connector)
        self.assertIn("next import", record.situation)


@tagged("post_install", "-at_install")
class TestTokenTime(RepairCase):
    def test_it_comes_and_goes_with_the_token(self):
        partner = self.create_registrant()
        self.assertFalse(partner.mosip_token_at)
        self.import_now(self.connector)
        self.assertTrue(partner.mosip_token_at)
        partner.mosip_auth_token = False
        self.assertFalse(partner.mosip_token_at)

    def test_the_same_token_again_is_no_news(self):
        partner = self.create_registrant(mosip_auth_token="token")
        self.let_time_pass(partner, days=3)
        before = partner.mosip_token_at
        partner.write({"mosip_auth_token": "token"})
        self.assertEqual(partner.mosip_token_at, before)
        partner.write({"mosip_auth_token": "another"})
        self.assertGreater(partner.mosip_token_at, before)


@tagged("post_install", "-at_install")
class TestRetryOfMany(RepairCase):
    def ask(self, records):
        action = records.with_user(self.officer).action_ask_retry()
        self.assertEqual(action["target"], "new")
        return self.env["mts.retry"].browse(action["res_id"]).with_user(self.officer)

    def counts(self, wizard):
        return (wizard.sendable_count, wizard.awaited_count, wizard.unreachable_count)

    def test_it_counts_and_sends_who_can_be_sent(self):
        second = self.create_connector(name="Second")
        good, another, archived, flying = (
            self.refused_registrant(self.connector) for _number in range(4)
        )
        records = self.env["mts.record"]
        for partner in (good, another, archived, flying):
            records += self.record_of(partner, self.connector)
        archived.active = False
        second.search_domain = repr([("id", "=", flying.id)])
        self.simulator.hold()
        self.import_now(second)
        wizard = self.ask(records)
        self.assertEqual(self.counts(wizard), (2, 1, 1))
        posts = self.simulator.ledger.counts["posts"]
        self.start_slice(self.connector)
        self.assertEqual(self.simulator.ledger.counts["posts"], posts, "asking sends nothing")
        wizard.action_send()
        self.simulator.release()
        self.work_on(self.connector)
        self.assertTrue(good.mosip_auth_token and another.mosip_auth_token)
        self.assertFalse(archived.mosip_auth_token)
        self.assertFalse(self.record_of(archived).retry_requested)

    def test_nobody_can_be_sent(self):
        partner = self.refused_registrant(self.connector)
        partner.mosip_vid = False
        wizard = self.ask(self.record_of(partner))
        self.assertEqual(self.counts(wizard), (0, 0, 1))
        wizard.action_send()
        self.assertFalse(self.record_of(partner).retry_requested)


@tagged("post_install", "-at_install")
class TestListOfRejected(RepairCase):
    def listed(self):
        action = self.env.ref("mts_connector.mts_record_rejected_action").sudo().read()[0]
        domain = safe_eval(action["domain"])
        return self.env["mts.record"].with_user(self.officer).search(domain), domain

    def test_it_lists_who_is_counted(self):
        self.assertEqual(self.listed()[1], TO_REPAIR)

    def test_it_is_grouped_by_what_to_do(self):
        self.refused("IDA-MLC-003")
        self.refused("NEW-XYZ-001")
        _records, domain = self.listed()
        groups = (
            self.env["mts.record"]
            .with_user(self.officer)
            .read_group(domain, ["error_id"], ["error_id"])
        )
        titles = [group["error_id"] and str(group["error_id"][1]) for group in groups]
        self.assertIn("The person goes to the ID authority (IDA-MLC-003)", titles)
        self.assertTrue(any("(any other code)" in str(title) for title in titles))
        self.assertTrue(all(titles), "every row says what to do")

    def test_who_has_a_token_needs_no_repair(self):
        record = self.refused("IDA-MLC-003")
        self.assertIn(record, self.listed()[0])
        self.assertEqual(self.connector.rejected_total, "1")
        record.sudo().partner_id.mosip_auth_token = "from elsewhere"
        self.assertNotIn(record, self.listed()[0])
        self.connector.invalidate_cache()
        self.assertEqual(self.connector.rejected_total, "0")

    def test_it_never_goes_through_all_registrants(self):
        """PostgreSQL would do that for each record, beside the OR."""
        statement, _params = self.env["mts.record"]._where_calc(TO_REPAIR).select()
        self.assertEqual(statement.upper().count("SELECT"), 1)

    def test_export(self):
        record = self.refused("IDA-MLC-005", "VID is expired")
        names = ["partner_id/name", "error_code", "error_message", "advice", "question"]
        rows = record.export_data(names)["datas"]
        partner = record.partner_id
        expected = [partner.name, "IDA-MLC-005", "VID is expired", record.advice, "MOSIP VID"]
        self.assertEqual(rows, [expected])
        self.assertTrue(record.advice)

    def test_export_to_a_spreadsheet(self):
        record = self.refused("IDA-DEA-001", "Demographic data gender did not match")
        names = ["partner_id", "state", "question", "advice", "error_code", "error_message"]
        self.authenticate("officer", PASSWORD)
        fields = self.call("/web/export/get_fields", model="mts.record", import_compat=False)
        offered = {field["id"] for field in fields}
        self.assertLessEqual({"advice", "error_code", "error_message"}, offered)
        order = {
            "model": "mts.record",
            "fields": [{"name": name, "label": name} for name in names],
            "ids": record.ids,
            "domain": [],
            "import_compat": False,
            "context": {},
            "groupby": [],
        }
        answer = self.opener.post(
            self.odoo_url + "/web/export/xlsx",
            data={"data": json.dumps(order), "token": "t", "csrf_token": self.csrf_token()},
            timeout=30,
        )
        self.assertEqual(answer.status_code, 200, answer.text)
        sheet = xlrd.open_workbook(file_contents=answer.content).sheet_by_index(0)
        rows = [sheet.row_values(number) for number in range(sheet.nrows)]
        self.assertEqual(rows[0], names)
        self.assertEqual(
            rows[1][1:],
            [
                "Rejected",
                "Gender",
                record.advice,
                "IDA-DEA-001",
                "Demographic data gender did not match",
            ],
        )

    def call(self, path, **params):
        answer = self.post(path, {"jsonrpc": "2.0", "method": "call", "params": params})
        return answer.json()["result"]

    def csrf_token(self):
        """Return what the web client sends along."""
        page = self.opener.get(self.odoo_url + "/web", timeout=30).text
        return re.search(r'csrf_token: "([^"]+)"', page)[1]
