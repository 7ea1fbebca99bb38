# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What strangers, and MTS itself, cannot do at the callback, whatever they send."""

from unittest.mock import patch

import psycopg2
from odoo import http
from odoo.exceptions import ValidationError
from odoo.tests.common import new_test_user, tagged
from odoo.tools import mute_logger

from .callback_case import (
    BULK,
    DENIED,
    ROUTES,
    SECRET,
    SINGLE,
    TOKEN,
    CallbackCase,
    debug_logs,
)
from .common import PASSWORD, Conflict


@tagged("post_install", "-at_install")
class TestWho(CallbackCase):
    def log_in(self, groups):
        login = groups.replace(".", "_")
        new_test_user(self.env, login, groups, password=PASSWORD)
        self.env["base"].flush()
        self.authenticate(login, PASSWORD)

    def assert_denied(self, **headers):
        for path in ROUTES:
            result = self.result(self.refs[0])
            answer = self.send(path, [result] if path == BULK else result, **headers)
            self.assertEqual(self.answered(answer), (403, DENIED))

    def test_headers_that_prove_nothing(self):
        self.sent()
        bearer = self.bearer
        headers = (
            "",
            "Bearer",
            "Bearer ",
            "Bearer \t",
            "bearer None",
            "Bearer " + "\xe9" * 43,
            "Bearer " + "x" * 20000,
            "Basic " + bearer,
            "Token " + bearer,
            bearer,
            f"Bearers {bearer}",
            f"Bearer {bearer}, Bearer {bearer}",
            f"Bearer\xa0{bearer}",
            f"Bearer {bearer[:-1]}",
            f"Bearer {bearer}x",
            f"Bearer {bearer.swapcase()}",
            "Digest x=\x01",
        )
        with self.nothing_written():
            for header in headers:
                self.assert_denied(Authorization=header.encode("latin-1"))

    def test_the_hash_of_the_bearer_is_worth_nothing(self):
        person = self.sent()
        digest = self.request_of(person)._secret("bearer_hash")
        self.assertEqual(len(digest), 64)
        self.assert_denied(bearer=digest)

    def test_sessions_of_others(self):
        self.sent()
        groups = ("base.group_portal", "base.group_user", "mts_connector.group_user")
        for group in groups:
            self.log_in(group)
            with self.nothing_written():
                self.assert_denied(bearer="")

    def test_strangers_even_where_the_public_user_is_in_the_group(self):
        self.sent()
        self.env.ref("base.public_user").groups_id += self.env.ref("mts_connector.group_callback")
        self.assert_denied(bearer="")

    def test_a_session_that_has_ended(self):
        self.sent()
        self.log_in("mts_connector.group_callback")
        self.env["res.users"].search(
            [("login", "=", "mts_connector_group_callback")]
        ).active = False
        with self.nothing_written():
            self.assert_denied(bearer="")

    def rpc(self, model, method, *args):
        """Call a method as a browser does; return the name of the error."""
        params = {"model": model, "method": method, "args": args, "kwargs": {}}
        with mute_logger("odoo.http", "odoo.addons.base.models.ir_model", "odoo.models"):
            answer = self.send(
                "/web/dataset/call_kw",
                {"params": params},
                bearer="",
                Content_Type="application/json",
            ).json()
        return answer.get("error", {}).get("data", {}).get("name")

    def test_the_callback_user_may_do_nothing_else(self):
        person = self.sent()
        record = self.record_of(person)
        self.log_in("mts_connector.group_callback")
        denied = "odoo.exceptions.AccessError"
        ids = {
            "mts.connector": self.connector.id,
            "mts.request": record.request_id.id,
            "mts.run": record.run_id.id,
            "mts.record": record.id,
            "res.partner": person.id,
        }
        with self.nothing_written():
            for model in (
                *ids,
                "mts.error.code",
                "mts.refused.delivery",
                "mts.connection.test",
                "mts.preview",
                "mts.send.one",
                "ir.config_parameter",
                "ir.attachment",
                "ir.model.fields",
            ):
                number = [ids.get(model, 1)]
                for call in (
                    ("search_read", [], ["id"]),
                    ("read", number),
                    ("write", number, {}),
                    ("create", {}),
                    ("unlink", number),
                ):
                    self.assertEqual(self.rpc(model, *call), denied, (model, call))
            number = [self.connector.id]
            for button in (
                "action_import_now",
                "action_start",
                "action_stop",
                "action_test_connection",
                "action_preview",
            ):
                self.assertEqual(self.rpc("mts.connector", button, number), denied, button)
            self.assertEqual(self.rpc("mts.record", "action_retry", [record.id]), denied)
            self.assertEqual(self.rpc("mts.run", "action_cancel", [record.run_id.id]), denied)
            for method in ("_receive", "_of_bearer", "_settle", "_note"):
                self.assertEqual(self.rpc("mts.request", method, []), denied)

    def test_the_group_gives_no_right_to_any_model(self):
        """Only what Odoo gives to everybody."""
        member = new_test_user(self.env, "member", "mts_connector.group_callback")
        nobody = new_test_user(self.env, "nobody", "base.group_portal")
        nobody.groups_id = False
        for model in self.env:
            for operation in ("read", "write", "create", "unlink"):
                rights = [
                    self.env[model].with_user(user).check_access_rights(operation, False)
                    for user in (member, nobody)
                ]
                self.assertEqual(rights[0], rights[1], (model, operation))

    def test_no_session_comes_of_a_delivery(self):
        person, _other = self.sent(2)
        store = http.root.session_store
        with patch.object(store, "save", wraps=store.save) as save:
            answer = self.send(BULK, [self.result(self.refs[0])])
            self.assertNotIn("Set-Cookie", answer.headers)
            answer = self.send(SINGLE + "?debug=1", self.result(self.refs[1]))
            self.assertNotIn("Set-Cookie", answer.headers)
            for path in ROUTES:
                for bearer in (self.bearer, "wrong", ""):
                    answer = self.send(path, b"nonsense", bearer=bearer)
                    self.assertNotIn("Set-Cookie", answer.headers)
            self.assertEqual(save.call_count, 0)
            # Elsewhere there is one.
            self.assertIn("Set-Cookie", self.send("/web/login", b"", "GET", "").headers)
            self.assertEqual(save.call_count, 1)
        self.assert_tokenized(person)


