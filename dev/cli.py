"""The commands of the development environment: `python3 dev/cli.py test`.

Runs on any Python from 3.8 on; makes the environment first when it is not there, then hands
over to the environment's own Python.
"""

import argparse
import errno
import importlib
import os
import signal
import sys
from pathlib import Path
from typing import List

sys.dont_write_bytecode = True
if sys.version_info < (3, 8):
    sys.exit("Python 3.8 or newer is needed to start with; this is " + sys.version.split()[0])

from bootstrap import interpreter, odoo_source, paths, venv  # noqa: E402
from bootstrap.errors import SetupError  # noqa: E402
from bootstrap.progress import warn  # noqa: E402

#: Each command is a module with `run(arguments) -> exit status`, run in the environment.
COMMANDS = {
    "test": ("commands.test", "run the tests; further arguments go to pytest"),
    "odoo": ("commands.odoo", "run Odoo by hand; further arguments go to odoo-bin"),
}
INTERRUPTED = 130


def main(arguments: List[str]) -> int:
    """Run one command."""
    options = _parser().parse_args(arguments)
    extra = options.arguments[1:] if options.arguments[:1] == ["--"] else options.arguments
    paths.quiet_tools()
    _enter_environment(arguments)
    module = importlib.import_module(COMMANDS[options.command][0])
    return module.run(extra)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dev/cli.py", description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, (_module, text) in COMMANDS.items():
        command = commands.add_parser(name, help=text)
        command.add_argument("arguments", nargs=argparse.REMAINDER)
    return parser


def _enter_environment(arguments: List[str]) -> None:
    """Go on in the environment's Python, unless this is it."""
    source = odoo_source.find(os.environ.get("SERIES") or None)
    # Decided once: what follows must not decide otherwise.
    os.environ["SERIES"] = source.series
    found = interpreter.find(source.series)
    python = venv.ensure(found, paths.DEV / "requirements.txt")
    if Path(sys.prefix) != python.parents[1]:
        script = str(Path(__file__).resolve())
        os.execv(str(python), [str(python), script, *arguments])


def _explain(error: OSError) -> str:
    """One sentence for what the system refuses."""
    if error.errno == errno.ENOSPC:
        return f"No space is left on the disk of {paths.cache_root()}: make room and try again."
    return f"{error.strerror}: {error.filename}" if error.filename else str(error)


def _end(number: int, _frame: object) -> None:
    # Raised as an exception, so that whatever was started is stopped on the way out.
    raise SystemExit(128 + number)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end)
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
