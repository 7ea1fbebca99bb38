# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a scheduled tick costs where nobody is due, and where few of many are."""

import re
import time
from typing import List

from .figures import Figures
from .stage import Stage
from .statements import StatementLog
from .tables import Tables

SECTION = "Idle"
DUE = 1000
ROUNDS = 3
BATCH_SIZES = (10, 100, 1000)
TICK_BELOW, DUE_RATIO_AT_MOST = 1.0, 1.2
#: A statement that reads the payload of contacts, and their numbers.
PAYLOAD = re.compile(
    r'SELECT .*"given_name".* WHERE "res_partner".id IN \(([\d, ]+)\)$', re.DOTALL
)
#: Statements of a tick by which whole tables could be read, by words that stand in them only.
PLANS = {
    "Who is due": r"SELECT count\(\*\).*mts_record",
    "Who has changed": r"UPDATE mts_record SET to_check = TRUE",
}


def settle(tables: Tables) -> None:
    """After an import that gave everybody a token: one in ten was refused, long ago."""
    tables.query(
        """
        UPDATE res_partner SET mosip_auth_token = NULL, mosip_vid = (20e14 + 7 * id)::text
        WHERE is_registrant AND mod(id, 10) = 0
        """
    )
    tables.query("UPDATE res_partner SET write_date = write_date - interval '1 day'")
    tables.query(
        """
        UPDATE mts_record SET state = 'rejected', fingerprint = md5(partner_id::text),
            error_code = error.code, error_id = error.id, error_message = 'name did not match'
        FROM mts_error_code error
        WHERE mod(partner_id, 10) = 0 AND error.code = 'IDA-DEA-001'
        """
    )
    tables.tidy()


def measure_nothing_due(figures: Figures, play: Stage, connector: int) -> None:
    play.registry.press("action_start", connector)
    # The first import comes with the start.
    play.wait_for(lambda: not _open_runs(play))
    ticks = [_tick(play, connector) for _round in range(ROUNDS)]
    figures.add(
        SECTION,
        "idle_tick_s",
        min(ticks),
        "a tick with nobody due",
        unit="s",
        relation="<",
        bound=TICK_BELOW,
    )


def measure_few_due(figures: Figures, play: Stage, connector: int, few: Stage) -> None:
    """Compare with a registry that has these few only."""
    few.tables.query(
        "DELETE FROM res_partner WHERE id NOT IN "
        "(SELECT id FROM res_partner WHERE is_registrant ORDER BY id LIMIT %s) AND is_registrant",
        [DUE],
    )
    few.tables.tidy()
    alone_connector = few.create_connector()
    among: List[float] = []
    alone: List[float] = []
    for _round in range(ROUNDS):
        for place, number, seconds in (
            (few, alone_connector, alone),
            (play, connector, among),
        ):
            _make_due(place.tables)
            seconds.append(place.import_all(number))
    figures.add(SECTION, "due_alone_s", min(alone), f"{DUE:,} due, and nobody else", unit="s")
    figures.add(SECTION, "due_among_s", min(among), f"{DUE:,} due among many", unit="s")
    figures.add(
        SECTION,
        "due_ratio",
        min(among) / min(alone),
        "few due among many / alone",
        relation="≤",
        bound=DUE_RATIO_AT_MOST,
    )


def _make_due(tables: Tables, count: int = DUE) -> None:
    """Have some of those who have a token come with a new VID."""
    tables.query(
        """
        WITH due AS (
            UPDATE res_partner SET mosip_auth_token = NULL, mosip_vid = (20e14 + 7 * id)::text,
                write_date = now() AT TIME ZONE 'UTC'
            WHERE id IN (
                SELECT id FROM res_partner
                WHERE is_registrant AND mosip_auth_token IS NOT NULL ORDER BY id DESC LIMIT %s
            ) RETURNING id
        )
        DELETE FROM mts_record USING due WHERE partner_id = due.id
        """,
        [count],
    )


