# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Virtual environments with pinned packages."""

import shutil
from pathlib import Path

from . import debian_python
from .interpreter import Interpreter
from .locks import lock
from .paths import cache_root, digest, log_file, require_space
from .progress import step
from .run import run


def location(interpreter: Interpreter, requirements: Path) -> Path:
    """A folder for each Python and each state of the pins: a change makes a new one."""
    key = digest(interpreter.path, interpreter.version, requirements.read_text())
    return cache_root() / "venvs" / f"{requirements.stem}-{interpreter.version}-{key}"


def ensure(interpreter: Interpreter, requirements: Path) -> Path:
    """The environment's Python, after making the environment when it is not there."""
    folder = location(interpreter, requirements)
    complete = folder / "complete"
    if not complete.exists():
        with lock(folder.name):
            if not complete.exists():
                _build(interpreter, requirements, folder)
                complete.touch()
    return folder / "bin" / "python"


def _make(interpreter: Interpreter, folder: Path, log: Path) -> None:
    if debian_python.is_ours(interpreter.path):
        debian_python.make_venv(interpreter.path, folder)
        return
    run(
        [interpreter.path, "-m", "venv", folder],
        log,
        f"Python {interpreter.version} ({interpreter.path}) made no virtual environment",
    )


def _build(interpreter: Interpreter, requirements: Path, folder: Path) -> None:
    require_space(1000, "The virtual environment")
    shutil.rmtree(str(folder), ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    log = log_file("pip")
    with step(f"installing {requirements.name} for Python {interpreter.version}"):
        _make(interpreter, folder, log)
        run(
            # The file pins all that is needed, so nothing is left to resolve.
            [folder / "bin" / "python", "-m", "pip", "install", "--no-deps", "-r", requirements],
            log,
            "pip could not install the pinned packages; is the package index reachable?",
        )
