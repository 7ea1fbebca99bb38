# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A progress bar of plain text."""

import sys

WIDTH = 40


class ProgressBar:
    """Drawn over itself on a terminal; elsewhere a line for each tenth and each state.

    It has two tones: what Odoo has the answers of, and what MTS has worked through and not
    delivered yet.
    """

    def __init__(self, total: int) -> None:
        self._total = max(total, 1)
        self._on_terminal = sys.stdout.isatty()
        self._last = ""
        self._key = ("", -1, -1)

    def show(self, state: str, answered: int, worked: int) -> None:
        """`answered` of the total are settled in Odoo, `worked` in MTS."""
        line = f"  {_bar(answered, worked, self._total)} {answered:3d} of {self._total}  {state}"
        if self._on_terminal:
            if line != self._last:
                sys.stdout.write(f"\r{line}\x1b[K")
                self._last = line
        else:
            key = (state, 10 * answered // self._total, 10 * worked // self._total)
            if key != self._key:
                sys.stdout.write(line + "\n")
                self._key = key
        sys.stdout.flush()

    def close(self) -> None:
        """Leave the bar as it is and go on below it."""
        if self._on_terminal:
            sys.stdout.write("\n")
            sys.stdout.flush()


def _bar(answered: int, worked: int, total: int) -> str:
    full = WIDTH * answered // total
    half = max(WIDTH * min(worked, total) // total - full, 0)
    return "[" + "#" * full + "-" * half + " " * (WIDTH - full - half) + "]"
