# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Soak: random schedules, as many as asked for."""

import argparse
import multiprocessing
import os
import random
import signal
import threading
import traceback
from concurrent.futures import ProcessPoolExecutor
from typing import Iterator, NamedTuple, Type

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from environment import Environment

from .field_schedule import FieldSchedule
from .identities import AmongIds, OnContact
from .schedule import Schedule
from .stats import Stats
from .turmoil import Turmoil
from .world import World

STEPS = 25
# So many of the schedules are about submissions in the field, unless all shall be.
FIELD_SHARE = 0.2
STORES = {"partner": OnContact, "g2p": AmongIds}


def main() -> int:
    options = _parse_arguments()
    number = random.randrange(10**6) if options.seed is None else options.seed  # noqa: S311
    with Environment.for_series() as environment:
        print(environment.describe())
    print(f"seed {number}", flush=True)
    identities = STORES[options.store]
    share = 1 if options.field else FIELD_SHARE
    found = list(_soak_in_parts(identities, options.schedules, share, number, options.jobs))
    for part in found:
        print(part.failure, end="")
    total = Stats.sum(part.stats for part in found)
    print(total.line(), flush=True)
    return 1 if any(part.failure for part in found) else 0


class Part(NamedTuple):
    """What came of one part; `failure` says which schedule broke a promise, and how."""

    stats: Stats
    failure: str


def _soak_in_parts(
    identities: Type[OnContact], schedules: int, share: float, number: int, jobs: int
) -> Iterator[Part]:
    """Run a part in each process; with its seed, which counts up, it can be run alone.

    :param share: how much of it is about submissions in the field
    """
    parts = [len(range(job, schedules, jobs)) for job in range(jobs)]
    seeds = range(number, number + jobs)
    # Not forked: what one holds of the database server is not for others.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, context, initializer=_end_with_parent) as processes:
        yield from processes.map(_soak, [identities] * jobs, parts, [share] * jobs, seeds)


def _end_with_parent() -> None:
    """Have this process end when the one that started it is gone, however that ended."""

    def watch() -> None:
        parent = multiprocessing.parent_process()
        if parent:
            parent.join()
            os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


def _soak(identities: Type[OnContact], schedules: int, share: float, number: int) -> Part:
    stats = Stats(f"seed {number}: ")
    in_the_field = round(schedules * share)
    with Environment.for_series() as made, World(made, "soak", identities=identities) as world:
        try:
            run(world, stats, in_the_field, number, FieldSchedule)
            run(world, stats, schedules - in_the_field, number)
        except Exception:  # noqa: BLE001  (shown with what the others have found)
            return Part(stats, traceback.format_exc())
    return Part(stats, "")


def run(
    world: World, stats: Stats, schedules: int, number: int, kind: Type[Turmoil] = Schedule
) -> None:
    """Run the schedules; raises AssertionError with the first that breaks a promise."""
    if not schedules:
        return
    schedule = type("Schedule", (kind,), {"world": world, "stats": stats})
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
    parser.add_argument("--jobs", type=int, default=1, help="processes that share the schedules")
    parser.add_argument("--store", choices=sorted(STORES), default="partner")
    parser.add_argument("--field", action="store_true", help="submissions in the field alone")
    return parser.parse_args()
