"""Soak: random schedules, as many as asked for."""

import argparse
import random
import sys

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from environment import Environment

from .schedule import Schedule
from .stats import Stats
from .world import World

STEPS = 25


def main() -> int:
    options = _parse_arguments()
    number = random.randrange(10**6) if options.seed is None else options.seed  # noqa: S311
    with Environment.for_series() as environment:
        print(environment.describe())
        print(f"seed {number}", flush=True)
        return soak(environment, options.schedules, number)


def soak(environment: Environment, schedules: int, number: int, progress: bool = True) -> int:
    """Run the schedules and say what came of it; 1 where a promise was not kept."""
    stats = Stats(progress)
    with World(environment, "soak") as world:
        try:
            run(world, stats, schedules, number)
        finally:
            print(stats.line(), flush=True)
    return 0


def run(world: World, stats: Stats, schedules: int, number: int) -> None:
    """Run the schedules; raises AssertionError with the first that breaks a promise."""
    schedule = type("Schedule", (Schedule,), {"world": world, "stats": stats})
    run_state_machine_as_test(
        seed(number)(schedule),
        settings=settings(
            max_examples=schedules,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        ),
    )


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="dev/cli.py soak", description=__doc__)
    parser.add_argument("--schedules", type=int, default=100)
    parser.add_argument("--seed", type=int, help="a new one unless given")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
