# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""One slice of background work for one connector.

Between any two transactions the process may be killed. Each step therefore leaves the database in
a state that the next slice can take up: see ``mts.request._recover``.
"""

import logging
import time
from typing import Any, Callable, Optional

import psycopg2

from .. import server_config
from ..log_error import log_error
from ..mts.client import MtsClient
from ..mts.errors import MtsError, UnknownRequest
from ..mts.redact import redact
from .pulling import Pulling
from .sending import Sending
from .transaction import in_transaction

_logger = logging.getLogger(__name__)

# Nothing new is begun after this many seconds: together with the longest request timeout (80 s) a
# slice stays below Odoo's limit of 120 s for a scheduled job.
BUDGET = 30.0

# Requests that one slice asks MTS about.
MAX_STATUS_CALLS = 20

# PostgreSQL's errors that pass by themselves: no connection, too many concurrent changes, locks,
# shut down. The next slice takes up what this one left.
PASSING = ("08", "40", "55", "57P")

# The constraint that shows that other connectors, time and again, took whom this one was taking.
IN_FLIGHT = "mts_record_pending_index"

# Every transaction of a slice, by name. The process may be killed before or after each of them and
# in each call between them; the crash tests go through this list.
STEPS = (
    "recover",
    "overdue",
    "next_run",
    "settings",
    "look_from",
    "take_batch",
    "go_out",
    "sent",
    "queue_again",
    "unreachable",
    "refused",
    "not_mts",
    "not_sent",
    "withdraw",
    "halve",
    "poisoned",
    "broken",
    "give_up",
    "wait_on",
    "settle_by_status",
    "close",
    "slice_failed",
    "tell",
    "take_window",
    "go_out_to_pull",
    "found_nothing",
    "pull_failed",
)


class Slice:
    """Does a bounded amount of work for one connector.

    :param registry: Odoo's registry of the database
    :param connector_id: the connector
    :param deadline: nothing is begun after this time (monotonic); the budget from now on, unless
        the time is shared with other slices
    """

    def __init__(self, registry: Any, connector_id: int, deadline: Optional[float] = None):
        self._registry = registry
        self._connector_id = connector_id
        self._deadline = time.monotonic() + BUDGET if deadline is None else deadline

    def run(self) -> bool:
        """Do the work, and tell whether there is more to be done right away."""
        more, failure = False, None
        try:
            self.step("recover", lambda env, connector: env["mts.request"]._recover(connector))
            self._reconcile()
            more = self._send()
            self.step("close", lambda env, connector: env["mts.run"]._close(connector))
        except Exception as error:  # noqa: BLE001  # pylint: disable=broad-except
            more, failure = False, error
        # Outside: an error on the way would be shown together with this one, and its words.
        if failure:
            self._break_off(failure)
        self._tell()
        return more

    def _tell(self) -> None:
        """Tell people what they have to look at. Nothing else depends on it."""
        try:
            look_from = self._look_from()
            self.step("tell", lambda _env, connector: connector._tell(look_from))
        except Exception as error:  # noqa: BLE001  # pylint: disable=broad-except
            log_error(_logger, "Nobody could be told", error)

    def _break_off(self, error: Exception) -> None:
        """Have a person see the error, unless it passes by itself."""
        if _passes(error):
            log_error(_logger, "Slice broken off, the next one goes on", error, logging.WARNING)
            return
        log_error(_logger, "Slice failed", error)
        name = type(error).__name__
        self.step("slice_failed", lambda _env, connector: connector.exists()._slice_failed(name))

    def is_late(self) -> bool:
        return time.monotonic() >= self._deadline

    def ca_file(self) -> str:
        return server_config.get("mts_ca_file", self._connector_id)

    def step(self, name: str, work: Callable[[Any, Any], Any]) -> Any:
        """Run ``work(env, connector)`` in a transaction of its own.

        :param name: one of ``STEPS``
        """
        if name not in STEPS:
            raise ValueError(f"{name} is missing in STEPS, by which the crash tests go")
        return in_transaction(
            self._registry, lambda env: work(env, env["mts.connector"].browse(self._connector_id))
        )

    def on_request(self, request_id: int, name: str, *args: Any) -> Any:
        """Take the step that a request's method of the same name does."""
        return self.step(
            name,
            lambda env, _connector: getattr(env["mts.request"].browse(request_id), f"_{name}")(
                *args
            ),
        )

    def _look_from(self) -> Any:
        """Return ``_oldest_transaction``, of before the transaction that it is wanted for."""
        return self.step(
            "look_from", lambda env, _connector: env["mts.delta"]._oldest_transaction()
        )

    def _send(self) -> bool:
        look_from = self._look_from()
        run_id = self.step(
            "next_run", lambda env, connector: env["mts.run"]._next(connector, look_from).id
        )
        if not run_id:
            return False
        is_odk, parallel = self.step(
            "settings",
            lambda _env, connector: (connector._is_odk(), connector.parallel_requests),
        )
        if is_odk:
            return Pulling(self, run_id).run()
        return Sending(self, run_id, parallel).run()

    # -- reconciliation --------------------------------------------------------------------------

    def _reconcile(self) -> None:
        """Ask MTS what became of requests whose answers are overdue."""
        overdue = self.step(
            "overdue",
            lambda env, connector: env["mts.request"]._overdue(connector, MAX_STATUS_CALLS),
        )
        if not overdue:
            return
        url = self.step("settings", lambda _env, connector: connector.mts_url)
        with MtsClient(url, timeout=10, ca_file=self.ca_file()) as client:
            for request_id, identifier in overdue:
                if self.is_late() or not self._ask(client, request_id, identifier):
                    return

    def _ask(self, client: MtsClient, request_id: int, identifier: Optional[str]) -> bool:
        """Find out what became of the request, and tell whether MTS can be asked at all."""
        if not identifier:
            self.on_request(request_id, "give_up", "MTS never confirmed it, no answer came.")
            return True
        try:
            status = client.status(identifier)
        except UnknownRequest as error:
            self.on_request(request_id, "give_up", redact(str(error)))
        except MtsError as error:
            self.on_request(request_id, "wait_on", redact(str(error)))
            return False
        else:
            self.on_request(request_id, "settle_by_status", status)
        return True


def _passes(error: Exception) -> bool:
    """Tell whether the next slice need not meet the same error."""
    if isinstance(error, (psycopg2.OperationalError, psycopg2.InterfaceError)):
        return (error.pgcode or "08").startswith(PASSING)
    return isinstance(error, psycopg2.IntegrityError) and error.diag.constraint_name == IN_FLIGHT
