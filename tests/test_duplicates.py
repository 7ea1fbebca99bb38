# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Registrants with one token: found, compared, merged, or settled as different people."""

from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests.common import Form, new_test_user, tagged
from odoo.tools.safe_eval import safe_eval

from .common import PASSWORD
from .fault_case import FaultCase

GROUPS = "mts_connector.group_user,base.group_partner_manager"
TOKEN, OTHER_TOKEN = "one token", "another token"
MERGE = "base.partner.merge.automatic.wizard"


class DuplicateCase(FaultCase):
    def setUp(self):
        super().setUp()
        self.officer = new_test_user(self.env, "officer", GROUPS, password=PASSWORD)
        self.partners = self.env["res.partner"].with_user(self.officer)

    def registered(self, count=2, token=TOKEN, **values):
        people = self.env["res.partner"]
        for number in range(count):
            people += self.create_registrant(
                mosip_vid=False,
                mosip_auth_token=token,
                email=f"{number}@example.org",
                **values,
            )
        return people.with_user(self.officer)

    def compare(self, people):
        action = people.action_compare_duplicates()
        return self.env[action["res_model"]].with_user(self.officer).browse(action["res_id"])

    def decide(self, people, reason="Two people: seen at the office"):
        wizard = self.compare(people)
        wizard.reason = reason
        wizard.action_settle()

    def listed(self):
        self.env["base"].invalidate_cache()
        return self.partners.search([("mosip_duplicate_count", ">", 0)])

    def decisions(self):
        return self.env["mts.duplicate.decision"].with_user(self.officer).search([])


