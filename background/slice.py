"""One slice of background work for one connector.

Between any two transactions the process may be killed. Each step therefore leaves the database in
a state that the next slice can take up: see ``mts.request._recover``.
"""

import logging
import time
import traceback
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from typing import Any, Callable, Dict, List, NamedTuple, Optional

import psycopg2

from .. import server_config
from ..mts.client import MtsClient
from ..mts.errors import (
    BatchFailed,
    MtsError,
    NotMts,
    OutcomeUnknown,
    Refused,
    UnknownRequest,
    Unreachable,
)
from ..mts.redact import redact
from .batch import Batch
from .transaction import in_transaction

_logger = logging.getLogger(__name__)

# Nothing new is begun after this many seconds: together with the longest request timeout (80 s) a
# slice stays below Odoo's limit of 120 s for a scheduled job.
BUDGET = 30.0

# Requests that one slice asks MTS about.
MAX_STATUS_CALLS = 20

# When this many single records fail in a row, it is not the records.
BROKEN_AFTER = 3

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
    "sent",
    "unreachable",
    "refused",
    "not_mts",
    "not_sent",
    "halve",
    "poisoned",
    "broken",
    "give_up",
    "wait_on",
    "settle_by_status",
    "close",
    "slice_failed",
    "tell",
)


class Suspect(NamedTuple):
    """A single record that MTS failed on, and what MTS said."""

    request_id: int
    reason: str
    code: str


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
        self._begun = False
        self._to_send: List[Batch] = []
        self._suspects: List[Suspect] = []
        self._stopped = False

    def run(self) -> bool:
        """Do the work, and tell whether there is more to be done right away."""
        more = False
        try:
            self._step("recover", lambda env, connector: env["mts.request"]._recover(connector))
            self._reconcile()
            more = self._send()
            self._step("close", lambda env, connector: env["mts.run"]._close(connector))
        except Exception as error:  # noqa: BLE001  # pylint: disable=broad-except
            more = False
            self._break_off(error)
        self._tell()
        return more

    def _tell(self) -> None:
        """Tell people what they have to look at. Nothing else depends on it."""
        try:
            look_from = self._look_from()
            self._step("tell", lambda _env, connector: connector._tell(look_from))
        except Exception as error:  # noqa: BLE001  # pylint: disable=broad-except
            _log("Nobody could be told", error)

    def _break_off(self, error: Exception) -> None:
        """Have a person see the error, unless it passes by itself."""
        _log("Slice failed", error)
        if not _passes(error):
            name = type(error).__name__
            self._step(
                "slice_failed", lambda _env, connector: connector.exists()._slice_failed(name)
            )

    def _is_late(self) -> bool:
        return time.monotonic() >= self._deadline

    def _step(self, name: str, work: Callable[[Any, Any], Any]) -> Any:
        """Run ``work(env, connector)`` in a transaction of its own.

        :param name: one of ``STEPS``
        """
        if name not in STEPS:
            raise ValueError(f"{name} is missing in STEPS, by which the crash tests go")
        return in_transaction(
            self._registry, lambda env: work(env, env["mts.connector"].browse(self._connector_id))
        )

    def _on_request(self, request_id: int, name: str, *args: Any) -> Any:
        """Take the step that a request's method of the same name does."""
        return self._step(
            name,
            lambda env, _connector: getattr(env["mts.request"].browse(request_id), f"_{name}")(
                *args
            ),
        )

    def _look_from(self) -> Any:
        """Return ``_oldest_transaction``, of before the transaction that it is wanted for."""
        return self._step(
            "look_from", lambda env, _connector: env["mts.delta"]._oldest_transaction()
        )

    # -- sending ---------------------------------------------------------------------------------

    def _send(self) -> bool:
        look_from = self._look_from()
        run_id = self._step(
            "next_run", lambda env, connector: env["mts.run"]._next(connector, look_from).id
        )
        if not run_id:
            return False
        parallel = self._step("settings", lambda _env, connector: connector.parallel_requests)
        clients: Dict[str, MtsClient] = {}
        under_way: Dict[Any, Batch] = {}
        with ThreadPoolExecutor(parallel, thread_name_prefix="mts") as threads:
            while True:
                while len(under_way) < parallel:
                    batch = self._next_batch(run_id)
                    if batch is None:
                        break
                    client = self._client(clients, batch, parallel)
                    under_way[threads.submit(client.submit, batch.message)] = batch
                if not under_way:
                    break
                done, _pending = wait(under_way, return_when=FIRST_COMPLETED)
                for future in done:
                    self._conclude(under_way.pop(future), future)
        for client in clients.values():
            client.close()
        self._convict()
        return not self._stopped and self._is_late()

    def _next_batch(self, run_id: int) -> Optional[Batch]:
        """Return what is left of a halved batch, or the next page of registrants.

        The first page is taken however late it is, so that each slice gets on.
        """
        if self._stopped:
            return None
        if self._to_send:
            return self._to_send.pop()
        while not (self._begun and self._is_late()):
            self._begun = True
            batch = self._step(
                "take_batch", lambda env, _connector: env["mts.run"].browse(run_id)._take_batch()
            )
            if batch is None or batch.items:
                return batch
        return None

    def _client(self, clients: Dict[str, MtsClient], batch: Batch, parallel: int) -> MtsClient:
        """Return the client for the batch; the URL may be changed while a run goes on."""
        name = f"{batch.timeout} {batch.url}"
        if name not in clients:
            clients[name] = MtsClient(batch.url, batch.timeout, parallel, self._ca_file())
        return clients[name]

    def _ca_file(self) -> str:
        return server_config.get("mts_ca_file", self._connector_id)

    def _conclude(self, batch: Batch, future: Any) -> None:
        """Write down how the POST went."""
        request_id = batch.request_id
        try:
            identifier = future.result()
        except Unreachable as error:
            self._on_request(request_id, "unreachable", str(error))
            self._stop(str(error))
        except Refused as error:
            self._on_request(request_id, "refused", _redact(error, batch), redact(error.code))
            self._stop(str(error))
        except BatchFailed as error:
            self._search_poison(batch, error)
        except NotMts as error:
            self._on_request(request_id, "not_mts", str(error))
            self._stop(str(error))
        except OutcomeUnknown as error:
            self._on_request(request_id, "sent", False, str(error))
        else:
            self._on_request(request_id, "sent", identifier)
            self._convict()

    def _stop(self, reason: str) -> None:
        """Send nothing more in this slice; what MTS has not taken is due again."""
        self._stopped = True
        for request_id in self._not_taken():
            self._on_request(request_id, "not_sent", reason)

    def _not_taken(self) -> List[int]:
        """Return, and forget, the requests that MTS stored nothing of."""
        left = self._suspects + self._to_send
        self._suspects, self._to_send = [], []
        return [entry.request_id for entry in left]

    def _search_poison(self, batch: Batch, error: BatchFailed) -> None:
        """MTS takes all of a batch or nothing: halve it until the bad record stands alone."""
        reason = _redact(error, batch)
        if self._stopped:
            # It was under way when another found a reason to send nothing more.
            self._on_request(batch.request_id, "not_sent", reason)
            return
        if len(batch.items) > 1:
            halves = self._on_request(batch.request_id, "halve", batch)
            self._to_send += [half for half in reversed(halves) if half.items]
            return
        self._suspects.append(Suspect(batch.request_id, reason, redact(error.code)))
        if len(self._suspects) >= BROKEN_AFTER:
            self._stopped = True
            self._on_request(batch.request_id, "broken", reason, self._not_taken())

    def _convict(self) -> None:
        """MTS is not broken, so it was these records that it stumbled over."""
        while self._suspects:
            suspect = self._suspects.pop()
            self._on_request(suspect.request_id, "poisoned", suspect.reason, suspect.code)

    # -- reconciliation --------------------------------------------------------------------------

    def _reconcile(self) -> None:
        """Ask MTS what became of requests whose answers are overdue."""
        overdue = self._step(
            "overdue",
            lambda env, connector: env["mts.request"]._overdue(connector, MAX_STATUS_CALLS),
        )
        if not overdue:
            return
        url = self._step("settings", lambda _env, connector: connector.mts_url)
        with MtsClient(url, timeout=10, ca_file=self._ca_file()) as client:
            for request_id, identifier in overdue:
                if self._is_late() or not self._ask(client, request_id, identifier):
                    return

    def _ask(self, client: MtsClient, request_id: int, identifier: Optional[str]) -> bool:
        """Find out what became of the request, and tell whether MTS can be asked at all."""
        if not identifier:
            self._on_request(request_id, "give_up", "MTS never confirmed it, no answer came.")
            return True
        try:
            status = client.status(identifier)
        except UnknownRequest as error:
            self._on_request(request_id, "give_up", redact(str(error)))
        except MtsError as error:
            self._on_request(request_id, "wait_on", redact(str(error)))
            return False
        else:
            self._on_request(request_id, "settle_by_status", status)
        return True


def _log(what: str, error: Exception) -> None:
    """Log an error without its words, which may quote people's data."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    _logger.error("%s: %s\n%s", what, type(error).__name__, frames)


def _passes(error: Exception) -> bool:
    """Tell whether the next slice need not meet the same error."""
    if isinstance(error, (psycopg2.OperationalError, psycopg2.InterfaceError)):
        return (error.pgcode or "08").startswith(PASSING)
    return isinstance(error, psycopg2.IntegrityError) and error.diag.constraint_name == IN_FLIGHT


def _redact(error: MtsError, batch: Batch) -> str:
    """Return MTS's words without anything of what it got."""
    callback = batch.message["request"]["callbackProperties"]
    sent = [item.payload for item in batch.items]
    sent += [callback.get("authOdoo"), callback.get("authStaticBearer")]
    return redact(str(error), (text for part in sent for text in _texts(part)))


def _texts(value: Any) -> List[str]:
    if isinstance(value, dict):
        return [text for part in value.values() for text in _texts(part)]
    return [value] if isinstance(value, str) else []
