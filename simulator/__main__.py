# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Run the simulator as a process: ``python -m simulator``, or ``python`` and this folder."""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
import threading
from pathlib import Path

if not __package__:
    # Started by its path: the folder itself is on the path, and must give way to its parent.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from simulator.server import Simulator


def main() -> int:
    options = _parse_arguments()
    logging.basicConfig(level=logging.WARNING if options.quiet else logging.INFO)
    if not options.quiet:
        logging.getLogger("simulator").setLevel(logging.DEBUG)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_arguments: stop.set())
    if options.until_eof:
        threading.Thread(target=_wait_for_eof, args=[stop], daemon=True).start()
    try:
        simulator = Simulator(options.host, options.port, **_settings(options)).start()
    except (OSError, ValueError) as error:
        print(f"simulator: {error}", file=sys.stderr)
        return 1
    print(f"simulator: {simulator.url}", flush=True)
    stop.wait()
    simulator.stop()
    return 0


def _wait_for_eof(stop: threading.Event) -> None:
    """Standard input ends with the program that started this one, whatever ended that."""
    # Not by way of sys.stdin: the interpreter could not end while a thread reads there.
    while os.read(0, 1024):
        pass
    stop.set()


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 (default) takes a free one")
    parser.add_argument("--config", type=Path, help="a JSON file with settings")
    parser.add_argument("--seconds-per-record", type=float)
    parser.add_argument("--workers", type=int)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--quiet", action="store_true", help="do not log each request")
    parser.add_argument("--until-eof", action="store_true", help="end when standard input does")
    return parser.parse_args()


def _settings(options: argparse.Namespace) -> dict:
    """The file's settings, overridden by the command line's."""
    settings = json.loads(options.config.read_text("utf-8")) if options.config else {}
    if not isinstance(settings, dict):
        raise ValueError("the settings file must hold a JSON object")
    for name in ("seconds_per_record", "workers", "seed"):
        if getattr(options, name) is not None:
            settings[name] = getattr(options, name)
    return settings


if __name__ == "__main__":
    sys.exit(main())