@tagged("post_install", "-at_install")
class TestList(DuplicateCase):
    def test_who_is_listed(self):
        three, other = self.registered(3), self.registered(1, OTHER_TOKEN)
        self.assertEqual(self.listed(), three)
        self.assertEqual(three.mapped("mosip_duplicate_count"), [2, 2, 2])
        self.assertEqual(other.mosip_duplicate_count, 0)
        without = self.partners.search([("mosip_duplicate_count", "=", 0)])
        self.assertIn(other, without)
        self.assertFalse(without & three)

    def test_each_group_is_headed_by_who_is_in_it(self):
        self.registered(2, name="Amina Diallo")
        self.registered(1, OTHER_TOKEN, name="Fatou Sow")
        self.registered(1, OTHER_TOKEN, name="Fatou N. Sow")
        action = self.env.ref("mts_connector.mts_duplicate_action").sudo()
        context = safe_eval(action.context)
        partners = self.partners.with_context(**context)
        group_by = [context["group_by"]]
        found = partners.web_read_group(
            safe_eval(action.domain), ["name"], group_by, limit=80, expand=True, expand_limit=80
        )["groups"]
        headings = {group["mosip_auth_token"] for group in found}
        self.assertEqual(len(headings), 2)
        self.assertTrue(any(text.startswith("Amina Diallo, token") for text in headings))
        self.assertTrue(any(text.startswith("Fatou N. Sow, Fatou Sow") for text in headings))
        for group in found:
            self.assertEqual(len(partners.search(group["__domain"])), 2)
            self.assertEqual(len(group["__data"]["records"]), 2)
            self.assertNotIn("one token", group["mosip_auth_token"])

    def in_groups(self, method, group_by, *args, **kwargs):
        """Have the list made as its menu does."""
        partners = self.partners.with_context(mts_duplicates=True)
        domain = [("mosip_duplicate_count", ">", 0)]
        return getattr(partners, method)(domain, ["name"], group_by, *args, **kwargs)

    def test_groups_come_by_pages(self):
        for token in ("1 token", "2 token", "3 token"):
            self.registered(2, token)
        self.decide(self.registered(2, "4 token"))
        listed = type(self.env["mts.duplicate"])._shared_tokens
        asked = []

        def count(duplicates):
            asked.append(duplicates)
            return listed(duplicates)

        with patch.object(type(self.env["mts.duplicate"]), "_shared_tokens", count):
            pages = [
                self.in_groups(
                    "web_read_group", ["mosip_auth_token"], 2, offset, expand=True, expand_limit=80
                )
                for offset in (0, 2, 4)
            ]
        self.assertEqual([len(page["groups"]) for page in pages], [2, 1, 0])
        for group in pages[0]["groups"] + pages[1]["groups"]:
            self.assertEqual(group["__data"]["length"], 2)
        self.assertEqual([page["length"] for page in pages], [3, 3, 3])
        self.assertEqual(len(asked), 3, "duplicates are looked for once for a page")

    def test_no_way_to_group_shows_a_token(self):
        """Odoo exports a list in groups by another way, and groups can be within groups."""
        self.registered(2)
        token = ["mosip_auth_token"]
        for rows in (
            self.in_groups("read_group", token, lazy=False),
            self.in_groups("web_read_group", token)["groups"],
            self.in_groups("web_read_group", token[0], 80)["groups"],
            self.in_groups("web_read_group", [*token, "company_id"], 80)["groups"],
            self.in_groups("web_read_group", [*token, "company_id"], 80, lazy=False)["groups"],
        ):
            self.assertEqual(len(rows), 1)
            self.assertTrue(
                rows[0]["mosip_auth_token"].startswith("Amina Diallo, token ending in")
            )

    def test_headings_tell_groups_apart(self):
        """An export would lose one of two groups that are headed alike."""
        for token in ("first 1234", "other 1234"):
            self.registered(2, token)
        rows = self.in_groups("read_group", ["mosip_auth_token"], lazy=False)
        headings = {row["mosip_auth_token"].rpartition("ending in ")[2] for row in rows}
        self.assertEqual(headings, {"t 1234", "r 1234"})

    def test_a_filter_may_ask_about_a_parent(self):
        parents = self.registered(2, "of the parents")
        self.registered(2, "of the children", parent_id=parents[0].id)
        domain = [
            ("mosip_duplicate_count", ">", 0),
            ("parent_id.mosip_duplicate_count", ">", 0),
        ]
        partners = self.partners.with_context(mts_duplicates=True)
        (group,) = partners.web_read_group(
            domain, ["name"], ["mosip_auth_token"], 80, expand=True, expand_limit=80
        )["groups"]
        self.assertEqual(group["__data"]["length"], 2)

    def test_archived_ones_do_not_count(self):
        one, other = self.registered()
        other.active = False
        self.assertFalse(self.listed())
        self.assertEqual(one.mosip_duplicate_count, 0)
        self.assertEqual(other.mosip_duplicate_count, 1)

    def test_of_another_company_nobody_learns(self):
        company = self.env["res.company"].create({"name": "Other"})
        one, other = self.registered()
        other.sudo().company_id = company
        self.assertFalse(self.listed())
        self.assertEqual(one.mosip_duplicate_count, 0)
        self.assertEqual(self.env["res.partner"].browse(one.id).mosip_duplicate_count, 1)

    def test_the_screen_says_on_what_it_rests(self):
        self.authenticate("officer", PASSWORD)
        answer = self.post(
            self.env.ref("mts_connector.mts_duplicate_view_tree")
            .arch.split('banner_route="')[1]
            .split('"')[0],
            {"jsonrpc": "2.0", "method": "call", "params": {}},
        )
        for place in (
            answer.json()["result"]["html"],
            self.env.ref("mts_connector.mts_duplicate_comparison_view_form").arch,
            self.env.ref("mts_connector.res_partner_view_form").arch,
        ):
            words = " ".join(place.split())
            self.assertIn("token type “Partner” or “Policy”", words)
            self.assertIn("within one MTS partner", words)

    def test_the_list_opens_the_form_of_the_registry(self):
        self.create_connector()
        action = self.env.ref("mts_connector.mts_duplicate_action")
        self.assertIn("mts_registrants", action.context)
        view = self.partners.with_context(mts_registrants=True).fields_view_get(False, "form")
        self.assertEqual(
            view["view_id"], self.env.ref("mts_sample_registry.res_partner_view_form").id
        )


