# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Whatever is sent to the callback, nothing comes of it. `make fuzz` sends much more."""

import pytest

from fuzz.fuzzer import Fuzzer
from fuzz.known import Known
from fuzz.target import Target

INPUTS, FEW = 2000, 200
# The same inputs each time: what fails is what has been changed.
SEED = 4


@pytest.fixture()
def target(environment):
    with Target(environment) as made:
        yield made


def test_nothing_comes_of_it(target):
    fuzzer = Fuzzer(target, SEED)
    fuzzer.run(INPUTS)
    assert fuzzer.faults == []
    assert fuzzer.line() == f"fuzz: inputs={INPUTS} http_500=0 tracebacks=0 writes=0"
    # The inputs were what they are meant to be: all kinds, and many that missed by little.
    assert set(fuzzer.answers) >= {200, 400, 403, 411, 413}
    assert fuzzer.answers[200] > INPUTS / 4
    assert fuzzer.results["ignored"] > INPUTS / 4
    assert fuzzer.results["malformed"] > INPUTS / 10


def test_a_failing_callback_is_noticed(target):
    """Here the database lacks a column."""
    with target.world.sql.cursor() as cursor:
        cursor.execute("ALTER TABLE mts_request RENAME bearer_hash TO gone")
    fuzzer = Fuzzer(target, SEED)
    fuzzer.run(FEW)
    assert fuzzer.http_500 > FEW / 10
    assert fuzzer.tracebacks > 0
    assert fuzzer.writes == 0


def test_a_callback_that_takes_too_much_is_noticed(target):
    """Here it has every right: deliveries are good that the fuzzer believes to be bad."""

    class Mistaken(Known):
        def harmless(self, _who):
            return [ref for request in self.requests.values() for ref in request[1:]]

    target.known = Mistaken(*target.known)
    fuzzer = Fuzzer(target, SEED)
    fuzzer.run(FEW)
    assert fuzzer.results["accepted"] > 0
    assert fuzzer.writes > 0
    assert {fault.text for fault in fuzzer.faults} >= {"a result was accepted"}
