# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Preview: who would be sent and what of them, as it then happens; and nothing is sent."""

import json

from odoo.exceptions import AccessError
from odoo.tests.common import new_test_user, tagged

from .common import words_of
from .fault_case import FaultCase

ELSEWHERE = "https://registry.example.org/another/api"


class PreviewCase(FaultCase):
    def setUp(self):
        super().setUp()
        groups = "mts_connector.group_%s"
        self.officer = new_test_user(self.env, "officer", groups % "user")
        self.manager = new_test_user(self.env, "manager", groups % "manager")
        self.connector = self.create_connector()

    def preview(self, user=None, connector=None):
        """Press the button, and return what opens."""
        connector = (connector or self.connector).with_user(user or self.officer)
        action = connector.action_preview()
        self.assertEqual(action["target"], "new")
        return connector.env[action["res_model"]].browse(action["res_id"])

    def report(self, **values):
        return words_of(self.preview(**values).report)

    def in_conflict(self):
        partner = self.create_registrant()
        self.simulator.hold()
        self.import_now(self.connector)
        partner.mosip_auth_token = "another token"
        self.release()
        return partner

    def standings(self, connector=None):
        return self.env["mts.delta"]._count_standings(connector or self.connector)


@tagged("post_install", "-at_install")
class TestCounts(PreviewCase):
    def of_every_kind(self):
        """Return a registrant of each standing, by a name for it."""
        answered = ("touched", "corrected", "refused", "later", "tokenized", "answered")
        people = {name: self.create_registrant(given_name=name) for name in answered}
        for name in ("touched", "corrected", "refused"):
            self.simulator.refuse(people[name].mosip_vid, "IDA-DEA-001")
        self.simulator.refuse(people["later"].mosip_vid, "AUT-BAS-001")
        self.import_now(self.connector)
        people["conflict"] = self.in_conflict()
        people["pending"] = self.create_registrant()
        self.simulator.hold()
        self.import_now(self.connector)
        people["lost"] = self.not_reached()
        people["answered"].write({"mosip_auth_token": False, "mosip_vid": self.new_vid()})
        for name in answered:
            self.pass_by(people[name], self.connector)
        people["touched"].comment = "Nothing of this is sent"
        people["corrected"].given_name = "Amina"
        other = self.env["res.company"].create({"name": "Other"})
        people["new"] = self.create_registrant()
        people["no VID"] = self.create_registrant(mosip_vid=False)
        people["archived"] = self.create_registrant(active=False)
        people["other company"] = self.create_registrant(company_id=other.id)
        self.create_registrant(ref="outside the filter")
        return people

    def not_reached(self, partner=None):
        partner = partner or self.create_registrant()
        self.simulator.offline()
        with self.no_pauses():
            self.import_now(self.connector).action_cancel()
        self.simulator.online()
        return partner

    def test_everybody_is_accounted_for(self):
        self.of_every_kind()
        expected = {
            "due": (2, "Due: sent with the next import"),
            "check": (2, "Refused, and changed since: sent if the change is in what is sent"),
            "pending": (1, "Waiting for an answer"),
            "later": (1, "Refused for a passing fault: sent again by itself, later"),
            "refused": (1, "Refused: sent again when the data changes, or with Retry"),
            "answered": (1, "Answered already: sent again when the data changes"),
            "conflict": (1, "Conflict: MOSIP gave another token"),
            "token": (1, "Has a token already"),
            "no_vid": (1, "Has no VID"),
            "archived": (1, "Archived"),
            "company": (1, "Belongs to another company"),
        }
        counts = {standing: count for standing, (count, _words) in expected.items()}
        self.assertEqual(self.standings(), counts)
        report = self.report()
        self.assertIn("11 match the filter, 2 of them are due", report)
        for count, words in expected.values():
            self.assertIn(f"{words} {count}", report)

    def test_it_comes_as_it_says(self):
        people = self.of_every_kind()
        delta = self.env["mts.delta"]
        said = {name: delta._standing_of(self.connector, who) for name, who in people.items()}
        names = {partner.mosip_vid: name for name, partner in people.items() if partner.mosip_vid}
        self.import_now(self.connector)
        sent = {names[vid] for vid in self.stored_vids()[-1]}
        self.assertEqual(sent, {"new", "lost", "corrected"})
        self.assertEqual({name for name in said if said[name] == "due"}, {"new", "lost"})
        self.assertEqual(
            {name for name in said if said[name] == "check"}, {"corrected", "touched"}
        )
        self.assertNotIn("due", self.standings())

    def test_each_stands_where_the_count_says(self):
        self.of_every_kind()
        everyone = self.env["res.partner"].with_context(active_test=False)
        counts = {}
        for partner in everyone.search([("ref", "=", "mts-test")]):
            standing = self.env["mts.delta"]._standing_of(self.connector, partner)
            counts[standing] = counts.get(standing, 0) + 1
        self.assertEqual(counts, self.standings())

    def test_after_a_change_of_the_mapping_everybody_is_looked_at(self):
        partner = self.refused_registrant(self.connector)
        self.pass_by(partner, self.connector)
        self.assertEqual(self.standings(), {"refused": 1})
        fields = json.loads(self.connector.selected_fields)
        self.connector.selected_fields = json.dumps([*fields, "ref"])
        self.assertEqual(self.standings(), {"check": 1})

    def test_what_was_asked_for_or_is_over_is_due(self):
        partner = self.refused_registrant(self.connector, "AUT-BAS-001")
        self.pass_by(partner, self.connector)
        self.assertEqual(self.standings(), {"later": 1})
        self.let_time_pass(self.record_of(partner), days=1)
        self.assertEqual(self.standings(), {"due": 1})
        other = self.refused_registrant(self.connector)
        self.pass_by(other, self.connector)
        self.record_of(other).action_retry()
        self.assertEqual(self.standings()["due"], 2 if not partner.mosip_auth_token else 1)

    def test_what_was_marked_and_not_yet_looked_at_is_looked_at(self):
        earlier = [self.create_registrant(mosip_vid=False) for _number in range(3)]
        partner = self.refused_registrant(self.connector)
        self.connector.batch_size = 1
        for other in earlier:
            other.mosip_vid = self.new_vid()
        partner.comment = "Nothing of this is sent"
        self.not_reached(earlier[0])
        self.pass_by(partner, self.connector)
        self.assertTrue(self.record_of(partner).to_check)
        self.assertEqual(self.standings(), {"check": 1, "due": 3})

    def test_a_conflict_is_over_when_the_token_is_gone(self):
        partner = self.in_conflict()
        self.assertEqual(self.standings(), {"conflict": 1})
        partner.write({"mosip_auth_token": False, "mosip_vid": self.new_vid()})
        self.assertEqual(self.standings(), {"due": 1})

    def test_who_was_refused_elsewhere_is_due_here(self):
        other = self.create_connector(name="Second")
        self.refused_registrant(other)
        self.assertEqual(self.standings(), {"due": 1})

    def test_who_waits_with_another_connector_waits(self):
        self.create_registrant()
        self.simulator.hold()
        self.import_now(self.create_connector())
        self.assertEqual(self.standings(), {"pending": 1})

    def test_the_archived_are_sent_where_the_filter_asks_for_them(self):
        self.create_registrant(active=False)
        domain = '[("ref", "=", "mts-test"), ("active", "in", [True, False])]'
        connector = self.create_connector(search_domain=domain)
        self.assertEqual(self.standings(connector), {"due": 1})
        self.import_now(connector)
        self.assertEqual(self.standings(connector), {"token": 1})

    def test_nobody_is_there(self):
        preview = self.preview()
        self.assertIn("0 match the filter, 0 of them are due", words_of(preview.report))
        self.assertFalse(preview.partner_id)

    def test_it_costs_the_same_for_many(self):
        self.create_registrants(6)
        self.queries_of_a_preview()  # fills what Odoo keeps in memory
        few = self.queries_of_a_preview()
        self.create_registrants(40)
        self.assertEqual(self.queries_of_a_preview(), few)

    def queries_of_a_preview(self):
        self.env["base"].flush()
        preview = self.preview()
        self.env["base"].flush()
        self.env["base"].invalidate_cache()
        before = self.env.cr.sql_log_count
        preview.read(["report"])
        return self.env.cr.sql_log_count - before