@tagged("post_install", "-at_install")
class TestComparison(DuplicateCase):
    def rows(self, people):
        return {row["name"]: row for row in self.compare(people)._rows()}

    def test_what_differs_and_what_is_the_same(self):
        self.create_connector()
        one, other = self.registered()
        other.write(
            {"gender": "Male", "birthdate": "1991-05-17", "category_id": [(0, 0, {"name": "x"})]}
        )
        rows = self.rows(one + other)
        differing = {name for name, row in rows.items() if row["differs"]}
        self.assertLessEqual({"gender", "birthdate", "email", "category_id"}, differing)
        self.assertEqual(rows["gender"]["values"], ["Female", "Male"])
        self.assertEqual(rows["birthdate"]["values"], ["05/17/1990", "05/17/1991"])
        self.assertEqual(rows["category_id"]["values"], ["", "x"])
        self.assertFalse(rows["given_name"]["differs"])
        self.assertNotIn("color", rows, "equal, and never sent")
        self.assertEqual(list(rows)[-1], "address", "what is the same comes last")

    def test_only_what_the_user_may_read(self):
        one, other = self.registered()
        one.sudo().signup_prepare()
        for name in self.rows(one + other):
            self.assertFalse(self.partners._fields[name].groups, name)
        for field in ("mosip_auth_token", "mosip_vid"):
            self.assertNotIn(field, self.rows(one + other))

    def test_the_table(self):
        people = self.registered(3, name="<b>Amina</b>")
        table = self.compare(people[0]).comparison
        self.assertEqual(table.count("view_type=form"), 3, "a link to each")
        self.assertIn("&lt;b&gt;Amina", table)
        self.assertNotIn("<b>Amina", table)
        self.assertNotIn(TOKEN, table)
        self.assertIn("differs", table)

    def test_of_one_all_with_the_token_are_compared(self):
        people = self.registered(3)
        self.assertEqual(self.compare(people[1]).partner_ids, people)
        self.assertEqual(self.compare(people[:2]).partner_ids, people[:2])

    def test_only_with_one_token(self):
        one, other = self.registered(1), self.registered(1, OTHER_TOKEN)
        nobody = self.create_registrant().with_user(self.officer)
        strangers = nobody + self.create_registrant().with_user(self.officer)
        for people in (one, one + other, nobody, nobody + one, strangers, self.partners):
            with self.assertRaises(UserError):
                people.action_compare_duplicates()

    def test_of_another_company_nothing_is_compared(self):
        people = self.registered()
        people[1].sudo().company_id = self.env["res.company"].create({"name": "Other"})
        people.invalidate_cache()
        with self.assertRaises(AccessError):
            people.action_compare_duplicates()


@tagged("post_install", "-at_install")
class TestDecision(DuplicateCase):
    def test_settled_with_a_reason_that_is_kept(self):
        people = self.registered()
        self.decide(people, "  Twins, both were here  ")
        self.assertFalse(self.listed())
        self.assertEqual(people.mapped("mosip_duplicate_count"), [0, 0])
        decision = self.decisions()
        self.assertEqual(decision.partner_id + decision.other_id, people)
        self.assertEqual(
            (decision.reason, decision.create_uid), ("Twins, both were here", self.officer)
        )
        self.assertTrue(decision.create_date)

    def test_no_reason_no_decision(self):
        people = self.registered()
        for reason in (False, "", "   "):
            with self.assertRaises(UserError):
                self.decide(people, reason)
        self.assertEqual(self.listed(), people)

    def test_one_pair_of_three(self):
        people = self.registered(3)
        one, two = people[:2]
        self.decide(one + two)
        self.assertEqual(self.listed(), people, "each has still one with whom it is open")
        self.assertEqual(people.mapped("mosip_duplicate_count"), [1, 1, 2])
        self.decide(people)
        self.assertFalse(self.listed())
        self.assertEqual(len(self.decisions()), 3, "what was settled is not settled again")

    def test_a_new_one_is_compared_with_all(self):
        people = self.registered()
        self.decide(people)
        new = self.registered(1)
        self.assertEqual(self.listed(), people + new)

    def test_undone(self):
        people = self.registered()
        self.decide(people)
        self.decisions().action_undo()
        self.assertEqual(self.listed(), people)
        self.assertFalse(self.decisions())

    def test_settled_meanwhile_otherwise(self):
        people = self.registered()
        wizard = self.compare(people)
        wizard.reason = "Two people"
        for token in (OTHER_TOKEN, False):
            people[0].sudo().mosip_auth_token = token
            people[1].sudo().mosip_auth_token = token and TOKEN
            with self.assertRaises(UserError):
                wizard.action_settle()
        self.assertFalse(self.decisions())


