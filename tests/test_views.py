# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The screens open for officers and managers, and each may press what is theirs."""

from lxml import etree
from odoo.exceptions import AccessError
from odoo.tests.common import Form, new_test_user, tagged
from odoo.tools.safe_eval import safe_eval

from .screen_case import ScreenCase


class ViewsCase(ScreenCase):
    def setUp(self):
        super().setUp()
        groups = "mts_connector.group_%s"
        self.officer = new_test_user(self.env, "officer", groups % "user")
        self.manager = new_test_user(self.env, "manager", groups % "manager")
        self.connector = self.create_connector()
        self.tokenized, self.refused = self.create_registrants(2)
        self.simulator.refuse(self.refused.mosip_vid, "IDA-DEA-001")
        self.run_done = self.import_now(self.connector)
        self.start_slice(self.connector)

    def both(self):
        """Yield the environment of an officer, and then of a manager."""
        for user in (self.officer, self.manager):
            yield self.env(user=user.id, context={"lang": "en_US"})

    def menus(self, env):
        """Return the addon's menus that this user sees."""
        top = self.env.ref("mts_connector.mts_menu")
        return env["ir.ui.menu"].search([("id", "child_of", top.id)])


@tagged("post_install", "-at_install")
class TestScreens(ViewsCase):
    def test_menus_lead_to_screens(self):
        for env in self.both():
            menus = self.menus(env)
            titles = ["Imports", "Registrants", "Rejected", "Duplicates", "Connectors"]
            titles += ["Answers by Day", "Rejections by Code", "Coverage"]
            opened = [menu.action.sudo().name for menu in menus if menu.action]
            self.assertFalse(set(titles) - set(opened))
            for menu in menus:
                self.assertTrue(menu.action or menu.child_id, menu.name)

    def test_nobody_else_sees_the_menus(self):
        other = new_test_user(self.env, "other", "base.group_user")
        self.assertNotIn(
            self.env.ref("mts_connector.mts_menu"), self.menus(self.env(user=other.id))
        )

    def test_screens_open(self):
        for env in self.both():
            for menu in self.menus(env).filtered("action"):
                self.open(env, menu.action.sudo().read()[0])

    def open(self, env, action):
        """Do what the web client does to show an action: load its views, then their data."""
        model = env[action["res_model"]]
        views = model.load_views(
            [(False, "search")] + [(view_id, kind) for view_id, kind in action["views"]],
            {"toolbar": True, "load_filters": True, "action_id": action["id"]},
        )["fields_views"]
        context = safe_eval(action["context"] or "{}", {"uid": env.uid})
        model = model.with_context(**context)
        domain = safe_eval(action["domain"] or "[]")
        for kind, view in views.items():
            if kind != "search":
                fields = list(view["fields"])
                model.search(domain, limit=2).read(fields)
        self.search_with_filters(model, etree.fromstring(views["search"]["arch"]))

    def search_with_filters(self, model, arch):
        for node in arch.iter("filter"):
            if node.get("domain"):
                model.search(safe_eval(node.get("domain"), self.times()))
            group_by = safe_eval(node.get("context") or "{}", {}).get("group_by")
            if group_by:
                model.read_group([], [], [group_by])

    def test_forms_open(self):
        for env in self.both():
            for record in (
                self.connector,
                self.run_done,
                self.run_done.request_ids,
                self.record_of(self.refused),
                self.tokenized,
            ):
                Form(record.with_env(env))

    def test_the_registrant_shows_where_he_stands(self):
        for env in self.both():
            form = Form(self.refused.with_env(env))
            self.assertEqual(len(form.mts_record_ids), 1)
        other = new_test_user(self.env, "other", "base.group_user")
        fields = self.env["res.partner"].with_user(other).fields_view_get(view_type="form")
        for name in ("mosip_vid", "mosip_auth_token", "mts_record_ids"):
            self.assertNotIn(name, fields["fields"])


@tagged("post_install", "-at_install")
class TestButtons(ViewsCase):
    def buttons(self, env):
        arch = env["mts.connector"].fields_view_get(view_type="form")["arch"]
        # Odoo hides from a user what is for other groups.
        return {
            node.get("name")
            for node in etree.fromstring(arch).find("header").iter("button")
            if node.get("invisible") != "1"
        }

    def test_only_managers_see_the_buttons_of_managers(self):
        officer, manager = (self.buttons(env) for env in self.both())
        self.assertEqual(officer, {"action_import_now", "action_preview"})
        self.assertLessEqual({"action_start", "action_stop", "action_test_connection"}, manager)

    def test_an_officer_imports_and_retries(self):
        connector = self.connector.with_user(self.officer)
        new = self.create_registrant(given_name="New")
        action = connector.action_import_now()
        run = self.env["mts.run"].with_user(self.officer).browse(action["res_id"])
        self.assertEqual(run.state, "queued")
        self.work_on(self.connector)
        self.assertTrue(new.mosip_auth_token)
        self.simulator.accept(self.refused.mosip_vid)
        self.record_of(self.refused).with_user(self.officer).action_retry()
        self.work_on(self.connector)
        self.assertTrue(self.refused.mosip_auth_token)

    def test_an_officer_may_not_do_what_managers_do(self):
        connector = self.connector.with_user(self.officer)
        for attempt in (
            connector.action_start,
            connector.action_stop,
            connector.action_test_connection,
            connector.copy,
            connector.unlink,
            lambda: connector.write({"batch_size": 1}),
            lambda: connector.create({"name": "Another"}),
            lambda: self.record_of(self.refused).with_user(self.officer).unlink(),
            lambda: self.run_done.with_user(self.officer).write({"state": "failed"}),
        ):
            with self.assertRaises(AccessError):
                attempt()
        self.assertEqual((self.connector.state, self.connector.batch_size), ("draft", 100))
        self.assertFalse(self.connector.cron_id)

    def test_a_manager_starts_and_stops(self):
        connector = self.connector.with_user(self.manager)
        connector.action_start()
        self.assertEqual(connector.state, "running")
        connector.write({"interval_minutes": 5, "name": "National registry"})
        connector.action_stop()
        self.assertEqual(connector.state, "draft")
        connector.action_start()
        connector.active = False
        self.assertFalse(connector.cron_id)
        connector.unlink()

    def test_officers_see_their_companies_only(self):
        other = self.env["res.company"].create({"name": "Other"})
        connector = self.create_connector(company_id=other.id)
        run = self.env["mts.run"].browse(connector.action_import_now()["res_id"])
        for env in self.both():
            for record in (connector, run):
                with self.assertRaises(AccessError):
                    record.with_env(env).read(["state"])
            with self.assertRaises(AccessError):
                connector.with_env(env).action_import_now()
