# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Kills Odoo at an exact point; the addon `mts_crash_points` is the other side."""

import contextlib
import shutil
import tempfile
from pathlib import Path
from typing import Dict, List


class CrashPoints:
    """The folder shared with the Odoo that is to be killed."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="mts-crash-"))

    def close(self) -> None:
        shutil.rmtree(str(self._folder), ignore_errors=True)

    def environment(self) -> Dict[str, str]:
        """What Odoo has to be started with."""
        return {"MTS_CRASH_POINTS": str(self._folder)}

    def points(self) -> List[str]:
        """All points, as an Odoo that has started tells them."""
        return (self._folder / "points").read_text().splitlines()

    def arm(self, point: str, times: int = 1) -> None:
        """Let Odoo kill itself when it reaches the point for the n-th time."""
        self.disarm()
        if point not in self.points():
            raise ValueError(f"there is no crash point '{point}'")
        draft = self._folder / "draft"
        draft.write_text(f"{times} {point}")
        draft.rename(self._folder / "armed")

    def disarm(self) -> None:
        for name in ("armed", "killed"):
            with contextlib.suppress(FileNotFoundError):
                (self._folder / name).unlink()

    @property
    def armed(self) -> bool:
        return (self._folder / "armed").exists()

    @property
    def killed(self) -> bool:
        """Whether Odoo has killed itself at the point that was armed last."""
        return (self._folder / "killed").exists()
