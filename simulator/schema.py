# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The JSON schema of a request: what does not fit is HTTP 422 (``SchemaMismatch``).

As in MTS the messages say what is wrong and not where, and all mismatches are listed.
"""

from __future__ import annotations

import re
from typing import Any

from .errors import SchemaMismatch

MAPPED_TEXTS = ("vid", "gender", "dob", "phoneNumber", "emailId")
MAPPED_LISTS = ("name", "fullAddress")

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*://[^\s/?#]+[^\s]*\Z")
_ABSENT = object()


def check(body: Any, has_records: bool = True) -> None:
    """Raise SchemaMismatch when ``body``, parsed from JSON, is not a request that MTS can read.

    Without ``has_records`` it says where MTS finds them.
    """
    found: list[str] = []
    _check_body(body, found)
    if not has_records and not found:
        _check_odk(body["request"].get("odkconfig", _ABSENT), found)
    if found:
        raise SchemaMismatch(*found)


def _check_body(body: Any, found: list[str]) -> None:
    if not _is(body, dict, "an object", found):
        return
    for key in ("id", "version", "metadata"):
        _required_text(body, key, found)
    if "requesttime" not in body:
        found.append("a required field is missing")
    request = body.get("request", _ABSENT)
    if _is(request, dict, "an object", found):
        _check_request(request, found)


def _check_request(request: dict, found: list[str]) -> None:
    _required_text(request, "output", found)
    _required_text(request, "deliverytype", found)
    if request.get("lang") is not None:
        _is(request["lang"], str, "a string", found)
    if "mapping" in request and _is(request["mapping"], dict, "an object", found):
        _check_mapping(request["mapping"], found)
    if request.get("deliverytype") == "callback" and request.get("callbackProperties"):
        _check_callback(request["callbackProperties"], found)
    authdata = request.get("authdata")
    if authdata is not None and _is(authdata, list, "a list", found):
        for record in authdata:
            _is(record, dict, "an object", found)


def _check_mapping(mapping: dict, found: list[str]) -> None:
    for key in MAPPED_TEXTS:
        if key in mapping:
            _is(mapping[key], str, "a string", found)
    for key in MAPPED_LISTS:
        if key in mapping and _is(mapping[key], list, "a list", found):
            for part in mapping[key]:
                _is(part, str, "a string", found)


def _check_callback(callback: Any, found: list[str]) -> None:
    if not _is(callback, dict, "an object", found):
        return
    _url(callback.get("url", _ABSENT), found)
    _is(callback.get("httpMethod", ""), str, "a string", found)
    _is(callback.get("extraHeaders", {}), dict, "an object", found)
    _is(callback.get("timeoutSeconds", 0), int, "an integer", found)
    if not isinstance(callback.get("callInBulk", False), bool):
        found.append("value is not a boolean")
    if callback.get("authOdoo") is not None:
        _check_odoo(callback["authOdoo"], found)
    bearer = callback.get("authStaticBearer")
    if bearer is not None and _is(bearer, dict, "an object", found):
        _required_text(bearer, "token", found)


def _check_odoo(odoo: Any, found: list[str]) -> None:
    if not _is(odoo, dict, "an object", found):
        return
    _url(odoo.get("authUrl", _ABSENT), found)
    for key in ("database", "username", "password"):
        _required_text(odoo, key, found)
    if odoo.get("extraHeaders") is not None:
        _is(odoo["extraHeaders"], dict, "an object", found)


def _check_odk(config: Any, found: list[str]) -> None:
    if not _is(config, dict, "an object", found):
        return
    for key in ("baseurl", "email", "password"):
        _required_text(config, key, found)
    for key in ("odataurl", "version", "projectid", "formid", "startdate", "enddate"):
        if config.get(key) is not None:
            _is(config[key], str, "a string", found)


def _required_text(values: dict, key: str, found: list[str]) -> None:
    _is(values.get(key, _ABSENT), str, "a string", found)


def _url(value: Any, found: list[str]) -> None:
    if _is(value, str, "a string", found) and not _URL.match(value):
        found.append("value is not a URL")


def _is(value: Any, kind: type, name: str, found: list[str]) -> bool:
    if value is _ABSENT:
        found.append("a required field is missing")
    elif value is None:
        found.append("null is not allowed")
    elif not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        found.append("value is not " + name)
    else:
        return True
    return False
