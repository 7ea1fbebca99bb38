# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Locks between commands; the kernel frees them when a process ends, however it ends."""

import fcntl
import os
from contextlib import contextmanager
from typing import Iterator

from .errors import SetupError
from .paths import cache_folder
from .progress import say


@contextmanager
def lock(name: str) -> Iterator[None]:
    """Two commands at a time must not build the same thing: the second waits."""
    with open(str(cache_folder("locks") / name), "w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"  waiting for another command that holds '{name}'")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def use_cache() -> None:
    """Note that this process uses the cache folder, for as long as it lives."""
    descriptor = os.open(str(cache_folder() / "in-use"), os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    # Never closed, and handed on when the process goes on in another Python.
    os.set_inheritable(descriptor, True)


def refuse_while_in_use() -> None:
    """Raise SetupError when another process uses the cache folder."""
    with open(str(cache_folder() / "in-use"), "w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SetupError(
                "Another command is using the cache folder (a demo or a test run): end it first."
            ) from None
