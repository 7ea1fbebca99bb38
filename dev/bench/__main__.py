# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Measure what the connector costs: in minutes, or in full with --full.

The names of some measurements as arguments leave out the others; then nothing is written down.
"scaling" is done only when it is named.
"""

import argparse
import sys
from typing import Any, Callable, Dict

from bootstrap.progress import say, warn
from environment import Environment

from . import against_floor, against_g2p, delivery, install, note, pace, scale, scaling
from .figures import Figures, number

MANY, FEWER = 1_000_000, 100_000
MEASUREMENTS: Dict[str, Callable[..., None]] = {
    "floor": against_floor.measure,
    "g2p": against_g2p.measure,
    "delivery": delivery.measure,
    "pace": pace.measure,
    "scale": scale.measure,
    "install": install.measure,
    "scaling": scaling.measure,
}
#: They have no bounds.
UNBOUNDED = ("scaling",)
#: What depends on how many registrants there are.
SIZED = ("scale", "install")
#: The last line of the output: what its figures are called there, and how they begin here. Of
#: several the worst counts.
LINE = {
    "floor_ratio": "floor_ratio_",
    "floor_ratio_g2p": "g2p_ratio_",
    "bulk_vs_single": "bulk_vs_single",
    "single_vs_noop": "single_vs_noop",
    "mts_overhead": "mts_overhead",
    "scale_ratio": "scale_ratio",
    "rss_growth_mb": "rss_growth_mb",
    "idle_tick_s": "idle_tick_s",
}


def main() -> int:
    options = _parse_arguments()
    figures = Figures()
    size: Dict[str, Any] = {"many": MANY if options.full else FEWER}
    with Environment.for_series() as environment:
        where = environment.describe()
        say(where)
        for name in options.only or [name for name in MEASUREMENTS if name not in UNBOUNDED]:
            say(f"{name}:")
            MEASUREMENTS[name](environment, figures, **(size if name in SIZED else {}))
    if not options.only:
        note.write(figures, where, options.full)
    for figure in figures.missed():
        warn(f"missed: {figure.text} is {figure.shown}, and has to be {figure.shown_bound}")
    shown = {name: figures.worst(prefix) for name, prefix in LINE.items() if figures.has(prefix)}
    say("bench: " + " ".join(f"{name}={number(value)}" for name, value in shown.items()))
    return 1 if figures.missed() else 0


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="dev/cli.py bench", description=__doc__)
    parser.add_argument("only", nargs="*", choices=[[], *MEASUREMENTS], metavar="MEASUREMENT")
    parser.add_argument("--full", action="store_true", help="a million registrants")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
