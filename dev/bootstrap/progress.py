# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""One line for each thing that takes time."""

import sys
import time
from contextlib import contextmanager
from typing import Iterator


def say(text: str) -> None:
    """One line for the person at the terminal."""
    print(text, flush=True)


def warn(text: str) -> None:
    """One line that must be seen also when the output goes into a file."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def step(title: str) -> Iterator[None]:
    """Print the title at once, and the seconds when the step is through."""
    start = time.monotonic()
    print(f"  {title} ...", end="", flush=True)
    try:
        yield
    except BaseException:
        print(" failed", flush=True)
        raise
    print(f" {time.monotonic() - start:.1f} s", flush=True)
