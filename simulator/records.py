# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""From a record as it was sent to what MOSIP is asked: the mapping, and what makes it invalid."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Collection

from .errors import BatchFailed
from .expressions import path_reader

AUTH_FIELDS = ("vid", "name", "gender", "dob", "phoneNumber", "emailId", "fullAddress")
DEFAULT_MANDATORY = ("name", "gender", "dob", "fullAddress")

# field: (code and message when absent, the same when empty)
_ABSENT = {
    "vid": ("ATS-REQ-009", "the VID or its mapping is absent"),
    "name": ("ATS-REQ-010", "the name or its mapping is absent"),
    "gender": ("ATS-REQ-011", "the gender or its mapping is absent"),
    "dob": ("ATS-REQ-012", "the date of birth or its mapping is absent"),
    "phoneNumber": ("ATS-REQ-013", "the phone number or its mapping is absent"),
    "emailId": ("ATS-REQ-014", "the e-mail or its mapping is absent"),
    "fullAddress": ("ATS-REQ-015", "the address or its mapping is absent"),
}
_EMPTY = {
    "name": ("ATS-REQ-003", "the name is empty"),
    "gender": ("ATS-REQ-004", "the gender is empty"),
    "dob": ("ATS-REQ-006", "the date of birth is empty"),
    "fullAddress": ("ATS-REQ-008", "the address is empty"),
}


class Invalid(Exception):
    """One record that MTS does not pass on to MOSIP; the rest of the batch goes on."""

    def __init__(self, error: tuple[str, str]) -> None:
        super().__init__(*error)
        self.code, self.message = error


class Record:
    """One record of a batch: what was sent, what MOSIP is asked, and the result so far.

    ``vid`` is None where there is none; ``payload`` is None for an invalid record. ``status`` is
    one of submitted, invalid, processed, error.
    """

    __slots__ = ("error_code", "error_message", "payload", "received", "status", "token", "vid")

    def __init__(self, received: dict) -> None:
        self.received = received
        self.vid: str | None = None
        self.payload: dict[str, str] | None = None
        self.status = "submitted"
        self.token: str | None = None
        self.error_code: str | None = None
        self.error_message: str | None = None

    def output(self) -> dict[str, Any]:
        """What the callback's jq sees. MTS reads an invalid record's VID from its key ``vid``,
        whatever the mapping says."""
        return {
            "vid": self.received.get("vid") if self.payload is None else self.vid,
            "status": self.status,
            "token": self.token,
            "errorCode": self.error_code,
            "errorMessage": self.error_message,
        }


class Mapper:
    """Reads records as the ``mapping`` of one request says."""

    def __init__(self, mapping: dict, mandatory: Collection[str]) -> None:
        self._mandatory = mandatory
        self._read = {
            field: path_reader(mapping.get(field, field))
            for field in ("vid", "gender", "dob", "phoneNumber", "emailId")
        }
        self._read_parts = {
            field: [path_reader(path) for path in mapping.get(field, [field])]
            for field in ("name", "fullAddress")
        }

    def record(self, received: dict) -> Record:
        """Map one record; raises BatchFailed for what MTS cannot handle."""
        record = Record(received)
        vid = self._read["vid"](received)
        try:
            if vid in (None, "", False, 0):
                raise Invalid(_ABSENT["vid"])
            record.vid = _as_string("vid", vid)
            record.payload = {"vid": record.vid, **self._person(received)}
        except Invalid as invalid:
            record.status = "invalid"
            record.error_code, record.error_message = invalid.code, invalid.message
        return record

    def _person(self, received: dict) -> dict[str, str]:
        values = {
            "name": self._joined("name", " ", received),
            "gender": self._text("gender", received),
            "dob": _date(self._text("dob", received)),
            "phoneNumber": self._loose("phoneNumber", received),
            "emailId": self._loose("emailId", received),
            "fullAddress": self._joined("fullAddress", ", ", received),
        }
        return {field: value for field, value in values.items() if value}

    def _joined(self, field: str, separator: str, received: dict) -> str:
        values = [read(received) for read in self._read_parts[field]]
        present = [_string(field, value) for value in values if value is not None]
        return self._checked(field, separator.join(filter(None, present)) if present else None)

    def _text(self, field: str, received: dict) -> str:
        value = self._read[field](received)
        return self._checked(field, None if value is None else _string(field, value))

    def _loose(self, field: str, received: dict) -> str:
        value = self._read[field](received)
        if value is None:
            return self._checked(field, None)
        return _as_string(field, value) if value not in ("", False, 0) else ""

    def _checked(self, field: str, value: str | None) -> str:
        if field in self._mandatory:
            if value is None:
                raise Invalid(_ABSENT[field])
            if not value:
                raise Invalid(_EMPTY[field])
        return value or ""


def _string(field: str, value: Any) -> str:
    if not isinstance(value, str):
        raise BatchFailed(f"{field}: expected a string, found {type(value).__name__}")
    return value


def _as_string(field: str, value: Any) -> str:
    """VID, phone and e-mail may be numbers; a list or an object still fails the batch."""
    if isinstance(value, (list, dict)):
        return _string(field, value)
    return str(value)


def _date(value: str) -> str:
    """``YYYY-MM-DD`` becomes ``YYYY/MM/DD``; MTS passes on what is neither as it is."""
    for pattern in ("%Y/%m/%d", "%Y-%m-%d"):
        try:
            return datetime.strptime(value, pattern).strftime("%Y/%m/%d")
        except ValueError:
            continue
    return value
