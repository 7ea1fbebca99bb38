"""Run Odoo by hand, on a database with the addon that is dropped afterwards."""

import signal
from typing import Dict, List

from bootstrap.paths import ADDON
from bootstrap.progress import say
from environment import Environment, addons, lifeline
from environment.ports import free_port

from .test import SAMPLE_REGISTRY


def run(arguments: List[str]) -> int:
    """Run Odoo in the foreground; without arguments, the web server."""
    with Environment.for_series() as environment:
        say(environment.describe())
        modules = [name for name in (ADDON, SAMPLE_REGISTRY) if name in addons.sources()]
        database = environment.create_database("manual", modules)
        port = free_port()
        configuration = environment.config_file(database, http_port=port)
        subcommand = [arguments[0]] if arguments and not arguments[0].startswith("-") else []
        if not subcommand:
            say(f"http://127.0.0.1:{port}  login: admin  password: admin  (Ctrl-C ends it)")
        options = ["-c", str(configuration), *arguments[len(subcommand) :]]
        return _foreground(
            environment.command(*subcommand, *options), environment.process_environment()
        )


def _foreground(command: List[str], variables: Dict[str, str]) -> int:
    # Ctrl-C reaches Odoo directly; it decides what that means, also in its shell.
    signal.signal(signal.SIGINT, lambda _number, _frame: None)
    process, pipe = lifeline.start(command, variables)
    try:
        return process.wait()
    finally:
        process.terminate()
        process.wait()
        pipe.close()
