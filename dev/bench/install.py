# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What it costs to install and to upgrade the addon where there are many contacts."""

import subprocess
import time

from bootstrap.paths import ADDON, checkout_folder
from environment import Environment

from .figures import Figures
from .tables import Tables

SECTION = "Install"
BELOW = 30.0
#: A table that was rewritten row by row would be twice as big.
GROWTH_AT_MOST = 1.05
TIMEOUT = 600


def measure(environment: Environment, figures: Figures, many: int) -> None:
    database = environment.create_database("bench_install")
    connection = environment.connect(database)
    tables = Tables(connection)
    tables.add_contacts(many)
    before = _on_disk(tables)
    for option, what in (("-i", "install"), ("-u", "upgrade")):
        seconds = _run_odoo(environment, database, option)
        text = f"{what} with {many:,} contacts"
        figures.add(SECTION, f"{what}_s", seconds, text, unit="s", relation="<", bound=BELOW)
    after = _on_disk(tables)
    connection.close()
    environment.drop_database(database)
    rewritten = int(before[0] != after[0] or after[1] > GROWTH_AT_MOST * before[1])
    text = "tables of contacts rewritten"
    figures.add(SECTION, "rewritten", rewritten, text, relation="=", bound=0)


def _on_disk(tables: Tables) -> tuple:
    """Where the contacts are, and how big that is."""
    return tables.query(
        "SELECT pg_relation_filenode('res_partner'), pg_table_size('res_partner')"
    )[0]


def _run_odoo(environment: Environment, database: str, option: str) -> float:
    configuration = environment.config_file(database)
    command = environment.command("-c", str(configuration), option, ADDON)
    command += ["--stop-after-init", "--no-http", "--max-cron-threads=0"]
    started = time.perf_counter()
    with open(checkout_folder("logs") / "bench-install.log", "ab") as log:
        subprocess.run(
            command,
            env=environment.process_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            timeout=TIMEOUT,
            check=True,
        )
    return time.perf_counter() - started
