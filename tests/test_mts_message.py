# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Values as texts, records as nested objects, and the request around them."""

import datetime
import json
import unittest

from ..mts import message

MAPPING = {"vid": "vid", "name": ["given_name", "parent.name"], "dob": "birthdate"}


class TestTexts(unittest.TestCase):
    def test_values(self):
        for value, text in (
            (None, None),
            (False, None),
            ("", None),
            (" \t\n\u3000", None),
            ("  Amina  Diallo ", "Amina  Diallo"),
            (0, "0"),
            (7, "7"),
            (1.5, "1.5"),
            (datetime.date(1990, 5, 7), "1990/05/07"),
            (datetime.datetime(2020, 1, 31, 23, 59), "2020/01/31"),
        ):
            self.assertEqual(message.as_text(value), text, value)

    def test_paths_become_objects(self):
        values = [("g.h", None), ("a", "1"), ("b.c", "2"), ("b.d.e", "3"), ("b.f", None)]
        self.assertEqual(message.nest(values), {"a": "1", "b": {"c": "2", "d": {"e": "3"}}})


class TestNamedFields(unittest.TestCase):
    def test_whatever_mosip_calls_them(self):
        for field, names in {
            "vid": "vid individualId",
            "name": "name fullName firstName lastName",
            "gender": "gender",
            "dob": "dob dobType age",
            "phoneNumber": "phone phoneNumber mobile",
            "emailId": "email e-mail emailId",
            "fullAddress": "address fullAddress addressLine1 location3 postalCode pinCode "
            "zoneCode",
        }.items():
            for name in (*names.split(), *names.upper().split()):
                self.assertEqual(message.named_fields(f"{name} did not match"), [field])
                self.assertEqual(message.named_fields(f"x{name} did not match"), [], name)
                self.assertEqual(message.named_fields(f"{name}x did not match"), [], name)
        self.assertEqual(message.named_fields("no date of birth"), ["dob"])


class TestIdentity(unittest.TestCase):
    """What MOSIP is asked about; the same means that sending again is for nothing."""

    record = {"vid": "2345", "given_name": "Amina", "parent": {"name": "X"}, "note": "1"}

    def identity(self, lang="eng", **values):
        return message.identity({**self.record, **values}, MAPPING, lang)

    def test_other_values_do_not_count(self):
        self.assertEqual(self.identity(), self.identity(note="2", mts_ref="x"))

    def test_mapped_values_count(self):
        for change in (
            {"vid": "2346"},
            {"given_name": "Aminata"},
            {"parent": {"name": "Y"}},
            {"parent": {}},
            {"birthdate": "1990/05/17"},
            {"lang": "fra"},
        ):
            self.assertNotEqual(self.identity(), self.identity(**change), change)


class TestEnvelope(unittest.TestCase):
    def envelope(self, in_bulk=True, auth=None):
        callback = message.callback_properties(
            "https://example.org/", "PUT", 30, in_bulk, auth or message.bearer_auth("secret")
        )
        return message.envelope(
            lang="fra",
            mapping=MAPPING,
            output_format=".output",
            callback=callback,
            authdata=[{"vid": "2345"}],
            now=datetime.datetime(2026, 1, 31, 9, 30, 0, 123999),
        )

    def test_what_mts_asks_for(self):
        envelope = self.envelope()
        self.assertEqual(envelope["requesttime"], "2026-01-31T09:30:00.123Z")
        for key in ("id", "version", "metadata"):
            self.assertIsInstance(envelope[key], str)
        request = envelope["request"]
        callback = request.pop("callbackProperties")
        self.assertEqual(
            request,
            {
                "output": "json",
                "deliverytype": "callback",
                "lang": "fra",
                "mapping": MAPPING,
                "outputFormat": ".output",
                "authdata": [{"vid": "2345"}],
            },
        )
        self.assertEqual(
            callback,
            {
                "url": "https://example.org/",
                "httpMethod": "PUT",
                "timeoutSeconds": 30,
                "callInBulk": True,
                "extraHeaders": {"Content-Type": "text/plain"},
                "authType": "staticBearer",
                "authStaticBearer": {"token": "secret"},
            },
        )
        json.dumps(envelope)

    def test_single_results_are_json(self):
        callback = self.envelope(in_bulk=False)["request"]["callbackProperties"]
        self.assertEqual((callback["callInBulk"], callback["extraHeaders"]), (False, {}))

    def test_odoo_login(self):
        login = message.Login("https://example.org/login", "registry", "seeder", "secret")
        auth = message.odoo_auth(login)
        callback = self.envelope(auth=auth)["request"]["callbackProperties"]
        self.assertEqual(callback["authType"], "odoo")
        self.assertNotIn("authStaticBearer", callback)
        self.assertEqual(
            callback["authOdoo"],
            {
                "authUrl": "https://example.org/login",
                "database": "registry",
                "username": "seeder",
                "password": "secret",
                "extraHeaders": None,
            },
        )
