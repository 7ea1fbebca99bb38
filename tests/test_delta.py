# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Who is sent again, and who is not."""

import json
from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests.common import tagged

from .fault_case import CommittedCase, FaultCase

MATCHED = ["given_name", "family_name", "gender", "birthdate", "address"]


def mapping(**values):
    return json.dumps(
        {
            "vid": "vid",
            "name": ["given_name", "family_name"],
            "gender": "gender",
            "dob": "birthdate",
            "fullAddress": ["address"],
            **values,
        }
    )


@tagged("post_install", "-at_install")
class TestPages(FaultCase):
    def requests_of(self, matching, count):
        """Import with batches of two, and return how many were in each request.

        :param matching: numbers of those whom the filter leaves, of so many registrants
        """
        people = self.create_registrants(count)
        for number in matching:
            people[number].city = "Kindia"
        connector = self.create_connector(
            batch_size=2, search_domain='[("ref", "=", "mts-test"), ("city", "=", "Kindia")]'
        )
        self.import_now(connector)
        self.assertEqual(
            people.filtered("mosip_auth_token"), people.browse(people[n].id for n in matching)
        )
        return [post["records"] for post in self.simulator.ledger.posts]

    def test_batches_are_full_whoever_stands_between(self):
        self.assertEqual(self.requests_of([0, 7, 8, 30, 31], 40), [2, 2, 1])

    def test_nobody_matches(self):
        self.assertEqual(self.requests_of([], 12), [])

    def test_those_with_and_without_a_record_in_order(self):
        """A registrant who is due again stands among those who are new."""
        people = self.create_registrants(4)
        connector = self.create_connector(batch_size=1, search_domain='[("city", "=", "Kindia")]')
        people[1].city = people[3].city = "Kindia"
        for partner in people[1] + people[3]:
            self.simulator.refuse(partner.mosip_vid, "IDA-DEA-001")
        self.import_now(connector)
        vids = people.mapped("mosip_vid")
        for vid in vids:
            self.simulator.accept(vid)
        people.write({"city": "Kindia", "given_name": "Aminata"})
        self.import_now(connector)
        sent = [post["vids"] for post in self.simulator.ledger.posts]
        self.assertEqual(sent[2:], [[vid] for vid in vids])

    def test_nobody_is_twice_in_a_batch(self):
        """Neither where the next look begins."""
        people = self.create_registrants(4)
        people[1].city = "Kindia"
        connector = self.create_connector(batch_size=2, search_domain='[("city", "=", "Kindia")]')
        self.simulator.refuse(people[1].mosip_vid, "IDA-DEA-001")
        self.import_now(connector)
        people[1].given_name = "Aminata"
        self.import_now(connector)
        sent = [post["vids"] for post in self.simulator.ledger.posts]
        self.assertEqual(sent, [[people[1].mosip_vid]] * 2)


