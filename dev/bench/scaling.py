# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How much sooner an import is through when MTS has more workers, and gets more at once."""

from environment import Environment

from .figures import Figures
from .stage import MODULES, stage
from .tables import Tables

SECTION = "More at once"
# What a real MTS takes for a record: to store it before it answers, and to ask MOSIP afterwards.
STORE_SECONDS, SECONDS_PER_RECORD = 0.019, 0.027
WORKERS = (1, 2, 4)
REGISTRANTS = 1000


def measure(environment: Environment, figures: Figures) -> None:
    for workers in WORKERS:
        database = environment.create_database("bench_scaling", MODULES)
        connection = environment.connect(database)
        Tables(connection).add_registrants(REGISTRANTS)
        connection.close()
        with stage(environment, database, workers=workers) as play:
            play.simulator.configure(
                seconds_per_record=SECONDS_PER_RECORD, store_seconds_per_record=STORE_SECONDS
            )
            seconds = play.import_all(play.create_connector(parallel_requests=workers))
            play.tables.expect_tokens(REGISTRANTS)
        environment.drop_database(database)
        figures.add(
            SECTION,
            f"scaling_{workers}",
            REGISTRANTS / seconds,
            f"registrants a second, MTS with {workers} workers, as many requests at once",
            unit="/s",
        )
