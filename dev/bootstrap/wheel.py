# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Build the wheel that pip installs, odoo-addon-mts-connector."""

import argparse
from pathlib import Path
from typing import List

from . import interpreter, venv
from .paths import CHECKOUT, DEV, log_file
from .progress import say
from .run import run as run_tool

PYTHONS = ("3.9", "3.10", "3.11")


def run(arguments: List[str]) -> int:
    """Put it into dist/, or into another folder."""
    parser = argparse.ArgumentParser(prog="dev/cli.py wheel")
    parser.add_argument("folder", nargs="?", type=Path, default=CHECKOUT / "dist")
    say(str(build(CHECKOUT, parser.parse_args(arguments).folder.resolve())))
    return 0


def build(checkout: Path, folder: Path) -> Path:
    """Build the wheel of a checkout; return its path."""
    found = interpreter.find(PYTHONS, "The build of the wheel")
    hatchling = venv.ensure(found, DEV / "requirements-build.txt").with_name("hatchling")
    run_tool(
        [hatchling, "build", "-t", "wheel", "-d", folder],
        log_file("wheel"),
        "The wheel could not be built",
        cwd=checkout,
    )
    return max(folder.glob("*.whl"), key=lambda path: path.stat().st_mtime)
