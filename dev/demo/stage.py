# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The demo up and running: Odoo with the sample registrants, and a simulated MTS."""

import contextlib
import time
from typing import Any, Dict, Iterator, List, NamedTuple

from bootstrap.errors import SetupError
from bootstrap.paths import ADDON
from bootstrap.progress import step
from environment import Environment, OdooServer, SimulatorProcess

from .outcome import total
from .progress import ProgressBar
from .registry import CLOSED, G2pRegistry, Registry, Scheduler
from .scenario import Scenario, scenario

# What somebody with OpenG2P sees.
MODULES = [ADDON, "mts_sample_registry", "mts_sample_g2p"]
# So slow that one can watch it; a real MOSIP takes longer.
SECONDS_PER_RECORD = 0.02
DEADLINE_SECONDS = 300
POLL_SECONDS = 0.2
STATES = {"queued": "queued", "sending": "sending", "waiting": "waiting for answers"}
SETTLED = ("tokenized", "rejected", "conflict")
#: The simulator's counters of records that it is through with.
WORKED = ("processed", "error", "invalid")


class Stage(NamedTuple):
    """What the demo plays on."""

    odoo: OdooServer
    simulator: SimulatorProcess
    registry: Registry
    scheduler: Scheduler
    story: Scenario


@contextlib.contextmanager
def stage(environment: Environment) -> Iterator[Stage]:
    """Start everything; all of it is gone afterwards."""
    story = scenario()
    database = environment.create_database("demo", MODULES)
    with contextlib.ExitStack() as stack:
        simulator = stack.enter_context(
            SimulatorProcess(seconds_per_record=SECONDS_PER_RECORD, **story.simulator)
        )
        with step("starting Odoo and a simulated MTS"):
            # Odoo 14 looks at its scheduled jobs once a minute, too seldom to sit and watch:
            # both series look each second here.
            odoo = stack.enter_context(environment.odoo(database, cron_poll=1))
        registry = G2pRegistry(odoo)
        with step(f"registering {len(story.registrants)} people"):
            registry.register(story.registrants)
        scheduler = Scheduler(registry, environment.series)
        yield Stage(odoo, simulator, registry, scheduler, story)


def watch(play: Stage, connector: int, total_count: int = 0) -> None:
    """Show the progress of the imports under way until they are through.

    :param total_count: how many there are; without it, all the registrants of the story
    """
    bar = ProgressBar(total_count or len(play.story.registrants))
    worked_before = sum(play.simulator.counts()[name] for name in WORKED) if total_count else 0
    deadline = time.monotonic() + DEADLINE_SECONDS
    try:
        while True:
            play.scheduler.tick()
            # All imports: Start begins one by itself, and what it has taken Import Now leaves.
            runs = play.registry.runs(connector)
            settled = sum(total(runs, f"{name}_count") for name in SETTLED)
            counts = play.simulator.counts()
            worked = sum(counts[name] for name in WORKED) - worked_before
            bar.show(_state(runs), settled, worked)
            if all(run["state"] in CLOSED for run in runs):
                return
            if time.monotonic() > deadline:
                raise SetupError(
                    f"The import was not through after {DEADLINE_SECONDS} s "
                    f"({_state(runs)}), see {play.odoo.log_file}."
                )
            time.sleep(POLL_SECONDS)
    finally:
        bar.close()


def _state(runs: List[Dict[str, Any]]) -> str:
    """What the oldest open import does."""
    for run in runs:
        if run["state"] not in CLOSED:
            return STATES[run["state"]]
    return "through"
