# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The probe of a callback: what it says of whatever is at the address, and what it gives away."""

import json
import os
import socket
import unittest
from contextlib import contextmanager
from unittest.mock import patch

from ..mts import callback_probe
from ..mts.callback_probe import CallbackError, NoDatabase, is_local, try_callback
from ..mts.message import Login
from ..simulator.tests.receiver import Receiver
from .test_mts_client import Answering, answer

DENIED = answer(json.dumps({"error": "denied"}), 403)
COUNT = answer(json.dumps({"accepted": 0, "ignored": 0, "malformed": 0}))
PASSWORD = "correct horse"


def logged_in(**result):
    return answer(json.dumps({"jsonrpc": "2.0", "result": {"uid": 7, **result}}))


def login_fails(name="odoo.exceptions.AccessDenied"):
    data = {"name": name, "message": f"{PASSWORD} is wrong", "debug": f"Traceback: {PASSWORD}"}
    return answer(json.dumps({"error": {"message": PASSWORD, "data": data}}))


class InTurn(Answering):
    """Answers each request with the next of these, and the last for ever."""

    def __init__(self, *answers):
        super().__init__()
        self._answers = answers

    def _answer(self, connection):
        self._parts = self._answers[len(self.requests) :][:1] or self._answers[-1:]
        return super()._answer(connection)


class ProbeCase(unittest.TestCase):
    def setUp(self):
        super().setUp()
        # Longer than any answer here takes; those that never come are waited for.
        for name, seconds in (("CONNECT_TIMEOUT", 20.0), ("READ_TIMEOUT", 20.0)):
            patcher = patch.object(callback_probe, name, seconds)
            patcher.start()
            self.addCleanup(patcher.stop)

    @contextmanager
    def serving(self, *parts):
        with Answering(*parts) as server:
            yield server

    def outcome_of(self, *parts, login=None, is_ours=True):
        """Try an address that answers with these bytes."""
        with self.serving(*parts) as server:
            return try_callback(server.url, "POST", True, is_ours, login)

    def error_of(self, *parts):
        return self.outcome_of(*parts).error

    def login_to(self, *parts):
        """Log in where these bytes are answered; the callback takes the session."""
        with self.serving(*parts) as odoo, InTurn(DENIED, COUNT) as callback:
            return self.log_in(odoo, callback), odoo.requests

    def log_in(self, odoo, callback, is_ours=True):
        login = Login(f"{odoo.url}/web/session/authenticate", "registry", "seeder", PASSWORD)
        return try_callback(callback.url, "POST", True, is_ours, login)


