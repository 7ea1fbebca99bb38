# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Words of MTS and MOSIP without anybody's data: they may quote what they stumble over."""

import json
import re
from typing import Iterable, Iterator, Optional

MASK = "•••"

# What a person gets to read of a message, and how much of one is looked at.
SHOWN = 500
LONGEST = 20000

# Shorter values are hardly anybody's, and syllables of other words would go with them.
_SHORTEST = 3
_SHORT = 6

# Whoever's it is: tokens and secrets, then e-mail addresses and numbers such as a VID or a date.
_LIKELY = (
    # First: what is left of one without the numbers in it would be too short.
    re.compile(r"[\w-]{32,}"),
    re.compile(r"[\w.+%-]{1,64}@[\w.-]+|\d[\d\s/.-]{5,}\d"),
)


def redact(text: str, values: Iterable[Optional[str]] = ()) -> str:
    """Return the text without these values, their words, and what looks like somebody's data."""
    if len(text) >= LONGEST:
        # It may have been cut in the middle of a value.
        return ""
    folded = text.casefold()
    found = {part for part in _parts(values) if part.casefold() in folded}
    # Longest first: a value may be part of another.
    for part in sorted(found, key=len, reverse=True):
        text = _pattern(part).sub(MASK, text)
    for pattern in _LIKELY:
        text = pattern.sub(MASK, text)
    return text[:SHOWN]


def _parts(values: Iterable[Optional[str]]) -> Iterator[str]:
    for value in filter(None, values):
        for part in (value, json.dumps(value)[1:-1], *value.split()):
            if len(part) >= _SHORTEST:
                yield part


def _pattern(part: str) -> "re.Pattern[str]":
    escaped = re.escape(part)
    if len(part) < _SHORT:
        escaped = rf"(?<!\w){escaped}(?!\w)"
    return re.compile(escaped, re.IGNORECASE)
