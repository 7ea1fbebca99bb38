# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The addons under development, linked into one folder under their technical names."""

import ast
import hashlib
from pathlib import Path
from typing import Dict, List, Set

from bootstrap.errors import SetupError
from bootstrap.locks import lock
from bootstrap.paths import ADDON, CHECKOUT, DEV, checkout_folder

# These parts of the checkout are not read when the addon is installed.
NOT_INSTALLED = {"tests", "simulator", "dev", "__pycache__"}
INSTALLED_SUFFIXES = {".py", ".xml", ".csv", ".js", ".css", ".scss", ".po", ".pot", ".sql"}


def link_addons() -> Path:
    """The folder for the addons path; the checkout itself may be called anything."""
    folder = checkout_folder("addons")
    wanted = sources()
    with lock("addons"):
        for name, source in wanted.items():
            _link(folder / name, source)
        for entry in folder.iterdir():
            if entry.name not in wanted:
                entry.unlink()
    return folder


def sources() -> Dict[str, Path]:
    """Each addon of this checkout by name."""
    found = {ADDON: CHECKOUT} if (CHECKOUT / "__manifest__.py").exists() else {}
    for manifest in sorted((DEV / "addons").glob("*/__manifest__.py")):
        found[manifest.parent.name] = manifest.parent
    return found


def dependencies(modules: List[str]) -> Set[str]:
    """What these addons build on, outside this checkout."""
    ours = sources()
    missing = [name for name in modules if name not in ours]
    if missing:
        raise SetupError(f"There is no addon '{missing[0]}' in this checkout.")
    depends: Set[str] = set()
    for name in modules:
        text = (ours[name] / "__manifest__.py").read_text()
        depends.update(ast.literal_eval(text).get("depends", []))
    return depends - set(ours)


def fingerprint(modules: List[str]) -> str:
    """Changes when a file changes that an installation of these addons reads."""
    ours = sources()
    hasher = hashlib.sha256()
    for name in sorted(modules):
        for file_name in installed_files(name):
            hasher.update(file_name.encode() + b"\0")
            hasher.update((ours[name] / file_name).read_bytes() + b"\0")
    return hasher.hexdigest()[:10]


def installed_files(module: str) -> List[str]:
    """What an installation of this addon reads, by names within its folder."""
    folder = sources()[module]
    return sorted(path.relative_to(folder).as_posix() for path in _installed_files(folder))


def _installed_files(folder: Path) -> List[Path]:
    found = []
    for entry in folder.iterdir():
        if entry.name.startswith(".") or entry.name in NOT_INSTALLED:
            continue
        if entry.is_dir():
            found += _installed_files(entry)
        elif entry.suffix in INSTALLED_SUFFIXES:
            found.append(entry)
    return found


def _link(link: Path, source: Path) -> None:
    if link.is_symlink() and link.resolve() == source:
        return
    if link.is_symlink() or link.exists():
        link.unlink()
    link.symlink_to(source, target_is_directory=True)
