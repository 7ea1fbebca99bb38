# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What really happened, for tests to compare with what the connector believes."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import Any, Callable, Iterator

COUNTERS = (
    "posts",
    "posts_at_once",
    "stored_posts",
    "stored_records",
    "processed",
    "error",
    "invalid",
    "callbacks",
    "callbacks_failed",
    "callbacks_dropped",
)


class Ledger:
    """Counters, and the details behind them while ``record`` is true.

    The counter ``posts_at_once`` is the most that were under way at the same time.
    ``posts``: ``{"time", "identifier", "stored", "records", "vids", "http_status", "fault",
    "at_once", "window"}``; identifier is None when none was given, http_status None when no answer
    was sent, at_once is how many were under way when it came, this one included; window is the
    start and the end of what was to be fetched from ODK Central, None for a batch that came along.
    ``results``: one for each record that MTS is through with: ``{"time", "identifier", "vid",
    "payload", "input", "status", "token", "errorCode", "errorMessage"}``; payload (what MOSIP
    was asked) is None for an invalid record.
    ``callbacks``: one for each attempt: ``{"time", "identifier", "kind", "method", "vids",
    "body", "http_status", "error", "dropped"}``; kind is callback, login or logout, error the
    name of an exception, and body is None for login and logout.
    Times are seconds since the epoch.
    """

    def __init__(self, record: bool = True) -> None:
        self.record = record
        self._changed = threading.Condition()
        self._under_way = 0
        self.reset()

    def reset(self) -> None:
        with self._changed:
            self.counts = dict.fromkeys(COUNTERS, 0)
            self.posts: list[dict[str, Any]] = []
            self.results: list[dict[str, Any]] = []
            self.callbacks: list[dict[str, Any]] = []

    @contextmanager
    def post_under_way(self) -> Iterator[int]:
        """Count a POST in while it lasts; yields how many are under way."""
        with self._changed:
            self._under_way += 1
            at_once = self._under_way
            self.counts["posts_at_once"] = max(self.counts["posts_at_once"], at_once)
        try:
            yield at_once
        finally:
            with self._changed:
                self._under_way -= 1

    def add_post(self, *, stored: bool, records: int, **details: Any) -> None:
        with self._changed:
            self.counts["posts"] += 1
            self.counts["stored_posts"] += stored
            self.counts["stored_records"] += records if stored else 0
            if self.record:
                entry = {"time": time.time(), "stored": stored, "records": records, **details}
                self.posts.append(entry)
            self._changed.notify_all()

    def add_result(self, *, status: str, **details: Any) -> None:
        with self._changed:
            self.counts[status] += 1
            if self.record:
                self.results.append({"time": time.time(), "status": status, **details})
            self._changed.notify_all()

    def add_callback(
        self, *, kind: str, error: str | None = None, dropped: bool = False, **details: Any
    ) -> None:
        with self._changed:
            if kind == "callback":
                self.counts[_callback_counter(error, dropped)] += 1
            if self.record:
                details.update(time=time.time(), kind=kind, error=error, dropped=dropped)
                self.callbacks.append(details)
            self._changed.notify_all()

    def results_of(self, vid: str) -> list[dict[str, Any]]:
        """All results of one VID, oldest first."""
        with self._changed:
            return [entry for entry in self.results if entry["vid"] == vid]

    def wait_for(self, predicate: Callable[[Ledger], Any], timeout: float) -> bool:
        """Wait until ``predicate(ledger)`` holds; False when ``timeout`` seconds pass before."""
        with self._changed:
            return bool(self._changed.wait_for(lambda: predicate(self), timeout))

    def snapshot(self) -> dict[str, Any]:
        with self._changed:
            return {
                "counts": dict(self.counts),
                "posts": list(self.posts),
                "results": list(self.results),
                "callbacks": list(self.callbacks),
            }


def _callback_counter(error: str | None, dropped: bool) -> str:
    if error:
        return "callbacks_failed"
    return "callbacks_dropped" if dropped else "callbacks"
