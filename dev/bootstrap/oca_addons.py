"""Addons of the OCA, pinned for each series."""

import shutil
import sys
from pathlib import Path

from .locks import lock
from .paths import DEV, cache_folder, digest, log_file
from .progress import step
from .run import run


def pins(series: str) -> str:
    """What is installed, and in which version."""
    return _requirements(series).read_text()


def ensure(series: str) -> Path:
    """The folder for the addons path; the packages are installed when they are not there.

    Each series has a folder of its own beside the virtual environment, which both of them share.
    """
    folder = cache_folder("oca-addons") / f"{series}-{digest(pins(series))}"
    complete = folder / "complete"
    with lock(folder.name):
        if not complete.exists():
            _install(_requirements(series), folder)
            complete.touch()
    return folder / "odoo" / "addons"


def _requirements(series: str) -> Path:
    return DEV / f"requirements-addons-{series}.txt"


def _install(requirements: Path, folder: Path) -> None:
    shutil.rmtree(str(folder), ignore_errors=True)
    command = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-compile"]
    with step(f"installing {requirements.name}"):
        run(
            [*command, "--target", folder, "-r", requirements],
            log_file("pip-addons"),
            "pip could not install the pinned addons; is the package index reachable?",
        )
