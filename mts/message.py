# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Odoo's values as the texts that MTS takes, and the request around them."""

import datetime
import re
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Tuple

# MTS's own field names. Those in LIST_FIELDS are mapped to a list of paths, which MTS joins.
FIELDS = ("vid", "name", "gender", "dob", "phoneNumber", "emailId", "fullAddress")
LIST_FIELDS = ("name", "fullAddress")
# MTS refuses everybody without these, unless its operator has changed that.
MANDATORY = ("name", "gender", "dob", "fullAddress")
_JOINED_BY = {"name": " ", "fullAddress": ", "}

# Keys that every record carries beside the selected fields.
VID_KEY = "vid"
REFERENCE_KEY = "mts_ref"
RESERVED_KEYS = (VID_KEY, REFERENCE_KEY)

# Where MTS logs in to deliver what it has fetched itself, this says for which request that is. No
# part of the URL, which proxies and Odoo write into their logs.
REQUEST_HEADER = "X-MTS-Request"

# MTS calls back with the first, unless told otherwise. Odoo takes a JSON array only where it does
# not look like JSON.
JSON, TEXT = "application/json", "text/plain"


class Login(NamedTuple):
    """Where and how MTS logs in to Odoo."""

    url: str
    database: str
    username: str
    password: str


# How MOSIP's messages call these fields: whole words, whatever the case.
_NAMES = {
    "vid": "vid|individualid",
    "name": "(?:full|first|last)?name",
    "gender": "gender",
    "dob": "dob|dobtype|age|date of birth",
    "phoneNumber": "phone(?:number)?|mobile",
    "emailId": "e-?mail(?:id)?",
    "fullAddress": r"(?:full)?address(?:line)?\d*|location\d*|(?:postal|pin|zone)code",
}


def named_fields(text: str) -> List[str]:
    """Return MTS's names of the fields that a message is about, as far as it names them."""
    return [
        field
        for field, names in _NAMES.items()
        if re.search(rf"\b(?:{names})\b", text, re.IGNORECASE)
    ]


def as_text(value: Any) -> Optional[str]:
    """Return the value as MTS takes it, or None where there is nothing to send.

    MTS fails a whole batch for one name, gender or address part that is no string, so everything
    becomes one. Dates become ``YYYY/MM/DD``. Odoo's ``False`` for an empty field is nothing;
    a boolean field is the caller's business.
    """
    if value is None or value is False:
        return None
    if isinstance(value, datetime.date):
        return value.strftime("%Y/%m/%d")
    # MOSIP compares texts, and blanks around one are typing slips.
    return str(value).strip() or None


def nest(values: Iterable[Tuple[str, Optional[str]]]) -> Dict[str, Any]:
    """Return nested objects for dotted paths, since MTS reads ``a.b`` as a path into them."""
    record: Dict[str, Any] = {}
    for path, text in values:
        if text is None:
            continue
        if "." not in path:
            record[path] = text
            continue
        *parents, last = path.split(".")
        place = record
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = text
    return record


def identity(record: Dict[str, Any], mapping: Dict[str, Any], lang: str) -> Dict[str, Any]:
    """Return what MOSIP will be asked about this record: the mapped values and the language.

    Other keys travel along but do not change the answer, so they are left out: a change in one of
    them must not spend a VID transaction.
    """
    return {
        "lang": lang,
        **{
            field: [_at(record, path) for path in paths]
            if isinstance(paths, list)
            else _at(record, paths)
            for field, paths in mapping.items()
        },
    }


def authenticated(record: Dict[str, Any], mapping: Dict[str, Any]) -> Dict[str, str]:
    """Return MTS's fields with the values that MOSIP compares, as MTS takes them."""
    return {
        field: _JOINED_BY[field].join(filter(None, (_at(record, path) for path in paths)))
        if isinstance(paths, list)
        else _at(record, paths) or ""
        for field, paths in mapping.items()
    }


def _at(record: Any, path: str) -> Any:
    for part in path.split("."):
        record = record.get(part) if isinstance(record, dict) else None
    return record


def callback_properties(
    url: str, method: str, timeout: int, in_bulk: bool, auth: Dict[str, Any]
) -> Dict[str, Any]:
    """Return ``callbackProperties``.

    :param timeout: seconds that MTS waits for our answer
    :param auth: ``authType`` and the credentials that belong to it
    """
    return {
        "url": url,
        "httpMethod": method,
        "timeoutSeconds": timeout,
        "callInBulk": in_bulk,
        "extraHeaders": {"Content-Type": TEXT} if in_bulk else {},
        **auth,
    }


def content_type(in_bulk: bool) -> str:
    """Return the content type of a callback."""
    return TEXT if in_bulk else JSON


def bearer_auth(bearer: str) -> Dict[str, Any]:
    """Return what has MTS deliver with a bearer token."""
    return {"authType": "staticBearer", "authStaticBearer": {"token": bearer}}


def odoo_auth(login: Login) -> Dict[str, Any]:
    """Return what has MTS log in to Odoo before it delivers."""
    return {
        "authType": "odoo",
        "authOdoo": {
            "authUrl": login.url,
            "database": login.database,
            "username": login.username,
            "password": login.password,
            "extraHeaders": None,
        },
    }


def envelope(
    *,
    lang: str,
    mapping: Dict[str, Any],
    output_format: str,
    callback: Dict[str, Any],
    now: Optional[datetime.datetime] = None,
    **source: Any,
) -> Dict[str, Any]:
    """Return the whole request.

    :param now: UTC; MTS takes no other form of time than this one
    :param source: ``authdata``, the records, or ``odkconfig``, where MTS finds them
    """
    now = now or datetime.datetime.utcnow()
    return {
        "id": "mts_connector",
        "version": "1.0",
        "metadata": "",
        "requesttime": time_text(now),
        "request": {
            "output": "json",
            "deliverytype": "callback",
            "lang": lang,
            "mapping": mapping,
            "outputFormat": output_format,
            "callbackProperties": callback,
            **source,
        },
    }


def time_text(time: datetime.datetime) -> str:
    """Return a time (UTC) as MTS and ODK Central write it, in milliseconds."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
