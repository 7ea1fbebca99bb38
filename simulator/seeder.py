# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The part of MTS that works in the background: a queue of batches and the threads that take
them through authentication and callbacks, one record at a time."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from functools import partial
from typing import Any

from .behaviour import Faults
from .callbacks import CallbackFailed, Delivery
from .errors import UnknownRequest
from .ledger import Ledger
from .mosip import Mosip, mts_error
from .records import Record
from .settings import Settings

_logger = logging.getLogger(__name__)

_STOP_SECONDS = 2.0


class GivenUp(Exception):
    """The batch was forgotten (restart) or the simulator stops."""


class Batch:
    """One stored POST. ``status`` is what the status endpoint says."""

    __slots__ = ("finished_at", "identifier", "life", "records", "request", "status")

    def __init__(self, records: list[Record], request: dict[str, Any], life: int) -> None:
        self.identifier = str(uuid.uuid4())
        self.records = records
        left_out = ("authdata", "odkconfig")
        self.request = {key: value for key, value in request.items() if key not in left_out}
        self.status = "submitted" if _any_valid(records) else "submitted_with_errors"
        self.life = life
        self.finished_at: float | None = None


class Seeder:
    """Stores batches and works through them.

    All state hangs on one condition; ``life`` counts restarts, and whoever works for an earlier
    life gives up at the next step.
    """

    def __init__(self, settings: Settings, mosip: Mosip, faults: Faults, ledger: Ledger) -> None:
        self._settings = settings
        self._mosip = mosip
        self._faults = faults
        self._ledger = ledger
        self._changed = threading.Condition()
        self._batches: dict[str, Batch] = {}
        self._queue: list[Batch] = []
        self._held: list[Batch] = []
        self._busy = 0
        self._life = 0
        self._releases = 0
        self._stopping = False
        self._threads = [
            threading.Thread(target=self._work, name=f"simulator-worker-{number}", daemon=True)
            for number in range(settings.workers)
        ]

    # The life of the process

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End the workers, but leave behind who still waits for a callback after a while."""
        with self._changed:
            self._stopping = True
            self._forget()
        deadline = time.monotonic() + _STOP_SECONDS
        for thread in self._threads:
            thread.join(max(0, deadline - time.monotonic()))

    def restart(self) -> None:
        """Forget all batches, as an MTS does whose database and queue die with it."""
        with self._changed:
            self._forget()

    def _forget(self) -> None:
        self._life += 1
        self._batches.clear()
        self._queue.clear()
        self._held.clear()
        self._changed.notify_all()

    # What the HTTP side asks for

    def store(self, records: list[Record], request: dict[str, Any]) -> Batch:
        """Store a batch and queue it; takes ``store_seconds_per_record`` for each record."""
        with self._changed:
            batch = Batch(records, request, self._life)
            self._busy += 1
        try:
            self.pause(self._settings.store_seconds_per_record * len(records), batch.life)
            with self._changed:
                self._batches[batch.identifier] = batch
                self._queue.append(batch)
        finally:
            self._finish_work()
        return batch

    def status(self, identifier: str) -> str:
        with self._changed:
            batch = self._batches.get(identifier)
            if batch is not None and self._expired(batch):
                del self._batches[identifier]
                batch = None
        if batch is None:
            raise UnknownRequest()
        return batch.status

    def _expired(self, batch: Batch) -> bool:
        expiry = self._settings.expiry_seconds
        if expiry is None or batch.finished_at is None:
            return False
        return time.monotonic() - batch.finished_at >= expiry

    def pause(self, seconds: float, life: int | None = None) -> None:
        """Wait, at most until ``release``; raises GivenUp when ``life`` ends meanwhile.

        Without a ``life`` it is the present one.
        """
        with self._changed:
            life = self._life if life is None else life
            releases = self._releases
            if seconds > 0:
                self._changed.wait_for(
                    lambda: life != self._life or releases != self._releases, seconds
                )
            if life != self._life:
                raise GivenUp()

    # Hold, release, wait

    @property
    def held(self) -> int:
        """The number of batches whose callbacks are held back."""
        return len(self._held)

    def release(self, count: int | None = None, shuffle: bool = False) -> int:
        """Let the callbacks of ``count`` held batches go (all by default), and end all pauses.

        Returns how many. The first held is the first to go unless ``shuffle``.
        """
        with self._changed:
            self._releases += 1
            if shuffle:
                self._faults.shuffle(self._held)
            count = len(self._held) if count is None else count
            released, self._held = self._held[:count], self._held[count:]
            self._queue.extend(released)
            self._changed.notify_all()
            return len(released)

    def wait_idle(self, timeout: float) -> bool:
        """Wait until nothing is being stored, queued or worked on; False after ``timeout``.

        What is held back does not count.
        """
        with self._changed:
            return self._changed.wait_for(lambda: not self._busy and not self._queue, timeout)

    # The work

    def _work(self) -> None:
        while True:
            batch = self._next_batch()
            if batch is None:
                return
            try:
                self._process(batch)
            except GivenUp:
                pass
            except Exception:
                # A worker must live on, as MTS's does.
                _logger.exception("batch %s failed", batch.identifier)
            finally:
                self._finish_work()

    def _next_batch(self) -> Batch | None:
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._stopping)
            if self._stopping:
                return None
            self._busy += 1
            shuffle = self._settings.shuffle_requests
            return self._queue.pop(self._faults.position(len(self._queue)) if shuffle else 0)

    def _finish_work(self) -> None:
        with self._changed:
            self._busy -= 1
            self._changed.notify_all()

    def _process(self, batch: Batch) -> None:
        if batch.status.startswith("submitted"):
            self._authenticate(batch)
            if self._hold(batch):
                return
        if batch.request.get("deliverytype") == "callback":
            self._call_back(batch)
        batch.finished_at = time.monotonic()
        batch.records = []  # a million records go through here

    def _authenticate(self, batch: Batch) -> None:
        batch.status = "processing"
        for record in batch.records:
            if record.payload is not None:
                self.pause(self._settings.seconds_per_record, batch.life)
                self._authenticate_one(record, record.payload)
            self._ledger.add_result(
                identifier=batch.identifier,
                payload=record.payload,
                input=record.received,
                **{**record.output(), "vid": record.vid},
            )
        all_good = all(record.status == "processed" for record in batch.records)
        # MTS sets this before it calls back.
        batch.status = "processed" if all_good else "processed_with_errors"

    def _authenticate_one(self, record: Record, payload: dict[str, str]) -> None:
        record.token, errors = self._mosip.authenticate(payload)
        record.status = "error" if errors else "processed"
        if errors:
            record.error_code, record.error_message = mts_error(errors)

    def _hold(self, batch: Batch) -> bool:
        with self._changed:
            if not self._settings.hold or batch.life != self._life:
                return False
            self._held.append(batch)
            return True

    def _call_back(self, batch: Batch) -> None:
        records = list(batch.records)
        if self._settings.shuffle_records:
            self._faults.shuffle(records)
        delivery = Delivery(
            batch.identifier,
            batch.request["callbackProperties"],
            batch.request.get("outputFormat"),
            self._faults,
            self._ledger,
            partial(self.pause, life=batch.life),
        )
        try:
            delivery.send(records)
        except CallbackFailed:
            batch.status = "error_making_callback_request"


def _any_valid(records: list[Record]) -> bool:
    return any(record.status != "invalid" for record in records)
