# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""MTS's own endpoints."""

from __future__ import annotations

import json
from typing import Any, Callable, NamedTuple

from werkzeug.wrappers import Request, Response

from . import checks, envelope, odk_pull, schema
from .behaviour import Fault, Faults
from .errors import BatchFailed, CheckFailed, Echo, Refused, SchemaMismatch
from .ledger import Ledger
from .records import AUTH_FIELDS, Mapper, Record
from .seeder import Batch, GivenUp, Seeder
from .settings import Settings


class Disconnect(Exception):
    """The connection is to be closed without an answer."""


class _Post(NamedTuple):
    """A batch that came; ``unreadable`` is the refusal of a body that is no JSON.

    Without ``has_records`` MTS has to fetch them from ODK Central.
    """

    body: Any
    unreadable: SchemaMismatch | None
    at_once: int
    has_records: bool


class Api:
    """Answers of the MTS endpoints, well-behaved or as the faults in force say."""

    def __init__(self, settings: Settings, seeder: Seeder, faults: Faults, ledger: Ledger) -> None:
        self._settings = settings
        self._seeder = seeder
        self._faults = faults
        self._ledger = ledger

    def ping(self, _request: Request) -> Response:
        return self.with_faults("ping", lambda: envelope.json_response("[0 - 0] pong"))

    def authfields(self, _request: Request) -> Response:
        fields = {"authfields": list(AUTH_FIELDS)}
        return self.with_faults("ping", lambda: envelope.answer(fields))

    def status(self, _request: Request, identifier: str) -> Response:
        def answer() -> Response:
            try:
                return envelope.answer({"status": self._seeder.status(identifier)})
            except Refused as refused:
                return _refusal(refused)

        return self.with_faults("status", answer)

    def authtoken_json(self, request: Request) -> Response:
        return self._receive(request, has_records=True)

    def authtoken_odk(self, request: Request) -> Response:
        return self._receive(request, has_records=False)

    def _receive(self, request: Request, has_records: bool) -> Response:
        with self._ledger.post_under_way() as at_once:
            return self._post(_Post(*_read(request), at_once, has_records))

    # A batch

    def _post(self, post: _Post) -> Response:
        most = self._settings.most_posts
        if most is not None and post.at_once > most:
            self._note(post, http_status=503, fault="busy")
            return Response(status=503)
        fault = self._faults.draw("post")
        try:
            if fault is not None:
                return self._misbehave(post, fault)
            if post.unreadable is not None:
                raise post.unreadable
            return self._take(post)
        except Refused as refused:
            self._note(post, http_status=refused.status)
            return _refusal(refused)
        except GivenUp:
            self._note(post, fault="restart")
            raise Disconnect() from None

    def _take(self, post: _Post, fault: str | None = None, http_status: Any = 200) -> Response:
        """Store the batch and give MTS's answer; raises Refused."""
        request = self._checked(post)
        batch = self._seeder.store(self._records(request), request)
        self._note(post, batch=batch, http_status=http_status, fault=fault)
        return _accepted(batch)

    def _checked(self, post: _Post) -> dict[str, Any]:
        """The request with its records; raises Refused."""
        if post.body is None:
            raise CheckFailed(("ATS-REQ-102", "the request has no body"))
        checks.check(post.body, post.has_records)
        schema.check(post.body, post.has_records)
        request = post.body["request"]
        if post.has_records:
            return request
        records = odk_pull.pull(request["odkconfig"], self._settings.odk_scheme)
        return {**request, "authdata": records}

    def _records(self, request: dict[str, Any]) -> list[Record]:
        mapper = Mapper(request.get("mapping", {}), self._settings.mandatory)
        records = [mapper.record(received) for received in request["authdata"]]
        poison = set(self._settings.poison)
        for record in records:
            if record.vid in poison:
                # As MTS does, in whatever words.
                raise BatchFailed(f"a poisoned record: {record.received}")
        return records

    # Faults

    def _misbehave(self, post: _Post, fault: Fault) -> Response:
        if fault.kind == "forget":
            request = self._checked(post)
            forgotten = Batch(self._records(request), request, life=0)
            self._note(post, http_status=200, fault=fault.kind, identifier=forgotten.identifier)
            return _accepted(forgotten)
        if fault.kind == "echo":
            raise Echo(json.dumps(post.body, ensure_ascii=False), fault.options["status"])
        stored = None
        status = fault.options["status"] if fault.kind == "answer" else None
        if fault.options["stored"]:
            stored = self._take(post, fault=fault.kind, http_status=status)
        else:
            self._note(post, http_status=status, fault=fault.kind)
        return self._spoil(fault, lambda: stored)

    def with_faults(self, on: str, answer: Callable[[], Response]) -> Response:
        """The answer, unless there is a fault on this."""
        fault = self._faults.draw(on)
        return answer() if fault is None else self._spoil(fault, answer)

    def _spoil(self, fault: Fault, answer: Callable[[], Response | None]) -> Response:
        """The answer as ``fault`` wants it. None from ``answer``, after a hang, means none."""
        options = fault.options
        if fault.kind == "answer":
            return _odd_answer(**options)
        if fault.kind == "hang":
            try:
                self._seeder.pause(options["seconds"])
            except GivenUp:
                raise Disconnect() from None
            response = answer()
            if response is not None:
                return response
        raise Disconnect()

    def _note(
        self,
        post: _Post,
        *,
        batch: Batch | None = None,
        identifier: str | None = None,
        http_status: int | None = None,
        fault: str | None = None,
    ) -> None:
        vids = [record.vid for record in batch.records] if batch else []
        self._ledger.add_post(
            stored=batch is not None,
            records=len(batch.records) if batch else _record_count(post.body),
            window=_window(post.body),
            identifier=batch.identifier if batch else identifier,
            vids=vids if self._ledger.record else [],
            http_status=http_status,
            fault=fault,
            at_once=post.at_once,
        )


def _odd_answer(
    body: Any, status: int, content_type: str, headers: dict[str, str], **_options: Any
) -> Response:
    if isinstance(body, str):
        response = Response(body, status=status, content_type=content_type)
    else:
        response = envelope.json_response(body, status)
    response.headers.extend(headers)
    return response


def _accepted(batch: Batch) -> Response:
    response = {"request_identifier": batch.identifier}
    if any(record.payload for record in batch.records):
        return envelope.answer(response)
    return envelope.answer(response, [("ATS-REQ-101", "no record of the batch is valid")])


def _refusal(refused: Refused) -> Response:
    return envelope.answer(None, refused.errors, refused.status)


def _read(request: Request) -> tuple[Any, SchemaMismatch | None]:
    """The JSON body, None for an absent one; and the refusal of one that is no JSON."""
    data = request.get_data()
    if not data:
        return None, None
    if request.mimetype and not _is_json(request.mimetype):
        return None, SchemaMismatch("the content type is not JSON")
    try:
        return json.loads(data), None
    except ValueError:
        return None, SchemaMismatch("the body is no JSON")


def _is_json(mimetype: str) -> bool:
    return mimetype == "application/json" or mimetype.endswith("+json")


def _window(body: Any) -> tuple[Any, Any] | None:
    """From when until when the records were submitted that MTS has to fetch."""
    request = body.get("request") if isinstance(body, dict) else None
    config = request.get("odkconfig") if isinstance(request, dict) else None
    if not isinstance(config, dict):
        return None
    return config.get("startdate"), config.get("enddate")


def _record_count(body: Any) -> int:
    request = body.get("request") if isinstance(body, dict) else None
    authdata = request.get("authdata") if isinstance(request, dict) else None
    return len(authdata) if isinstance(authdata, list) else 0
