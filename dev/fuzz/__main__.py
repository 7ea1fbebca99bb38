# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Fuzzing: the seed, the progress, and a last line that says what came of it."""

import argparse
import random
import sys

from environment import Environment

from .fuzzer import ROUND, Fuzzer
from .target import Target

SHOWN = 5


def main() -> int:
    options = _parse_arguments()
    number = random.randrange(10**6) if options.seed is None else options.seed  # noqa: S311
    with Environment.for_series() as environment:
        print(environment.describe())
        print(f"seed {number}", flush=True)
        with Target(environment, options.workers) as target:
            fuzzer = Fuzzer(target, number)
            if options.round is None:
                fuzzer.run(options.inputs)
            else:
                fuzzer.run(ROUND, options.round)
    for fault in fuzzer.faults[:SHOWN]:
        print(f"fault: {fault.text}")
    path = fuzzer.save()
    if path:
        print(f"{len(fuzzer.faults)} faults with what was sent: {path}")
    print(fuzzer.summary())
    print(fuzzer.line())
    return 1 if path else 0


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="dev/cli.py fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, help="a new one unless given")
    parser.add_argument("--round", type=int, help=f"only these {ROUND} inputs of the seed")
    parser.add_argument("--workers", type=int, default=0, help="worker processes of Odoo")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
