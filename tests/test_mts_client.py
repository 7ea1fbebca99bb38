# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The client: what MTS says, and what else may be at its address."""

import json
import os
import socket
import threading
import unittest
from contextlib import contextmanager, suppress
from unittest.mock import patch

from ..mts import client as client_module
from ..mts import message
from ..mts.client import LONGEST_PAUSE, MAX_ANSWER, MtsClient
from ..mts.errors import (
    BatchFailed,
    Busy,
    MtsError,
    NotMts,
    OutcomeUnknown,
    Refused,
    UnknownRequest,
    Unreachable,
)
from ..simulator import Simulator

IDENTIFIER = "0d0c9d8e-7a6b-4c5d-8e9f-000000000001"
GOOD = json.dumps({"errors": None, "response": {"request_identifier": IDENTIFIER}})


def batch(*records, **values):
    envelope = message.envelope(
        lang="eng",
        mapping={"vid": "vid", "name": ["name"], "gender": "gender"},
        output_format=".output",
        callback=message.callback_properties(
            "http://127.0.0.1:9/", "POST", 1, True, message.bearer_auth("secret")
        ),
        authdata=list(records) or [{"vid": "2345678901234567", "name": "Amina"}],
    )
    envelope["request"].update(values)
    return envelope


def _url(server_socket):
    host, port = server_socket.getsockname()
    return f"http://{host}:{port}"


class Answering:
    """A server that answers each request with the same bytes, whatever they are."""

    def __init__(self, *parts):
        self._parts = parts
        self._ended = threading.Event()
        self.requests = []

    def __enter__(self):
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = _url(self._socket)
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_exception):
        self._ended.set()
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _serve(self):
        while True:
            try:
                connection, _address = self._socket.accept()
            except OSError:
                return
            with connection:
                self._answer(connection)

    def _answer(self, connection):
        request = b""
        while b"\r\n\r\n" not in request:
            request += connection.recv(65536)
        head, _blank, body = request.partition(b"\r\n\r\n")
        length = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-len")]
        while length and len(body) < int(length[0].split(b":")[1]):
            body += connection.recv(65536)
        self.requests.append((head.decode(), body))
        with suppress(OSError):  # the client may have had enough
            for part in self._parts:
                if isinstance(part, bytes):
                    connection.sendall(part)
                else:
                    self._trickle(connection, *part)

    def _trickle(self, connection, byte, pause):
        """Send a byte now and then until the client or the test ends."""
        while not self._ended.wait(pause):
            connection.sendall(byte)


def answer(body, status=200, headers=""):
    """Return an HTTP answer as bytes."""
    data = body if isinstance(body, bytes) else body.encode()
    # The server answers once and closes: a client that kept the connection would meet its end.
    length = f"Content-Length: {len(data)}\r\nConnection: close\r\n"
    head = f"HTTP/1.1 {status} X\r\n{length}{headers}\r\n"
    return head.encode() + data


def error_body(code, words):
    return json.dumps({"errors": [{"errorCode": code, "errorMessage": words}], "response": None})