@tagged("post_install", "-at_install")
class TestSamples(PreviewCase):
    def test_values_as_mts_takes_them(self):
        partner = self.create_registrant(
            name="Shown", addl_name="Binta", phone="+221 555", mosip_vid="2345678901234567"
        )
        report = self.report()
        self.assertIn("Shown Due: sent with the next import vid", report)
        for words in (
            "vid ••••••••••••4567 name Amina Binta Diallo gender Female dob 1990/05/17",
            "phoneNumber +221 555 emailId empty fullAddress 12 Harbour Road",
        ):
            self.assertIn(words, report)
        self.assertNotIn("23456789", self.preview(user=self.manager).report)
        self.assertEqual(self.preview().partner_id, partner.with_user(self.officer))

    def test_what_mts_misses(self):
        self.create_registrant(gender=False)
        words = "gender empty MTS refuses whoever has none"
        self.assertIn(words, self.report())
        self.connector.mapping = '{"vid": "vid", "name": ["given_name"], "dob": "birthdate"}'
        report = self.report()
        self.assertIn(words, report)
        self.assertIn("fullAddress empty MTS refuses", report)
        self.assertIn(
            "the mapping does not use it: addl_name, family_name, gender, phone, email, address",
            report,
        )

    def test_the_first_five_and_those_who_are_due_before_others(self):
        others = self.in_conflict()
        others += self.create_registrant(mosip_vid=False, mosip_auth_token="there already")
        others += self.create_registrant(name="No VID", mosip_vid=False)
        self.create_registrant(active=False)
        people = self.create_registrants(6)
        for number, partner in enumerate(people):
            partner.name = f"Number {number}"
        self.simulator.refuse(people[0].mosip_vid, "IDA-DEA-001")
        record = self.env["mts.send.one"].create(
            {"connector_id": self.connector.id, "partner_id": people[0].id}
        )
        record.action_send()
        self.work_on(self.connector)
        self.pass_by(people[0], self.connector)
        first = self.env["mts.delta"]._first_standings(self.connector, 5)
        self.assertEqual(list(first), people[1:].ids)
        first = self.env["mts.delta"]._first_standings(self.connector, 10)
        self.assertEqual(list(first), [*people[1:].ids, people[0].id, *others.ids])
        report = self.report()
        for number in range(1, 6):
            self.assertIn(f"Number {number} Due", report)
        self.assertNotIn("Number 0", report)

    def test_paths_into_related_records(self):
        fields = ["given_name", "country_id.name"]
        mapping = {"vid": "vid", "name": ["given_name"], "fullAddress": ["country_id.name"]}
        self.connector.write(
            {"selected_fields": json.dumps(fields), "mapping": json.dumps(mapping)}
        )
        self.create_registrant(country_id=self.env.ref("base.sn").id)
        self.assertIn("fullAddress Senegal", self.report())

    def test_nobody_sees_what_he_may_not_read(self):
        self.create_registrant(phone="+221 555", email="amina@example.org")
        field = type(self.env["res.partner"]).phone
        self.patch(field, "groups", "base.group_system")
        report = self.report()
        self.assertNotIn("+221 555", report)
        self.assertIn("phoneNumber •••", report)
        self.assertIn("amina@example.org", report)

    def test_nobody_sees_whom_he_may_not_see(self):
        hidden = self.create_registrant(name="Hidden", given_name="Hidden")
        self.create_registrant(name="Shown")
        self.env["ir.rule"].create(
            {
                "name": "One is hidden",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "domain_force": repr([("id", "!=", hidden.id)]),
            }
        )
        report = self.report()
        self.assertIn("2 match the filter", report)
        self.assertIn("Shown Due", report)
        self.assertIn("Some of the first (1) are not for you to see", report)
        self.assertNotIn("Hidden", report)
        delta = self.env["mts.delta"].with_user(self.officer)
        with self.assertRaises(AccessError):
            delta._standing_of(
                self.connector.with_user(self.officer), hidden.with_user(self.officer)
            )

    def test_values_are_no_code(self):
        self.create_registrant(given_name="<script>alert(1)</script>")
        self.assertNotIn("<script", self.preview().report)


