# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The texts in what goes to MTS, so that they can be taken out of what it answers."""

from typing import Any, Iterator


def texts_of(value: Any) -> Iterator[str]:
    """Yield each text that stands in a value of JSON, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from texts_of(part)
    elif isinstance(value, dict):
        yield from texts_of(list(value.values()))
