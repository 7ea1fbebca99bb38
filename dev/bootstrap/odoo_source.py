# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Finds Odoo: a tree that is named, one in the cache, a clone, or Debian's package."""

import os
import re
import shutil
import time
from pathlib import Path
from typing import NamedTuple, Optional, Tuple

from . import debian
from .errors import SetupError
from .locks import lock
from .paths import cache_folder, cache_root, log_file, require_space
from .progress import say, step
from .run import output_of, run

PREFERRED = "15.0"
FALLBACK = "14.0"
SERIES = (PREFERRED, FALLBACK)
REPOSITORY = "https://github.com/odoo/odoo"
REACH_SECONDS = 10
CLONE_SECONDS = 1800
FORGET_FAILURE_SECONDS = 600
DEBIAN_PACKAGES = (
    "odoo-14",
    # The web client's libraries and fonts: links in the package lead to these.
    "libjs-jquery",
    "libjs-jquery-ui",
    "libjs-underscore",
    "fonts-font-awesome",
    "fonts-glyphicons-halflings",
    "fonts-inconsolata",
    "fonts-roboto-unhinted",
)


class OdooSource(NamedTuple):
    """An Odoo that can be started."""

    series: str
    version: str
    #: The folder that holds the package `odoo`; goes on the Python path.
    root: Path
    #: The folders with Odoo's own addons.
    addons: Tuple[Path, ...]


def find(series: Optional[str] = None) -> OdooSource:
    """The Odoo to run on: the series asked for, else 15.0 where it can be had, else 14.0."""
    if series and series not in SERIES:
        raise SetupError(f"SERIES={series} is not supported: use one of {', '.join(SERIES)}.")
    if series:
        return _find_local(series) or _fetch(series)
    named = _named_tree()
    if named:
        return named
    found = _cached_tree(PREFERRED) or _try_clone()
    if found:
        return found
    say("Odoo 15.0 cannot be had here, so this runs on Debian's Odoo 14.0.")
    return _find_local(FALLBACK) or _fetch(FALLBACK)


def at(root: Path, series: str) -> Optional[OdooSource]:
    """The Odoo under `root` when it is of this series."""
    release = root / "odoo" / "release.py"
    if not release.is_file():
        return None
    numbers = re.search(r"^version_info = \((\d+), (\d+)", release.read_text(), re.MULTILINE)
    if not numbers or f"{numbers.group(1)}.{numbers.group(2)}" != series:
        return None
    places = (root / "odoo" / "addons", root / "addons")
    addons = tuple(place for place in places if any(place.glob("*/__manifest__.py")))
    return OdooSource(series, _version(root, series), root, addons)


def _version(root: Path, series: str) -> str:
    """What tells one tree of a series from another."""
    stamp = root / "VERSION"
    if stamp.is_file():
        return stamp.read_text().strip()
    if (root / ".git").exists():
        commit = output_of(["git", "-C", root, "log", "-1", "--format=%cs %h"])
        return f"{series} ({commit})" if commit else series
    return series


def _find_local(series: str) -> Optional[OdooSource]:
    """What needs no network, in the order of the README."""
    named = _named_tree()
    if named and named.series != series:
        say(f"ODOO_SOURCE is Odoo {named.series}, not {series}: looking elsewhere.")
        named = None
    return named or _cached_tree(series)


def _named_tree() -> Optional[OdooSource]:
    named = os.environ.get("ODOO_SOURCE")
    if not named:
        return None
    root = Path(named).expanduser().resolve()
    for series in SERIES:
        found = at(root, series)
        if found:
            return found
    raise SetupError(
        f"ODOO_SOURCE={named} is no source tree of Odoo {' or '.join(SERIES)}: "
        "name the folder that holds 'odoo/release.py', or unset it."
    )


def _cached_tree(series: str) -> Optional[OdooSource]:
    found = at(cache_root() / f"odoo-{series}", series)
    return found or at(_debian_root(), series)


def _debian_prefix() -> Path:
    return cache_root() / "debian-odoo-14"


def _debian_root() -> Path:
    return _debian_prefix() / "usr" / "lib" / "python3" / "dist-packages"


def _fetch(series: str) -> OdooSource:
    """Bring the series onto this machine."""
    with lock(f"odoo-{series}"):
        # Another command may have fetched it while this one waited for the lock.
        found = _cached_tree(series)
        if found:
            return found
        if series == PREFERRED:
            return _clone()
        return _unpack_debian()


def _try_clone() -> Optional[OdooSource]:
    """Clone 15.0; without internet remember that for a while, so that it costs seconds once."""
    failed = cache_folder() / "clone-failed"
    if failed.exists() and time.time() - failed.stat().st_mtime < FORGET_FAILURE_SECONDS:
        return None
    try:
        return _fetch(PREFERRED)
    except SetupError as error:
        say(f"  {error}")
        failed.touch()
        return None


def _clone() -> OdooSource:
    target = cache_root() / f"odoo-{PREFERRED}"
    partial = target.with_name(target.name + ".partial")
    # Never ask for a password, and give a dead line up.
    quiet = dict(os.environ, GIT_TERMINAL_PROMPT="0")
    quiet.update(GIT_HTTP_LOW_SPEED_LIMIT="1000", GIT_HTTP_LOW_SPEED_TIME="30")
    failure = (
        "Odoo 15.0 could not be cloned: connect to the internet, or give its source tree with "
        "ODOO_SOURCE=/path/to/odoo"
    )
    log = log_file("odoo-clone")
    branch = f"refs/heads/{PREFERRED}"
    with step("looking for Odoo 15.0's public repository"):
        run(
            ["git", "ls-remote", "--exit-code", REPOSITORY, branch],
            log,
            failure,
            timeout=REACH_SECONDS,
            env=quiet,
        )
    require_space(2500, "Odoo 15.0")
    with step("cloning Odoo 15.0 (some minutes)"):
        shutil.rmtree(str(partial), ignore_errors=True)
        run(
            ["git", "clone", "-q", "--branch", PREFERRED, "--depth", "1", REPOSITORY, partial],
            log,
            failure,
            timeout=CLONE_SECONDS,
            env=quiet,
        )
        shutil.rmtree(str(target), ignore_errors=True)
        partial.rename(target)
    return _must_be_odoo(target, PREFERRED)


def _unpack_debian() -> OdooSource:
    require_space(1500, "Odoo 14.0")
    debian.unpack(DEBIAN_PACKAGES, _debian_prefix(), "Odoo 14.0")
    version = debian.installed_version(DEBIAN_PACKAGES[0])
    (_debian_root() / "VERSION").write_text(version + "\n")
    return _must_be_odoo(_debian_root(), FALLBACK)


def _must_be_odoo(root: Path, series: str) -> OdooSource:
    found = at(root, series)
    if not found:
        raise SetupError(f"What was fetched into {root} is not Odoo {series}: run 'make clean'.")
    return found
