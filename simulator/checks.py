# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What MTS checks itself: HTTP 400 with a code of its own (``CheckFailed``).

These checks win over the schema's: a request with faults of both families gets the 400. They
look only at what has the right type, and leave the rest to ``schema``.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from . import expressions
from .errors import CheckFailed

OUTPUT_TYPES = ("json",)
DELIVERY_TYPES = ("callback", "download")
AUTH_TYPES = ("none", "odoo", "staticBearer")  # MTS knows oauth as well
REQUEST_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"


def check(body: Any, has_records: bool = True) -> None:
    """Raise CheckFailed for the first fault, in the order of the fields.

    Without ``has_records`` MTS fetches them itself.
    """
    if not isinstance(body, dict):
        return
    if "requesttime" in body:
        _check_time(body["requesttime"])
    if isinstance(body.get("request"), dict):
        _check_request(body["request"])
        if has_records and body["request"].get("authdata") in (None, []):
            raise CheckFailed(("ATS-REQ-102", "authdata is absent or empty"))


def _check_time(value: Any) -> None:
    try:
        datetime.strptime(value, REQUEST_TIME)
    except (TypeError, ValueError):
        raise CheckFailed(("ATS-REQ-102", "requesttime has another format")) from None


def _check_request(request: dict) -> None:
    if request.get("output", "json") not in OUTPUT_TYPES:
        raise CheckFailed(("ATS-REQ-102", "this output type is not supported"))
    if request.get("deliverytype", "callback") not in DELIVERY_TYPES:
        raise CheckFailed(("ATS-REQ-102", "this delivery type is not supported"))
    output_format = request.get("outputFormat")
    if output_format and not expressions.compiles(output_format):
        raise CheckFailed(("ATS-REQ-103", "outputFormat is no valid jq expression"))
    if request.get("deliverytype") == "callback":
        _check_callback(request.get("callbackProperties"))


def _check_callback(callback: Any) -> None:
    if not callback:
        raise CheckFailed(("ATS-REQ-024", "callbackProperties are needed for a callback"))
    if not isinstance(callback, dict):
        return
    auth_type = callback.get("authType", "none")
    if auth_type not in AUTH_TYPES:
        raise CheckFailed(("ATS-REQ-027", "this authType is not supported"))
    odoo = callback.get("authOdoo")
    if auth_type == "odoo" and not odoo:
        raise CheckFailed(("ATS-REQ-028", "authOdoo is needed for authType odoo"))
    if isinstance(odoo, dict):
        _check_odoo(odoo)
    bearer = callback.get("authStaticBearer")
    if auth_type == "staticBearer" and not bearer:
        raise CheckFailed(("ATS-REQ-030", "authStaticBearer is needed for authType staticBearer"))
    if isinstance(bearer, dict) and "token" in bearer and not bearer["token"]:
        raise CheckFailed(("ATS-REQ-034", "the token of authStaticBearer is empty"))


def _check_odoo(odoo: dict) -> None:
    if not odoo.get("authUrl"):
        raise CheckFailed(("ATS-REQ-031", "the authUrl of authOdoo is empty"))
    # An absent key is the schema's affair.
    if "database" in odoo and not odoo["database"]:
        raise CheckFailed(("ATS-REQ-033", "the database of authOdoo is empty"))
    if "username" in odoo and not odoo["username"]:
        raise CheckFailed(("ATS-REQ-032", "the username of authOdoo is empty"))
