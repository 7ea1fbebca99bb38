# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a soak has done, and what it has found."""

from collections import Counter
from typing import Iterable

from .promises import LOST, NEEDLESS, WRONG, Breach

PROGRESS_EVERY = 25


class Stats:
    """Counts until the first breach: what follows repeats the same schedule to make it shorter."""

    def __init__(self, progress: str = "") -> None:
        """Tell of the progress, with this before it, unless that is empty."""
        self._progress = progress
        self.schedules = 0
        self.registrants = 0
        self.sends = 0
        self.faults = 0
        self.kills = 0
        self.breaches: Counter = Counter()

    @classmethod
    def sum(cls, parts: "Iterable[Stats]") -> "Stats":
        """Everything that the parts have done and found."""
        total = cls()
        for part in parts:
            for name in ("schedules", "registrants", "sends", "faults", "kills"):
                setattr(total, name, getattr(total, name) + getattr(part, name))
            total.breaches.update(part.breaches)
        return total

    def add_schedule(self, registrants: int, sends: int, faults: int, kills: int) -> None:
        if self.breaches:
            return
        self.schedules += 1
        self.registrants += registrants
        self.sends += sends
        self.faults += faults + kills
        self.kills += kills
        if self._progress and self.schedules % PROGRESS_EVERY == 0:
            print(self._progress + self.line(), flush=True)

    def add_breaches(self, breaches: Iterable[Breach]) -> None:
        if not self.breaches:
            self.breaches.update(breach.promise for breach in breaches)

    def line(self) -> str:
        return (
            f"soak: schedules={self.schedules} registrants={self.registrants} "
            f"sends={self.sends} faults={self.faults} lost={self.breaches[LOST]} "
            f"wrong={self.breaches[WRONG]} needless_sends={self.breaches[NEEDLESS]}"
        )