@tagged("post_install", "-at_install")
class TestUnchanged(FaultCase):
    def test_an_unchanged_refusal_is_not_sent_again(self):
        connector = self.create_connector()
        partner = self.refused_registrant(connector)
        self.import_now(connector)
        run = self.schedule(connector)
        self.assertEqual(self.sends_of(partner.mosip_vid), 1)
        self.assertEqual((run.trigger, run.state, run.selected_count), ("schedule", "done", 0))

    def test_being_looked_at_ends_when_nothing_has_changed(self):
        connector = self.create_connector()
        partner = self.refused_registrant(connector)
        partner.comment = "not sent"
        self.import_now(connector)
        self.assertFalse(self.record_of(partner).to_check)

    def test_being_looked_at_by_one_connector_is_no_matter_of_another(self):
        first, second = self.create_connector(), self.create_connector(name="Second")
        partner = self.refused_registrant(first)
        self.simulator.refuse(partner.mosip_vid, "IDA-DEA-001")
        self.import_now(second)
        partner.comment = "not sent"
        self.import_now(second)
        self.import_now(first)
        self.assertFalse(self.record_of(partner, second).to_check)

    def test_being_looked_at_ends_with_the_token(self):
        connector = self.create_connector()
        partner = self.create_registrant()
        self.simulator.hold()
        self.import_now(connector)
        partner.comment = "not sent"
        self.import_now(connector)
        self.assertTrue(self.record_of(partner).to_check)
        self.release()
        record = self.record_of(partner)
        self.assertEqual((record.state, record.to_check), ("tokenized", False))

    def test_a_change_of_mapped_data_is_sent(self):
        connector = self.create_connector()
        partner = self.refused_registrant(connector)
        partner.given_name = "Aminata"
        self.import_now(connector)
        self.assertTrue(partner.mosip_auth_token)
        self.assertEqual(self.record_of(partner).attempts, 1)

    def test_a_change_of_a_selected_field_that_is_not_mapped_is_not_sent(self):
        connector = self.create_connector(
            selected_fields=json.dumps([*MATCHED, "city"]), mapping=mapping()
        )
        partner = self.refused_registrant(connector)
        partner.city = "Kindia"
        self.import_now(connector)
        self.assertEqual(self.sends_of(partner.mosip_vid), 1)

    def test_a_changed_vid_is_sent(self):
        connector = self.create_connector()
        partner = self.refused_registrant(connector, "IDA-MLC-004")
        partner.mosip_vid = self.new_vid()
        self.import_now(connector)
        self.assertTrue(partner.mosip_auth_token)

    def test_a_change_while_the_answer_was_awaited_is_sent(self):
        connector = self.create_connector()
        partner = self.create_registrant()
        vid = partner.mosip_vid
        self.simulator.refuse(vid, {"code": "IDA-DEA-001", "times": 1})
        self.simulator.hold()
        self.import_now(connector)
        partner.given_name = "Aminata"
        self.import_now(connector)
        self.pass_by(partner, connector)
        self.release()
        self.assertEqual(self.record_of(partner).state, "rejected")
        self.import_now(connector)
        self.assertEqual(self.sends_of(vid), 2)
        self.assertTrue(partner.mosip_auth_token)

    def test_another_vid_after_the_token_was_removed_is_sent(self):
        connector = self.create_connector()
        partner = self.create_registrant()
        self.import_now(connector)
        first = partner.mosip_auth_token
        partner.write({"mosip_auth_token": False, "mosip_vid": self.new_vid()})
        self.import_now(connector)
        self.assertEqual(partner.mosip_auth_token, first)
        self.assertFalse(partner.mosip_vid)

    def test_a_token_that_was_replaced_by_its_vid_is_asked_for_again(self):
        connector = self.create_connector()
        partner = self.create_registrant()
        vid = partner.mosip_vid
        self.import_now(connector)
        partner.write({"mosip_auth_token": False, "mosip_vid": vid})
        self.import_now(connector)
        self.assertTrue(partner.mosip_auth_token)

    def test_another_mapping_is_sent(self):
        connector = self.create_connector(
            selected_fields=json.dumps(MATCHED), mapping=mapping(name=["given_name"])
        )
        partner = self.refused_registrant(connector)
        self.pass_by(partner, connector)
        connector.mapping = mapping()
        self.import_now(connector)
        self.assertTrue(partner.mosip_auth_token)

    def test_another_language_is_sent(self):
        connector = self.create_connector()
        partner = self.refused_registrant(connector)
        self.pass_by(partner, connector)
        connector.lang_code = "fra"
        self.import_now(connector)
        self.assertTrue(partner.mosip_auth_token)

    def test_settings_that_mosip_does_not_see_are_no_reason_to_send(self):
        connector = self.create_connector(selected_fields=json.dumps(MATCHED), mapping=mapping())
        partner = self.refused_registrant(connector)
        connector.write({"selected_fields": json.dumps([*MATCHED, "city"]), "batch_size": 7})
        self.import_now(connector)
        self.assertEqual(self.sends_of(partner.mosip_vid), 1)


