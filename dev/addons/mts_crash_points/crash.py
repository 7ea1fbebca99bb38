# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Kills this process at the point that a test has armed, once."""

import os
import signal
import threading
from pathlib import Path

# A folder that the test shares with us, with these files.
# ``armed``: how many times the point is to be reached, and its name.
# ``killed``: the same, once this process has killed itself there.
# ``points``: all points there are.
FOLDER = Path(os.environ["MTS_CRASH_POINTS"]) if "MTS_CRASH_POINTS" in os.environ else None

_lock = threading.Lock()


def reached(point):
    """Kill this process if the point is armed, and it is the last of the times asked for."""
    if FOLDER is None:
        return
    armed = FOLDER / "armed"
    with _lock:
        times, _space, wanted = _read(armed).partition(" ")
        if wanted != point:
            return
        if int(times) > 1:
            armed.write_text(f"{int(times) - 1} {point}")
            return
        # Moved away first: a point kills once, not again after the restart.
        armed.rename(FOLDER / "killed")
        os.kill(os.getpid(), signal.SIGKILL)


def announce(points):
    """Tell the test about points that can be armed."""
    if FOLDER is not None:
        known = set(_read(FOLDER / "points").splitlines())
        (FOLDER / "points").write_text("\n".join(sorted(known | set(points))))


def _read(path):
    try:
        return path.read_text()
    except FileNotFoundError:
        return ""
