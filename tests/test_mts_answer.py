# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the callback reads of a delivered result, and what it does not take for one."""

import unittest

from ..mts import answer

TOKEN = "MZPz_6dXSh4JXR6sKohOhEsbYVDDIMQq-BAu1"
PROCESSED = {"ref": "1.1.x", "status": "processed", "token": TOKEN}
REFUSED = {"ref": "1.1.x", "status": "error", "errorCode": "IDA-DEA-001", "errorMessage": "no"}


class TestParse(unittest.TestCase):
    def assert_malformed(self, item, reason):
        with self.assertRaises(answer.MalformedAnswer) as caught:
            answer.parse(item)
        self.assertIn(reason, str(caught.exception))
        self.assertNotIn(TOKEN, str(caught.exception))

    def test_a_token(self):
        expected = ("1.1.x", "processed", TOKEN, "", "")
        self.assertEqual(answer.parse(PROCESSED), expected)
        self.assertEqual(answer.parse({"params": PROCESSED}), expected)
        self.assertEqual(answer.parse({**PROCESSED, "vid": 5, "errorCode": None}), expected)

    def test_a_refusal(self):
        for status in ("error", "invalid"):
            expected = ("1.1.x", status, "", "IDA-DEA-001", "no")
            self.assertEqual(answer.parse({**REFUSED, "status": status}), expected)
        # A token counts with "processed" only.
        self.assertEqual(answer.parse({**REFUSED, "token": TOKEN}).token, "")

    def test_codes_with_underscores(self):
        self.assertEqual(answer.parse({**REFUSED, "errorCode": "AUT_BAS_001"}).code, "AUT-BAS-001")

    def test_as_long_as_may_be(self):
        longest = {"ref": "1" * 200, "token": "t" * answer.MAX_TOKEN}
        parsed = answer.parse({**PROCESSED, **longest})
        self.assertEqual((parsed.reference, parsed.token), ("1" * 200, "t" * 256))
        self.assertEqual(answer.parse({**REFUSED, "errorCode": "x" * 64}).code, "x" * 64)
        self.assert_malformed({**PROCESSED, "token": "t" * 257}, "token is too long")
        self.assert_malformed({**PROCESSED, "status": "x" * 32}, "status is none of")
        self.assert_malformed({**PROCESSED, "status": "x" * 33}, "status is too long")

    def test_a_long_message_is_cut(self):
        message = answer.parse({**REFUSED, "errorMessage": "x" * 2 * answer.MAX_MESSAGE}).message
        self.assertEqual(message, "x" * answer.MAX_MESSAGE)

    def test_what_no_database_takes(self):
        message = answer.parse({**REFUSED, "errorMessage": " a\x00b\ud800 "}).message
        self.assertEqual(message, "ab")

    def test_malformed(self):
        for item in (None, [], [PROCESSED], "x", 5, True):
            self.assert_malformed(item, "no JSON object")
        for item, reason in (
            ({}, "ref is missing"),
            ({**PROCESSED, "ref": ""}, "ref is missing"),
            ({**PROCESSED, "ref": 1}, "ref is no text"),
            ({**PROCESSED, "ref": "1" * 201}, "ref is too long"),
            ({**PROCESSED, "status": "done"}, "status is none of"),
            ({**PROCESSED, "status": None}, "status is none of"),
            ({**PROCESSED, "status": "processed_with_errors"}, "status is none of"),
            ({**PROCESSED, "status": ["processed"]}, "status is no text"),
            ({**PROCESSED, "token": None}, "token is missing"),
            ({**PROCESSED, "token": " "}, "token is missing"),
            ({**PROCESSED, "token": 5}, "token is no text"),
            ({**PROCESSED, "token": TOKEN * 8}, "token is too long"),
            ({**REFUSED, "errorCode": None}, "errorCode is missing"),
            ({**REFUSED, "errorCode": "x" * 65}, "errorCode is too long"),
            ({**REFUSED, "errorMessage": {}}, "errorMessage is no text"),
            ({"params": {"params": PROCESSED}}, "ref is missing"),
        ):
            self.assert_malformed(item, reason)
