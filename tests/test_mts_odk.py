# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What is asked of MTS and of ODK Central, without Odoo."""

import json
import os
import unittest
from datetime import datetime
from unittest.mock import patch

from ..mts import submission
from ..mts.answer import MalformedAnswer
from ..mts.client import MtsClient
from ..mts.errors import NoSubmissions, Refused
from ..mts.odk import OdkClient, OdkError, OdkForm
from ..simulator import Simulator
from .test_callback_probe import InTurn
from .test_mts_client import Answering, answer, batch

START, END = datetime(2026, 1, 31, 12), datetime(2026, 1, 31, 13)
LOGGED_IN = answer('{"token": "session"}')
RESULT = {"instance": "uuid:1", "status": "processed", "token": "token", "values": {}}


class OdkCase(unittest.TestCase):
    def setUp(self):
        super().setUp()
        self.simulator = Simulator().start()
        self.addCleanup(self.simulator.stop)
        settings = self.simulator.settings
        self.form = OdkForm(
            self.simulator.url,
            "",
            "1",
            "registration",
            settings.odk_email,
            settings.odk_password,
        )

    def submit(self, at):
        self.simulator.submit({"vid": "2345678901234567", "name": "Amina"}, at=at)


class TestPull(OdkCase):
    def pull(self, form=None):
        message = batch(odkconfig=(form or self.form).config(START, END))
        message["request"].pop("authdata")
        with MtsClient(self.simulator.url, 10) as client:
            return client.pull(message)

    def test_the_window_has_its_start_and_not_its_end(self):
        self.submit(START)
        self.submit(END)
        self.assertTrue(self.pull())
        self.assertEqual(self.simulator.ledger.counts["stored_records"], 1)

    def test_no_submissions(self):
        with self.assertRaises(NoSubmissions):
            self.pull()

    def test_codes_are_spelled_like_all_others(self):
        with self.assertRaises(Refused) as caught:
            self.pull(self.form._replace(email=""))
        self.assertEqual(caught.exception.code, "ATS-REQ-019")

    def test_what_mts_gets(self):
        url = "https://odk.example.org:444"
        form = OdkForm(url, f"{url}/forms/r.svc", "1", "r", "mts@example.org", "secret")
        self.assertEqual(
            form.config(START, END),
            {
                "baseurl": "odk.example.org:444",
                "version": "v1",
                "odataurl": f"{url}/forms/r.svc",
                "projectid": "1",
                "formid": "r",
                "email": "mts@example.org",
                "password": "secret",
                "startdate": "2026-01-31T11:59:59.999Z",
                "enddate": "2026-01-31T13:00:00.000Z",
            },
        )


