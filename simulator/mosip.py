# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""MOSIP behind MTS: tokens, refusals, and the transactions that a VID has used."""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
from typing import Any, Iterable

PERSON_FIELDS = ("name", "dob", "gender")
ANY_VID = "*"
DEFAULT_MESSAGE = "refused by the simulator"


class Refusal:
    """The errors that a VID gets, for ever or for the next ``times`` authentications."""

    def __init__(self, errors: list[tuple[str, str]], times: int | None = None) -> None:
        self.errors = errors
        self.times = times

    @classmethod
    def parse(cls, value: Any) -> Refusal:
        """From ``"CODE"``, ``{"code", "message", "times"}`` or a list of them; ValueError else.

        In a list the ``times`` of the first counts.
        """
        items = value if isinstance(value, list) else [value]
        items = [{"code": item} if isinstance(item, str) else item for item in items]
        known = {"code", "message", "times"}
        if not items or not all(
            isinstance(item, dict) and item.get("code") and set(item) <= known for item in items
        ):
            raise ValueError("a refusal is a code, an object with code, message, times, or a list")
        errors = [(item["code"], item.get("message", DEFAULT_MESSAGE)) for item in items]
        return cls(errors, items[0].get("times"))

    @property
    def reaches_mosip(self) -> bool:
        """MTS's own errors (ATS, AUT) arise before MOSIP sees the VID."""
        return not self.errors[0][0].startswith(("ATS", "AUT"))


class Mosip:
    """Authenticates mapped records for one MOSIP partner. Threads may share it."""

    def __init__(self, partner: str) -> None:
        self._key = partner.encode()
        self._lock = threading.Lock()
        self._refusals: dict[str, Refusal] = {}
        self._transactions: dict[str, int] = {}
        self._people: dict[str, dict[str, str]] = {}
        self.vid_transactions: int | None = None
        self.count_transactions = True

    def set_refusals(self, refusals: dict[str, Any]) -> None:
        """Replace all refusals: VID (or ``*`` for any) to what ``Refusal.parse`` takes."""
        parsed = {str(vid): Refusal.parse(value) for vid, value in refusals.items()}
        with self._lock:
            self._refusals = parsed

    def refuse(self, vid: str, value: Any) -> None:
        refusal = Refusal.parse(value)
        with self._lock:
            self._refusals[vid] = refusal

    def accept(self, vid: str) -> None:
        """End the refusal of ``vid``."""
        with self._lock:
            self._refusals.pop(vid, None)

    def set_people(self, people: dict[str, dict[str, str]]) -> None:
        """The true data of some VIDs: VID to mapped fields. Other VIDs are taken at their word."""
        copied = {str(vid): dict(data) for vid, data in people.items()}
        with self._lock:
            self._people = copied

    def transactions(self, vid: str) -> int:
        """How often MOSIP saw this VID, successes and refusals alike."""
        return self._transactions.get(vid, 0)

    def reset(self) -> None:
        with self._lock:
            self._transactions.clear()

    def token(self, payload: dict[str, str]) -> str:
        """The token of a person: the same data give the same one; 36 to 43 characters."""
        person = "\n".join(_normalized(payload.get(field)) for field in PERSON_FIELDS)
        digest = hmac.new(self._key, person.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest)[: 36 + digest[0] % 8].decode()

    def authenticate(self, payload: dict[str, str]) -> tuple[str | None, list[tuple[str, str]]]:
        """``(token, [])`` or ``(None, [(code, message), …])`` for one mapped record."""
        vid = payload["vid"]
        with self._lock:
            refusal = self._take_refusal(vid)
            if refusal and not refusal.reaches_mosip:
                return None, refusal.errors
            if self._used_up(vid):
                return None, [("IDA-MLC-005", "VID expired or used or revoked")]
            person = self._people.get(vid, {})
        if refusal:
            return None, refusal.errors
        mismatches = list(_mismatches(payload, person))
        return (None, mismatches) if mismatches else (self.token(payload), [])

    def _take_refusal(self, vid: str) -> Refusal | None:
        for key in (vid, ANY_VID):
            refusal = self._refusals.get(key)
            if refusal is None or refusal.times == 0:
                continue
            if refusal.times is not None:
                refusal.times -= 1
            return refusal
        return None

    def _used_up(self, vid: str) -> bool:
        if self.vid_transactions is None and not self.count_transactions:
            return False
        used = self._transactions.get(vid, 0) + 1
        self._transactions[vid] = used
        return self.vid_transactions is not None and used > self.vid_transactions


def mts_error(errors: list[tuple[str, str]]) -> tuple[str, str]:
    """Code and message in MTS's output: several MOSIP errors become one ``ATS-REQ-103``."""
    if len(errors) == 1:
        return errors[0]
    return "ATS-REQ-103", ",".join(f"{code}::{message}" for code, message in errors)


def _mismatches(payload: dict[str, str], person: dict[str, str]) -> Iterable[tuple[str, str]]:
    for field, value in person.items():
        if _normalized(payload.get(field)) != _normalized(value):
            yield "IDA-DEA-001", f"Demographic data {field} did not match"


def _normalized(value: str | None) -> str:
    return " ".join((value or "").casefold().split())
