# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The proofs: what we made is known, and nothing else is."""

import unittest

from ..mts import signature

VID = "2345678901234567"


class TestReference(unittest.TestCase):
    def setUp(self):
        super().setUp()
        self.key = signature.new_key()
        self.text = signature.reference(self.key, 12, 34, VID)

    def test_it_proves_whose_it_is(self):
        ref = signature.parse_reference(self.text)
        self.assertEqual((ref.record_id, ref.request_id), (12, 34))
        self.assertEqual(".".join(map(str, ref)), self.text)
        self.assertTrue(signature.proves(ref, self.key, VID))

    def test_it_proves_nothing_else(self):
        ref = signature.parse_reference(self.text)
        self.assertFalse(signature.proves(ref, signature.new_key(), VID))
        self.assertFalse(signature.proves(ref, self.key, VID[:-1] + "8"))
        self.assertFalse(signature.proves(ref._replace(record_id=13), self.key, VID))
        self.assertFalse(signature.proves(ref._replace(request_id=35), self.key, VID))

    def test_it_says_nothing_of_the_vid(self):
        self.assertNotIn(VID, self.text)
        self.assertLessEqual(len(self.text), 200)

    def test_what_has_not_its_form(self):
        end = self.text.partition(".")[2]
        for text in (
            None,
            5,
            [],
            "",
            "x",
            self.text + "0",
            self.text[:-1],
            self.text + "\n",
            " " + self.text,
            "0." + end,
            "-1." + end,
            "٣." + end,
            "99999999999." + end,
            self.text.replace(".", ","),
        ):
            self.assertIsNone(signature.parse_reference(text), text)


class TestOthers(unittest.TestCase):
    def test_a_key_of_32_characters_is_strong(self):
        for length, strong in ((0, False), (31, False), (32, True), (33, True), (64, True)):
            self.assertEqual(signature.is_strong("k" * length), strong, length)
        self.assertTrue(signature.is_strong(signature.new_key()))

    def test_fingerprints_tell_data_apart(self):
        key = signature.new_key()
        seen = [
            signature.fingerprint(key, identity)
            for identity in ({"a": "b"}, {"a": "c"}, {"a": None}, {"a": "b", "c": "d"}, ["a", "b"])
        ]
        self.assertEqual(len(set(seen)), len(seen))
        self.assertEqual(
            signature.fingerprint(key, {"a": 1, "b": 2}),
            signature.fingerprint(key, {"b": 2, "a": 1}),
        )
        self.assertNotEqual(seen[0], signature.fingerprint(signature.new_key(), {"a": "b"}))

    def test_secrets_are_long_and_new(self):
        # 32 bytes each.
        for make, length in ((signature.new_key, 64), (signature.new_bearer, 43)):
            self.assertEqual(len(make()), length)
            self.assertNotEqual(make(), make())

    def test_comparing(self):
        self.assertTrue(signature.same("é", "é"))
        self.assertFalse(signature.same("é", "e"))
        self.assertFalse(signature.same("", "e"))
        bearer = signature.new_bearer()
        self.assertNotIn(bearer, signature.bearer_hash(bearer))
        self.assertEqual(signature.bearer_hash(bearer), signature.bearer_hash(bearer))