@tagged("post_install", "-at_install")
class TestMerge(DuplicateCase):
    def merge(self, people, target=None, user=None):
        """Go the way of the buttons: compare, then Odoo's own wizard."""
        action = self.compare(people).action_merge()
        self.assertEqual(action["res_model"], MERGE)
        wizard = self.env[MERGE].with_user(user or self.officer).with_context(**action["context"])
        with Form(wizard) as form:
            self.assertEqual(len(form.partner_ids), len(people))
            if target:
                form.dst_partner_id = target
        form.save().action_merge()
        self.env["base"].flush()
        self.env["base"].invalidate_cache()
        return people.exists()

    def imported(self, **values):
        """Return two registrants, tokenized by one connector, with the same token."""
        connector = self.create_connector(**values)
        people = self.create_registrants(2)
        people.write({"given_name": "Amina"})
        people[0].email, people[1].email = "0@example.org", "1@example.org"
        self.import_now(connector)
        self.assertEqual(len(set(people.mapped("mosip_auth_token"))), 1)
        return connector, people.with_user(self.officer)

    def test_an_officer_merges_although_the_emails_differ(self):
        connector, people = self.imported()
        token, since = people[0].mosip_auth_token, people[0].mosip_token_at
        left = self.merge(people, people[0])
        self.assertEqual(left, people[0])
        self.assertEqual((left.mosip_auth_token, left.mosip_token_at), (token, since))
        self.assertEqual(left.mosip_duplicate_count, 0)
        record = self.record_of(left)
        self.assertEqual((len(record), record.state), (1, "tokenized"))
        self.assertEqual(record.connector_id, connector)
        self.assertFalse(self.listed())

    def test_with_a_login_it_stays_odoos_business(self):
        _connector, people = self.imported()
        new_test_user(self.env, "login", "base.group_user", partner_id=people[1].id)
        with self.assertRaises(UserError):
            self.merge(people, people[0])

    def test_without_the_same_token_it_stays_odoos_business(self):
        one, other = self.registered(1), self.registered(1, OTHER_TOKEN)
        other.email = "different@example.org"
        with self.assertRaises(UserError):
            self.env[MERGE].with_user(self.officer)._merge((one + other).ids, one)

    def test_records_with_different_connectors_all_survive(self):
        first, people = self.imported()
        second = self.create_connector(name="Second")
        self.record_of(people[1]).connector_id = second
        left = self.merge(people, people[0])
        records = self.env["mts.record"].search([("partner_id", "=", left.id)])
        self.assertEqual(records.connector_id, first + second)
        self.assertEqual(set(records.mapped("state")), {"tokenized"})

    def test_one_that_stands_in_the_way_takes_no_other_along(self):
        """Odoo deletes all of a contact's rows where one of them violates a constraint."""
        first, people = self.imported()
        second = self.create_connector(name="Second")
        self.record_of(people[1]).copy({"connector_id": second.id, "state": "tokenized"})
        left = self.merge(people, people[0])
        records = self.env["mts.record"].search([("partner_id", "=", left.id)])
        self.assertEqual(records.connector_id, first + second)

    def merged_by_admin(self, source, target):
        self.env[MERGE]._merge((source + target).ids, target, extra_checks=False)
        self.env["base"].flush()
        self.env["base"].invalidate_cache()

    def test_the_refusal_of_who_is_gone_is_no_refusal_of_who_stays(self):
        connector = self.create_connector()
        target = self.create_registrant()
        source = self.refused_registrant(connector, given_name="Other")
        self.record_of(target).unlink()
        target.write({"mosip_auth_token": False, "mosip_vid": self.new_vid()})
        self.merged_by_admin(source, target)
        record = self.record_of(target)
        self.assertEqual((record.state, record.error_code), ("lost", False))
        self.import_now(connector)
        self.assertTrue(target.mosip_auth_token)

    def test_the_refusal_of_the_vid_that_stays_stands(self):
        connector = self.create_connector()
        target = self.create_registrant(mosip_vid=False)
        source = self.refused_registrant(connector, "IDA-MLC-003")
        vid = source.mosip_vid
        self.merged_by_admin(source, target)
        self.assertEqual(target.mosip_vid, vid)
        self.assertEqual(self.record_of(target).error_code, "IDA-MLC-003")
        self.pass_by(target, connector)
        self.import_now(connector)
        self.assertEqual(self.sends_of(vid), 1, "the same data is not sent again")

    def test_who_is_in_flight_with_two_connectors(self):
        """Two answers cannot be expected for one registrant."""
        first = self.create_connector(search_domain="[('ref', '=', 'first')]")
        second = self.create_connector(name="Second", search_domain="[('ref', '=', 'second')]")
        target, source = self.create_registrant(ref="first"), self.create_registrant(ref="second")
        vid = target.mosip_vid
        self.simulator.hold()
        self.import_now(first)
        self.import_now(second)
        self.merged_by_admin(source, target)
        target.ref = "first"
        records = self.env["mts.record"].search([("partner_id", "=", target.id)])
        self.assertEqual(
            {record.connector_id: record.state for record in records},
            {first: "pending", second: "lost"},
        )
        self.release()
        self.assertTrue(target.mosip_auth_token)
        self.assertEqual(self.sends_of(vid), 1)
        for connector in (first, second):
            self.start_slice(connector)
            self.assertIn(connector.run_ids.state, ("done", "failed"))

    def test_different_tokens_are_a_conflict(self):
        connector = self.create_connector()
        target, source = self.create_registrant(), self.create_registrant(given_name="Fatou")
        self.import_now(connector)
        token, other = target.mosip_auth_token, source.mosip_auth_token
        self.assertNotEqual(token, other)
        self.merged_by_admin(source, target)
        self.assertEqual(target.mosip_auth_token, token, "never overwritten")
        record = self.record_of(target)
        self.assertEqual(record.state, "conflict")
        record.action_replace_token()
        self.assertEqual((target.mosip_auth_token, record.state), (other, "tokenized"))

    def test_different_tokens_of_people_who_were_never_sent(self):
        source, target = self.registered(1).sudo(), self.registered(1, OTHER_TOKEN).sudo()
        self.create_connector()
        self.merged_by_admin(source, target)
        record = self.record_of(target)
        self.assertEqual((target.mosip_auth_token, record.state), (OTHER_TOKEN, "conflict"))
        record.action_replace_token()
        self.assertEqual(target.mosip_auth_token, TOKEN)

    def test_different_tokens_without_a_connector(self):
        source, target = self.registered(1).sudo(), self.registered(1, OTHER_TOKEN).sudo()
        with self.assertRaisesRegex(UserError, "different MOSIP tokens"), self.env.cr.savepoint():
            self.merged_by_admin(source, target)
        source.mosip_auth_token = False
        self.merged_by_admin(source, target)
        self.assertEqual(target.mosip_auth_token, OTHER_TOKEN)

    def test_three_tokens_are_merged_two_at_a_time(self):
        people = self.registered(1) + self.registered(1, OTHER_TOKEN) + self.registered(1, "third")
        self.create_connector()
        with self.assertRaises(UserError) as refused:
            self.env[MERGE]._merge(people.ids, people[0].sudo(), extra_checks=False)
        for token in people.mapped("mosip_auth_token"):
            self.assertNotIn(token, str(refused.exception))

    def test_a_conflict_is_decided_before_a_merge(self):
        """Otherwise the token that waits would be gone, and nobody would have looked at it."""
        connector, people = self.imported()
        target, source = people.sudo()
        self.record_of(source)._dispute({self.record_of(source): ("", OTHER_TOKEN)})
        with self.assertRaises(UserError):
            self.merged_by_admin(source, target)
        self.record_of(source).action_keep_token()
        self.merged_by_admin(source, target)
        self.assertEqual(self.record_of(target).connector_id, connector)

    def test_decisions_go_along(self):
        one, two, three = self.registered(3)
        self.decide(one + two)
        self.merged_by_admin(two.sudo(), three.sudo())
        self.assertEqual(self.decisions().partner_id + self.decisions().other_id, one + three)
        self.assertFalse(self.listed())

    def test_decisions_that_become_the_same(self):
        one, two, three = people = self.registered(3)
        for pair in (one + three, one + two):
            self.decide(pair)
        self.merged_by_admin(two.sudo(), three.sudo())
        decision = self.decisions()
        self.assertEqual(decision.partner_id + decision.other_id, people - two)

    def test_decisions_about_those_who_are_merged_end(self):
        one, two, three = self.registered(3)
        self.decide(one + two + three)
        self.merged_by_admin(two.sudo(), three.sudo())
        decision = self.decisions()
        self.assertEqual(decision.partner_id + decision.other_id, one + three)
        self.merged_by_admin(one.sudo(), three.sudo())
        self.assertFalse(self.decisions())