class TestAddress(ProbeCase):
    def test_a_callback_that_takes_nothing_from_strangers(self):
        for in_bulk, body, kind in (
            (True, b"[]", "text/plain"),
            (False, b"{}", "application/json"),
        ):
            for method in ("POST", "PUT", "GET", "PATCH"):
                with self.serving(DENIED) as server:
                    outcome = try_callback(f"{server.url}/x", method, in_bulk, True)
                self.assertEqual(outcome, callback_probe.Outcome())
                ((head, sent),) = server.requests
                self.assertTrue(head.startswith(f"{method} /x HTTP"))
                self.assertIn(f"Content-Type: {kind}\r\n", head)
                self.assertEqual(sent, body)

    def test_what_the_answers_mean(self):
        denied = json.dumps({"error": "denied"})
        for status, body, words in (
            (404, "", "which database is meant"),
            (405, "", "does not take the callback's HTTP method (HTTP 405)"),
            (401, "", "asks for a login (HTTP 401)"),
            (403, "<html>", "asks for a login (HTTP 403)"),
            (407, "", "asks for a login (HTTP 407)"),
            (502, "", "does not reach Odoo behind it (HTTP 502)"),
            (503, "", "does not reach Odoo behind it (HTTP 503)"),
            (504, "", "does not reach Odoo behind it (HTTP 504)"),
            (500, "", "see the log of Odoo"),
            (200, "<html>", "not this addon's callback"),
            (200, denied, "not this addon's callback"),
            (400, denied, "not this addon's callback"),
            (500, denied, "see the log of Odoo"),
            (200, "[" * 10000, "not this addon's callback"),
        ):
            error = self.error_of(answer(body, status))
            self.assertIn(words, str(error), status)
            self.assertEqual(isinstance(error, NoDatabase), status == 404)

    def test_certificates_of_the_environment_that_are_not_there(self):
        with patch.dict(os.environ, {"REQUESTS_CA_BUNDLE": "/nowhere/all.pem"}):
            outcome = try_callback("https://127.0.0.1:1/", "POST", True, True, None)
        self.assertIn("certificates", str(outcome.error))

    def test_a_redirect_is_not_followed(self):
        with self.serving(DENIED) as elsewhere:
            location = f"Location: {elsewhere.url}\r\n"
            for status in (300, 301, 302, 307, 308):
                error = self.error_of(answer("", status, location))
                self.assertIn(f"redirects elsewhere (HTTP {status})", str(error))
            self.assertEqual(elsewhere.requests, [])

    def test_nobody_is_there(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        error = try_callback(f"http://127.0.0.1:{port}", "POST", True, True).error
        self.assertIn("Nothing answers at this address", str(error))

    def test_a_proxy_that_is_not_there(self):
        with patch.dict(os.environ, {"http_proxy": "http://127.0.0.1:9", "no_proxy": ""}):
            error = try_callback("http://127.0.0.1:9", "POST", True, True).error
        self.assertIn("The proxy on the way", str(error))

    def test_no_tls_is_spoken(self):
        with Receiver() as server:
            url = server.url.replace("http://", "https://")
            error = try_callback(url, "POST", True, True).error
        self.assertIn("No secure connection", str(error))

    def test_no_answer_in_time(self):
        head = b"HTTP/1.1 403 X\r\nContent-Length: 1000\r\n\r\n"
        with patch.object(callback_probe, "READ_TIMEOUT", 0.2):
            self.assertIn("did not answer in time", str(self.error_of((b"", 3600))))
            with patch.object(callback_probe, "CONNECT_TIMEOUT", 0.2):
                error = self.error_of(head, (b"x", 0.05))
        self.assertIsInstance(error, CallbackError)

    def test_an_answer_without_end(self):
        head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
        error = self.error_of(head, b" " * (callback_probe.MAX_ANSWER + 2), (b" ", 0.01))
        self.assertIn("not this addon's callback", str(error))

    def test_a_broken_connection(self):
        for part in (b"", b"\x00garbage\r\n\r\n", DENIED[:-5]):
            self.assertIsInstance(self.error_of(part), CallbackError)

    def test_another_api_gets_nothing_to_act_on(self):
        with self.serving(answer("", 405)) as server:
            outcome = try_callback(server.url, "POST", True, False)
        self.assertEqual((outcome.status, outcome.error), (405, None))
        ((head, body),) = server.requests
        self.assertTrue(head.startswith("HEAD "))
        self.assertEqual(body, b"")

    def test_which_urls_stay_on_the_machine(self):
        for url in (
            "http://localhost:8069/x",
            "http://127.0.0.1",
            "http://127.9.9.9",
            "http://[::1]/",
        ):
            self.assertTrue(is_local(url), url)
        for url in ("http://127.example.org", "https://example.org", "http://10.0.0.1", "nowhere"):
            self.assertFalse(is_local(url), url)


class TestLogin(ProbeCase):
    def test_as_mts_does(self):
        outcome, requests = self.login_to(logged_in(currencies="x" * 10000))
        self.assertTrue(outcome.delivered)
        self.assertIsNone(outcome.login_error)
        (head, body), (logout, _body) = requests
        self.assertTrue(head.startswith("GET /web/session/authenticate "))
        self.assertIn("Content-Type: application/json", head)
        self.assertEqual(
            json.loads(body),
            {
                "jsonrpc": "2.0",
                "params": {"db": "registry", "login": "seeder", "password": PASSWORD},
            },
        )
        self.assertTrue(logout.startswith("GET /web/session/logout "))

    def test_what_the_answers_mean(self):
        for part, words in (
            (login_fails(), "refuses this user name or password"),
            (login_fails("psycopg2.OperationalError"), "no database of this name"),
            (login_fails("werkzeug.exceptions.NotFound"), "ends in /web/session/authenticate"),
            (answer('{"error": "x"}'), "no database of this name"),
            (answer('{"error": {"data": []}}'), "no database of this name"),
            (logged_in(uid=None), "two-factor authentication"),
            (logged_in(uid=False), "two-factor authentication"),
            (answer("<html>"), "ends in /web/session/authenticate"),
            (answer("{}"), "ends in /web/session/authenticate"),
            (answer("[]"), "ends in /web/session/authenticate"),
            (answer("", 404), "ends in /web/session/authenticate"),
            (answer("", 400), "ends in /web/session/authenticate"),
            (answer("", 403), "asks for a login (HTTP 403)"),
            (answer("", 502), "does not reach Odoo"),
            (answer("", 302, "Location: http://127.0.0.1:9/\r\n"), "redirects elsewhere"),
        ):
            outcome, requests = self.login_to(part)
            self.assertIn(words, str(outcome.login_error))
            self.assertFalse(outcome.delivered)
            self.assertEqual(len(requests), 1, "nobody is logged in, who could log out")
            self.assertNotIn(PASSWORD, str(outcome.login_error))

    def test_a_user_who_may_not_deliver(self):
        with self.serving(logged_in()) as odoo, self.serving(DENIED) as callback:
            outcome = self.log_in(odoo, callback)
        self.assertIsNone(outcome.error)
        self.assertIn("may not deliver", str(outcome.login_error))

    def test_what_is_no_count(self):
        for part in (
            answer("{}"),
            answer("[]"),
            answer('{"accepted": 1}'),
            answer('{"accepted": 0}', 201),
        ):
            with InTurn(DENIED, part) as callback, self.serving(logged_in()) as odoo:
                outcome = self.log_in(odoo, callback)
            self.assertIn("not this addon's callback", str(outcome.login_error))
            self.assertFalse(outcome.delivered)

    def test_a_logout_that_fails(self):
        with InTurn(logged_in(), b"") as odoo, InTurn(DENIED, COUNT) as callback:
            outcome = self.log_in(odoo, callback)
            self.assertEqual(len(odoo.requests), 2)
        self.assertEqual(outcome, callback_probe.Outcome(delivered=True))

    def test_who_logs_in_tells_the_database(self):
        with InTurn(answer("", 404), COUNT) as callback, self.serving(logged_in()) as odoo:
            outcome = self.log_in(odoo, callback)
        self.assertIsInstance(outcome.error, NoDatabase)
        self.assertEqual((outcome.login_error, outcome.delivered), (None, True))
        with self.serving(answer("", 404)) as callback, self.serving(logged_in()) as odoo:
            outcome = self.log_in(odoo, callback)
        self.assertIsInstance(outcome.login_error, NoDatabase)
        self.assertFalse(outcome.delivered)

    def test_nothing_is_delivered_where_nobody_answers(self):
        with self.serving(answer("", 502)) as callback, self.serving(logged_in()) as odoo:
            outcome = self.log_in(odoo, callback)
            self.assertEqual(len(callback.requests), 1)
        self.assertIsNotNone(outcome.error)
        self.assertEqual((outcome.login_error, outcome.delivered), (None, False))

    def test_nothing_is_delivered_to_another_api(self):
        with self.serving(answer("")) as callback, self.serving(logged_in()) as odoo:
            outcome = self.log_in(odoo, callback, is_ours=False)
            self.assertEqual(len(callback.requests), 1)
        self.assertEqual((outcome.login_error, outcome.delivered), (None, False))
