# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Measure what the connector costs, write docs/performance.md, and fail where it is too much."""

import os
import subprocess
import sys
from typing import List

from bootstrap.paths import CHECKOUT
from environment.environment import python_path


def run(arguments: List[str]) -> int:
    """Measure in a process of its own, which finds the simulator."""
    variables = dict(os.environ, PYTHONPATH=python_path())
    command = [sys.executable, "-m", "bench", *arguments]
    return subprocess.run(command, env=variables, cwd=str(CHECKOUT), check=False).returncode
