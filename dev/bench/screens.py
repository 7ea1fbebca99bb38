# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How long the screens take to open."""

import re
from typing import Any, Dict

from .browser import Browser
from .figures import Figures
from .stage import Stage
from .statements import StatementLog

SECTION = "Screens"
BELOW = 1.0
# Beyond 5,000 it says "5,000+", and of the rejected it looks at their contacts, too. Who counts a
# whole table reads more than this.
COUNTED_AT_MOST = 15_000
COUNT = re.compile(r"^\s*SELECT\b.*\bcount\(", re.DOTALL | re.IGNORECASE)


def measure(figures: Figures, play: Stage, connector: int) -> None:
    _register_twice(play)
    browser = Browser(play.registry.rpc)
    seconds = {
        "list of connectors": browser.open_list("mts_connector_action"),
        "list of imports": browser.open_list("mts_run_action"),
        "list of registrants": browser.open_list("mts_record_action"),
        "list of those waiting": browser.open_filtered(
            "mts_record_action", ("state", "=", "pending")
        ),
        "rejected, by what to do": browser.open_list("mts_record_rejected_action"),
        "duplicates": browser.open_list("mts_duplicate_action"),
        "answers by day": browser.open_chart("mts_record_day_action"),
        "rejections by code": browser.open_chart("mts_record_code_action"),
        **{
            model: browser.open_form(model, number)
            for model, number in _forms(play, connector).items()
        },
    }
    for screen, value in seconds.items():
        name = "screen_" + screen.replace(" ", "_")
        figures.add(SECTION, name, value, screen, unit="s", relation="<", bound=BELOW)


def count_rows(figures: Figures, play: Stage, connector: int) -> None:
    """Find out how much of the tables is read for the numbers that forms show."""
    log = StatementLog(play.odoos[0].log_file)
    browser = Browser(play.registry.rpc)
    for model, number in _forms(play, connector).items():
        browser.open_form(model, number)
    counts = [text for text in log.statements() if COUNT.search(text)]
    explained = (play.tables.query("EXPLAIN (ANALYZE, FORMAT JSON) " + text) for text in counts)
    figures.add(
        SECTION,
        "rows_counted",
        max((_rows_read(plan["Plan"]) for [[[plan]]] in explained), default=0),
        "the most rows read to count something when a form is opened",
        relation="≤",
        bound=COUNTED_AT_MOST,
    )


def _rows_read(plan: Dict[str, Any]) -> int:
    """Return how many rows this part of a plan and those below it read of tables."""
    rows = sum(_rows_read(part) for part in plan.get("Plans", ()))
    if "Relation Name" in plan:
        read = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
        rows += read * plan["Actual Loops"]
    return rows


def _forms(play: Stage, connector: int) -> Dict[str, int]:
    """Return a record of each model that has a form."""
    value = play.tables.value
    record = value("SELECT max(id) FROM mts_record")
    return {
        "mts.connector": connector,
        # The largest.
        "mts.run": value(
            "SELECT run_id FROM mts_request GROUP BY run_id ORDER BY count(*) DESC LIMIT 1"
        ),
        "mts.request": value("SELECT max(id) FROM mts_request"),
        "mts.record": record,
        "res.partner": value("SELECT partner_id FROM mts_record WHERE id = %s", [record]),
    }


def _register_twice(play: Stage) -> None:
    """One in a hundred is there twice."""
    play.tables.query(
        """
        UPDATE res_partner SET mosip_auth_token = other.mosip_auth_token
        FROM res_partner other
        WHERE other.id = res_partner.id - 1 AND mod(res_partner.id, 100) = 2
          AND res_partner.mosip_auth_token IS NOT NULL
        """
    )
    play.tables.tidy()
