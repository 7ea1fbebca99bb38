# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The commands of the development environment: `python3 dev/cli.py test`.

Runs on any Python from 3.8 on; makes the environment first when it is not there, then hands
over to the environment's own Python.
"""

import argparse
import ast
import errno
import importlib
import os
import signal
import sys
from pathlib import Path
from types import ModuleType
from typing import Dict, List

# The checkout stays clean; in the environment, Python writes into the cache folder.
sys.dont_write_bytecode = "PYTHONPYCACHEPREFIX" not in os.environ
if sys.version_info < (3, 8):  # noqa: UP036 (this is where that is made sure)
    sys.exit("Python 3.8 or newer is needed to start with; this is " + sys.version.split()[0])

from bootstrap import (  # noqa: E402
    available,
    clean,
    interpreter,
    lint,
    locks,
    odoo_source,
    paths,
    venv,
    wheel,
)
from bootstrap.errors import SetupError  # noqa: E402
from bootstrap.progress import warn  # noqa: E402

#: These need neither Odoo nor the environment.
SIMPLE_COMMANDS: Dict[str, ModuleType] = {
    "available": available,
    "clean": clean,
    "lint": lint,
    "wheel": wheel,
}
#: Every other command is a module in this folder with `run(arguments) -> exit status`.
COMMANDS = Path(__file__).resolve().parent / "commands"
INTERRUPTED = 130


def main(arguments: List[str]) -> int:
    """Run one command."""
    options = _parser().parse_args(arguments)
    extra = options.arguments[1:] if options.arguments[:1] == ["--"] else options.arguments
    paths.quiet_tools()
    if options.command != "clean":
        locks.use_cache()
    if options.command in SIMPLE_COMMANDS:
        return SIMPLE_COMMANDS[options.command].run(extra)
    _enter_environment(arguments)
    return importlib.import_module(f"commands.{options.command}").run(extra)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dev/cli.py", description=_first_line(__doc__))
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, text in sorted(_commands().items()):
        command = commands.add_parser(name, help=_first_line(text), add_help=False)
        command.add_argument("arguments", nargs=argparse.REMAINDER)
    return parser


def _commands() -> Dict[str, str]:
    """Each command with its description."""
    found = {name: module.__doc__ or "" for name, module in SIMPLE_COMMANDS.items()}
    for path in COMMANDS.glob("[a-z]*.py"):
        # Read, not imported: outside the environment it cannot be imported.
        found[path.stem] = ast.get_docstring(ast.parse(path.read_text())) or ""
    return found


def _first_line(text: str) -> str:
    return text.strip().split("\n")[0]


def _enter_environment(arguments: List[str]) -> None:
    """Go on in the environment's Python, unless this is it."""
    source = odoo_source.find(os.environ.get("SERIES") or None)
    # Decided once: what follows must not decide otherwise.
    os.environ["SERIES"] = source.series
    versions = interpreter.FOR_ODOO[source.series]
    found = interpreter.find(versions, f"Odoo {source.series}")
    python = venv.ensure(found, paths.DEV / "requirements.txt")
    if Path(sys.prefix) != python.parents[1]:
        script = str(Path(__file__).resolve())
        os.execv(str(python), [str(python), script, *arguments])  # noqa: S606 (as with S603)


def _explain(error: OSError) -> str:
    """One sentence for what the system refuses."""
    if error.errno == errno.ENOSPC:
        return f"No space is left on the disk of {paths.cache_root()}: make room and try again."
    if not error.filename:
        return str(error)
    hint = ""
    if str(error.filename).startswith(str(paths.cache_root().parent)):
        hint = " (XDG_CACHE_HOME names another folder for what is kept here)"
    return f"{error.strerror}: {error.filename}{hint}"


def _end(number: int, _frame: object) -> None:
    # Raised as an exception, so that whatever was started is stopped on the way out.
    raise SystemExit(128 + number)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end)
    # A shell that starts us in the background has Ctrl-C's signal ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except SetupError as error:
        warn(f"\n{error}")
        sys.exit(1)
    except OSError as error:
        warn(f"\n{_explain(error)}")
        sys.exit(1)