@tagged("post_install", "-at_install")
class TestResults(PreviewCase):
    def test_what_becomes_of_each_kind(self):
        report = self.report()
        for words in (
            "MOSIP knows the registrant The token is stored, and the VID deleted.",
            '"token": "sample-token", "status": "processed"',
            "MOSIP refuses the registrant The registrant is listed under Rejected",
            "Correct the named field against the person's MOSIP record",
            '"status": "error", "errorCode": "IDA-DEA-001"',
            "MTS refuses the registrant The registrant is listed under Rejected",
            '"status": "invalid", "errorCode": "ATS-REQ-003"',
        ):
            self.assertIn(words, report)

    def test_a_format_of_ones_own(self):
        self.create_registrant(address="7 Quay")
        format = "{ref: .input.mts_ref, from: .input.address} + .output"
        self.connector.output_format = format
        self.assertIn('"from": "7 Quay"', self.report())

    def test_another_api(self):
        self.connector.write({"callback_url": ELSEWHERE, "output_format": ".output.token"})
        report = self.report()
        self.assertIn("MOSIP knows the registrant It goes to another API", report)
        self.assertIn('"sample-token"', report)

    def test_a_format_that_fails(self):
        expression = 'if .output.status == "error" then error("broken") else .output end'
        self.connector.write({"callback_url": ELSEWHERE, "output_format": expression})
        self.assertIn("jq fails for status “error”: broken", self.report())


