# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Watching: how far a run is, who is behind each number, and that the screens hear of it."""

from datetime import timedelta
from unittest.mock import patch

from odoo.tests.common import new_test_user, tagged

from ..background import news
from ..models import mts_ledger_counts
from .common import PASSWORD
from .fault_case import CommittedCase
from .screen_case import ScreenCase

OFFICER = "mts_connector.group_user"


class WatchCase(ScreenCase):
    def setUp(self):
        super().setUp()
        self.officer = new_test_user(self.env, "officer", OFFICER)
        self.connector = self.create_connector()

    def as_officer(self, record):
        record.env["base"].flush()
        record.invalidate_cache()
        return record.with_user(self.officer).with_context(lang="en_US")

    def registrants_behind(self, record, field):
        """Press a smart button, and return whose records it shows."""
        record = self.as_officer(record)
        records = self.shown(record.env, self.stat_button(record, field))
        return records.with_env(self.env).partner_id

    def begin(self):
        """Begin an import whose answers MTS keeps back, and return it."""
        self.connector.batch_size = 1
        self.simulator.hold()
        return self.import_now(self.connector)

    def answer(self, count):
        """Let MTS deliver so many of the answers that it has kept back."""
        self.env["base"].flush()
        self.simulator.release(count)
        self.settle()


@tagged("post_install", "-at_install")
class TestRun(WatchCase):
    def test_each_number_opens_those_behind_it(self):
        tokenized, refused, conflicting, silent, waiting = people = self.create_registrants(5)
        self.simulator.refuse(refused.mosip_vid, "IDA-DEA-001")
        self.simulator.add_fault("callback", "drop", vids=[silent.mosip_vid])
        run = self.begin()
        conflicting.mosip_auth_token = "another token"
        self.answer(4)
        self.lose(silent)
        for field, behind in (
            ("selected_count", people),
            ("tokenized_count", tokenized),
            ("rejected_count", refused),
            ("conflict_count", conflicting),
            ("lost_count", silent),
            ("pending_count", waiting),
        ):
            with self.subTest(field=field):
                self.assertEqual(self.registrants_behind(run, field), behind)
                self.assertEqual(run[field], len(behind))

    def lose(self, partner):
        """Let the answer timeout of a registrant pass, and all that MTS is given after that."""
        for _look in range(2):
            self.let_time_pass(self.record_of(partner).request_id, days=1)
            self.work(self.connector)

    def test_who_was_sent_again_is_behind_the_later_import(self):
        partner = self.create_registrant()
        self.simulator.refuse(partner.mosip_vid, "IDA-DEA-001")
        first = self.import_now(self.connector)
        partner.given_name = "Aminata"
        second = self.import_now(self.connector)
        self.assertEqual((first.rejected_count, second.rejected_count), (1, 1))
        self.assertFalse(self.registrants_behind(first, "rejected_count"))
        self.assertEqual(self.registrants_behind(second, "rejected_count"), partner)

    def test_the_requests_of_a_run(self):
        self.create_registrants(2)
        self.connector.batch_size = 1
        self.import_now(self.connector)
        self.create_registrant()
        run = self.as_officer(self.import_now(self.connector))
        requests = self.shown(run.env, self.stat_button(run, "request_count"))
        self.assertEqual((requests, run.request_count), (run.request_ids, 1))

    def test_how_long_it_will_take(self):
        self.create_registrants(4)
        run = self.begin()
        self.assertIn("nobody can say", self.as_officer(run).outlook)
        self.answer(1)
        run.started_at = self.now() - timedelta(hours=10)
        self.assertEqual(self.as_officer(run).outlook, "1 of 4 settled, about 30 hours left.")
        self.assertEqual(run.progress, 25.0)
        self.answer(2)
        run.started_at = self.now() - timedelta(hours=9)
        self.assertEqual(self.as_officer(run).outlook, "3 of 4 settled, about 3 hours left.")

    def test_how_long_it_took(self):
        self.create_registrants(2)
        run = self.import_now(self.connector)
        self.start_slice(self.connector)
        run.started_at = run.finished_at - timedelta(minutes=7)
        self.assertEqual(self.as_officer(run).outlook, "2 settled in 7 minutes.")

    def test_the_time_in_the_language_of_the_user(self):
        self.env["res.lang"]._activate_lang("es_ES")
        self.create_registrants(2)
        run = self.import_now(self.connector)
        self.start_slice(self.connector)
        run.started_at = run.finished_at - timedelta(hours=3)
        run = self.as_officer(run).with_context(lang="es_ES")
        self.assertIn("3 horas", run.outlook)

    def test_before_it_begins_and_where_mts_is_away(self):
        self.create_registrant()
        self.simulator.offline()
        run = self.env["mts.run"].browse(self.connector.action_import_now()["res_id"])
        self.assertIn("Begins", self.as_officer(run).outlook)
        self.start_slice(self.connector)
        self.assertGreater(run.next_try_at, run.started_at)
        run.next_try_at = self.now() + timedelta(hours=3)
        self.assertIn("next try follows in 3 hours", self.as_officer(run).outlook)

    def test_who_proved_to_be_unchanged_is_not_waited_for(self):
        """The bar would stop short of its end."""
        unchanged = self.create_registrant()
        self.simulator.refuse(unchanged.mosip_vid, "IDA-DEA-001")
        self.import_now(self.connector)
        self.create_registrants(2)
        # Saved, and the same as before: it is looked at, and not sent.
        unchanged.function = "Farmer"
        self.record_of(unchanged).to_check = True
        run = self.begin()
        self.answer(1)
        self.assertEqual((run.expected_count, run.state, run.progress), (3, "waiting", 50.0))


