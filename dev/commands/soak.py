# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Run random schedules of everything that can happen, and check the promises after each."""

from typing import List

from ._apart import run_apart


def run(arguments: List[str]) -> int:
    """Run them in a process of its own, which finds the simulator."""
    return run_apart("faults", arguments)
