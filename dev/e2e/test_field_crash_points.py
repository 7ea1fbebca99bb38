# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Odoo is killed while submissions are fetched and taken in: nothing is lost or doubled."""

import pytest
from field import Failing, Fetch, Nothing
from test_crash_points import CALL, COMMIT, act_until_dead, points, start_afresh

from faults.world import World

# MTS calls an Odoo that is dead, and has to ask again for what it could not deliver.
UNDELIVERED = [
    *points(["pull"], ("during call", "after call")),
    *points(["submissions"], ("before call", "before commit")),
]

SCENARIOS = {
    Fetch: [
        *points(["take_window", "go_out_to_pull", "submissions"], COMMIT),
        *points(["pull"], CALL),
        *points(["submissions"], ["before call"]),
    ],
    Nothing: points(["found_nothing"], COMMIT),
    Failing: points(["pull_failed"], COMMIT),
}

CASES = [
    pytest.param(scenario, point, times, id=f"{scenario.__name__} {point}")
    for scenario, killed_at in SCENARIOS.items()
    for point, times in killed_at
]


@pytest.fixture(scope="module")
def world(environment):
    with World(environment, "field", cron_threads=1) as made:
        yield made


@pytest.mark.parametrize(("scenario", "point", "times"), CASES)
def test_kill(world, scenario, point, times):
    start_afresh(world)
    case = scenario(world, f"{scenario.__name__} {point}")
    case.prepare()
    world.crash.arm(point, times)
    act_until_dead(case)
    assert world.crash.killed, f"Odoo never reached '{point}':\n{world.odoo.tail()}"
    world.revive()
    case.mend()
    case.settle()
    case.check(most_sends=2 if (point, times) in UNDELIVERED else 1)
    case.clear()