class TestAgainstTheSimulator(unittest.TestCase):
    def setUp(self):
        super().setUp()
        self.simulator = Simulator().start()
        self.addCleanup(self.simulator.stop)
        self.client = MtsClient(self.simulator.url + "/", timeout=30)
        self.addCleanup(self.client.close)

    def test_signs_of_life(self):
        self.assertIn("pong", self.client.ping())
        about = self.client.auth_fields()
        self.assertEqual(about.names, list(message.FIELDS))
        self.assertEqual(about.version, "1.1.0")

    def test_a_batch(self):
        identifier = self.client.submit(batch())
        self.assertEqual(len(identifier), 36)
        self.assertTrue(self.simulator.wait_idle(30))
        self.assertIn("error", self.client.status(identifier))
        self.assertEqual(self.simulator.ledger.posts[0]["vids"], ["2345678901234567"])

    def test_a_batch_without_a_valid_record_is_stored(self):
        identifier = self.client.submit(batch({"vid": ""}))
        self.assertEqual(len(identifier), 36)
        self.assertTrue(self.simulator.ledger.posts[0]["stored"])

    def test_what_mts_refuses(self):
        for values, code in (
            ({"output": "xml"}, "ATS-REQ-"),
            ({"mapping": {"vid": "vid", "name": "name"}}, "ATS-REQ-102"),
            ({"authdata": []}, "ATS-REQ-"),
        ):
            with self.assertRaises(Refused) as caught:
                self.client.submit(batch(**values))
            self.assertIn(code, caught.exception.code)
            self.assertTrue(str(caught.exception))
        self.assertFalse(self.simulator.ledger.counts["stored_posts"])

    def test_a_record_that_mts_stumbles_over(self):
        with self.assertRaises(BatchFailed) as caught:
            self.client.submit(batch({"vid": "2345678901234567", "name": 1}))
        self.assertEqual(caught.exception.code, "ATS-REQ-100")

    def test_a_request_that_mts_forgot(self):
        with self.assertRaises(UnknownRequest):
            self.client.status(IDENTIFIER)