@tagged("post_install", "-at_install")
class TestDottedPaths(FaultCase):
    """A change behind a path, while the registrant's own row was not written."""

    def refused_with(self, path, **values):
        connector = self.create_connector(
            selected_fields=json.dumps([*MATCHED[:-1], path]),
            mapping=mapping(fullAddress=[path]),
        )
        partner = self.refused_registrant(connector, **values)
        self.env.cr.execute("UPDATE res_partner SET write_date = write_date - interval '9 days'")
        self.env["base"].invalidate_cache()
        connector.changes_since = self.now() - timedelta(days=3)
        return connector, partner

    def sent_address(self, vid):
        return self.simulator.ledger.results_of(vid)[-1]["payload"]["fullAddress"]

    def assert_sent_again(self, connector, partner, address):
        vid = partner.mosip_vid
        self.import_now(connector)
        self.assertEqual(self.sends_of(vid), 2)
        self.assertEqual(self.sent_address(vid), address)

    def test_nothing_changed(self):
        household = self.env["res.partner"].create({"name": "Household", "function": "Old"})
        connector, partner = self.refused_with("parent_id.function", parent_id=household.id)
        self.import_now(connector)
        self.assertEqual(self.sends_of(partner.mosip_vid), 1)

    def test_the_field_of_a_many2one(self):
        """One that Odoo does not copy to the registrant, as it does with addresses."""
        household = self.env["res.partner"].create({"name": "Household", "function": "Old"})
        connector, partner = self.refused_with("parent_id.function", parent_id=household.id)
        household.function = "New"
        self.assert_sent_again(connector, partner, "New")

    def test_the_name_of_a_many2one(self):
        title = self.env["res.partner.title"].create({"name": "Old"})
        connector, partner = self.refused_with("title", title=title.id)
        title.name = "New"
        self.assert_sent_again(connector, partner, "New")

    def test_the_name_of_a_many2one_behind_others(self):
        title = self.env["res.partner.title"].create({"name": "Old"})
        village = self.env["res.partner"].create({"name": "Village", "title": title.id})
        household = self.env["res.partner"].create({"name": "Household", "parent_id": village.id})
        connector, partner = self.refused_with(
            "parent_id.parent_id.title.name", parent_id=household.id
        )
        title.name = "New"
        self.assert_sent_again(connector, partner, "New")

    def test_a_sub_record(self):
        connector, partner = self.refused_with(
            "child_ids.street", child_ids=[(0, 0, {"name": "Home", "street": "Old"})]
        )
        partner.child_ids.street = "New"
        self.assert_sent_again(connector, partner, "New")

    def test_a_deleted_sub_record(self):
        connector, partner = self.refused_with(
            "child_ids.street",
            child_ids=[(0, 0, {"name": "A", "street": "A"}), (0, 0, {"name": "B", "street": "B"})],
        )
        partner.child_ids.filtered(lambda child: child.street == "B").unlink()
        self.assert_sent_again(connector, partner, "A")

    def test_what_is_computed_from_elsewhere(self):
        country = self.env["res.country"].create({"name": "Old", "code": "X1"})
        country.address_format = "%(country_name)s"
        connector, partner = self.refused_with("contact_address", country_id=country.id)
        country.name = "New"
        self.assert_sent_again(connector, partner, "New")


