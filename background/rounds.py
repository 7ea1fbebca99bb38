# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How much of the scheduler's time is ours.

Odoo 15 executes a job again at once that was woken while it was executed, and its limit of time
counts all of that as one: whoever goes beyond is killed, in the middle of a POST. So there is one
budget for the whole round in which a thread of the scheduler does what is to be done.
"""

import threading
import time
from contextlib import contextmanager
from typing import Any, Iterator, Optional


class _Thread(threading.local):
    """What this thread does: its round, the last one in which it worked, and until when."""

    round: Any = None
    worked_in: Any = None
    deadline = 0.0


_thread = _Thread()


@contextmanager
def taking_part_in(round_: Any) -> Iterator[None]:
    """Execute one job of a round of the scheduler.

    :param round_: any object that is the same for all jobs of the round, and for no other
    """
    _thread.round = round_
    try:
        yield
    finally:
        _thread.round = None


def begin(budget: float) -> Optional[float]:
    """Return the time until which work may be begun; None where this round has had its share."""
    now = time.monotonic()
    if _thread.round is None or _thread.worked_in is not _thread.round:
        _thread.worked_in, _thread.deadline = _thread.round, now + budget
    elif now >= _thread.deadline:
        return None
    return _thread.deadline
