# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""ODK Central, as far as MTS and the connector call it: sessions, a form's fields, submissions."""

from __future__ import annotations

import json
import re
import secrets
from datetime import datetime, timezone
from typing import Any, Callable

from werkzeug.wrappers import Request, Response

from .envelope import json_response
from .settings import Settings

_CONDITION = re.compile(r"\A__system/submissionDate (gt|ge|lt|le) (\S+)\Z")
_COMPARE = {
    "gt": lambda value, bound: value > bound,
    "ge": lambda value, bound: value >= bound,
    "lt": lambda value, bound: value < bound,
    "le": lambda value, bound: value <= bound,
}


def time_of(text: str) -> datetime:
    """Read a time as ODK writes it, in milliseconds; what is finer is cut off, as there."""
    time = datetime.strptime(text.replace("Z", "+0000"), "%Y-%m-%dT%H:%M:%S.%f%z")
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


def text_of(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


# Gives an answer, unless there is a fault on what it is about.
WithFaults = Callable[[str, Callable[[], Response]], Response]


class OdkCentral:
    """One project with one form. Its user and what was submitted are settings.

    ``with_faults`` is that of ``Api``.
    """

    def __init__(self, settings: Settings, with_faults: WithFaults) -> None:
        self._settings = settings
        self._with_faults = with_faults
        self._session = secrets.token_urlsafe(16)

    def sessions(self, request: Request) -> Response:
        """Log in."""
        credentials = json.loads(request.get_data())
        known = (self._settings.odk_email, self._settings.odk_password)
        if (credentials.get("email"), credentials.get("password")) != known:
            return _error(401, 401.2, "Could not authenticate with the provided credentials.")
        return json_response({"token": self._session})

    def fields(self, request: Request, project: str, form: str) -> Response:
        """The questions of the form, each with its path."""
        refusal = self._refusal(request, project, form)
        return refusal or json_response(
            [
                {"path": "/" + path.replace(".", "/"), "name": path.split(".")[-1], "type": kind}
                for path, kind in self._settings.odk_fields.items()
            ]
        )

    def submissions(self, request: Request, project: str, form: str) -> Response:
        """The submissions, filtered by their time as OData asks."""
        return self._with_faults("odk", lambda: self._submissions(request, project, form))

    def _submissions(self, request: Request, project: str, form: str) -> Response:
        refusal = self._refusal(request, project, form)
        if refusal:
            return refusal
        try:
            found = self._filtered(request.args.get("$filter", ""))
        except (KeyError, ValueError):
            return _error(501, 501.4, "The given OData filter expression uses unknown features.")
        counted = {"@odata.count": len(found)} if request.args.get("$count") == "true" else {}
        top = int(request.args.get("$top", len(found)))
        return json_response({"value": found[:top], **counted})

    def _refusal(self, request: Request, project: str, form: str) -> Response | None:
        if request.headers.get("Authorization") != "Bearer " + self._session:
            return _error(403, 403.1, "The authenticated actor does not have rights to do that.")
        if (project, form) != (self._settings.odk_project, self._settings.odk_form):
            return _error(404, 404.1, "Could not find the resource you were looking for.")
        return None

    def _filtered(self, expression: str) -> list[dict[str, Any]]:
        found = list(self._settings.submissions)
        for condition in filter(None, expression.split(" and ")):
            match = _CONDITION.match(condition)
            if not match:
                raise ValueError(condition)
            compare, bound = _COMPARE[match[1]], time_of(match[2])
            found = [
                submission
                for submission in found
                if compare(time_of(submission["__system"]["submissionDate"]), bound)
            ]
        return found


def submission(record: dict[str, Any], at: datetime | None = None) -> dict[str, Any]:
    """A record as ODK Central keeps it, submitted now or at another time (UTC)."""
    at = at or datetime.now(timezone.utc)
    number = secrets.token_hex(16)
    uuid = "-".join(re.findall(r"(.{8})(.{4})(.{4})(.{4})(.{12})", number)[0])
    return {"__id": f"uuid:{uuid}", "__system": {"submissionDate": text_of(at)}, **record}


def _error(status: int, code: float, message: str) -> Response:
    return json_response({"code": code, "message": message}, status)
