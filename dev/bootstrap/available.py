# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Tell by the exit status whether a series of Odoo can be had here."""

import argparse
from typing import List

from . import odoo_source


def run(arguments: List[str]) -> int:
    """Fetch the series when it is not there yet."""
    parser = argparse.ArgumentParser(prog="dev/cli.py available")
    parser.add_argument("series", choices=odoo_source.SERIES)
    odoo_source.find(parser.parse_args(arguments).series)
    return 0
