# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""jq expressions, compiled once and used for many records."""

from __future__ import annotations

import re
from functools import lru_cache, partial
from typing import Any, Callable

import jq

# Such a path means the same to jq and to a plain walk, which is many times faster.
_PLAIN_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*\Z")

Evaluator = Callable[[Any], Any]


def compiles(expression: Any) -> bool:
    if not isinstance(expression, str):
        return False
    try:
        _compile(expression)
    except ValueError:
        return False
    return True


def evaluator(expression: str) -> Evaluator:
    """A function that gives the first result of ``expression``; None for an error or no result.

    Raises ValueError when the expression does not compile.
    """
    return partial(_first_result, _compile(expression))


def path_reader(path: str) -> Evaluator:
    """A function that reads a mapping value's path from a record.

    MTS puts "." in front and evaluates with jq. A path that does not compile reads as absent.
    """
    if _PLAIN_PATH.match(path):
        return partial(_walk, path.split("."))
    try:
        return evaluator("." + path)
    except ValueError:
        return _nothing


@lru_cache(maxsize=64)
def _compile(expression: str) -> Any:
    """Compiling takes milliseconds, and a connector sends the same expressions all the time."""
    return jq.compile(expression)


def _first_result(program: Any, value: Any) -> Any:
    try:
        return program.input_value(value).first()
    except (ValueError, StopIteration):
        return None


def _walk(keys: list[str], value: Any) -> Any:
    for key in keys:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def _nothing(_value: Any) -> None:
    return None
