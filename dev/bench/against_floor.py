# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Whether the promises cost too much: the connector against a program that keeps none."""

from environment import Environment

from .figures import Figures
from .floor import Floor
from .stage import MODULES, Stage, stage
from .tables import Tables

SECTION = "Against the floor"
REGISTRANTS = 20_000
ROUNDS = 3
BATCH_SIZES = (100, 1000)
PROCESSES = (1, 2)
AT_MOST = 4.0


def measure(environment: Environment, figures: Figures, registrants: int = REGISTRANTS) -> None:
    database = environment.create_database("bench_floor", MODULES)
    connection = environment.connect(database)
    Tables(connection).add_registrants(registrants)
    connection.close()
    for processes in PROCESSES:
        with stage(environment, database, processes) as play:
            for batch_size in BATCH_SIZES:
                _compare(environment, play, figures, batch_size, registrants)
    environment.drop_database(database)


def _compare(
    environment: Environment, play: Stage, figures: Figures, batch_size: int, registrants: int
) -> None:
    connector = play.create_connector(batch_size=batch_size)
    floors, imports = [], []
    for _round in range(ROUNDS):
        floor = Floor(play.connect, play.simulator.url, batch_size)
        floors.append(floor.run())
        play.tables.expect_tokens(registrants)
        play.tables.make_due()
        imports.append(play.import_all(connector))
        play.tables.expect_tokens(registrants)
        play.tables.make_due()
    case = f"batches of {batch_size}, Odoo processes: {len(play.odoos)}"
    name = f"{batch_size}_{len(play.odoos)}"
    rate = registrants / min(imports)
    figures.add(SECTION, f"floor_s_{name}", min(floors), f"floor, {case}", unit="s")
    figures.add(SECTION, f"import_s_{name}", min(imports), f"connector, {case}", unit="s")
    figures.add(SECTION, f"rate_{name}", rate, f"registrants a second, {case}")
    figures.add(
        SECTION,
        f"floor_ratio_{name}",
        min(imports) / min(floors),
        f"connector / floor, {case}",
        relation="≤",
        bound=AT_MOST,
    )
