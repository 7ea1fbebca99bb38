# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Words of MTS and MOSIP without anybody's data."""

import time
import unittest

from ..mts.redact import LONGEST, SHOWN, redact

VALUES = ["2345678901234560", "Traoré", "12 Harbour Road", "Li", "Ann", "5, Allée Né", None, ""]


class TestRedact(unittest.TestCase):
    def test_what_was_sent(self):
        for text, expected in (
            ("VID 2345678901234560 is unknown", "VID ••• is unknown"),
            ("Ann TRAORÉ of 12 harbour road", "••• ••• of •••"),
            ('{"name": "Traor\\u00e9"}', '{"name": "•••"}'),
            ("at 5, Allée Né.", "at •••."),
            # Words of a value.
            ("the street Harbour is none", "the street ••• is none"),
            # Short values only by themselves, and very short ones not at all.
            ("Annual list: Li, Ann", "Annual list: Li, •••"),
            ("nothing of anybody", "nothing of anybody"),
        ):
            self.assertEqual(redact(text, VALUES), expected)

    def test_short_values_are_looked_for_by_themselves(self):
        self.assertEqual(redact("Aminata, Amina, Mamina", ["Amina"]), "Aminata, •••, Mamina")
        self.assertEqual(redact("of Traorean descent", ["Traore"]), "of •••an descent")

    def test_what_looks_like_somebodys(self):
        for text in (
            "2345678901234560",
            "2345 6789 0123 4560",
            "+221 555 0001",
            "1990-05-17",
            "1990/05/17",
            "amina@example.org",
            "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA",
            "0123456789abcdef0123456789abcdef",
            "8.5.01234567c89abcdef0123456789abcde.0123456789abcdef0123456789abcdef",
        ):
            self.assertNotIn(text[3:], redact(f"refused: {text}, sorry"), text)
            self.assertTrue(redact(f"refused: {text}, sorry").startswith("refused: "))
            self.assertTrue(redact(f"refused: {text}, sorry").endswith(", sorry"))

    def test_nothing_of_it_is_left(self):
        for text in (
            "abcdefgh" * 4,
            "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
            "1234567",
            "12.05.1990",
            "12 05 1990",
            "12/05/1990",
            "12-05-1990",
            "a.b+c%d-e@sub-domain.example.org",
        ):
            self.assertEqual(redact(f"of {text}, sorry"), "of •••, sorry")
        for text in ("abcdefg" * 4, "123456", "1.2.3"):
            self.assertEqual(redact(f"of {text}, sorry"), f"of {text}, sorry")

    def test_what_helps_stays(self):
        for text in (
            "IDA-DEA-001::Demographic data name in eng did not match",
            "Invalid Input Parameter - requesttime at column 7 of 12",
            "ATS-REQ-102 HTTP 422",
        ):
            self.assertEqual(redact(text, VALUES), text)

    def test_no_half_values(self):
        value = "a rather long address " * 20
        text = "y " * (SHOWN // 2 - 5) + value
        self.assertNotIn("address", redact(text, [value]))
        # What may have been cut in the middle of a value is not shown at all.
        self.assertEqual(redact("z" * LONGEST, [value]), "")
        self.assertEqual(len(redact("zz " * 1000)), SHOWN)

    def test_it_takes_no_time(self):
        values = [f"Person {number} of Somewhere" for number in range(7000)]
        texts = [
            "1." * 9000,
            "a" * 19000,
            "a-" * 9000,
            "@" * 19000,
            "x@" * 9000,
            "1" + " " * 19000,
        ]
        begun = time.process_time()
        for text in texts:
            redact(text, values)
        self.assertLess(time.process_time() - begun, 10)
