# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Misbehaviour on demand: rules that say which answer or callback goes wrong, and how.

A rule is an object with the keys ``on``, ``kind`` and the options of that kind. It applies to
the ``next`` N occasions, or to a ``fraction`` of them, or, with neither, to all. Rules on
callbacks and outputs can be limited to ``vids``. The first rule that applies is taken.

======== ======== ==========================================================================
on       kind     options (default)
======== ======== ==========================================================================
post     answer   status (500), body (text, or JSON of any type), content_type, headers ({}),
                  stored (false)
post     hang     seconds (3600), stored (false). A stored batch is answered afterwards; the
                  connection of one that is not stored is closed then
post     close    stored (false). Closes the connection without an answer
post     echo     status (500). An error whose message quotes all that was sent
post     forget   answers with an identifier that nobody knows later
status   answer, hang, close   the same; nothing is stored here. A hang is answered afterwards
ping     answer, hang, close   the same, for /ping and /authtoken/authfields
odk      answer, hang, close   the same, where ODK Central is asked for submissions
callback drop     is not sent
callback delay    seconds (3600)
callback repeat   times (1), how often it is sent again
output   set      values: members of jq's ``.output`` to overwrite (status, vid, token …)
output   swap     exchanges the output with that of the next record of the batch
======== ======== ==========================================================================
"""

from __future__ import annotations

import random
import threading
from typing import Any, Collection

_ANSWER = {
    "status": 500,
    "body": "",
    "content_type": "text/html",
    "headers": {},
    "stored": False,
}
_HANG = {"seconds": 3600.0, "stored": False}
_CLOSE = {"stored": False}
_ECHO = {"status": 500}

KINDS: dict[str, dict[str, dict[str, Any]]] = {
    "post": {"answer": _ANSWER, "hang": _HANG, "close": _CLOSE, "echo": _ECHO, "forget": {}},
    "status": {"answer": _ANSWER, "hang": _HANG, "close": _CLOSE},
    "ping": {"answer": _ANSWER, "hang": _HANG, "close": _CLOSE},
    "odk": {"answer": _ANSWER, "hang": _HANG, "close": _CLOSE},
    "callback": {"drop": {}, "delay": {"seconds": 3600.0}, "repeat": {"times": 1}},
    "output": {"set": {"values": {}}, "swap": {}},
}


class Fault:
    """One rule; ``options`` are complete, the defaults filled in."""

    def __init__(self, rule: dict[str, Any]) -> None:
        values = dict(rule)
        self.on = values.pop("on", None)
        self.kind = values.pop("kind", None)
        self.next: int | None = values.pop("next", None)
        self.fraction: float | None = values.pop("fraction", None)
        vids = values.pop("vids", None)
        self.vids = None if vids is None else frozenset(vids)
        try:
            defaults = KINDS[self.on][self.kind]
        except (KeyError, TypeError):
            raise ValueError(f"no fault of kind {self.kind!r} on {self.on!r}") from None
        if not (self.next is None or isinstance(self.next, int)):
            raise ValueError("the next of a fault is a number of occasions")
        if not (self.fraction is None or isinstance(self.fraction, (int, float))):
            raise ValueError("the fraction of a fault is a number from 0 to 1")
        unknown = set(values) - set(defaults)
        if unknown:
            raise ValueError(f"unknown options of a fault: {sorted(unknown)}")
        self.options = {**defaults, **values}

    def applies(self, generator: random.Random, vids: Collection[str]) -> bool:
        if self.vids is not None and self.vids.isdisjoint(vids):
            return False
        if self.fraction is not None and generator.random() >= self.fraction:
            return False
        if self.next is None:
            return True
        self.next -= 1
        return self.next >= 0


class Faults:
    """The rules in force. Each ``on`` has random numbers of its own, so that a seed gives the
    same schedule however the threads interleave."""

    def __init__(self, seed: int) -> None:
        self._lock = threading.Lock()
        self._rules: list[Fault] = []
        self.seed(seed)

    def seed(self, seed: int) -> None:
        generators = {on: random.Random(f"{seed} {on}") for on in (*KINDS, "order")}  # noqa: S311
        with self._lock:
            self._random = generators

    def replace(self, rules: list[dict[str, Any]]) -> None:
        parsed = [Fault(rule) for rule in rules]
        with self._lock:
            self._rules = parsed

    def add(self, rule: dict[str, Any]) -> None:
        """Put a rule behind the others; ValueError when it is none."""
        fault = Fault(rule)
        with self._lock:
            self._rules.append(fault)

    def clear(self, on: str | None = None) -> None:
        with self._lock:
            self._rules = [rule for rule in self._rules if on is not None and rule.on != on]

    def draw(self, on: str, vids: Collection[str] = ()) -> Fault | None:
        """The rule for this occasion, or None when all goes well."""
        if not self._rules:
            return None
        with self._lock:
            for rule in self._rules:
                if rule.on == on and rule.applies(self._random[on], vids):
                    if rule.next == 0:  # a long test adds thousands of them
                        self._rules.remove(rule)
                    return rule
        return None

    def position(self, length: int) -> int:
        """A random index, for those who take things out of order."""
        with self._lock:
            return self._random["order"].randrange(length)

    def shuffle(self, items: list) -> None:
        with self._lock:
            self._random["order"].shuffle(items)