@tagged("post_install", "-at_install")
class TestChangesInOtherTransactions(CommittedCase):
    def test_a_change_committed_after_the_look_is_seen_by_the_next(self):
        """A row is stamped with the start of its transaction, not with its end."""
        connector = self.create_connector()
        partner = self.refused_registrant(connector)
        vid = partner.mosip_vid
        self.commit()
        with self.other_transaction() as other:
            other["res.partner"].browse(partner.id).given_name = "Aminata"
            other["base"].flush()
            self.import_now(connector)
            self.assertEqual(self.sends_of(vid), 1)
            other.cr.commit()
        self.import_now(connector)
        self.assertEqual(self.sends_of(vid), 2)

    def test_a_change_committed_during_the_look_is_seen_by_the_next(self):
        connector = self.create_connector()
        partner = self.refused_registrant(connector)
        vid = partner.mosip_vid
        self.commit()
        delta = type(self.env["mts.delta"])
        mark_changed = delta._mark_changed
        with self.other_transaction() as other:
            other["res.partner"].browse(partner.id).given_name = "Aminata"
            other["base"].flush()

            def commit_meanwhile(model, *args):
                # The run's transaction has its view of the database by now.
                other.cr.commit()
                mark_changed(model, *args)

            with patch.object(delta, "_mark_changed", commit_meanwhile):
                self.import_now(connector)
        self.assertEqual(self.sends_of(vid), 1)
        self.import_now(connector)
        self.assertEqual(self.sends_of(vid), 2)


