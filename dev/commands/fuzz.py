# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Send 100,000 near misses of deliveries, and nonsense, to the callback of a real Odoo."""

import os
import subprocess
import sys
from typing import List

from bootstrap.paths import CHECKOUT
from environment.environment import python_path


def run(arguments: List[str]) -> int:
    """In a process of its own, which finds the simulator."""
    variables = dict(os.environ, PYTHONPATH=python_path())
    command = [sys.executable, "-m", "fuzz", *arguments]
    return subprocess.run(command, env=variables, cwd=str(CHECKOUT), check=False).returncode
