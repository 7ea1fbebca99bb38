# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Check the whole checkout with the linters of the field: the style, the addons, the types."""

import argparse
import subprocess
from pathlib import Path
from typing import Dict, List

from . import interpreter, venv
from .paths import CHECKOUT, DEV
from .progress import say

PYTHONS = ("3.9", "3.10", "3.11")
PASSED = 0


def run(arguments: List[str]) -> int:
    """Run every check, also after one has failed; the status says whether all passed."""
    parser = argparse.ArgumentParser(prog="dev/cli.py lint")
    parser.add_argument("--fix", action="store_true", help="mend what can be mended by itself")
    options = parser.parse_args(arguments)
    found = interpreter.find(PYTHONS, "The style check")
    binaries = venv.ensure(found, DEV / "requirements-lint.txt").parent
    failed = []
    for name, command in _checks(options.fix).items():
        say(f"{name}:")
        command[0] = str(binaries / command[0])
        if subprocess.run(command, cwd=str(CHECKOUT), check=False).returncode != PASSED:
            failed.append(name)
    say(f"lint: {', '.join(failed)} failed" if failed else "lint: all passed")
    return 1 if failed else PASSED


def _checks(fix: bool) -> Dict[str, List[str]]:
    """The command of each check."""
    xml_format = ["python", "dev/lint/xml_format.py"]
    languages = sorted(str(path.relative_to(CHECKOUT)) for path in CHECKOUT.glob("i18n/*.po*"))
    mending = {"ruff fix": ["ruff", "check", "--fix-only", "."]} if fix else {}
    return {
        # As '.', because the checkout's own folder name need not be fit for a Python package.
        **mending,
        "ruff format": ["ruff", "format", *([] if fix else ["--check"]), "."],
        # After what mends: a line that is too long may be one no more.
        "ruff check": ["ruff", "check", "--no-fix", "."],
        "XML format": [*xml_format, *([] if fix else ["--check"]), *_addon_files("*.xml")],
        "pylint-odoo": ["pylint", "--rcfile=.pylintrc", *_addon_files("*.py")],
        "OCA's checks of addons": ["python", "dev/lint/oca_checks.py", *map(str, _addons())],
        # How a file is wrapped is left to what writes it, `make translations`.
        "OCA's checks of languages": ["oca-checks-po", "--disable=po-pretty-format", *languages],
        "mypy": ["mypy"],
    }


def _addons() -> List[Path]:
    return [CHECKOUT, *sorted((DEV / "addons").glob("*/"))]


def _addon_files(pattern: str) -> List[str]:
    """The addons' own files; what lies in simulator/ and dev/ is no part of an addon."""
    files = []
    for addon in _addons():
        for path in sorted(addon.rglob(pattern)):
            inside = path.relative_to(addon).parts[0]
            if not inside.startswith(".") and inside not in ("simulator", "dev"):
                files.append(str(path.relative_to(CHECKOUT)))
    return files
