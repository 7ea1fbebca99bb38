# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How many POSTs may be under way: more after good answers, fewer when MTS asks or gets slow."""

import unittest

from ..background.pace import QUICK_SECONDS, Pace

TIMEOUT = 60


class TestPace(unittest.TestCase):
    def setUp(self):
        super().setUp()
        self.pace = Pace(8)

    def post(self, seconds=0.1, records=100):
        """Let a POST begin and be answered."""
        self.pace.answered(self.pace.begin(), records, seconds, TIMEOUT)

    def test_never_more_than_the_settings_allow(self):
        for _answer in range(50):
            self.post()
        self.assertTrue(self.pace.has_room(7))
        self.assertFalse(self.pace.has_room(8))

    def test_half_as_many_each_time_until_there_is_one(self):
        allowed = []
        while self.pace.slow_down(self.pace.begin()):
            allowed.append(self.pace.allowed)
        self.assertEqual(allowed, [4, 2, 1])
        self.assertEqual(self.pace.allowed, 1)

    def test_several_that_say_the_same_count_once(self):
        numbers = [self.pace.begin() for _post in range(8)]
        for number in numbers:
            self.assertTrue(self.pace.slow_down(number))
        self.assertEqual(self.pace.allowed, 4)
        self.pace.slow_down(self.pace.begin())
        self.assertEqual(self.pace.allowed, 2)

    def test_one_more_after_a_round_of_good_answers(self):
        self.pace.slow_down(self.pace.begin())
        allowed = []
        for _answer in range(4 + 5 + 6 + 7):
            self.post()
            allowed.append(self.pace.allowed)
        self.assertEqual(allowed, [4, 4, 4, 5] + 4 * [5] + [6] + 5 * [6] + [7] + 6 * [7] + [8])

    def test_the_round_begins_anew_when_mts_is_given_less(self):
        for _answer in range(7):
            self.post()
        self.pace.slow_down(self.pace.begin())
        for _answer in range(3):
            self.post()
        self.assertEqual(self.pace.allowed, 4)

    def test_answers_that_get_slow(self):
        self.post(seconds=2)
        self.post(seconds=4)
        self.assertEqual(self.pace.allowed, 8)
        self.post(seconds=4.1)
        self.assertEqual(self.pace.allowed, 4)

    def test_the_best_time_counts(self):
        for seconds in (4, 2, 3, 4):
            self.post(seconds)
        self.assertEqual(self.pace.allowed, 8)
        self.post(seconds=5)
        self.assertEqual(self.pace.allowed, 4)

    def test_what_is_quick_is_never_slow(self):
        for seconds in (0.001, QUICK_SECONDS):
            self.post(seconds)
        self.assertEqual(self.pace.allowed, 8)

    def test_a_small_batch_says_nothing_about_a_large_one(self):
        self.post(seconds=0.1, records=1)
        self.post(seconds=4, records=100)
        self.post(seconds=1, records=1)
        self.post(seconds=6, records=100)
        self.assertEqual(self.pace.allowed, 8)
        self.post(seconds=9, records=1)
        self.assertEqual(self.pace.allowed, 4)

    def test_near_to_the_timeout(self):
        self.post(seconds=TIMEOUT / 2)
        self.assertEqual(self.pace.allowed, 8)
        self.post(seconds=TIMEOUT / 2 + 1)
        self.assertEqual(self.pace.allowed, 4)
