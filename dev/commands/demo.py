# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Show the connector at work: sample registrants, a simulated MTS, tokens. ONCE=1 ends it.

Without ONCE=1 Odoo stays up to look around in, until Ctrl-C. With it, the exit status is 0 only
if everybody ended as expected, and the last line is

    demo: selected=… tokenized=… rejected=… conflict=… pending=… lost=… duplicates=…

in which duplicates are the registrants who share a token with another one.
"""

import os
import time
from typing import List, Tuple

from bootstrap.errors import SetupError
from bootstrap.progress import say, warn
from demo.field import fetch_twice
from demo.outcome import Outcome
from demo.report import table
from demo.stage import Stage, stage, watch
from environment import Environment

FAULTS_SHOWN = 10


def run(arguments: List[str]) -> int:
    """Set everything up, import, tell what happened."""
    if arguments:
        raise SetupError(
            f"The demo takes no arguments ({arguments[0]}); ONCE=1 ends it by itself."
        )
    with Environment.for_series() as environment:
        say(environment.describe())
        with stage(environment) as play:
            outcome, faults = _play(play)
            say(f"\n{table(outcome)}\n")
            _complain(faults, play)
            if os.environ.get("ONCE", "0") in ("", "0"):
                _stay(play)
        say(outcome.line)
    return 1 if faults else 0


def _play(play: Stage) -> Tuple[Outcome, List[str]]:
    """Do what an administrator does, and look at what came of it."""
    # Nothing more is needed: the other settings have defaults that fit each other.
    connector = play.registry.create_connector(name="Demo registry", mts_url=play.simulator.url)
    faults = []
    if play.registry.test_connection(connector):
        faults.append("Test Connection finds something that does not work")
    play.registry.press("action_start", connector)
    play.registry.import_now(connector)
    say("\nImport Now was pressed: # is answered, - is done by MTS and on its way.")
    watch(play, connector)
    outcome = Outcome.read(play.registry, connector)
    return outcome, [*faults, *outcome.faults(play.story), *fetch_twice(play, connector)]


def _complain(faults: List[str], play: Stage) -> None:
    for fault in faults[:FAULTS_SHOWN]:
        warn(f"unexpected: {fault}")
    if len(faults) > FAULTS_SHOWN:
        warn(f"unexpected: {len(faults) - FAULTS_SHOWN} more")
    if faults:
        warn(f"The log of Odoo is {play.odoo.log_file}.")


def _stay(play: Stage) -> None:
    say(f"Look around: {play.odoo.url}  login: admin  password: admin  (Ctrl-C ends the demo)")
    try:
        while play.odoo.running:
            play.scheduler.tick()
            time.sleep(1)
    except KeyboardInterrupt:
        say("")
