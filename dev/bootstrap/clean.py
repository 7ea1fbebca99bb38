# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Remove everything that the commands here have made."""

import argparse
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import List, Optional

from .errors import SetupError
from .locks import refuse_while_in_use
from .paths import DEV, cache_root
from .progress import say, step

STOP_SECONDS = 30


def run(arguments: List[str]) -> int:
    """Stop our PostgreSQL, drop our databases elsewhere, remove the cache folder."""
    parser = argparse.ArgumentParser(prog="dev/cli.py clean")
    parser.add_argument("--keep-odoo", action="store_true", help="keep the trees of Odoo")
    options = parser.parse_args(arguments)
    root = cache_root()
    if not root.exists():
        say("There is nothing to clean.")
        return 0
    refuse_while_in_use()
    if os.environ.get("PGHOST"):
        _drop_external_databases(root)
    for data in (root / "postgres").glob("*/data"):
        _stop_postgres(data)
    with step(f"removing {root}"):
        _remove(root, options.keep_odoo)
    return 0


def _drop_external_databases(root: Path) -> None:
    """Only the environment's Python can talk to PostgreSQL; without one there are none."""
    for complete in (root / "venvs").glob("requirements-3*/complete"):
        python = complete.with_name("bin") / "python"
        done = subprocess.run([str(python), str(DEV / "environment" / "drop_all.py")], check=False)
        if done.returncode != 0:
            raise SetupError("The databases on the server that PGHOST names were not dropped.")
        return


def _stop_postgres(data: Path) -> None:
    """End a server that a crashed command left running."""
    pid = _server_pid(data)
    if pid is None:
        return
    os.kill(pid, signal.SIGINT)  # PostgreSQL's "fast shutdown"
    deadline = time.monotonic() + STOP_SECONDS
    while _server_pid(data) is not None:
        if time.monotonic() > deadline:
            raise SetupError(f"PostgreSQL (process {pid}) does not stop: end it and try again.")
        time.sleep(0.1)


def _server_pid(data: Path) -> Optional[int]:
    """The server that works on this folder; the number in its file may be another's by now."""
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError):
        return None
    return pid if os.fsencode(str(data)) in command else None


def _remove(root: Path, keep_odoo: bool) -> None:
    if not keep_odoo:
        shutil.rmtree(str(root))
        return
    for entry in root.iterdir():
        if "odoo-1" in entry.name:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(str(entry))
        else:
            entry.unlink()