@tagged("post_install", "-at_install")
class TestConnector(WatchCase):
    def test_each_number_opens_those_behind_it(self):
        tokenized, refused, conflicting, waiting = self.create_registrants(4)
        self.simulator.refuse(refused.mosip_vid, "IDA-DEA-001")
        self.begin()
        conflicting.mosip_auth_token = "another token"
        self.answer(3)
        other = self.create_connector(search_domain="[]")
        connector = self.as_officer(self.connector)
        for field, number, behind in (
            ("pending_total", "1", waiting),
            ("tokenized_total", "1", tokenized),
            ("rejected_total", "2", refused + conflicting),
        ):
            with self.subTest(field=field):
                self.assertEqual(self.registrants_behind(self.connector, field), behind)
                self.assertEqual((connector[field], self.as_officer(other)[field]), (number, "0"))
        runs = self.shown(connector.env, self.stat_button(connector, "run_total"))
        self.assertEqual((runs, connector.run_total), (connector.run_ids, "1"))

    def test_the_rejected(self):
        """Those behind the menu of this name: who has got a token elsewhere needs no repair."""
        refused = self.create_registrants(4)
        for partner in refused:
            self.simulator.refuse(partner.mosip_vid, "IDA-DEA-001")
        self.import_now(self.connector)
        refused[0].mosip_auth_token = "from elsewhere"
        behind = self.registrants_behind(self.connector, "rejected_total")
        self.assertEqual(behind, refused[1:])
        for most, expected in ((3, "3"), (2, "2+")):
            with self.subTest(most=most), patch.object(mts_ledger_counts, "MOST", most):
                self.connector.invalidate_cache()
                self.assertEqual(self.as_officer(self.connector).rejected_total, expected)

    def test_more_than_can_be_counted_at_once(self):
        self.create_registrants(3)
        self.import_now(self.connector)
        with patch.object(mts_ledger_counts, "MOST", 3):
            self.assertEqual(self.as_officer(self.connector).tokenized_total, "3")
        with patch.object(mts_ledger_counts, "MOST", 2):
            self.assertEqual(self.as_officer(self.connector).tokenized_total, "2+")


@tagged("post_install", "-at_install")
class TestBoard(WatchCase):
    def charts(self, name):
        """Return the numbers of the graph and of the pivot, as an officer sees them."""
        self.env["base"].flush()
        env = self.env(user=self.officer.id, context={"lang": "en_US", "tz": "Asia/Tokyo"})
        return self.chart(env, name), self.chart(env, name, "pivot")

    def test_answers_by_the_day_of_the_user(self):
        people = self.create_registrants(4)
        self.simulator.refuse(people[2].mosip_vid, "IDA-DEA-001")
        self.import_now(self.connector)
        # In Tokyo a day begins at 15 o'clock UTC.
        noon = self.now().replace(hour=12) - timedelta(days=3)
        times = [noon + timedelta(hours=hours) for hours in (2, 4, 5, -24 * 40)]
        for partner, answered_at in zip(people, times):
            self.record_of(partner).answered_at = answered_at
        today, tomorrow = ((noon + timedelta(days=n)).strftime("%d %b %Y") for n in (0, 1))
        expected = {
            (today, "tokenized"): 1,
            (tomorrow, "tokenized"): 1,
            (tomorrow, "rejected"): 1,
        }
        for numbers in self.charts("mts_record_day_action"):
            self.assertEqual(numbers, expected)

    def test_rejections_by_code(self):
        people = self.create_registrants(4)
        for partner, code in zip(people, ("IDA-DEA-001", "IDA-DEA-001", "IDA-MLC-005")):
            self.simulator.refuse(partner.mosip_vid, code)
        self.import_now(self.connector)
        graph, pivot = self.charts("mts_record_code_action")
        self.assertEqual(graph, {("IDA-DEA-001",): 2, ("IDA-MLC-005",): 1})
        self.assertEqual(sorted(pivot.values()), [1, 2])
        self.assertIn("IDA-MLC-005", " ".join(advice for advice, _connector in pivot))

    def test_coverage(self):
        _with_token, refused, without = people = self.create_registrants(3)
        without.mosip_vid = False
        self.simulator.refuse(refused.mosip_vid, "IDA-DEA-001")
        self.import_now(self.connector)
        self.create_registrant(ref="of another filter")
        self.create_connector(company_id=self.env["res.company"].create({"name": "Other"}).id)
        self.create_connector(active=False)
        for numbers in self.charts("mts_coverage_action"):
            name = self.connector.name
            expected = {(name, "token"): 1, (name, "vid"): 1, (name, "neither"): 1}
            self.assertEqual(numbers, expected)
        rows = self.env["mts.coverage"].with_user(self.officer).search([])
        self.assertEqual(rows.partner_id, people)
        self.assertEqual(
            rows.search(
                [("partner_id.name", "ilike", "%min%"), ("coverage", "=", "vid")]
            ).action_open_registrant()["res_id"],
            refused.id,
        )

    def test_coverage_goes_by_what_the_filter_says(self):
        self.create_registrants(2)[0].name = "100% sure"
        self.connector.search_domain = '[("name", "=", "100% sure"), ("ref", "=", "mts-test")]'
        for numbers in self.charts("mts_coverage_action"):
            self.assertEqual(numbers, {(self.connector.name, "vid"): 1})

    def test_coverage_without_connectors(self):
        self.connector.unlink()
        for numbers in self.charts("mts_coverage_action"):
            self.assertEqual(numbers, {})


