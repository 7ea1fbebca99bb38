# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Python 3.9 from Debian's packages, for a machine that has only newer ones."""

import os
from pathlib import Path
from typing import List

from . import debian
from .locks import lock
from .paths import cache_root, log_file, require_space
from .run import output_of, run

VERSION = "3.9"
PACKAGES = (
    "python3.9-minimal",
    "libpython3.9-minimal",
    "libpython3.9-stdlib",
    # what pip needs: a part of the standard library, ensurepip's module and its wheels
    "python3-distutils",
    "python3.9-venv",
    "python-pip-whl",
)
#: What the packages above need and a later release may no longer have.
LIBRARIES = (
    "libbz2-1.0",
    "libcrypt1",
    "libexpat1",
    "libffi7",
    "liblzma5",
    "libmpdec3",
    "libssl1.1",
    "libuuid1",
    "zlib1g",
)
#: Debian's own pip is old and in parts; it serves to install this one.
PIP = "pip==23.0.1"


def ensure() -> str:
    """The interpreter, fetched when it is not there."""
    prefix = _prefix()
    if not prefix.exists():
        with lock("debian-python"):
            if not prefix.exists():
                require_space(300, "Python 3.9")
                debian.unpack(PACKAGES + LIBRARIES, prefix, "Python 3.9")
    _lend_libraries(prefix)
    return str(prefix / "usr" / "bin" / f"python{VERSION}")


def is_ours(python: str) -> bool:
    """Whether this interpreter is the one that `ensure` fetches."""
    return _prefix() in Path(python).parents


def make_venv(python: str, folder: Path) -> None:
    """A virtual environment with pip: Debian's ensurepip looks for its wheels in /usr alone."""
    log, failure = log_file("venv"), "Python 3.9 made no virtual environment"
    run([python, "-m", "venv", "--without-pip", folder], log, failure)
    wheels = [str(path) for path in _prefix().glob("usr/share/python-wheels/*.whl")]
    run(
        [folder / "bin" / "python", "-m", "pip", "install", PIP],
        log,
        "pip could not be installed; is the package index reachable?",
        env=dict(os.environ, PYTHONPATH=os.pathsep.join(wheels)),
    )


def _prefix() -> Path:
    return cache_root() / f"debian-python-{VERSION}"


def _lend_libraries(prefix: Path) -> None:
    """Let Python, and what it starts, find the libraries that this machine lacks."""
    folder = prefix / "libraries"
    folder.mkdir(exist_ok=True)
    for library in _missing_libraries(prefix):
        link = folder / library.name
        if not link.is_symlink():
            link.symlink_to(library)
    inherited = os.environ.get("LD_LIBRARY_PATH")
    paths = [str(folder)] + (inherited.split(os.pathsep) if inherited else [])
    os.environ["LD_LIBRARY_PATH"] = os.pathsep.join(dict.fromkeys(paths))


def _missing_libraries(prefix: Path) -> List[Path]:
    # A library that the machine has must not be replaced by an older one: its own programs,
    # which inherit the setting, may need the newer.
    known = output_of(["/sbin/ldconfig", "-p"]) or ""
    names = {line.split()[0] for line in known.splitlines() if "=>" in line}
    found = [*prefix.glob("lib/*/*.so*"), *prefix.glob("usr/lib/*/*.so*")]
    return [library for library in found if library.name not in names]
