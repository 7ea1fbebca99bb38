# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""ODK Central: what MTS has to know to fetch submissions there, and the calls to try it out."""

import datetime
import json
import time
from typing import Any, Dict, List, NamedTuple, Optional
from urllib.parse import quote, urlsplit

import requests

from .body import body_of
from .errors import NO_CERTIFICATES, Explained, _
from .message import time_text

# By which ODK Central calls a submission, whatever the form.
INSTANCE_KEY = "__id"

VERSION = "v1"

MAX_ANSWER = 1024 * 1024

ONE_MILLISECOND = datetime.timedelta(milliseconds=1)


class OdkError(Explained):
    """A call to ODK Central failed. ``str(error)`` has nothing of what was sent."""


class OdkRefused(OdkError):
    """ODK Central lets nobody in, or not to this form; a person can do something about it."""


class OdkForm(NamedTuple):
    """One form, and who may read what was submitted.

    :param url: of ODK Central
    :param odata_url: of the form, in place of ``project`` and ``form``
    """

    url: str
    odata_url: str
    project: str
    form: str
    email: str
    password: str

    def config(self, start: datetime.datetime, end: datetime.datetime) -> Dict[str, Any]:
        """Return ``odkconfig`` for what was submitted from ``start`` on and before ``end``.

        MTS asks for what came after its start date and before its end date, and ODK compares in
        milliseconds: without one of them what came at the start itself would be left out.
        """
        return {
            "baseurl": urlsplit(self.url).netloc,
            "version": VERSION,
            "odataurl": self.odata_url,
            "projectid": self.project,
            "formid": self.form,
            "email": self.email,
            "password": self.password,
            "startdate": time_text(start - ONE_MILLISECOND),
            "enddate": time_text(end),
        }

    def address(self) -> str:
        """Return the form's address, where questions and submissions are below."""
        if self.odata_url:
            address = self.odata_url.rstrip("/")
            return address[: -len(".svc")] if address.endswith(".svc") else address
        project, form = quote(self.project, safe=""), quote(self.form, safe="")
        return f"{self.url.rstrip('/')}/{VERSION}/projects/{project}/forms/{form}"


class OdkClient:
    """Asks ODK Central what MTS will find there.

    :param timeout: seconds for each call
    """

    def __init__(self, form: OdkForm, timeout: float):
        self._form = form
        self._timeout = timeout
        self._session = requests.Session()

    def __enter__(self) -> "OdkClient":
        return self

    def __exit__(self, *_exception: Any) -> None:
        self._session.close()

    def log_in(self) -> None:
        """Log in as MTS does.

        :raises OdkError: with the reason why that does not work
        """
        credentials = {"email": self._form.email, "password": self._form.password}
        url = f"{self._form.url.rstrip('/')}/{VERSION}/sessions"
        answer = self._call("POST", url, json=credentials)
        token = answer.get("token") if isinstance(answer, dict) else None
        if not isinstance(token, str):
            raise OdkError(_("The address answers, but not as ODK Central does."))
        self._session.headers["Authorization"] = f"Bearer {token}"

    def questions(self) -> List[str]:
        """Return the paths of the form's questions, such as ``household.given_name``.

        :raises OdkError: with the reason
        """
        found = self._call("GET", self._form.address() + "/fields")
        if not isinstance(found, list):
            raise OdkError(_("The address answers, but not as ODK Central does."))
        paths = (field.get("path") for field in found if isinstance(field, dict))
        return [path.strip("/").replace("/", ".") for path in paths if isinstance(path, str)]

    def count(self, start: datetime.datetime, end: datetime.datetime) -> int:
        """Return how much was submitted from ``start`` on and before ``end``.

        :raises OdkError: with the reason
        """
        when = "__system/submissionDate"
        condition = f"{when} ge {time_text(start)} and {when} lt {time_text(end)}"
        query = f"?$top=0&$count=true&$filter={quote(condition)}"
        found = self._call("GET", f"{self._form.address()}.svc/Submissions{query}")
        count = found.get("@odata.count") if isinstance(found, dict) else None
        if not isinstance(count, int):
            raise OdkError(_("The address answers, but not as ODK Central does."))
        return count

    def _call(self, method: str, url: str, **options: Any) -> Any:
        deadline = time.monotonic() + self._timeout
        try:
            with self._session.request(
                method,
                url,
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
                **options,
            ) as answer:
                _check_status(answer.status_code)
                return json.loads(body_of(answer, deadline, MAX_ANSWER))
        except OSError as error:
            # ``from None``: the original may quote the URL.
            if not isinstance(error, requests.RequestException):
                raise OdkError(NO_CERTIFICATES) from None
            raise OdkError(_("ODK Central could not be reached.")) from None
        except (ValueError, RecursionError):
            raise OdkError(_("The address answers, but not as ODK Central does.")) from None


# What an HTTP status means, where a person can do something about it.
_MEANINGS: Dict[int, str] = {
    401: _("ODK Central does not know this e-mail and password."),
    403: _("The user of ODK Central may not read the submissions of this form."),
    404: _("ODK Central has no such form in this project."),
}


def _check_status(status: int) -> None:
    if 200 <= status < 300:
        return
    meaning: Optional[str] = _MEANINGS.get(status)
    if meaning:
        raise OdkRefused(meaning)
    raise OdkError(_("ODK Central refuses the call (HTTP %(status)s)."), status=status)
