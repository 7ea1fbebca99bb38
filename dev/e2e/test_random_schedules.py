# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Whatever happens in whatever order, the promises are kept. `make soak` tries more of it."""

import pytest

from faults.field_schedule import FieldSchedule
from faults.identities import AmongIds, OnContact
from faults.schedule import Schedule
from faults.soak import run
from faults.stats import Stats
from faults.world import World

# The same schedules each time: what fails is what has been changed.
SEED = 7


@pytest.mark.parametrize(
    ("kind", "identities", "schedules"),
    [
        (Schedule, OnContact, 20),
        (Schedule, AmongIds, 10),
        (FieldSchedule, OnContact, 10),
    ],
)
def test_random_schedules(environment, kind, identities, schedules):
    stats = Stats()
    with World(environment, "schedules", identities=identities) as world:
        run(world, stats, schedules, SEED, kind)
    # They were what they are meant to be.
    assert stats.schedules >= schedules
    assert stats.sends > schedules
    assert stats.faults > schedules
    assert stats.kills > 0