class TestOtherServers(unittest.TestCase):
    @contextmanager
    def served(self, *parts, timeout=30):
        with Answering(*parts) as server, MtsClient(f"{server.url}/", timeout) as client:
            yield server, client

    def submitted(self, *parts, **options):
        """POST a batch and return the error that comes of it."""
        caught = self.assertRaises(MtsError)
        with self.served(*parts, **options) as (_server, client), caught:
            client.submit(batch())
        return caught.exception

    def test_a_good_answer(self):
        with self.served(answer(GOOD)) as (server, client):
            self.assertEqual(client.submit(batch({"name": "Traoré"})), IDENTIFIER)
        head, body = server.requests[0]
        self.assertIn("POST /authtoken/json HTTP/1.1", head)
        self.assertIn("\r\nContent-Type: application/json\r\n", head)
        self.assertEqual(json.loads(body)["request"]["lang"], "eng")
        self.assertIn("Traoré".encode(), body)

    def test_nobody_listens(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            url = _url(free)
        at_once = client_module.CONNECT_RETRY.new(backoff_factor=0)
        with patch.object(client_module, "CONNECT_RETRY", at_once), MtsClient(url, 5) as client:
            for call in (lambda: client.submit(batch()), client.ping):
                with self.assertRaisesRegex(Unreachable, "could not be reached"):
                    call()

    def test_a_refused_connection_is_tried_again_twice(self):
        at_once = client_module.CONNECT_RETRY.new(backoff_factor=0)
        connect = "urllib3.util.connection.create_connection"
        for scheme in ("http", "https"):
            refusing = patch(connect, side_effect=ConnectionRefusedError)
            with refusing as attempts, patch.object(client_module, "CONNECT_RETRY", at_once):
                client = MtsClient(f"{scheme}://127.0.0.1:9", 5)
                self.assertRaises(Unreachable, client.submit, batch())
            self.assertEqual(attempts.call_count, 3)

    def test_a_proxy_that_is_not_there(self):
        at_once = client_module.CONNECT_RETRY.new(backoff_factor=0)
        proxy = {"http_proxy": "http://127.0.0.1:9", "no_proxy": ""}
        with patch.object(client_module, "CONNECT_RETRY", at_once), patch.dict(os.environ, proxy):
            client = MtsClient("http://127.0.0.1:9", 5)
            self.assertRaisesRegex(Unreachable, "The proxy on", client.submit, batch())

    def test_what_arrived_is_not_sent_again(self):
        for part in (b"", b"\x00garbage\r\n\r\n", answer("", 503, "Retry-After: 0\r\n")):
            with self.served(part) as (server, client):
                with self.assertRaises(MtsError):
                    client.submit(batch())
                with self.assertRaises(MtsError):
                    client.ping()
                self.assertEqual(len(server.requests), 2, part)

    def test_urls_that_are_none(self):
        for url in ("nowhere", "ftp://127.0.0.1", "http://", "http://[::1"):
            with MtsClient(url, 5) as client, self.assertRaisesRegex(Refused, "URL of MTS"):
                client.submit(batch())

    def test_what_the_status_means(self):
        for status, kind in (
            (500, BatchFailed),
            (400, Refused),
            (401, Refused),
            (404, Refused),
            (413, Refused),
            (422, Refused),
            (429, Busy),
            (502, Unreachable),
            (503, Busy),
            (408, OutcomeUnknown),
            (504, OutcomeUnknown),
            (520, OutcomeUnknown),
        ):
            error = self.submitted(answer("<html>", status))
            self.assertIs(type(error), kind, status)
            self.assertIn(str(status), str(error))

    def test_how_long_mts_wants_to_be_left_alone(self):
        for value, pause in (
            ("120", 120),
            ("0.5", 0.5),
            ("86400", LONGEST_PAUSE),
            ("inf", LONGEST_PAUSE),
            ("Sat, 01 Jan 2400 00:00:00 GMT", LONGEST_PAUSE),
            ("Sat, 01 Jan 2000 00:00:00 GMT", None),
            ("Sat, 01 Jan 2400 00:00:00 -0000", None),
            ("0", None),
            ("-5", None),
            ("nan", None),
            ("soon", None),
            ("Sat, 99 Jan 99999999999999 00:00:00 +9999999999", None),
        ):
            for status in (429, 503):
                error = self.submitted(answer("", status, f"Retry-After: {value}\r\n"))
                self.assertEqual(error.pause, pause, value)
        self.assertIsNone(self.submitted(answer("", 503)).pause)

    def test_redirects_are_not_followed(self):
        with Answering(answer(GOOD)) as elsewhere:
            for status in (300, 301, 302, 303, 307, 308):
                location = f"Location: {elsewhere.url}/\r\n"
                error = self.submitted(answer("", status, location))
                self.assertIsInstance(error, Refused)
                self.assertIn("redirects", str(error))
            self.assertFalse(elsewhere.requests)

    def test_success_that_is_not_of_mts(self):
        for body in (
            "",
            "<html>",
            "[]",
            "null",
            "5",
            "{}",
            '{"response": null}',
            '{"response": []}',
            '{"response": {}}',
            '{"response": null, "errors": ["x"]}',
            "[" * 10000,
            "\ufeff{}".encode("utf-16"),
        ):
            self.assertIs(type(self.submitted(answer(body))), NotMts, body[:20])
        self.assertIn("no JSON", str(self.submitted(answer("<html>"))))

    def test_identifiers(self):
        for identifier in ("a" * 100, "A.b_c-9"):
            body = json.dumps({"response": {"request_identifier": identifier}})
            with self.served(answer(body)) as (_server, client):
                self.assertEqual(client.submit(batch()), identifier)

    def test_identifiers_that_are_none(self):
        for identifier in (5, "", None, "../ping", "a b", "a\n", "a\x00b", "é", "a" * 101, ["a"]):
            body = json.dumps({"response": {"request_identifier": identifier}})
            self.assertIs(type(self.submitted(answer(body))), NotMts, identifier)

    def test_an_error_with_success(self):
        error = self.submitted(answer(error_body("ATS-REQ-102", "no")))
        self.assertIs(type(error), Refused)
        self.assertEqual(error.code, "ATS-REQ-102")

    def test_words_of_mts_are_made_harmless(self):
        body = error_body("A\x00" * 100, "100% %s %(x)s\x00\ud800 " + "x" * 5000)
        error = self.submitted(answer(body, 400))
        self.assertEqual(error.code, "A" * 64)
        self.assertTrue(str(error).startswith("100% %s %(x)s x"))
        self.assertLess(len(str(error)), MAX_ANSWER)
        error = self.submitted(answer(error_body({"a": 1}, ["b"]), 400))
        self.assertEqual((error.code, str(error)), ("", "MTS refused the request (HTTP 400)."))

    def test_words_of_mts_are_passed_on(self):
        for status in (200, 400, 500):
            error = self.submitted(answer(error_body("ATS-REQ-100", " no name\n"), status))
            self.assertEqual((error.code, str(error)), ("ATS-REQ-100", "no name"))

    def test_errors_that_are_none(self):
        for errors in ({}, {"errorCode": "ATS-REQ-100"}, [], "ATS-REQ-100", [None]):
            error = self.submitted(answer(json.dumps({"errors": errors}), 400))
            self.assertEqual((type(error), error.code), (Refused, ""), errors)

    def test_the_first_error_counts(self):
        errors = [{"errorCode": f"ATS-REQ-10{number}"} for number in range(3)]
        error = self.submitted(answer(json.dumps({"errors": errors}), 400))
        self.assertEqual(error.code, "ATS-REQ-100")

    def test_only_one_error_says_that_a_request_is_not_known(self):
        for status, code, kind in (
            (404, "ATS-REQ-016", UnknownRequest),
            (404, "ATS-REQ-017", Refused),
            (400, "ATS-REQ-016", Refused),
            (410, "ATS-REQ-016", Refused),
        ):
            error = self.submitted(answer(error_body(code, "no"), status))
            self.assertIs(type(error), kind, (status, code))

    def test_the_connection_breaks(self):
        for part in (
            b"",
            b"HTTP/1.1 200 OK\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\n",
            answer(GOOD)[:-5],
            b"\x00garbage\r\n\r\n",
        ):
            error = self.submitted(part)
            self.assertIsInstance(error, OutcomeUnknown, part)
        self.assertIn("broke before it answered", str(self.submitted(b"")))

    def test_the_connection_breaks_on_a_question(self):
        for part in (b"", b"HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\n"):
            with self.served(part) as (_server, client), self.assertRaises(Unreachable):
                client.status(IDENTIFIER)

    def test_no_answer_in_time(self):
        head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
        for parts in (
            ((b"", 3600),),
            (head, (b"", 3600)),
            (head, (b"x", 0.05)),
        ):
            error = self.submitted(*parts, timeout=0.3)
            self.assertIsInstance(error, OutcomeUnknown)
        self.assertIn("in time", str(self.submitted((b"", 3600), timeout=0.3)))

    def test_an_answer_without_end(self):
        head = b"HTTP/1.1 %d OK\r\nConnection: close\r\n\r\n"
        endless = b" " * (MAX_ANSWER + 2)
        self.assertIs(type(self.submitted(head % 200, endless, (b" ", 0.01))), NotMts)
        self.assertIs(type(self.submitted(head % 500, endless, (b" ", 0.01))), BatchFailed)

    def test_errors_say_nothing_of_the_payload(self):
        for part in (answer("<html>", 400), b"", answer("", 302), answer("<html>")):
            error = self.submitted(part)
            for secret in ("2345678901234567", "Amina", "127.0.0.1"):
                self.assertNotIn(secret, str(error))
            self.assertTrue(error.__cause__ is None or error.__suppress_context__)

    def test_what_mts_says_of_itself_is_text(self):
        said = {"version": 1.2, "response": {"authfields": ["vid", 5]}}
        with self.served(answer(json.dumps(said))) as (_server, client):
            self.assertEqual(client.auth_fields(), ("", ["vid", "5"]))

    def test_questions_that_are_answered_with_something_else(self):
        with self.served(answer('{"response": {}}')) as (_server, client):
            for call in (client.ping, client.auth_fields, lambda: client.status(IDENTIFIER)):
                with self.assertRaises(NotMts):
                    call()
