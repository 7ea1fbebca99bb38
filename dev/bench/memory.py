# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How much a process grows."""

import threading
from typing import Any

import psutil

PAUSE_SECONDS = 0.2
MEGABYTE = 1024 * 1024


class Growth:
    """Watches a process while a `with` lasts; ``megabytes`` is the most that it grew."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._before = self._peak = 0
        self._over = threading.Event()

    def __enter__(self) -> "Growth":
        self._before = self._peak = self._resident()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_exception: Any) -> None:
        self._over.set()
        self._thread.join()

    @property
    def megabytes(self) -> float:
        return (self._peak - self._before) / MEGABYTE

    def _watch(self) -> None:
        while not self._over.wait(PAUSE_SECONDS):
            self._peak = max(self._peak, self._resident())

    def _resident(self) -> int:
        return self._process.memory_info().rss
