# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Measure what the connector costs, write docs/performance.md, and fail where it is too much."""

from typing import List

from ._apart import run_apart


def run(arguments: List[str]) -> int:
    """Measure in a process of its own, which finds the simulator."""
    return run_apart("bench", arguments)