def _open_runs(play: Stage) -> int:
    return play.tables.value(
        "SELECT count(*) FROM mts_run WHERE state IN ('queued', 'sending', 'waiting')"
    )


def _tick(play: Stage, connector: int) -> float:
    """Let the schedule of the connector come round; returns the seconds until all is done."""
    job = play.tables.value("SELECT cron_id FROM mts_connector WHERE id = %s", [connector])
    last = play.tables.value("SELECT max(id) FROM mts_run")
    started = time.perf_counter()
    play.press_job(job)
    run = play.tables.value("SELECT max(id) FROM mts_run")
    if run == last:
        raise RuntimeError("the schedule did not start an import")
    play.wait_closed(run)
    return time.perf_counter() - started


def explain(figures: Figures, play: Stage, connector: int) -> None:
    """Show how PostgreSQL finds out that nobody is due, and that no payload is read."""
    log = StatementLog(play.odoos[0].log_file)
    _tick(play, connector)
    statements = log.statements()
    first = play.tables.value("SELECT min(id) FROM res_partner WHERE is_registrant")
    figures.add(
        SECTION,
        "payload_reads",
        sum(_reads_payload(statement, first) for statement in statements),
        "statements of such a tick that read a payload",
        relation="=",
        bound=0,
    )
    for title, pattern in PLANS.items():
        for statement in statements:
            if re.match(pattern, statement, re.DOTALL):
                plan = play.tables.query("EXPLAIN (ANALYZE, COSTS OFF) " + statement)
                figures.plans[title] = "\n".join(row[0] for row in plan)


def _reads_payload(statement: str, first: int) -> bool:
    """Whether it reads what is sent of registrants; Odoo reads the contact of its user, too."""
    found = PAYLOAD.match(statement)
    return found is not None and max(map(int, found.group(1).split(","))) >= first


def count_statements(figures: Figures, play: Stage, connector: int) -> None:
    """Count what a slice sends to PostgreSQL for each batch, small and big."""
    play.registry.press("action_stop", connector)
    play.simulator.configure(hold=True)
    log = StatementLog(play.odoos[0].log_file)
    # Odoo remembers some answers for the next time.
    _slice(play, connector, log, BATCH_SIZES[0], 1)
    counts = {}
    for size in BATCH_SIZES:
        # Something else may wake Odoo for one slice more.
        one, three = (
            min(_slice(play, connector, log, size, batches) for _round in range(ROUNDS))
            for batches in (1, 3)
        )
        counts[size] = (three - one) / 2
        text = f"statements of a slice for a batch of {size:,}"
        figures.add(SECTION, f"statements_{size}", counts[size], text)
    figures.add(
        SECTION,
        "statements_spread",
        max(counts.values()) - min(counts.values()),
        "more statements for a big batch than for a small one",
        relation="=",
        bound=0,
    )


def _slice(play: Stage, connector: int, log: StatementLog, size: int, batches: int) -> int:
    """Send so many batches, whose answers do not come; returns how many statements that took."""
    _make_due(play.tables, size * batches)
    play.adopt(connector, batch_size=size, max_open_requests=batches)
    log.statements()
    run = play.registry.import_now(connector)
    play.wait_for(lambda: _is_through(play, batches))
    # Not those by which Odoo looks whether a scheduled job is due.
    count = sum("mts_" in text or "res_partner" in text for text in log.statements())
    play.registry.rpc.call("mts.run", "action_cancel", [run])
    play.tables.query("DELETE FROM mts_record WHERE state = 'pending'")
    play.tables.query("DELETE FROM mts_request WHERE state = 'sent'")
    return count


def _is_through(play: Stage, batches: int) -> bool:
    """Whether the slice has sent so many, and has given back its lock."""
    sent = play.tables.value("SELECT count(*) FROM mts_request WHERE state = 'sent'")
    locks = play.tables.value("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
    return sent == batches and not locks