@tagged("post_install", "-at_install")
class TestPassingFaults(FaultCase):
    def test_transient_refusals_are_tried_with_growing_pauses_up_to_a_limit(self):
        connector = self.create_connector(max_attempts=3)
        partner = self.create_registrant()
        vid = partner.mosip_vid
        self.simulator.refuse(vid, "IDA-MLC-007")
        sends = []
        # After 15 minutes; after another hour; never.
        for minutes in (0, 14, 2, 58, 3, 100000):
            self.pass_by(partner, connector)
            self.let_time_pass(self.record_of(partner), minutes=minutes)
            self.import_now(connector)
            sends.append(self.sends_of(vid))
        self.assertEqual(sends, [1, 1, 2, 2, 3, 3])
        record = self.record_of(partner)
        self.assertEqual((record.state, record.error_code), ("rejected", "IDA-MLC-007"))
        self.assertFalse(record.retry_at)

    def test_the_pauses_grow_up_to_forty_days(self):
        connector = self.create_connector(max_attempts=20)
        partner = self.create_registrant()
        self.simulator.refuse(partner.mosip_vid, "IDA-MLC-007")
        self.import_now(connector)
        record = self.record_of(partner)
        record.attempts = 18
        self.let_time_pass(record, minutes=16)
        self.import_now(connector)
        self.assertEqual(record.attempts, 19)
        self.assertEqual((record.retry_at - self.now()).days // 10, 4)
        self.let_time_pass(record, days=50)
        self.import_now(connector)
        self.assertEqual((record.attempts, record.retry_at), (20, False))

    def test_a_change_counts_before_the_pause_is_over(self):
        connector = self.create_connector()
        partner = self.refused_registrant(connector, "IDA-MLC-007")
        partner.given_name = "Aminata"
        self.import_now(connector)
        self.assertTrue(partner.mosip_auth_token)

    def test_the_schedule_tries_a_passing_fault_again(self):
        connector = self.create_connector()
        partner = self.refused_registrant(connector, "IDA-MLC-007")
        self.let_time_pass(self.record_of(partner), minutes=16)
        self.pass_by(partner, connector)
        self.schedule(connector)
        self.assertTrue(partner.mosip_auth_token)

    def test_the_lost_are_due_again(self):
        connector = self.create_connector()
        partner = self.create_registrant()
        vid = partner.mosip_vid
        self.simulator.add_fault("callback", "drop", next=1)
        self.import_now(connector)
        self.answer_overdue(connector)
        self.assertEqual(self.record_of(partner).state, "lost")
        self.assertEqual(self.sends_of(vid), 1)
        self.pass_by(partner, connector)
        self.import_now(connector)
        self.assertTrue(partner.mosip_auth_token)
        self.assertEqual(self.sends_of(vid), 2)


@tagged("post_install", "-at_install")
class TestInFlight(FaultCase):
    def test_who_waits_for_an_answer_is_not_sent(self):
        connector = self.create_connector()
        partner = self.create_registrant()
        vid = partner.mosip_vid
        self.simulator.hold()
        self.import_now(connector)
        self.import_now(connector)
        self.assertEqual(self.sends_of(vid), 1)
        self.release()
        self.assertTrue(partner.mosip_auth_token)

    def test_who_is_in_flight_with_another_connector_is_not_sent(self):
        first, second = self.create_connector(), self.create_connector(name="Second")
        partner = self.create_registrant()
        vid = partner.mosip_vid
        self.simulator.hold()
        self.import_now(first)
        run = self.import_now(second)
        self.assertEqual((run.expected_count, self.sends_of(vid)), (0, 1))
        self.assertFalse(self.record_of(partner, second))
        self.simulator.refuse(vid, "IDA-DEA-001")
        self.release()

    def test_who_is_due_elsewhere_is_not_due_here(self):
        first, second = self.create_connector(), self.create_connector(name="Second")
        partner = self.refused_registrant(first)
        vid = partner.mosip_vid
        self.simulator.refuse(vid, "IDA-DEA-001")
        self.import_now(second)
        self.pass_by(partner, second)
        self.let_time_pass(self.record_of(partner, first), days=1)
        self.record_of(partner, first).action_retry()
        first.run_ids[0].action_cancel()
        self.import_now(second)
        self.assertEqual(self.sends_of(vid), 2)

    def test_who_was_refused_elsewhere_is_due_here(self):
        first, second = self.create_connector(), self.create_connector(name="Second")
        partner = self.refused_registrant(first)
        self.import_now(second)
        self.assertTrue(partner.mosip_auth_token)


@tagged("post_install", "-at_install")
class TestRetry(FaultCase):
    def retry(self, records):
        records.action_retry()
        connector = records.connector_id
        run = connector.run_ids[:1]
        self.work_on(connector)
        return run

    def test_whatever_the_answer_was_it_can_be_tried_again(self):
        connector = self.create_connector()
        for code in ("IDA-DEA-001", "IDA-MLC-003", "IDA-MLC-005", "NEW-XYZ-001"):
            with self.subTest(code=code):
                partner = self.refused_registrant(connector, code)
                self.retry(self.record_of(partner))
                self.assertTrue(partner.mosip_auth_token)

    def test_after_the_last_attempt_too_and_with_new_attempts(self):
        connector = self.create_connector(max_attempts=1)
        partner = self.create_registrant()
        self.simulator.refuse(partner.mosip_vid, "IDA-MLC-007")
        self.import_now(connector)
        record = self.record_of(partner)
        self.assertFalse(record.retry_at)
        connector.max_attempts = 2
        self.retry(record)
        self.assertEqual((record.attempts, bool(record.retry_at)), (1, True))

    def test_one_press_is_one_try(self):
        connector = self.create_connector()
        partner = self.create_registrant()
        self.simulator.refuse(partner.mosip_vid, "IDA-DEA-001")
        self.import_now(connector)
        self.retry(self.record_of(partner))
        self.import_now(connector)
        self.assertEqual(self.sends_of(partner.mosip_vid), 2)

    def test_a_wish_stands_when_its_run_is_cancelled(self):
        connector = self.create_connector()
        partner = self.refused_registrant(connector)
        self.pass_by(partner, connector)
        self.record_of(partner).action_retry()
        connector.run_ids[0].action_cancel()
        self.import_now(connector)
        self.assertTrue(partner.mosip_auth_token)

    def test_a_run_of_retries_sends_only_those(self):
        connector = self.create_connector()
        chosen = self.refused_registrant(connector)
        other = self.refused_registrant(connector)
        new = self.create_registrant()
        run = self.retry(self.record_of(chosen))
        self.assertTrue(chosen.mosip_auth_token)
        self.assertFalse((other + new).filtered("mosip_auth_token"))
        self.assertEqual((run.state, run.selected_count), ("done", 1))

    def test_a_retry_survives_an_unreachable_mts(self):
        connector = self.create_connector()
        partner = self.refused_registrant(connector)
        self.simulator.add_fault("post", "answer", status=502, next=1)
        run = self.retry(self.record_of(partner))
        self.assertEqual(run.state, "sending")
        self.let_time_pass(run, minutes=2)
        self.work(connector)
        self.assertTrue(partner.mosip_auth_token)

    def assert_refused(self, partner, words):
        record = self.record_of(partner)
        with self.assertRaises(UserError) as refused:
            record.action_retry()
        self.assertIn(words, str(refused.exception))
        self.assertFalse(record.retry_requested)

    def test_refused_where_it_could_not_be_sent(self):
        connector = self.create_connector()
        for values in (
            {"mosip_vid": False},
            {"mosip_auth_token": "there already"},
            {"active": False},
            {"ref": "outside of the filter"},
        ):
            with self.subTest(values=values):
                partner = self.refused_registrant(connector)
                partner.write(values)
                self.assert_refused(partner, "1 of these registrants cannot be sent")

    def test_refused_while_an_answer_is_expected(self):
        connector = self.create_connector()
        partner = self.create_registrant()
        self.simulator.hold()
        self.import_now(connector)
        self.assert_refused(partner, "An answer is still expected")

    def test_refused_while_another_connector_expects_an_answer(self):
        first, second = self.create_connector(), self.create_connector(name="Second")
        partner = self.refused_registrant(first)
        self.simulator.hold()
        self.import_now(second)
        with self.assertRaises(UserError):
            self.record_of(partner, first).action_retry()

    def test_the_button_asks_before_it_spends_a_transaction(self):
        for xml_id in ("mts_record_view_form", "mts_record_view_tree", "res_partner_view_form"):
            arch = self.env.ref("mts_connector." + xml_id).arch
            self.assertIn('name="action_ask_retry"', arch)
            self.assertNotIn('name="action_retry"', arch)
        question = self.env.ref("mts_connector.mts_retry_view_form").arch
        self.assertIn("uses up a transaction", " ".join(question.split()))


@tagged("post_install", "-at_install")
class TestManyRegistrants(FaultCase):
    REGISTRANTS, PAGE = 4000, 10

    def register_many(self, connector):
        """As if a long import had come past the middle."""
        self.env["base"].flush()
        self.env.cr.execute(
            "INSERT INTO res_partner (name, display_name, active, type, ref, mosip_vid)"
            " SELECT number, number, TRUE, 'contact', 'mts-test', number"
            " FROM generate_series(1, %s) number RETURNING id",
            [self.REGISTRANTS],
        )
        self.env.cr.execute("ANALYZE res_partner, mts_record")
        self.env.cr.execute(
            "INSERT INTO mts_record (connector_id, partner_id, state)"
            " SELECT %s, id, 'rejected' FROM res_partner WHERE ref = 'mts-test'"
            " ORDER BY id LIMIT %s RETURNING partner_id",
            [connector.id, self.REGISTRANTS * 2 // 3],
        )
        return max(row[0] for row in self.env.cr.fetchall())

    def rows_read(self, plan):
        """Return how many rows were read of tables, in this part of a plan and those below it."""
        rows = sum(self.rows_read(part) for part in plan.get("Plans", ()))
        if "Relation Name" in plan:
            read = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
            rows += read * plan["Actual Loops"]
        return rows

    def test_a_page_reads_no_more_than_it_has_to(self):
        connector = self.create_connector()
        last = self.register_many(connector)
        delta, cr = self.env["mts.delta"], type(self.env.cr)
        execute, plans = cr.execute, []

        def explain(cursor, query, params=None, **options):
            if "LIMIT" in query:
                execute(cursor, f"EXPLAIN (ANALYZE, FORMAT JSON) {query}", params)
                plans.append(cursor.fetchone()[0][0]["Plan"])
            return execute(cursor, query, params, **options)

        with patch.object(cr, "execute", explain):
            page = delta._due_page(connector, "due", last, self.PAGE)
        self.assertEqual([row.record_id for row in page], [None] * self.PAGE)
        self.assertEqual(len(plans), 1)
        self.assertLess(self.rows_read(plans[0]), 20 * self.PAGE)
