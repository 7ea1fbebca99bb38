"""Check the style of the whole checkout with ruff and pylint-odoo."""

import argparse
import subprocess
from typing import List

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
    # As '.', because the checkout's own folder name need not be fit for a Python package.
    checks = {
        "ruff check": ["ruff", "check", "--fix" if options.fix else "--no-fix", "."],
        "ruff format": ["ruff", "format", *([] if options.fix else ["--check"]), "."],
        "pylint-odoo": ["pylint", "--rcfile=.pylintrc", *_addon_files()],
    }
    failed = []
    for name, command in checks.items():
        say(f"{name}:")
        command[0] = str(binaries / command[0])
        if subprocess.run(command, cwd=str(CHECKOUT), check=False).returncode != PASSED:
            failed.append(name)
    say(f"lint: {', '.join(failed)} failed" if failed else "lint: all passed")
    return 1 if failed else PASSED


def _addon_files() -> List[str]:
    """The addons' own Python files; what lies in simulator/ and dev/ is no part of an addon."""
    addons = [CHECKOUT, *sorted((DEV / "addons").glob("*/"))]
    files = []
    for addon in addons:
        for path in sorted(addon.rglob("*.py")):
            inside = path.relative_to(addon).parts[0]
            if not inside.startswith(".") and inside not in ("simulator", "dev"):
                files.append(str(path.relative_to(CHECKOUT)))
    return files
