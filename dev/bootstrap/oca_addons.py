"""Addons of the OCA, pinned for each series."""

from pathlib import Path

from . import beside
from .paths import DEV


def pins(series: str) -> str:
    """What is installed, and in which version."""
    return _requirements(series).read_text()


def ensure(series: str) -> Path:
    """The folder for the addons path; the packages are installed when they are not there.

    The virtual environment is shared by both series, so they cannot be in it.
    """
    return beside.ensure(_requirements(series)) / "odoo" / "addons"


def _requirements(series: str) -> Path:
    return DEV / f"requirements-addons-{series}.txt"
