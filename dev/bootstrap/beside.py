"""Packages that only some commands use, installed beside the virtual environment."""

import platform
import shutil
import sys
from pathlib import Path

from .locks import lock
from .paths import cache_folder, digest, log_file
from .progress import step
from .run import run


def ensure(requirements: Path) -> Path:
    """The folder to find them in; a change of the pins makes a new one."""
    key = digest(platform.python_version(), requirements.read_text())
    folder = cache_folder("beside") / f"{requirements.stem}-{key}"
    complete = folder / "complete"
    with lock(folder.name):
        if not complete.exists():
            _install(requirements, folder)
            complete.touch()
    return folder


def _install(requirements: Path, folder: Path) -> None:
    shutil.rmtree(str(folder), ignore_errors=True)
    command = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-compile"]
    with step(f"installing {requirements.name}"):
        run(
            [*command, "--target", folder, "-r", requirements],
            log_file("pip-beside"),
            f"pip could not install {requirements.name}; is the package index reachable?",
        )