@tagged("post_install", "-at_install")
class TestCounted(CallbackCase):
    def setUp(self):
        super().setUp()
        self.env["mts.refused.delivery"].search([]).unlink()
        registry_class = type(self.env["mts.refused.delivery"])
        patcher = patch.object(registry_class, "_last_logged", float("-inf"))
        patcher.start()
        self.addCleanup(patcher.stop)

    def test_counts(self):
        self.sent()
        for _time in range(3):
            self.send(BULK, [], bearer="wrong")
        self.send(SINGLE, b"nonsense")
        self.deliver({}, None, {"ref": "nonsense"})
        self.assertEqual(
            self.refused(), {"denied": 3, "unreadable": 1, "malformed": 2, "unproven": 1}
        )
        self.send(SINGLE, {})
        self.assertEqual(self.refused()["malformed"], 3)

    def test_the_manager_sees_them_and_changes_nothing(self):
        self.sent()
        self.send(BULK, [], bearer="wrong")
        self.env["base"].flush()
        refusals = self.env["mts.refused.delivery"]
        manager = new_test_user(self.env, "manager", "mts_connector.group_manager")
        (row,) = refusals.with_user(manager).search_read([], ["reason", "count"])
        self.assertEqual((row["reason"], row["count"]), ("denied", 1))
        officer = new_test_user(self.env, "officer", "mts_connector.group_user")
        for user, operations in ((manager, ("write", "create", "unlink")), (officer, ("read",))):
            for operation in operations:
                self.assertFalse(
                    refusals.with_user(user).check_access_rights(operation, raise_exception=False)
                )

    def test_one_line_a_minute_without_data(self):
        self.sent()
        bodies = ([self.result(SECRET, SECRET)], SECRET, {"params": SECRET})
        with debug_logs(self) as logs:
            for path in ROUTES:
                for bearer in (self.bearer, SECRET, ""):
                    for body in bodies:
                        self.send(path, body, bearer=bearer)
        lines = [line for line in logs.output if "refused deliveries" in line]
        self.assertEqual(len(lines), 1)
        self.assertNotIn(SECRET, "\n".join(logs.output))
        self.assertNotIn(self.bearer, "\n".join(logs.output))

    def test_counting_that_fails_does_no_harm(self):
        """As when another process counts at the same moment."""
        person = self.sent()
        failing = patch.object(
            type(self.env["mts.refused.delivery"]), "_add", side_effect=psycopg2.OperationalError
        )
        with failing, mute_logger("odoo.addons.mts_connector.models.mts_refused_delivery"):
            self.assertEqual(
                self.deliver({}, self.result(self.refs[0])),
                (200, {"accepted": 1, "ignored": 0, "malformed": 1}),
            )
        self.assert_tokenized(person)
        self.assertEqual(self.refused(), {})
        self.send(BULK, [], bearer="wrong")
        self.assertEqual(self.refused(), {"malformed": 1, "denied": 1})


@tagged("post_install", "-at_install")
class TestOurOwnErrors(CallbackCase):
    def test_an_error_that_quotes_a_token(self):
        """Whatever goes wrong while results are settled."""
        self.sent()

        def fail(_records, _delivered):
            text = f"{TOKEN} is not to our taste"
            raise ValidationError(text)

        failing = patch.object(type(self.env["mts.settlement"]), "_settle", fail)
        bodies = {BULK: [self.result(self.refs[0])], SINGLE: self.result(self.refs[0])}
        for path, body in bodies.items():
            with failing, self.nothing_written(), debug_logs(self) as logs:
                answer = self.send(path, body)
            self.assertEqual(self.answered(answer), (500, {"error": "failed"}))
            text = "\n".join(logs.output)
            self.assertNotIn(TOKEN, text)
            self.assertIn("Callback failed: ValidationError", text)
            self.assertIn("in _receive", text)


@tagged("post_install", "-at_install")
class TestTurns(CallbackCase):
    """Deliveries for one household get in each other's way, and MTS delivers none again."""

    def delivered_against(self, error, times):
        """Deliver where the database fails so often; return the answer and how many tries."""
        requests, tries = type(self.env["mts.request"]), []
        receive = requests._receive

        def fail(records, results, delivered_for):
            counts = receive(records, results, delivered_for)
            tries.append(counts)
            if len(tries) <= times:
                raise error
            return counts

        with patch.object(requests, "_receive", fail):
            answer = self.deliver(self.result(self.refs[0]))
        return answer, len(tries)

    def test_it_is_tried_until_it_has_been_its_turn(self):
        person = self.sent()
        answer, tries = self.delivered_against(Conflict(), 49)
        self.assertEqual(answer, (200, {"accepted": 1, "ignored": 0, "malformed": 0}))
        self.assertEqual(tries, 50)
        self.assert_tokenized(person)
        self.assertFalse(self.refused())

    def test_what_is_no_conflict_is_not_tried_again(self):
        self.sent()
        with self.nothing_written(), mute_logger(
            "odoo.addons.mts_connector.controllers.callback_request"
        ):
            answer, tries = self.delivered_against(psycopg2.OperationalError(), 1)
        self.assertEqual((answer, tries), ((500, {"error": "failed"}), 1))
