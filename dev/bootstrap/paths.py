# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Where things are: the checkout, and the one folder in which everything else is kept."""

import hashlib
import os
import shutil
from pathlib import Path

from .errors import SetupError

ADDON = "mts_connector"
CHECKOUT = Path(__file__).resolve().parents[2]
DEV = CHECKOUT / "dev"
MEGABYTE = 1024 * 1024


def cache_root() -> Path:
    """The project's cache folder; `make clean` removes it."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    # The XDG specification says that a relative path is to be ignored.
    home = Path(base) if os.path.isabs(base) else Path.home() / ".cache"
    return home / "mts-connector"


def cache_folder(*parts: str) -> Path:
    """A folder in the cache, made when it is not there."""
    folder = cache_root().joinpath(*parts)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def checkout_key() -> str:
    """Tells this checkout from others that share the cache."""
    return digest(str(CHECKOUT))


def checkout_folder(*parts: str) -> Path:
    """A folder in the cache that belongs to this checkout alone."""
    return cache_folder("checkouts", checkout_key(), *parts)


def digest(*texts: str) -> str:
    """A short name for some texts."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:10]


def log_file(name: str) -> Path:
    """The log of one of this checkout's steps."""
    return checkout_folder("logs") / (name + ".log")


def require_space(megabytes: int, purpose: str) -> None:
    """Say at once that the disk is too full, not after minutes of work."""
    free = shutil.disk_usage(str(cache_folder())).free // MEGABYTE
    if free < megabytes:
        raise SetupError(
            f"{purpose} needs {megabytes} MB in {cache_root()}, where {free} MB are free: "
            "make room, or set XDG_CACHE_HOME to a folder on a larger disk."
        )


def quiet_tools() -> None:
    """Tools run from here keep their caches in ours, not in the checkout or the home folder."""
    os.environ.update(
        PIP_CACHE_DIR=str(cache_root() / "pip"),
        PIP_DISABLE_PIP_VERSION_CHECK="1",
        PYTHONPYCACHEPREFIX=str(cache_root() / "pycache"),
        MYPY_CACHE_DIR=str(cache_root() / "mypy"),
        RUFF_CACHE_DIR=str(cache_root() / "ruff"),
        PYLINTHOME=str(cache_root() / "pylint"),
        UV_CACHE_DIR=str(cache_root() / "uv" / "cache"),
        UV_PYTHON_INSTALL_DIR=str(cache_root() / "uv" / "python"),
    )
    # These would lead our Python astray; the last one makes each start of Odoo slow.
    for name in ("PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE"):
        os.environ.pop(name, None)
