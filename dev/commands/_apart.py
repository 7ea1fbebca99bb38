# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Runs a command's work in a process of its own, which finds the simulator."""

import os
import subprocess
import sys
from typing import List

from bootstrap.paths import CHECKOUT
from environment.environment import python_path


def run_apart(module: str, arguments: List[str]) -> int:
    """Run a package of `dev/` as a program; returns its exit status."""
    variables = dict(os.environ, PYTHONPATH=python_path())
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, env=variables, cwd=str(CHECKOUT), check=False).returncode
