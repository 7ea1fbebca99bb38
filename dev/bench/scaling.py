# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How much sooner imports are through when MTS has more workers, and gets more at once; with
other sizes of batches; and when two connectors share the work by cron, or by jobs."""

import contextlib
from typing import Any, Dict, Iterator, List, Sequence

from environment import Environment, SimulatorProcess
from environment.ports import free_port

from .figures import Figures
from .stage import MODULES, Stage, stage
from .tables import Tables

SECTION = "More at once"
# What a real MTS takes for a record: to store it before it answers, and to ask MOSIP afterwards.
PACE: Dict[str, Any] = {"seconds_per_record": 0.027, "store_seconds_per_record": 0.019}
WORKERS = (1, 2, 4)
BATCH_SIZE, OTHER_BATCH_SIZES = 100, (25, 250)
REGISTRANTS = 1000
QUEUE = "queue_job"


def measure(environment: Environment, figures: Figures) -> None:
    for workers in WORKERS:
        _one_connector(environment, figures, workers, BATCH_SIZE)
    for batch_size in OTHER_BATCH_SIZES:
        _one_connector(environment, figures, WORKERS[-1], batch_size)
    _two_connectors(environment, figures, "cron")
    with_queue = Environment.for_series(environment.series, with_oca=True)
    with with_queue:
        _two_connectors(with_queue, figures, QUEUE)


def _one_connector(
    environment: Environment, figures: Figures, workers: int, batch_size: int
) -> None:
    with _registry(environment, workers=workers) as play:
        connector = play.create_connector(parallel_requests=workers, batch_size=batch_size)
        seconds = play.import_all(connector)
        play.tables.expect_tokens(REGISTRANTS)
    figures.add(
        SECTION,
        f"scaling_{workers}_{batch_size}",
        REGISTRANTS / seconds,
        f"registrants a second, MTS with {workers} workers, as many requests at once, "
        f"batches of {batch_size}",
        unit="/s",
    )


def _two_connectors(environment: Environment, figures: Figures, way: str) -> None:
    """Each with half of the registrants, and an MTS of its own."""
    by_jobs = way == QUEUE
    with _registry(environment, [QUEUE] if by_jobs else [], odoo=_server(by_jobs)) as play:
        with SimulatorProcess(record=False, **PACE) as other:
            middle = play.tables.value(
                "SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY id) FROM res_partner "
                "WHERE is_registrant"
            )
            connectors = [
                play.create_connector(
                    search_domain=f'[("is_registrant", "=", True), ("id", "<=", {middle})]'
                ),
                play.create_connector(
                    search_domain=f'[("is_registrant", "=", True), ("id", ">", {middle})]',
                    mts_url=other.url,
                ),
            ]
            seconds = play.import_together(connectors)
        play.tables.expect_tokens(REGISTRANTS)
    text = f"registrants a second, two connectors with an MTS of one worker each, by {way}"
    figures.add(SECTION, f"shared_{way}", REGISTRANTS / seconds, text, unit="/s")


def _server(by_jobs: bool) -> Dict[str, Any]:
    """How Odoo is started: with worker processes, and where it is told to, a runner of jobs."""
    port = free_port()
    options: Dict[str, Any] = {"workers": 4, "http_port": port}
    if by_jobs:
        options["extra_args"] = [f"--load=base,web,{QUEUE}"]
        options["extra_env"] = {
            "ODOO_QUEUE_JOB_CHANNELS": "root:2",
            "ODOO_QUEUE_JOB_HOST": "127.0.0.1",
            "ODOO_QUEUE_JOB_PORT": str(port),
        }
    return options


@contextlib.contextmanager
def _registry(
    environment: Environment, before: Sequence[str] = (), **options: Any
) -> Iterator[Stage]:
    """A stage with registrants who are due."""
    modules: List[str] = list(MODULES)
    database = environment.create_database("bench_scaling", modules, list(before))
    connection = environment.connect(database)
    Tables(connection).add_registrants(REGISTRANTS)
    connection.close()
    with stage(environment, database, **options, **PACE) as play:
        yield play
    environment.drop_database(database)
