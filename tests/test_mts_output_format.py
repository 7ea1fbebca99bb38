# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""jq is tried where it can do no harm."""

import json
import os
import tempfile
import unittest
from unittest.mock import patch

from ..mts import jq_process, output_format


class TestOutputFormat(unittest.TestCase):
    def test_the_default_suits_our_callback(self):
        output_format.check(output_format.DEFAULT)

    def test_results(self):
        results = jq_process.evaluate("if . == 2 then empty else 1 / . end", [1, 2, 0])
        self.assertEqual(results[:2], [{"value": 1}, {}])
        self.assertIn("zero", results[2]["error"])

    def test_only_the_first_result_counts(self):
        self.assertEqual(jq_process.evaluate("., error", [1]), [{"value": 1}])

    def test_no_environment(self):
        with patch.dict(os.environ, {"PGPASSWORD": "correct horse"}):
            (result,) = jq_process.evaluate("[env, $ENV]", [1])
        self.assertNotIn("correct horse", json.dumps(result))

    def test_no_files(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "a.json"), "w") as file:
                file.write('"correct horse"')
            for load in ("import", "include"):
                name = " as $a" if load == "import" else ""
                expression = f'{load} "a"{name} {{search: {json.dumps(folder)}}}; .'
                with self.assertRaises(jq_process.JqError) as caught:
                    jq_process.evaluate(expression, [1])
                self.assertNotIn("correct horse", str(caught.exception))

    def test_no_end(self):
        for expression in ("[range(1e10)]", '"x" * 1e9'):
            with self.assertRaisesRegex(jq_process.JqError, "comes to no end"):
                jq_process.evaluate(expression, [1])

    def test_a_long_result(self):
        with self.assertRaisesRegex(jq_process.JqError, "comes to no end"):
            jq_process.evaluate('"x" * 1000000', [1])
        with self.assertRaisesRegex(jq_process.JqError, "longer than"):
            jq_process.evaluate("." + " " * 100000, [1])

    def test_what_jq_says_is_short(self):
        (result,) = jq_process.evaluate('error("one\\ntwo")', [1])
        self.assertEqual(result, {"error": "one"})
        self.assertEqual(jq_process._first_line(""), "unknown error")
        self.assertEqual(len(jq_process._first_line("x " * 1000 + "\ny")), 300)
