# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The promises of a connector to ODK Central, checked against what MTS really fetched and said."""

from collections import defaultdict
from datetime import datetime, timedelta, timezone
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Sequence, Set, Tuple

from simulator.odk import time_of

from .people import Person
from .promises import LOST, NEEDLESS, OTHER, PATIENCE, WRONG, Breach
from .world import World

ONE_MILLISECOND = timedelta(milliseconds=1)


class Submission(NamedTuple):
    """What ODK Central has: how it calls it, when it was submitted, and about whom."""

    instance: str
    at: datetime
    person: Person


class Row(NamedTuple):
    """A submission and its registrant, as they are in the database."""

    partner: Optional[int]
    vid: Optional[str]
    token: Optional[str]
    #: The token where the registry keeps it.
    token_id: Optional[str]
    name: Optional[str]
    #: Of the record by which the registrant is sent again.
    state: Optional[str]
    code: Optional[str]
    attempts: Optional[int]
    request_state: Optional[str]
    taken_at: Optional[float]


class Correction(NamedTuple):
    """What name a clerk has given to a registrant, and when."""

    name: str
    at: float


class Window(NamedTuple):
    """A request that had MTS fetch something, as it is in the database."""

    number: int
    start: datetime
    end: datetime
    state: str
    identifier: Optional[str]
    taken_at: float


class Fetch(NamedTuple):
    """A batch that MTS has fetched: for which request, and how MTS calls it."""

    window: Window
    identifier: str


