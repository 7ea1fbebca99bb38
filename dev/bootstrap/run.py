# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Run a tool, keep what it says in a log."""

import os
import signal
import subprocess
from pathlib import Path
from typing import Optional, Sequence, Union

from .errors import SetupError

Argument = Union[str, Path]


def output_of(command: Sequence[Argument], timeout: float = 20) -> Optional[str]:
    """What a command prints, or None when it cannot be run, fails or hangs."""
    try:
        result = subprocess.run(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=timeout,
            text=True,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return result.stdout.strip() if result.returncode == 0 else None


def run(
    command: Sequence[Argument],
    log: Path,
    failure: str,
    timeout: float = 1800,
    cwd: Optional[Path] = None,
    env: Optional[dict] = None,
) -> None:
    """Run a command with its output in `log`; raise SetupError with `failure` when it fails."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(str(log), "w") as handle:
        try:
            process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=handle,
                stderr=subprocess.STDOUT,
                cwd=None if cwd is None else str(cwd),
                env=env,
                # A group of its own, so that a time limit ends its children too.
                start_new_session=True,
            )
        except FileNotFoundError:
            raise SetupError(f"{failure}: '{command[0]}' is not installed.") from None
        try:
            status = process.wait(timeout)
        except BaseException as error:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if isinstance(error, subprocess.TimeoutExpired):
                raise SetupError(f"{failure} (stopped after {timeout:.0f} s, see {log})") from None
            raise
    if status != 0:
        raise SetupError(f"{failure}{_reason(log)} (see {log})")


def _reason(log: Path) -> str:
    """The one cause that hides in every tool's output and is worth a word of its own."""
    text = log.read_text(errors="replace")
    return " (no space left on the disk)" if "No space left on device" in text else ""
