# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Run Odoo by hand, on a database with the addon that is dropped afterwards."""

from typing import Dict, List

from bootstrap.paths import ADDON
from bootstrap.progress import say
from environment import Environment, foreground, lifeline
from environment.ports import free_port

from .test import SAMPLE_G2P, SAMPLE_REGISTRY


def run(arguments: List[str]) -> int:
    """Run Odoo in the foreground; without arguments, the web server."""
    with Environment.for_series() as environment:
        say(environment.describe())
        database = environment.create_database("manual", [ADDON, SAMPLE_REGISTRY, SAMPLE_G2P])
        port = free_port()
        configuration = environment.config_file(database, http_port=port)
        subcommand = [arguments[0]] if arguments and not arguments[0].startswith("-") else []
        if not subcommand:
            say(f"http://127.0.0.1:{port}  login: admin  password: admin  (Ctrl-C ends it)")
        options = ["-c", str(configuration), *arguments[len(subcommand) :]]
        return _run(environment.command(*subcommand, *options), environment.process_environment())


def _run(command: List[str], variables: Dict[str, str]) -> int:
    process, pipe = lifeline.start(command, variables)
    with pipe:
        return foreground.wait(process)
