# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Finds a Python of a version that fits."""

import shutil
from pathlib import Path
from typing import Iterator, NamedTuple, Optional, Sequence, Tuple

from . import debian, debian_python
from .errors import SetupError
from .run import output_of

#: What each series runs on, in order of preference. Odoo 14.0 needs an alias that 3.10 dropped,
#: and neither series runs on 3.11, whose byte code Odoo's sandbox refuses.
FOR_ODOO = {"15.0": ("3.9", "3.10", "3.8"), "14.0": ("3.9", "3.8")}
# A Python without these cannot make a virtual environment or reach a package index.
PROBE = (
    "import sys, ctypes, ensurepip, ssl, venv;"
    "print('%d.%d %d.%d.%d' % (sys.version_info[:2] + sys.version_info[:3]))"
)


class Interpreter(NamedTuple):
    """A Python that was run and works."""

    path: str
    version: str


def find(wanted: Sequence[str], purpose: str) -> Interpreter:
    """The first of the wanted versions on PATH, else in pyenv, from uv, from Debian."""
    try:
        for source in (_on_path, _from_pyenv, _from_uv, _from_debian):
            for version in wanted:
                for candidate in source(version):
                    found = probe(candidate, version)
                    if found:
                        return found
    except SetupError as error:
        raise SetupError(f"{_missing(wanted, purpose)}. {error}") from None
    raise SetupError(f"{_missing(wanted, purpose)}.")


def _missing(wanted: Sequence[str], purpose: str) -> str:
    return (
        f"{purpose} needs Python {', '.join(wanted[:-1])} or {wanted[-1]}, and none is "
        "installed: install one, for example with 'pyenv install 3.9' or 'uv python install 3.9'"
    )


def probe(candidate: str, version: str) -> Optional[Interpreter]:
    """Run it: a pyenv shim may lie on PATH and still fail."""
    said = (output_of([candidate, "-I", "-c", PROBE]) or "").split()
    if len(said) == 2 and said[0] == version:
        return Interpreter(candidate, said[1])
    return None


def _on_path(version: str) -> Iterator[str]:
    for name in (f"python{version}", "python3", "python"):
        found = shutil.which(name)
        if found:
            yield found


def _from_pyenv(version: str) -> Iterator[str]:
    root = output_of(["pyenv", "root"])
    if root:
        folders = (Path(root) / "versions").glob(f"{version}.*")
        for folder in sorted(folders, key=_patch_number, reverse=True):
            yield str(folder / "bin" / "python")


def _patch_number(folder: Path) -> Tuple[int, str]:
    patch = folder.name.split(".")[-1]
    return (int(patch) if patch.isdigit() else -1, folder.name)


def _from_debian(version: str) -> Iterator[str]:
    if version == debian_python.VERSION and debian.is_usable():
        yield debian_python.ensure()


def _from_uv(version: str) -> Iterator[str]:
    if shutil.which("uv"):
        found = output_of(["uv", "python", "find", "--no-project", version])
        if not found:
            output_of(["uv", "python", "install", version], timeout=300)
            found = output_of(["uv", "python", "find", "--no-project", version])
        if found:
            yield found
