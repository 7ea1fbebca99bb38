# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Texts that come from outside."""

import json
from typing import Any

# Longer numbers are none: Python takes very long over those of millions of digits.
MAX_DIGITS = 32


def storable(text: str) -> str:
    """Return the text without what PostgreSQL does not take: NUL, and half of a surrogate pair."""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode("utf-8")


def json_or_none(body: bytes) -> Any:
    """Return what stands in a body of JSON, or None where it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
