# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""jq, apart from Odoo.

A jq expression can read the environment, read files and run for ever, and a person types it into
a form. So it runs in a process that has nothing to read and little time.
"""

import json
import os
import subprocess
import sys
from typing import Any, Dict, List, Optional

from .errors import Explained, _
from .redact import redact

# Seconds; starting Python and jq takes a tenth of one.
TIMEOUT = 10
MAX_EXPRESSION = 10000
MAX_OUTPUT = 100000

_CHILD = os.path.join(os.path.dirname(__file__), "jq_child.py")


class JqError(Explained):
    """The expression could not be run. ``str(error)`` is the reason."""


def evaluate(expression: str, inputs: List[Any]) -> List[Dict[str, Any]]:
    """Return for each input the first result: ``{"value"}``, ``{"error"}`` or, for none, ``{}``.

    :raises JqError: where it is no valid jq, or does not come to an end
    """
    if len(expression) > MAX_EXPRESSION:
        raise JqError(_("it is longer than %(most)s characters"), most=MAX_EXPRESSION)
    task = {"path": sys.path, "expression": expression, "inputs": inputs}
    output = _run_child(json.dumps(task))
    if output is None:
        raise JqError(_("jq comes to no end with it, or needs too much memory"))
    answer = json.loads(output)
    if "error" in answer:
        raise JqError(_("it is no valid jq: %(reason)s"), reason=_first_line(answer["error"]))
    for result in answer["results"]:
        if "error" in result:
            result["error"] = _first_line(result["error"])
    return answer["results"]


def _first_line(text: str) -> str:
    """Return what jq says, which may quote what somebody has put into the expression."""
    return redact((text.splitlines() or ["unknown error"])[0])[:300]


def _run_child(task: str) -> Optional[str]:
    """Return what the child wrote; None where it was stopped or wrote too much."""
    try:
        child = subprocess.run(
            [sys.executable, "-B", _CHILD],
            input=task.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            timeout=TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    usable = child.returncode == 0 and len(child.stdout) <= MAX_OUTPUT
    return child.stdout.decode() if usable else None
