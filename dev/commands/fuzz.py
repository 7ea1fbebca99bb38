# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Send 100,000 near misses of deliveries, and nonsense, to the callback of a real Odoo."""

from typing import List

from ._apart import run_apart


def run(arguments: List[str]) -> int:
    """In a process of its own, which finds the simulator."""
    return run_apart("fuzz", arguments)
