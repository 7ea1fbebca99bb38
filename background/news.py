# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Tells those who look at a run that something has come of it, over Odoo's bus.

Each screen then reads the run again, with the rights of its user: what goes over the bus is the
run's id and nothing else.
"""

import logging
import time
from functools import partial
from typing import Any, Dict, Tuple

from odoo import SUPERUSER_ID, api

from .transaction import quiet

_logger = logging.getLogger(__name__)

# The type of the notifications; with a run's id behind it, what a screen asks to be told about.
RUN = "mts.run"

# So many seconds must lie between two notifications about a run. What happens in between is not
# missed, since a screen waits a little longer before it reads: see ``run_progress.js``.
PAUSE = 2.0

# When this process last told of a run of a database.
_told: Dict[Tuple[str, int], float] = {}


def announce(runs: Any) -> None:
    """Tell of the runs as soon as the present transaction is committed."""
    for run_id in runs.ids:
        runs.env.cr.postcommit.add(partial(_tell, runs.pool, run_id))


def channel(database: str, run_id: int) -> Tuple[str, str, int]:
    """Return the bus's channel of a run.

    A browser can only name channels that are texts, so it comes by this one where the server
    gives it: see ``controllers/run_news.py``.
    """
    return (database, RUN, run_id)


def _tell(registry: Any, run_id: int) -> None:
    """Tell in a transaction of its own, in which the work has no part.

    Nothing may come of it for the work: that is committed, and the screen has a button, too.
    """
    now = time.monotonic()
    if not _is_time(registry.db_name, run_id, now):
        return
    try:
        with registry.cursor() as cr, quiet(cr):
            bus = api.Environment(cr, SUPERUSER_ID, {})["bus.bus"]
            _send(bus, channel(registry.db_name, run_id), {"id": run_id})
    except Exception as error:  # noqa: BLE001  # pylint: disable=broad-except
        _logger.info("Nobody was told of run %s: %s", run_id, type(error).__name__)


def _send(bus: Any, to: Tuple[str, str, int], payload: Dict[str, int]) -> None:
    if hasattr(bus, "_sendone"):
        bus._sendone(to, RUN, payload)
    else:  # Odoo 14
        bus.sendone(to, {"type": RUN, "payload": payload})


def _is_time(database: str, run_id: int, now: float) -> bool:
    """Tell whether the last notification lies long enough back, and note this one."""
    for key, then in list(_told.items()):
        if now - then >= PAUSE:
            _told.pop(key, None)
    return _told.setdefault((database, run_id), now) == now
