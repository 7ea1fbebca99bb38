# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Runs one jq expression in a process of its own; :mod:`.jq_process` starts it.

Reads ``{"path": …, "expression": …, "inputs": […]}``, the path being where Python looks for
modules, and writes ``{"results": […]}`` with the first result for each input: ``{"value": …}``,
``{}`` for none, or ``{"error": …}``; or ``{"error": …}`` where the expression does not compile.
"""

import json
import os
import sys
from typing import Any, Dict, List

task = json.load(sys.stdin)
sys.path[:] = task["path"]

import jq  # noqa: E402  # the path had to come first

if os.name == "posix":
    import resource

    # No file can be opened (jq has import and include), and neither processor nor memory taken up.
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (2, 2))
    resource.setrlimit(resource.RLIMIT_AS, (512 * 1024 * 1024, 512 * 1024 * 1024))


def _first(program: Any, value: Any) -> Dict[str, Any]:
    try:
        return {"value": program.input_value(value).first()}
    except StopIteration:
        return {}
    except ValueError as error:
        return {"error": str(error)}


def _run(expression: str, inputs: List[Any]) -> Dict[str, Any]:
    try:
        program = jq.compile(expression)
    except ValueError as error:
        return {"error": str(error)}
    return {"results": [_first(program, value) for value in inputs]}


json.dump(_run(task["expression"], task["inputs"]), sys.stdout)
