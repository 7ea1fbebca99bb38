"""Whatever happens in whatever order, the promises are kept. `make soak` tries more of it."""

from faults.soak import run
from faults.stats import Stats
from faults.world import World

SCHEDULES = 20
# The same schedules each time: what fails is what has been changed.
SEED = 7


def test_random_schedules(environment):
    stats = Stats()
    with World(environment, "schedules") as world:
        run(world, stats, SCHEDULES, SEED)
    # They were what they are meant to be.
    assert stats.schedules >= SCHEDULES
    assert stats.sends > SCHEDULES
    assert stats.faults > SCHEDULES
    assert stats.kills > 0