class FieldPromises:
    """Checks one connector to ODK Central, and the registrants that it makes.

    :param reference: of the registrants that it makes
    :param registry: the connector that sends again who was refused
    :param elapsed: (time, minutes) of each time that the test let pass
    """

    def __init__(
        self,
        world: World,
        reference: str,
        connector: int,
        registry: int,
        submissions: Sequence[Submission],
        elapsed: Sequence[Tuple[float, int]],
    ) -> None:
        self._world = world
        self._reference = reference
        self._connector = connector
        self._registry = registry
        self._submissions = submissions
        self._elapsed = elapsed
        #: By the id of the registrant.
        self.corrected: Dict[int, Correction] = {}
        settings = world.query(
            "SELECT answer_timeout_minutes, max_attempts, odk_known_person, odk_pulled_until "
            "FROM mts_connector WHERE id = %s",
            [connector],
        )
        self._timeout, self._max_attempts, self._known_person, self._start = settings[0]
        self._policies = dict(world.query("SELECT code, policy FROM mts_error_code"))

    def breaches(self) -> List[Breach]:
        """What is wrong at any time."""
        with self._world.snapshot():
            rows = self._rows()
            windows = self._windows()
            until = self._pulled_until()
            found = [*self._doubled(), *self._counts()]
        # Read afterwards: it may know more than the database, never less.
        ledger = self._world.simulator.ledger.snapshot()
        return [
            *found,
            *self._lost(rows, until),
            *self._gaps(windows, until),
            *self._wrong_tokens(rows, ledger["results"]),
            *self._needless_fetches(windows, ledger),
            *self._needless_sends(rows, ledger["results"]),
        ]

    def breaches_when_settled(self) -> List[Breach]:
        """What is wrong when everything is fetched, and nobody is due any more."""
        return [*self.breaches(), *self._unsettled()]

    def is_settled(self) -> bool:
        return not any(self._unsettled())

    def refused(self) -> Dict[int, str]:
        """The registrants whom a clerk may correct, and their names."""
        return {
            row.partner: row.name or ""
            for row in self._rows().values()
            if row.partner and row.state == "rejected" and not row.token
        }

    # What the database says

    def _rows(self) -> Dict[str, Row]:
        identities = self._world.identities
        query = f"""
            SELECT submission.instance_id, partner.id, {identities.vid}, mosip_auth_token,
                   {identities.token}, partner.given_name, record.state, record.error_code,
                   record.attempts, request.state,
                   extract(epoch FROM request.create_date AT TIME ZONE 'UTC')::float
            FROM mts_submission submission
            LEFT JOIN res_partner partner ON partner.id = submission.partner_id
            LEFT JOIN mts_record record
                ON record.partner_id = partner.id AND record.connector_id = %s
            LEFT JOIN mts_request request ON request.id = record.request_id
            WHERE submission.connector_id = %s
        """  # noqa: S608
        found = self._world.query(query, [self._registry, self._connector])
        return {row[0]: Row(*row[1:]) for row in found}

    def _windows(self) -> List[Window]:
        query = """
            SELECT id, window_from, window_until, state, request_identifier,
                   extract(epoch FROM create_date AT TIME ZONE 'UTC')::float
            FROM mts_request WHERE connector_id = %s ORDER BY id
        """
        return [Window(*row) for row in self._world.query(query, [self._connector])]

    def _pulled_until(self) -> datetime:
        query = "SELECT odk_pulled_until FROM mts_connector WHERE id = %s"
        return self._world.query(query, [self._connector])[0][0]

    def _doubled(self) -> Iterator[Breach]:
        """Each registrant is there for a submission, and for one only unless that is wanted."""
        query = """
            SELECT partner.id, count(submission.id) FROM res_partner partner
            LEFT JOIN mts_submission submission
                ON submission.partner_id = partner.id AND submission.connector_id = %s
            WHERE partner.ref = %s GROUP BY partner.id
        """
        for number, count in self._world.query(query, [self._connector, self._reference]):
            if not count or (count > 1 and self._known_person == "duplicate"):
                yield Breach(OTHER, f"registrant {number} has {count} submissions")

    def _counts(self) -> Iterator[Breach]:
        """No request has told more news than it brought, and none is forgotten."""
        query = """
            SELECT id, COALESCE(record_count, 0), ARRAY[COALESCE(tokenized_count, 0),
                   COALESCE(rejected_count, 0), COALESCE(conflict_count, 0)],
                   COALESCE(lost_count, 0)
            FROM mts_request WHERE connector_id = %s
        """
        news = 0
        for number, total, settled, lost in self._world.query(query, [self._connector]):
            news += sum(settled)
            if min(settled) < 0 or sum(settled) > total or lost:
                yield Breach(OTHER, f"request {number}: {settled} and {lost} lost of {total}")
        query = "SELECT count(*) FROM mts_submission WHERE connector_id = %s"
        taken = self._world.query(query, [self._connector])[0][0]
        if news < taken:
            yield Breach(OTHER, f"{taken} submissions are here, and {news} were counted")

    def _unsettled(self) -> Iterator[Breach]:
        for model in ("run", "request"):
            query = f"""
                SELECT id, state FROM mts_{model} WHERE connector_id IN (%s, %s)
                AND state NOT IN ('done', 'failed', 'cancelled', 'answered', 'lost')
            """  # noqa: S608
            for number, state in self._world.query(query, [self._connector, self._registry]):
                yield Breach(LOST, f"{model} {number} stays {state}")
        rows = self._rows()
        for submission in self._submissions:
            row = rows.get(submission.instance)
            if row is None:
                yield Breach(LOST, f"{submission.person} was never fetched")
            elif not row.token and self._is_due(row):
                yield Breach(LOST, f"{submission.person} has not been sent again after {row.code}")

    def _is_due(self, row: Row) -> bool:
        if row.state in ("pending", "lost", None):
            return True
        policy = self._policies.get(row.code)
        correction = self.corrected.get(row.partner or 0)
        if correction and policy != "new_vid" and correction.at > (row.taken_at or 0):
            return True
        return policy == "transient" and (row.attempts or 0) < self._max_attempts

    # Nobody is lost

    def _lost(self, rows: Dict[str, Row], until: datetime) -> Iterator[Breach]:
        for submission in self._submissions:
            row = rows.get(submission.instance)
            if row:
                reason = self._why_lost(row)
                if reason:
                    yield Breach(LOST, f"{submission.person} {reason}")
            elif submission.at < until.replace(tzinfo=timezone.utc):
                yield Breach(LOST, f"{submission.person} was left out")

    def _why_lost(self, row: Row) -> str:  # noqa: PLR0911 (a list of reasons)
        if not row.partner:
            return "is no registrant"
        if row.token:
            return ""
        if not row.vid:
            return "has neither VID nor token"
        if row.state == "pending" and row.request_state not in ("to_send", "sent"):
            return f"waits for a request that is {row.request_state}"
        if row.state is None or (row.state == "rejected" and not row.code):
            return "is refused without a reason"
        correction = self.corrected.get(row.partner)
        if correction and correction.name != row.name:
            return "has lost what a clerk corrected"
        return ""

    def _gaps(self, windows: List[Window], until: datetime) -> Iterator[Breach]:
        """What was answered reaches from the start to where fetching goes on."""
        reached = self._start
        answered = [window for window in windows if window.state == "answered"]
        for window in sorted(answered, key=lambda window: window.start):
            if window.start <= reached:
                reached = max(reached, window.end)
        if reached != until:
            yield Breach(LOST, f"fetched until {until}, of which {reached} was answered")

    # No wrong token

    def _wrong_tokens(
        self, rows: Dict[str, Row], results: List[Dict[str, Any]]
    ) -> Iterator[Breach]:
        given = {(result["vid"], result["token"]) for result in results if result["token"]}
        vids: Dict[Optional[int], Set[str]] = defaultdict(set)
        known = {submission.instance: submission.person for submission in self._submissions}
        for instance, row in rows.items():
            vids[row.partner].add(known[instance].vid)
        for instance, row in rows.items():
            mine, person = vids[row.partner], known[instance]
            if row.token and not any((vid, row.token) in given for vid in mine):
                yield Breach(WRONG, f"{person} has a token that MTS never gave for the VID")
            if row.token and row.token_id != row.token:
                yield Breach(WRONG, f"{person} has another token in the registry")
            if row.token and row.vid:
                yield Breach(WRONG, f"{person} has both VID and token")
            if row.vid and row.vid not in mine:
                yield Breach(WRONG, f"{person} has a VID of somebody else")

    # Nobody is sent twice without cause

    def _needless_fetches(
        self, windows: List[Window], ledger: Dict[str, List[Dict[str, Any]]]
    ) -> Iterator[Breach]:
        fetches = list(_fetches(windows, ledger["posts"]))
        for position, later in enumerate(fetches):
            for earlier in fetches[:position]:
                if _overlap(earlier.window, later.window):
                    reason = self._why_needless(earlier, later, ledger)
                    if reason:
                        span = f"{later.window.start} to {later.window.end}"
                        yield Breach(NEEDLESS, f"{span} was fetched again {reason}")

    def _why_needless(
        self, earlier: Fetch, later: Fetch, ledger: Dict[str, List[Dict[str, Any]]]
    ) -> str:
        decided_at = later.window.taken_at
        if _is_delivered(earlier, decided_at, ledger["callbacks"]):
            return "although all of it had come"
        waited = self._minutes_between(earlier.window.taken_at, decided_at)
        if waited < self._timeout:
            return f"after only {waited} minutes"
        if not earlier.window.identifier:
            return ""
        times = [
            result["time"]
            for result in ledger["results"]
            if result["identifier"] == earlier.identifier
        ]
        if times and max(times) > decided_at:
            hung = waited >= PATIENCE * self._timeout
            return "" if hung else "while MTS was still working on it"
        on_the_way = times and not self._minutes_between(max(times), decided_at)
        return "while its answers were on the way" if on_the_way else ""

    def _needless_sends(
        self, rows: Dict[str, Row], results: List[Dict[str, Any]]
    ) -> Iterator[Breach]:
        """The connector to the registry sends only whom there is a reason to send again."""
        passing = {
            result["vid"]
            for result in results
            if any(self._policies.get(code) == "transient" for code in _codes(result))
        }
        again = {result["vid"] for result in results if "mts_ref" in result["input"]}
        for submission in self._submissions:
            row = rows.get(submission.instance)
            corrected = row and row.partner in self.corrected
            vid = submission.person.vid
            if vid in again and vid not in passing and not corrected:
                yield Breach(NEEDLESS, f"{submission.person} was sent again though refused")

    def _minutes_between(self, start: float, end: float) -> int:
        return sum(minutes for moment, minutes in self._elapsed if start < moment < end)


def _fetches(windows: List[Window], posts: List[Dict[str, Any]]) -> Iterator[Fetch]:
    """What MTS has fetched, in the order in which it was asked for.

    Of several requests for the same time it was the latest, since there is one at a time.
    """
    for post in posts:
        if not post["stored"] or not post["window"]:
            continue
        # MTS leaves out the start, so it was told the millisecond before.
        start, end = (time_of(time).replace(tzinfo=None) for time in post["window"])
        asked = (start + ONE_MILLISECOND, end)
        mine = [
            window
            for window in windows
            if (window.start, window.end) == asked and window.taken_at <= post["time"]
        ]
        if mine:
            yield Fetch(mine[-1], post["identifier"])


def _overlap(one: Window, other: Window) -> bool:
    return one.start < other.end and other.start < one.end


def _is_delivered(fetch: Fetch, moment: float, callbacks: List[Dict[str, Any]]) -> bool:
    return any(
        callback["identifier"] == fetch.identifier
        and callback["kind"] == "callback"
        and callback["http_status"] == 200
        and callback["time"] < moment
        for callback in callbacks
    )


def _codes(result: Dict[str, Any]) -> List[str]:
    return (result["errorCode"] or "").replace("_", "-").split(",")
