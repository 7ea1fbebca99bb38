# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The settings of the simulator: the same names in Python, in the JSON file and over HTTP."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from .behaviour import Fault
from .mosip import Refusal
from .records import AUTH_FIELDS, DEFAULT_MANDATORY

START_ONLY = ("workers", "partner")

# The questions of the form in ODK, named as the fields of a registrant usually are.
USUAL_FORM = {
    **dict.fromkeys(("vid", "given_name", "addl_name", "family_name", "gender"), "string"),
    "birthdate": "date",
    **dict.fromkeys(("phone", "email", "address"), "string"),
}


@dataclass
class Settings:
    """Times are seconds. ``update`` is the way to change them, since it checks."""

    seconds_per_record: float = 0.0  # what authenticating one record takes
    store_seconds_per_record: float = 0.0  # what storing one record takes, before the answer
    most_posts: int | None = None  # POSTs at the same time; what is more gets HTTP 503
    workers: int = 1  # batches worked on at the same time
    seed: int = 0  # of the random numbers behind fractions and shuffling
    record: bool = True  # keep the details in the ledger; counters are always kept
    mandatory: list[str] = field(default_factory=lambda: list(DEFAULT_MANDATORY))
    partner: str = "simulator"  # tokens hold for one MOSIP partner; another gets others
    vid_transactions: int | None = None  # after so many a VID gets IDA-MLC-005
    expiry_seconds: float | None = None  # a finished batch is forgotten after so long
    refusals: dict[str, Any] = field(default_factory=dict)  # VID or "*": see mosip.Refusal.parse
    people: dict[str, dict[str, str]] = field(default_factory=dict)  # VID: the true data
    poison: list[str] = field(default_factory=list)  # VIDs that fail their whole batch
    faults: list[dict[str, Any]] = field(default_factory=list)  # see behaviour
    hold: bool = False  # keep callbacks back until they are released
    shuffle_records: bool = False  # call back in another order than the records came
    shuffle_requests: bool = False  # take queued batches in any order
    odk_email: str = "field@example.org"  # the user of ODK Central
    odk_password: str = "a password in the field"  # noqa: S105
    odk_project: str = "1"
    odk_form: str = "registration"
    odk_fields: dict[str, str] = field(default_factory=lambda: dict(USUAL_FORM))  # path: type
    odk_scheme: str = "http"  # by which MTS goes to ODK Central; a real one takes https
    submissions: list[dict[str, Any]] = field(default_factory=list)  # as OData has them

    def update(self, changes: dict[str, Any]) -> None:
        """Take over some settings; ValueError, and no change, when one of them is wrong."""
        known = {entry.name: entry for entry in fields(self)}
        for name, value in changes.items():
            if name not in known:
                raise ValueError(f"there is no setting {name!r}")
            _check(name, value, getattr(Settings(), name))
        unknown = set(changes.get("mandatory", ())) - set(AUTH_FIELDS)
        if unknown:
            raise ValueError(f"no authentication fields: {sorted(unknown)}")
        for refusal in changes.get("refusals", {}).values():
            Refusal.parse(refusal)
        for rule in changes.get("faults", ()):
            Fault(rule)
        for name, value in changes.items():
            setattr(self, name, value)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def _check(name: str, value: Any, default: Any) -> None:
    """A setting has the type of its default; what is None by default is a number or None."""
    if default is None:
        good = value is None or _is_number(value)
    elif isinstance(default, bool):
        good = isinstance(value, bool)
    elif isinstance(default, (int, float)):
        good = _is_number(value) and (isinstance(default, float) or isinstance(value, int))
    else:
        good = isinstance(value, type(default))
    if not good:
        raise ValueError(f"setting {name!r} cannot be {value!r}")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0
