# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The promises of the connector, checked against what MTS really got and said."""

from collections import defaultdict
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Sequence, Set, Tuple

from .people import Person
from .world import World

LOST, WRONG, NEEDLESS, OTHER = "lost", "wrong", "needless", "other"

# After a killed or unanswered POST the connector cannot ask MTS; it waits for so many answer
# timeouts while MTS says that it is still at work.
PATIENCE = 24
UNSENT_STATES = ("to_send", "sent")


class Breach(NamedTuple):
    """A promise that was not kept: which one, and how."""

    promise: str
    text: str


class Row(NamedTuple):
    """A registrant and the record of the connector, as they are in the database."""

    vid: Optional[str]
    token: Optional[str]
    #: The token where the registry keeps it.
    token_id: Optional[str]
    active: bool
    record_id: Optional[int]
    state: Optional[str]
    code: Optional[str]
    attempts: Optional[int]
    request_state: Optional[str]
    taken_at: Optional[float]


class Request(NamedTuple):
    """A request of the connector: when its registrants were taken, and how MTS calls it."""

    taken_at: float
    identifier: Optional[str]


class Promises:
    """Checks one connector and its registrants.

    :param elapsed: (time, minutes) of each time that the test let pass
    """

    def __init__(
        self,
        world: World,
        connector: int,
        people: Sequence[Person],
        elapsed: Sequence[Tuple[float, int]],
    ) -> None:
        self._world = world
        self._connector = connector
        self._people = people
        self._elapsed = elapsed
        settings = world.query(
            "SELECT answer_timeout_minutes, max_attempts FROM mts_connector WHERE id = %s",
            [connector],
        )
        self._timeout, self._max_attempts = settings[0]
        self._transient = {
            row[0]
            for row in world.query("SELECT code FROM mts_error_code WHERE policy = 'transient'")
        }

    def breaches(self) -> List[Breach]:
        """What is wrong at any time."""
        with self._world.snapshot():
            rows = self._rows()
            requests = self._requests()
            of_others = self._requests_of_others()
            counts = list(self._counts())
        # Read afterwards: it may know more than the database, never less.
        results = [
            result
            for result in self._world.simulator.ledger.snapshot()["results"]
            if _reference(result)[1] not in of_others
        ]
        return [
            *counts,
            *self._wrong_tokens(rows, results),
            *self._dead_ends(rows),
            *self._needless_sends(requests, results),
        ]

    def breaches_when_settled(self) -> List[Breach]:
        """What is wrong when all is answered and nobody is due any more."""
        return [*self.breaches(), *self._unsettled(self._rows()), *self._open()]

    def is_settled(self) -> bool:
        return not any(self._unsettled(self._rows())) and not any(self._open())

    # What the database says

    def _rows(self) -> Dict[int, Row]:
        identities = self._world.identities
        query = f"""
            SELECT partner.id, {identities.vid}, mosip_auth_token, {identities.token},
                   partner.active, record.id,
                   record.state, record.error_code, record.attempts, request.state,
                   extract(epoch FROM request.create_date AT TIME ZONE 'UTC')::float
            FROM res_partner partner
            LEFT JOIN mts_record record
                ON record.partner_id = partner.id AND record.connector_id = %s
            LEFT JOIN mts_request request ON request.id = record.request_id
            WHERE partner.id = ANY(%s)
        """  # noqa: S608
        ids = [person.id for person in self._people]
        return {row[0]: Row(*row[1:]) for row in self._world.query(query, [self._connector, ids])}

    def _requests(self) -> Dict[int, Request]:
        query = """
            SELECT id, extract(epoch FROM create_date AT TIME ZONE 'UTC')::float,
                   request_identifier
            FROM mts_request WHERE connector_id = %s
        """
        found = self._world.query(query, [self._connector])
        return {row[0]: Request(*row[1:]) for row in found}

    def _requests_of_others(self) -> Set[int]:
        query = "SELECT id FROM mts_request WHERE connector_id != %s"
        return {row[0] for row in self._world.query(query, [self._connector])}

    def _counts(self) -> Iterator[Breach]:
        """Each request's numbers add up, and its open registrants are its pending records."""
        query = """
            SELECT request.id, record_count, ARRAY[COALESCE(tokenized_count, 0),
                   COALESCE(rejected_count, 0), COALESCE(conflict_count, 0),
                   COALESCE(lost_count, 0)],
                   (SELECT count(*) FROM mts_record
                    WHERE request_id = request.id AND state = 'pending')
            FROM mts_request request WHERE connector_id = %s
        """
        deleted = sum(person.deleted for person in self._people)
        for number, total, settled, pending in self._world.query(query, [self._connector]):
            # A registrant who was deleted while an answer was expected is in no count any more.
            missing = total - sum(settled) - pending
            if min(settled) < 0 or not 0 <= missing <= deleted:
                yield Breach(
                    OTHER, f"request {number}: {total} is not {settled} and {pending} pending"
                )

    def _open(self) -> Iterator[Breach]:
        for model in ("run", "request"):
            query = f"""
                SELECT id, state FROM mts_{model} WHERE connector_id = %s
                AND state NOT IN ('done', 'failed', 'cancelled', 'answered', 'lost')
            """  # noqa: S608
            for number, state in self._world.query(query, [self._connector]):
                yield Breach(LOST, f"{model} {number} stays {state}")

    # Nobody is lost

    def _dead_ends(self, rows: Dict[int, Row]) -> Iterator[Breach]:
        for person, row in self._present(rows):
            if row.state == "pending" and row.request_state not in UNSENT_STATES:
                yield Breach(LOST, f"{person} waits for request that is {row.request_state}")

    def _unsettled(self, rows: Dict[int, Row]) -> Iterator[Breach]:
        for person, row in self._present(rows):
            reason = self._why_unsettled(person, row)
            if reason:
                yield Breach(LOST, f"{person} {reason}")

    def _why_unsettled(self, person: Person, row: Row) -> str:  # noqa: PLR0911 (a list of reasons)
        if row.state == "pending":
            return "waits for ever"
        if not row.active or row.token:
            return ""
        if not row.vid:
            return "has neither VID nor token"
        if row.state is None or row.state == "lost":
            return "has not been sent"
        if row.state == "tokenized":
            return "is tokenized, but has a VID and no token"
        if row.state == "rejected" and not row.code:
            return "is rejected without a reason"
        if row.code in self._transient and (row.attempts or 0) < self._max_attempts:
            return f"has not been sent again after {row.code}"
        if person.asked_at(row.taken_at or 0) != person.asked():
            return "has not been sent again although the data has changed"
        return ""

    # No wrong token

    def _wrong_tokens(
        self, rows: Dict[int, Row], results: List[Dict[str, Any]]
    ) -> Iterator[Breach]:
        tokens = defaultdict(set)
        for result in results:
            if result["status"] == "processed":
                tokens[result["vid"]].add(result["token"])
        for person, row in self._present(rows):
            if not row.token:
                continue
            if row.token == person.token_by_hand:
                continue
            if person.token_by_hand:
                yield Breach(WRONG, f"{person}: the token that was there is overwritten")
            elif row.token not in tokens[person.vid]:
                yield Breach(WRONG, f"{person} has a token that MTS never gave for the VID")
            elif row.token_id != row.token:
                yield Breach(WRONG, f"{person} has another token in the registry")
            if row.vid:
                yield Breach(WRONG, f"{person} has both VID and token")

    # Nobody is sent twice without cause

    def _needless_sends(
        self, requests: Dict[int, Request], results: List[Dict[str, Any]]
    ) -> Iterator[Breach]:
        delivered = self._delivered()
        by_vid = {vid: person for person in self._people for vid in person.vids}
        sends: Dict[str, List[Dict[str, Any]]] = defaultdict(list)
        for result in results:
            sends[result["vid"]].append(result)
        for vid, mine in sends.items():
            mine.sort(key=lambda result: _reference(result)[1])
            for earlier, later in zip(mine, mine[1:]):
                if _asked(earlier) != _asked(later):
                    continue
                reason = self._why_needless(
                    by_vid[vid], earlier, later, requests, delivered.get(_key(earlier))
                )
                if reason:
                    yield Breach(NEEDLESS, f"{by_vid[vid]} was sent again {reason}")
            yield from self._too_many(by_vid[vid], mine, requests)

    def _why_needless(
        self,
        person: Person,
        earlier: Dict[str, Any],
        later: Dict[str, Any],
        requests: Dict[int, Request],
        delivered_at: Optional[float],
    ) -> str:
        first = requests[_reference(earlier)[1]]
        decided_at = requests[_reference(later)[1]].taken_at
        if any(first.taken_at < moment < decided_at for moment in person.retried_at):
            return ""
        if delivered_at is not None and delivered_at < decided_at:
            code = earlier["errorCode"]
            known = code in self._transient
            return "" if known else f"although its answer had come ({code or 'a token'})"
        waited = self._minutes_between(first.taken_at, decided_at)
        if waited < self._timeout:
            return f"after only {waited} minutes"
        if not first.identifier:
            return ""
        if earlier["time"] > decided_at:
            hung = waited >= PATIENCE * self._timeout
            return "" if hung else "while MTS was still working on it"
        on_the_way = not self._minutes_between(earlier["time"], decided_at)
        return "while its answer was on the way" if on_the_way else ""

    def _too_many(
        self,
        person: Person,
        results: List[Dict[str, Any]],
        requests: Dict[int, Request],
    ) -> Iterator[Breach]:
        """The same data goes out only so many times, unless a person asks for more."""
        times = 0
        before: Optional[Tuple[Dict[str, Any], float]] = None
        for result in results:
            taken_at = requests[_reference(result)[1]].taken_at
            again = before is not None and _asked(before[0]) == _asked(result)
            by_hand = before and any(before[1] < at < taken_at for at in person.retried_at)
            times = times + 1 if again and not by_hand else 1
            before = (result, taken_at)
            if times > self._max_attempts:
                yield Breach(NEEDLESS, f"{person} was sent {times} times with the same data")

    def _delivered(self) -> Dict[str, float]:
        """When Odoo took each answer, by ``mts_ref``; falsified answers do not count."""
        truth = {
            _key(result): result for result in self._world.simulator.ledger.snapshot()["results"]
        }
        found: Dict[str, float] = {}
        for callback in self._world.simulator.ledger.snapshot()["callbacks"]:
            if callback["http_status"] != 200 or callback["kind"] != "callback":
                continue
            body = callback["body"]
            for item in body if isinstance(body, list) else [body]:
                answer = item["params"]
                result = truth.get(answer["ref"])
                if result and all(
                    answer[name] == result[name] for name in ("status", "token", "errorCode")
                ):
                    found[answer["ref"]] = min(
                        found.get(answer["ref"], callback["time"]), callback["time"]
                    )
        return found

    def _minutes_between(self, start: float, end: float) -> int:
        return sum(minutes for moment, minutes in self._elapsed if start < moment < end)

    def _present(self, rows: Dict[int, Row]) -> Iterator[Tuple[Person, Row]]:
        for person in self._people:
            if not person.deleted and person.id in rows:
                yield person, rows[person.id]
            elif not person.deleted:
                raise AssertionError(f"{person} has vanished")


def _key(result: Dict[str, Any]) -> str:
    return result["input"]["mts_ref"]


def _reference(result: Dict[str, Any]) -> Tuple[int, int]:
    """The record and the request that a result belongs to."""
    record, request = _key(result).split(".")[:2]
    return int(record), int(request)


def _asked(result: Dict[str, Any]) -> Any:
    """What MOSIP was asked; of a record that MTS itself refused, what was sent."""
    if result["payload"] is not None:
        return result["payload"]
    return {name: value for name, value in result["input"].items() if name != "mts_ref"}
