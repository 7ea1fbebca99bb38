"""Two commands at a time must not build the same thing."""

import fcntl
from contextlib import contextmanager
from typing import Iterator

from .paths import cache_root
from .progress import say


@contextmanager
def lock(name: str) -> Iterator[None]:
    """Hold an exclusive lock; the kernel frees it when the process ends, however it ends."""
    folder = cache_root() / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with open(str(folder / name), "w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"  waiting for another command that holds '{name}'")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