@tagged("post_install", "-at_install")
class TestNews(CommittedCase):
    """Odoo's bus has nothing in test transactions, so these are real."""

    def setUp(self):
        super().setUp()
        self.connector = self.create_connector(batch_size=1)
        other = self.env["res.company"].create({"name": "Other"})
        self.addCleanup(self.remove, other.partner_id)
        self.addCleanup(self.remove, other)
        self.create_user("officer", OFFICER)
        self.create_user("stranger", OFFICER, other)
        self.create_user("employee", "base.group_user")
        self.commit()

    def create_user(self, login, group, company=None):
        company = company or self.env.ref("base.main_company")
        user = new_test_user(
            self.env,
            login,
            group,
            password=PASSWORD,
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        self.addCleanup(self.remove, user.partner_id)
        self.addCleanup(self.remove, user)

    def remove(self, record):
        record.unlink()
        self.commit()

    def heard(self, login, *texts):
        """Return what a user's browser is told that asks for these channels."""
        self.authenticate(login, PASSWORD)
        params = {"channels": list(texts), "last": -1, "options": {"peek": True}}
        answer = self.post("/longpolling/poll", {"jsonrpc": "2.0", "params": params}).json()
        messages = [note["message"] for note in answer["result"]["notifications"]]
        return [note["payload"] for note in messages if note.get("type") == "mts.run"]

    def test_who_looks_at_a_run_is_told(self):
        self.create_registrants(1)
        run = self.import_now(self.connector)
        self.assertEqual(self.heard("officer", f"mts.run/{run.id}")[0], {"id": run.id})
        self.assertEqual(self.heard("officer", f"mts.run/{run.id + 1}", "mts.run/0"), [])
        self.assertEqual(self.heard("officer"), [])

    def test_nobody_is_told_of_what_is_not_theirs(self):
        self.create_registrants(1)
        run = self.import_now(self.connector)
        database = self.env.cr.dbname
        for login in ("stranger", "employee"):
            for text in (
                f"mts.run/{run.id}",
                "mts.run",
                f'["{database}","mts.run",{run.id}]',
                f"mts.run/{run.id}/",
                "mts.run/" + "9" * 99,
            ):
                self.assertEqual(self.heard(login, text), [], (login, text))

    def test_answers_and_the_end_are_told(self):
        self.create_registrants(1)
        self.simulator.hold()
        run = self.import_now(self.connector)
        with patch.object(news, "PAUSE", 0.0):
            for work in (
                self.release,
                lambda: self.start_slice(self.connector),
            ):
                before = len(self.heard("officer", f"mts.run/{run.id}"))
                work()
                self.assertGreater(len(self.heard("officer", f"mts.run/{run.id}")), before)
        self.assertEqual(run.state, "done")

    def test_not_more_often_than_can_be_read(self):
        people = self.create_registrants(4)
        with patch.object(news, "PAUSE", 3600.0):
            run = self.import_now(self.connector)
        self.assertTrue(all(people.mapped("mosip_auth_token")))
        self.assertEqual(len(self.heard("officer", f"mts.run/{run.id}")), 1)

    def test_the_work_goes_on_where_nobody_can_be_told(self):
        people = self.create_registrants(2)
        bus = type(self.env["bus.bus"])
        with patch.object(bus, "create", side_effect=ValueError("full")):
            run = self.import_now(self.connector)
            self.start_slice(self.connector)
        self.assertEqual((run.state, run.tokenized_count), ("done", 2))
        self.assertFalse(self.connector.attention)
        self.assertTrue(all(people.mapped("mosip_auth_token")))
        self.assertEqual(self.heard("officer", f"mts.run/{run.id}"), [])
