# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Run tests, and list the lines and branches of the addon and the simulator that none reaches."""

import os
import subprocess
import sys
from pathlib import Path
from typing import List

from bootstrap import beside
from bootstrap.paths import CHECKOUT, DEV, checkout_folder

from . import test

#: The end-to-end tests start processes that they kill, which write down nothing.
MEASURED = ["tests", "tests/g2p", "simulator/tests"]
SETTINGS = f"""
[run]
branch = true
parallel = true
source = {CHECKOUT}
omit =
    {CHECKOUT}/__manifest__.py
    {CHECKOUT}/dev/*
    {CHECKOUT}/migrations/*
    {CHECKOUT}/simulator/tests/*
    {CHECKOUT}/tests/*

[report]
show_missing = true
skip_covered = true
"""
#: Python imports this where it finds it, before anything else.
START = "import coverage\n\ncoverage.process_startup()\n"


def run(arguments: List[str]) -> int:
    """As `test` does; without any paths, all tests whose processes can be measured.

    With `--all` the others are run after them, as `test` does it.
    """
    paths = [argument for argument in arguments if argument != "--all"]
    if paths or not arguments:
        return _measure(paths or MEASURED)
    others = [folder for folder in test.ALL_TESTS if folder not in MEASURED]
    return max(_measure(MEASURED), test.run(others))


def _measure(paths: List[str]) -> int:
    results = checkout_folder("coverage")
    for file in results.iterdir():
        file.unlink()
    settings = results / "settings"
    settings.write_text(SETTINGS)
    packages = beside.ensure(DEV / "requirements-coverage.txt")
    (packages / "sitecustomize.py").write_text(START)
    before = dict(os.environ)
    os.environ.update(
        MTS_DEV_BESIDE=str(packages),
        COVERAGE_PROCESS_START=str(settings),
        COVERAGE_FILE=str(results / "data"),
    )
    status = test.run(paths)
    _tell(packages, settings)
    os.environ.clear()
    os.environ.update(before)
    return status


def _tell(packages: Path, settings: Path) -> None:
    variables = {**os.environ, "PYTHONPATH": str(packages)}
    del variables["COVERAGE_PROCESS_START"]
    for command in ("combine", "report"):
        arguments = [sys.executable, "-m", "coverage", command, f"--rcfile={settings}"]
        subprocess.run(arguments, cwd=str(CHECKOUT), env=variables, check=True)
