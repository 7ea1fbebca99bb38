# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Whether a registrant costs more among many, and what it costs when nobody is due."""

import contextlib
from typing import Iterator, Tuple

from environment import Environment

from . import idle, screens
from .figures import Figures
from .memory import Growth
from .stage import MODULES, Stage, stage
from .statements import LOG_STATEMENTS
from .tables import Tables

SECTION = "Flat"

FEW = 10_000
RATIO_AT_MOST, GROWTH_BELOW = 1.2, 60


def measure(environment: Environment, figures: Figures, many: int) -> None:
    with contextlib.ExitStack() as stack:
        few_database = stack.enter_context(_database(environment, "bench_few", FEW))
        database = stack.enter_context(_database(environment, "bench_many", many))
        with stage(environment, few_database) as few, stage(environment, database) as play:
            connector = _import_all(figures, few, play, many)
            idle.settle(play.tables)
            idle.measure_nothing_due(figures, play, connector)
            idle.measure_few_due(figures, play, connector, few)
            screens.measure(figures, play, connector)
        with stage(environment, database, odoo=LOG_STATEMENTS) as play:
            screens.count_rows(figures, play, connector)
            idle.explain(figures, play, connector)
            idle.count_statements(figures, play, connector)


@contextlib.contextmanager
def _database(environment: Environment, name: str, registrants: int) -> Iterator[str]:
    database = environment.create_database(name, MODULES)
    connection = environment.connect(database)
    Tables(connection).add_registrants(registrants)
    connection.close()
    yield database
    environment.drop_database(database)


def _import_all(figures: Figures, few: Stage, play: Stage, many: int) -> int:
    """Import a small registry, a big one, and the small one once more."""
    before, _growth = _cost(few, FEW)
    connector = play.create_connector()
    cost, growth = _cost(play, many, connector)
    few.tables.make_due()
    after, _growth = _cost(few, FEW)
    figures.add(SECTION, "few_us", min(before, after), f"a registrant of {FEW:,}", unit="µs")
    figures.add(SECTION, "many_us", cost, f"a registrant of {many:,}", unit="µs")
    figures.add(
        SECTION,
        "scale_ratio",
        cost / min(before, after),
        f"a registrant of {many:,} / of {FEW:,}",
        relation="≤",
        bound=RATIO_AT_MOST,
    )
    figures.add(
        SECTION,
        "rss_growth_mb",
        growth,
        f"growth of the Odoo process while {many:,} are imported",
        unit="MB",
        relation="<",
        bound=GROWTH_BELOW,
    )
    return connector


def _cost(play: Stage, registrants: int, connector: int = 0) -> Tuple[float, float]:
    """Microseconds for each registrant, and megabytes by which Odoo grew."""
    connector = connector or play.create_connector()
    with Growth(play.odoos[0].pid) as growth:
        seconds = play.import_all(connector)
    play.tables.expect_tokens(registrants)
    return 1e6 * seconds / registrants, growth.megabytes
