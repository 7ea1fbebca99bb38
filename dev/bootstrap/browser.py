# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Finds a Chrome or Chromium, or installs Debian's."""

import os
import shutil
from pathlib import Path

from . import interpreter, venv
from .errors import SetupError
from .locks import lock
from .paths import DEV, log_file
from .progress import step
from .run import run

#: Whose Python the browser is driven from, which cannot be Odoo's.
PYTHONS = ("3.9", "3.10", "3.11")
PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
#: It runs for us alone, also as root, and looks for nothing on the internet.
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SECONDS = 600
FAILURE = "Debian's Chromium could not be installed; is there a network?"


def python() -> Path:
    """A Python with Playwright, and with pytest."""
    found = interpreter.find(PYTHONS, "The browser")
    return venv.ensure(found, DEV / "requirements-browser.txt")


def program() -> str:
    """The path of a browser's program: that of CHROMIUM, else the first that is installed."""
    named = os.environ.get("CHROMIUM")
    found = shutil.which(named) if named else _installed()
    if found:
        return found
    if not named and _may_install():
        with lock("chromium"):
            return _installed() or _from_debian()
    raise SetupError(
        "No Chromium was found: install one (Debian: apt-get install chromium), or set CHROMIUM "
        "to its program."
    )


def _installed() -> str:
    found = (shutil.which(name) for name in PROGRAMS)
    return next(filter(None, found), "")


def _may_install() -> bool:
    """Ubuntu has a package of that name, too, but it only points to a snap."""
    return os.geteuid() == 0 and bool(shutil.which("apt-get")) and "ID=debian" in _os_release()


def _os_release() -> str:
    path = Path("/etc/os-release")
    return path.read_text() if path.exists() else ""


def _from_debian() -> str:
    with step("installing Debian's Chromium"):
        _apt("update", "-q")
        _apt("install", "-qy", "--no-install-recommends", "chromium")
    found = _installed()
    if not found:
        raise SetupError(f"{FAILURE} (see {log_file('chromium')})")
    return found


def _apt(*arguments: str) -> None:
    variables = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run(["apt-get", *arguments], log_file("chromium"), FAILURE, SECONDS, env=variables)
