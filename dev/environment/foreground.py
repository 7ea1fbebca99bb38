# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Wait for a program that shares the terminal with us."""

import signal
import subprocess

END_SECONDS = 20


def wait(process: "subprocess.Popen[bytes]") -> int:
    """Wait for its end. Ctrl-C reaches it directly: what that means is for it to decide."""
    before = signal.signal(signal.SIGINT, lambda _number, _frame: None)
    try:
        return process.wait()
    finally:
        signal.signal(signal.SIGINT, before)
        _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """We are asked to end ourselves (SIGTERM), or it has ended already."""
    process.terminate()
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