@tagged("post_install", "-at_install")
class TestTraces(PreviewCase):
    def test_nothing_is_sent_or_changed(self):
        partner = self.refused_registrant(self.connector)
        partner.given_name = "Corrected"
        new = self.create_registrant()
        self.env["base"].flush()
        seen = (partner, new, self.connector, self.record_of(partner), self.connector.run_ids)
        before = [record.read() for record in seen]
        posts = self.simulator.ledger.counts["posts"]
        self.assertIn("1 of them are due", self.report())
        self.env["base"].flush()
        self.env["base"].invalidate_cache()
        self.assertEqual([record.read() for record in seen], before)
        self.assertFalse(self.record_of(new))
        self.assertEqual(self.simulator.ledger.counts["posts"], posts)

    def test_nothing_is_kept(self):
        self.create_registrant()
        preview = self.preview()
        self.assertIn("Amina", preview.report)
        self.env["base"].flush()
        self.env.cr.execute("SELECT * FROM mts_preview WHERE id = %s", [preview.id])
        (row,) = self.env.cr.dictfetchall()
        self.assertNotIn("Amina", repr(row))
        self.assertEqual(row["connector_id"], self.connector.id)

    def test_why_nothing_is_sent(self):
        self.connector.attention = "The password is wrong"
        self.assertIn("Sending has stopped", self.report())

    def test_settings_that_no_longer_work(self):
        self.create_registrant()
        for setting, value, words in (
            ("search_domain", '[("gone", "=", "Amina")]', "“gone” is no field"),
            ("selected_fields", '["given_name", "gone"]', "“gone” is no field"),
            ("mapping", '{"vid": "vid", "name": ["gone"]}', "“gone”, which is not among"),
        ):
            connector = self.create_connector()
            self.env.cr.execute(
                f"UPDATE mts_connector SET {setting} = %s WHERE id = %s",  # noqa: S608
                [value, connector.id],
            )
            connector.invalidate_cache()
            report = self.report(connector=connector)
            self.assertIn("The settings cannot be used as they stand.", report)
            self.assertIn(words, report)
            self.assertNotIn("Amina", report)
            self.assertFalse(self.preview(connector=connector).partner_id)

    def test_a_preview_is_for_who_may_see_the_connector(self):
        other = self.env["res.company"].create({"name": "Other"})
        connector = self.create_connector(company_id=other.id)
        with self.assertRaises(AccessError):
            connector.with_user(self.officer).action_preview()
        previews = self.env["mts.preview"].with_user(self.officer)
        with self.assertRaises(AccessError):
            previews.create({"connector_id": connector.id}).read(["report"])
