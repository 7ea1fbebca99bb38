# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Sends the batches of one run, as many at a time as MTS takes.

The threads do HTTP and nothing else; the database is for the thread of the slice alone. While they
wait for MTS, it takes the next batch, so that this goes out as soon as there is room for it.
"""

import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from ..mts.client import MtsClient
from ..mts.errors import BatchFailed, Busy, MtsError, NotMts, OutcomeUnknown, Refused, Unreachable
from ..mts.redact import redact
from .batch import Batch, Outgoing
from .pace import Pace
from .texts import texts_of

# When this many single records fail in a row, it may not be the records.
DOUBT_AFTER = 3


class Suspect(NamedTuple):
    """A single record that MTS failed on, and what MTS said."""

    request_id: int
    reason: str
    code: str


class Post:
    """One POST; it is called in a thread.

    :param number: what the pace knows it by
    """

    def __init__(self, client: MtsClient, outgoing: Outgoing, number: int):
        self.outgoing = outgoing
        self.batch = outgoing.batch
        self.number = number
        self.seconds = 0.0
        self._client = client

    def __call__(self) -> str:
        began = time.monotonic()
        try:
            return self._client.submit(self.outgoing.message)
        finally:
            self.seconds = time.monotonic() - began


Finished = Tuple[Post, "Future[str]"]


class Sending:
    """Sends until there is no more to send, no more time, or a reason to stop.

    :param work: the slice, which has the steps and the time
    :param parallel: how many POSTs may be under way at the same time
    """

    def __init__(self, work: Any, run_id: int, parallel: int):
        self._work = work
        self._run_id = run_id
        self._pace = Pace(parallel)
        self._clients: Dict[Tuple[str, int], MtsClient] = {}
        self._under_way: Dict[Future[str], Post] = {}
        # Halves of a batch that MTS could not take: the search goes on whatever the time.
        self._halves: List[Batch] = []
        # Taken, and waiting for room.
        self._ahead: List[Batch] = []
        self._suspects: List[Suspect] = []
        # Failed while MTS itself was in doubt, so they are not searched before it is cleared.
        self._doubted: List[Batch] = []
        # Went well, and is not written down yet.
        self._good: List[Finished] = []
        self._begun = False
        self._stopped = False

    def run(self) -> bool:
        """Send, and tell whether there is more to be sent right away."""
        threads = ThreadPoolExecutor(self._pace.most, thread_name_prefix="mts")
        try:
            with ExitStack() as clients, threads:
                self._keep_going(clients, threads)
        except Exception:
            self._keep_identifiers()
            raise
        if self._is_in_doubt():
            self._stop(self._suspects[-1].reason)
        self._convict()
        for batch in self._ahead:
            self._work.on_request(batch.request_id, "withdraw")
        return not self._stopped and self._work.is_late()

    def _keep_going(self, clients: ExitStack, threads: ThreadPoolExecutor) -> None:
        while True:
            self._begin(clients, threads)
            was_in_doubt = self._is_in_doubt()
            # Only now, so that MTS need not wait while this is written down.
            while self._good:
                self._conclude(*self._good[0])
                self._good.pop(0)
            if not self._under_way and not (was_in_doubt and not self._is_in_doubt()):
                return
            self._look_ahead()
            self._wait()

    def _keep_identifiers(self) -> None:
        """An error of ours ends the slice: write down how MTS calls what it has taken.

        Without that nobody could ask MTS, and who waits there would be sent again.
        """
        under_way = [(post, future) for future, post in self._under_way.items()]
        for post, future in [*self._good, *under_way]:
            if future.done() and not future.exception():
                self._sent(post, future.result())

    def _begin(self, clients: ExitStack, threads: ThreadPoolExecutor) -> None:
        """Let as many POSTs begin as there is room for."""
        while self._pace.has_room(len(self._under_way)):
            batch = self._next_batch()
            if batch is None:
                return
            outgoing = self._work.on_request(batch.request_id, "go_out", batch)
            if outgoing:
                post = Post(self._client(clients, outgoing), outgoing, self._pace.begin())
                self._under_way[threads.submit(post)] = post

    def _next_batch(self) -> Optional[Batch]:
        if self._stopped:
            return None
        if self._halves:
            return self._halves.pop()
        if self._is_in_doubt():
            return None
        if self._ahead and not self._is_over():
            return self._ahead.pop()
        return self._take_batch()

    def _take_batch(self) -> Optional[Batch]:
        while not self._is_over():
            self._begun = True
            batch = self._work.step(
                "take_batch",
                lambda env, _connector: env["mts.run"].browse(self._run_id)._take_batch(),
            )
            if batch is None or batch.items:
                return batch
        return None

    def _is_over(self) -> bool:
        """The first page is taken however late it is, so that each slice gets on."""
        return self._begun and self._work.is_late()

    def _look_ahead(self) -> None:
        """Have the next batch ready before there is room for it."""
        idle = self._pace.has_room(len(self._under_way))
        if not (idle or self._stopped or self._halves or self._ahead):
            batch = self._take_batch()
            if batch:
                self._ahead.append(batch)

    def _client(self, clients: ExitStack, outgoing: Outgoing) -> MtsClient:
        """Return the client for the batch; the URL may be changed while a run goes on."""
        key = (outgoing.url, outgoing.timeout)
        if key not in self._clients:
            client = MtsClient(*key, self._pace.most, self._work.ca_file())
            self._clients[key] = clients.enter_context(client)
        return self._clients[key]

    # -- what came of it -------------------------------------------------------------------------

    def _wait(self) -> None:
        """Wait until at least one POST is through, and keep those that went well.

        The others are dealt with at once: they may be a reason to send nothing more.
        """
        done, _others = wait(self._under_way, return_when=FIRST_COMPLETED)
        finished = [(self._under_way.pop(future), future) for future in done]
        self._good = [(post, future) for post, future in finished if not future.exception()]
        for post, future in finished:
            if future.exception():
                self._conclude(post, future)
            else:
                timeout = post.outgoing.timeout
                self._pace.answered(post.number, len(post.batch.items), post.seconds, timeout)

    def _conclude(self, post: Post, future: "Future[str]") -> None:
        """Write down how the POST went."""
        request_id = post.batch.request_id
        try:
            identifier = future.result()
        except Busy as error:
            self._be_slower(post, error)
        except Unreachable as error:
            self._work.on_request(request_id, "unreachable", str(error))
            self._stop(str(error))
        except Refused as error:
            self._work.on_request(request_id, "refused", _redact(error, post), redact(error.code))
            self._stop(str(error))
        except BatchFailed as error:
            self._search_poison(post, error)
        except NotMts as error:
            self._work.on_request(request_id, "not_mts", str(error))
            self._stop(str(error))
        except OutcomeUnknown as error:
            self._work.on_request(request_id, "sent", False, str(error))
            self._pace.slow_down(post.number)
        else:
            self._sent(post, identifier)
            self._convict()

    def _sent(self, post: Post, identifier: str) -> None:
        outgoing = post.outgoing
        self._work.on_request(
            outgoing.batch.request_id, "sent", identifier, False, outgoing.check_after
        )

    def _be_slower(self, post: Post, error: Busy) -> None:
        """MTS took nothing of it: it goes out again among fewer, or after a pause."""
        if error.pause or not self._pace.slow_down(post.number):
            self._work.on_request(post.batch.request_id, "unreachable", str(error), error.pause)
            self._stop(str(error))
        else:
            self._work.on_request(post.batch.request_id, "queue_again", str(error))
            self._ahead.append(post.batch)

    def _stop(self, reason: str) -> None:
        """Send nothing more in this slice; what MTS has not taken is due again."""
        self._stopped = True
        for request_id in self._not_taken():
            self._work.on_request(request_id, "not_sent", reason)

    def _not_taken(self) -> List[int]:
        """Return, and forget, the requests that MTS stored nothing of."""
        left = [*self._suspects, *self._halves, *self._doubted]
        self._suspects, self._halves, self._doubted = [], [], []
        return [entry.request_id for entry in left]

    def _search_poison(self, post: Post, error: BatchFailed) -> None:
        """MTS takes all of a batch or nothing: halve it until the bad record stands alone."""
        batch, reason = post.batch, _redact(error, post)
        if self._stopped:
            self._work.on_request(batch.request_id, "not_sent", reason)
            return
        if self._is_in_doubt():
            self._doubted.append(batch)
        elif len(batch.items) > 1:
            self._halve(batch)
        else:
            self._suspects.append(Suspect(batch.request_id, reason, redact(error.code)))
        # What is left of the batch may go through, and so show that it is the records after all.
        probes = self._halves or self._under_way or self._good
        if self._is_in_doubt() and not probes:
            self._stopped = True
            self._work.on_request(batch.request_id, "broken", reason, self._not_taken())

    def _is_in_doubt(self) -> bool:
        """So many single records failed in a row that it may be MTS, and not the records."""
        return len(self._suspects) >= DOUBT_AFTER

    def _halve(self, batch: Batch) -> None:
        halves = self._work.on_request(batch.request_id, "halve", batch)
        self._halves += reversed(halves)

    def _convict(self) -> None:
        """MTS is not broken, so it was these records that it stumbled over."""
        while self._suspects:
            suspect = self._suspects.pop()
            self._work.on_request(suspect.request_id, "poisoned", suspect.reason, suspect.code)
        while self._doubted:
            batch = self._doubted.pop()
            # One that stands alone is tried once more, which costs no transaction of its VID.
            if len(batch.items) > 1:
                self._halve(batch)
            else:
                self._work.on_request(batch.request_id, "queue_again", "")
                self._halves.append(batch)


def _redact(error: MtsError, post: Post) -> str:
    """Return MTS's words without anything of what it got."""
    callback = post.outgoing.message["request"]["callbackProperties"]
    sent = [item.payload for item in post.batch.items]
    sent += [callback.get("authOdoo"), callback.get("authStaticBearer")]
    return redact(str(error), texts_of(sent))
