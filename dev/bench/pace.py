# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Whether MTS ever has to wait for the connector."""

import threading
import time

import requests

from environment import Environment

from .figures import Figures
from .floor import OUTPUT_FORMAT, Sink, envelope, in_bulk, post, read_records
from .stage import MODULES, Stage, stage
from .tables import Tables

SECTION = "Never in MTS's way"
# What a real one takes.
SECONDS_PER_RECORD = 0.027
WORKERS = 2
BATCH_SIZE = 100
REGISTRANTS = 2000
AT_MOST = 1.05


def measure(environment: Environment, figures: Figures) -> None:
    database = environment.create_database("bench_pace", MODULES)
    connection = environment.connect(database)
    Tables(connection).add_registrants(REGISTRANTS)
    connection.close()
    with stage(environment, database, workers=WORKERS) as play:
        play.simulator.configure(seconds_per_record=SECONDS_PER_RECORD)
        connector = play.create_connector(batch_size=BATCH_SIZE)
        alone = _alone(play)
        with_us = play.import_all(connector)
        play.tables.expect_tokens(REGISTRANTS)
    environment.drop_database(database)
    work = f"{REGISTRANTS} registrants, MTS with {WORKERS} workers"
    figures.add(SECTION, "mts_alone_s", alone, f"MTS alone, {work}", unit="s")
    figures.add(SECTION, "mts_import_s", with_us, f"an import, {work}", unit="s")
    figures.add(
        SECTION,
        "mts_overhead",
        with_us / alone,
        "an import / MTS alone",
        relation="≤",
        bound=AT_MOST,
    )


def _alone(play: Stage) -> float:
    """Post all batches back to back; returns the seconds until the last is delivered."""
    records = read_records(play.tables)
    batches = [records[first : first + BATCH_SIZE] for first in range(0, len(records), BATCH_SIZE)]
    delivered = threading.Semaphore(0)
    started = time.perf_counter()
    with Sink(lambda _body: delivered.release()) as sink, requests.Session() as session:
        for batch in batches:
            message = envelope(batch, in_bulk(sink.url), OUTPUT_FORMAT)
            post(session, play.simulator.url, message)
        for _batch in batches:
            delivered.acquire()
    return time.perf_counter() - started
