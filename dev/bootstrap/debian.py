# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Packages of Debian 11 (bullseye), unpacked into the cache: no root, no change to the system.

Bullseye is the last release with a package of Odoo, and its Python is the 3.9 that this Odoo
wants. The mirror and the keyring are the machine's own.
"""

import shutil
from pathlib import Path
from typing import List, Sequence

from .errors import SetupError
from .paths import cache_folder, log_file
from .progress import step
from .run import output_of, run

SUITE = "bullseye"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
TARGET_FORMAT = "$(LABEL)\t$(REPO_URI)"


def unpack(packages: Sequence[str], prefix: Path, title: str) -> None:
    """Download packages and unpack them under `prefix`."""
    if not is_usable():
        raise SetupError(
            f"{title} can be fetched as Debian packages only where apt and dpkg are installed: "
            "give Odoo's source tree with ODOO_SOURCE=/path/to/odoo."
        )
    downloads = cache_folder("apt", "downloads-" + prefix.name)
    with step(f"downloading {title} from Debian's '{SUITE}'"):
        options = _update()
        run(
            ["apt-get", *options, "download", *packages],
            log_file("apt-download"),
            f"{title} could not be downloaded",
            cwd=downloads,
        )
    with step(f"unpacking {title}"):
        partial = prefix.with_name(prefix.name + ".partial")
        shutil.rmtree(str(partial), ignore_errors=True)
        for package in sorted(downloads.glob("*.deb")):
            run(
                ["dpkg", "-x", package, partial],
                log_file("dpkg"),
                f"{package.name} could not be unpacked",
            )
        shutil.rmtree(str(prefix), ignore_errors=True)
        partial.rename(prefix)
    shutil.rmtree(str(downloads))


def installed_version(package: str) -> str:
    """The version that the private package lists offer."""
    shown = output_of(["apt-cache", *_options(), "show", "--no-all-versions", package]) or ""
    for line in shown.splitlines():
        if line.startswith("Version:"):
            return line.split(":", 1)[1].strip()
    return "unknown"


def is_usable() -> bool:
    """Whether this machine has Debian's tools."""
    return all(shutil.which(tool) for tool in ("apt-get", "apt-cache", "dpkg"))


def _update() -> List[str]:
    """Fetch the suite's package lists from the first of the machine's mirrors that has it."""
    mirrors = _mirrors()
    if not mirrors:
        raise SetupError(
            "apt knows no mirror of Debian: add one to its sources, or give Odoo's source tree "
            "with ODOO_SOURCE=/path/to/odoo."
        )
    signed_by = f"[signed-by={KEYRING}] " if KEYRING.exists() else ""
    for number, mirror in enumerate(mirrors, start=1):
        sources = cache_folder("apt", "etc") / "sources.list"
        sources.write_text(f"deb {signed_by}{mirror} {SUITE} main\n")
        try:
            run(
                # Without Error-Mode, apt takes an unreachable mirror for a success.
                ["apt-get", *_options(), "update", "--error-on=any"],
                log_file("apt-update"),
                f"The package lists of Debian's '{SUITE}' could not be read; is there a network?",
                timeout=300,
            )
            break
        except SetupError:
            if number == len(mirrors):
                raise
    return _options()


def _mirrors() -> List[str]:
    """The mirrors in the machine's apt sources, those that say they are Debian's first."""
    targets = output_of(
        ["apt-get", "indextargets", "--format", TARGET_FORMAT, "Created-By: Packages"]
    )
    rows = [line.split("\t") for line in (targets or "").splitlines() if "\t" in line]
    # A machine that never ran 'apt-get update' has no labels yet: then the path must do.
    named = [uri for label, uri in rows if label == "Debian"]
    unnamed = [uri for label, uri in rows if not label or label.startswith("$")]
    likely = [uri for uri in unnamed if uri.rstrip("/").endswith("/debian")]
    return list(dict.fromkeys(named + likely))


def _options() -> List[str]:
    """apt's state in our cache folder, its sources ours, the system's left alone."""
    root = cache_folder("apt")
    settings = {
        "Dir::State": cache_folder("apt", "state"),
        "Dir::State::lists": cache_folder("apt", "state", "lists", "partial").parent,
        "Dir::State::status": "/dev/null",
        "Dir::Cache": cache_folder("apt", "cache", "archives", "partial").parents[1],
        "Dir::Etc::SourceList": root / "etc" / "sources.list",
        "Dir::Etc::SourceParts": cache_folder("apt", "etc", "sources.list.d"),
        # As root, apt would read as the user '_apt', who cannot enter root's cache folder.
        "APT::Sandbox::User": "root",
        "Acquire::Retries": 2,
        "Acquire::http::Timeout": 20,
        "Acquire::https::Timeout": 20,
    }
    options = []
    for name, value in settings.items():
        options += ["-o", f"{name}={value}"]
    return options