class TestOdkClient(OdkCase):
    def client(self, timeout=10, **changes):
        client = OdkClient(self.form._replace(**changes), timeout)
        self.addCleanup(client.__exit__)
        return client

    def ask(self, method, *args, **changes):
        client = self.client(**changes)
        client.log_in()
        return getattr(client, method)(*args)

    def test_questions(self):
        self.simulator.configure(odk_fields={"who": "structure", "who.first": "string"})
        self.assertEqual(self.ask("questions"), ["who", "who.first"])
        url = f"{self.simulator.url}/v1/projects/1/forms/registration.svc"
        self.assertTrue(self.ask("questions", odata_url=url, project="", form=""))

    def test_many_questions(self):
        fields = {f"question_number_{number}": "string" for number in range(1000)}
        self.simulator.configure(odk_fields=fields)
        self.assertEqual(self.ask("questions"), list(fields))

    def test_addresses_with_a_slash_at_the_end(self):
        form = "/v1/projects/1/forms/registration"
        for odata_url in ("", "{}" + form + ".svc/"):
            with InTurn(LOGGED_IN, answer("[]")) as other:
                urls = {"url": f"{other.url}/", "odata_url": odata_url.format(other.url)}
                self.ask("questions", **urls)
            called = [head.partition(" HTTP")[0] for head, _body in other.requests]
            self.assertEqual(called, ["POST /v1/sessions", f"GET {form}/fields"])

    def test_names_stay_in_their_place(self):
        form = self.form._replace(url="https://odk.example.org", project="1/2", form="a/b?c")
        self.assertEqual(
            form.address(), "https://odk.example.org/v1/projects/1%2F2/forms/a%2Fb%3Fc"
        )

    def test_count(self):
        for at in (START, END):
            self.submit(at)
        self.assertEqual(self.ask("count", START, END), 1)

    def test_certificates_of_the_environment_that_are_not_there(self):
        missing = patch.dict(os.environ, {"REQUESTS_CA_BUNDLE": "/nowhere/all.pem"})
        with missing, self.assertRaisesRegex(OdkError, "certificates"):
            self.ask("questions", url="https://127.0.0.1:1")

    def test_what_can_go_wrong(self):
        for changes, reason in (
            ({"password": "wrong"}, "does not know this e-mail and password"),
            ({"form": "other"}, "no such form"),
            ({"url": "http://127.0.0.1:1"}, "could not be reached"),
        ):
            with self.assertRaisesRegex(OdkError, reason):
                self.ask("questions", **changes)
        with self.assertRaisesRegex(OdkError, "may not read"):
            self.client().questions()

    def test_something_else_at_the_address(self):
        for said, reason in (
            (answer("<html>"), "not as ODK"),
            (answer("[]"), "not as ODK"),
            (answer('{"token": 5}'), "not as ODK"),
            (answer("", 500), "HTTP 500"),
        ):
            with Answering(said) as other, self.assertRaisesRegex(OdkError, reason):
                self.ask("questions", url=other.url)

    def test_questions_that_are_none(self):
        for said in ("{}", "null", "<html>", "[" * 10000):
            not_odk = self.assertRaisesRegex(OdkError, "not as ODK")
            with InTurn(LOGGED_IN, answer(said)) as other, not_odk:
                self.ask("questions", url=other.url)
        fields = [5, "x", {"name": "a"}, {"path": None}, {"path": "/who/first/"}]
        with InTurn(LOGGED_IN, answer(json.dumps(fields))) as other:
            self.assertEqual(self.ask("questions", url=other.url), ["who.first"])

    def test_a_count_that_is_none(self):
        for said in ("[]", "{}", "null", '{"@odata.count": "7"}'):
            not_odk = self.assertRaisesRegex(OdkError, "not as ODK")
            with InTurn(LOGGED_IN, answer(said)) as other, not_odk:
                self.ask("count", START, END, url=other.url)

    def test_redirects_are_not_followed(self):
        """They would carry the password to a place nobody configured."""
        with Answering(LOGGED_IN) as elsewhere:
            for status in (300, 302, 307):
                location = f"Location: {elsewhere.url}/\r\n"
                said = answer('{"token": "session"}', status, location)
                refused = self.assertRaisesRegex(OdkError, f"HTTP {status}")
                with Answering(said) as other, refused:
                    self.client(url=other.url).log_in()
            self.assertEqual(elsewhere.requests, [])

    def test_no_answer_in_time(self):
        head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
        for parts in (((b"", 3600),), (head, (b"", 3600)), (head, (b"x", 0.05))):
            with Answering(*parts) as other, self.assertRaises(OdkError):
                self.client(timeout=0.3, url=other.url).log_in()


class TestSubmission(unittest.TestCase):
    def test_a_number_is_a_vid_too(self):
        self.assertEqual(submission.parse({**RESULT, "vid": 23456}).vid, "23456")
        self.assertEqual(submission.parse({"params": RESULT}).vid, "")

    def test_as_long_as_may_be(self):
        longest = {"instance": "x" * 200, "vid": "2" * 64}
        found = submission.parse({**RESULT, **longest})
        self.assertEqual((found.instance, found.vid), ("x" * 200, "2" * 64))

    def test_malformed(self):
        for item in (
            None,
            [],
            {**RESULT, "instance": None},
            {**RESULT, "instance": 5},
            {**RESULT, "instance": "x" * 201},
            {**RESULT, "values": None},
            {**RESULT, "values": ["name"]},
            {**RESULT, "vid": ["2345"]},
            {**RESULT, "vid": True},
            {**RESULT, "vid": "2" * 65},
        ):
            with self.subTest(item=item), self.assertRaises(MalformedAnswer):
                submission.parse(item)

    def test_an_unusable_result_is_a_refusal(self):
        found = submission.parse({**RESULT, "token": ""})
        self.assertEqual(
            (found.answer.reference, found.answer.status, found.answer.code),
            ("uuid:1", "error", "MTC-UNUSABLE"),
        )
