# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""One method for each call to MTS.

The client belongs to one thread at a time as far as its caller's retries go; ``requests`` keeps
the connections alive between calls.
"""

import contextlib
import io
import json
import os
import re
import time
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any, Dict, List, NamedTuple, Optional

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import MaxRetryError, NewConnectionError
from urllib3.util.retry import Retry

from .body import body_of
from .errors import (
    NO_CERTIFICATES,
    BatchFailed,
    Busy,
    MtsError,
    NoSubmissions,
    NotMts,
    OutcomeUnknown,
    Refused,
    UnknownRequest,
    Unreachable,
    _,
)
from .redact import LONGEST
from .text import json_or_none, storable

# MTS answers at once or, for a batch, after storing it; a connection that takes longer than this
# to open is a broken one.
CONNECT_TIMEOUT = 10.0

# Only attempts that never opened a connection are repeated: they cannot have been stored.
# The pauses are 0 and 1 second; longer ones are the caller's business.
CONNECT_RETRY = Retry(
    total=None, connect=2, read=0, redirect=0, status=0, other=0, backoff_factor=0.5
)

# MTS's answers are short. Whatever else is at that address must neither fill the memory nor hold a
# thread by sending a byte now and then.
MAX_ANSWER = 16 * 1024

# MTS sends a UUID. It goes into URLs and into the database.
_IDENTIFIER = re.compile(r"\A[A-Za-z0-9._-]{1,100}\Z")

# Where an error of MTS is passed on in MTS's own words.
WORDS = "%(words)s"

UNKNOWN_REQUEST_CODE = "ATS-REQ-016"
NO_SUBMISSIONS_CODE = "ATS-REQ-023"

# Where it fetches from ODK Central, MTS leaves out a zero: ATS-REQ-23.
_SHORT_CODE = re.compile(r"\AATS-REQ-(\d\d)\Z")

# A proxy in front of a dead MTS answers 502 or 503, in front of a busy one 503 or 429. With 504 it
# gave up waiting while MTS goes on storing, and of the rarer ones nobody knows what they mean.
GATEWAY_DOWN = 502
GATEWAY_BUSY = (429, 503)
MTS_FAILED = 500

# A longer pause is not kept, whoever asks for it.
LONGEST_PAUSE = 3600.0


class AuthFields(NamedTuple):
    """What MTS says of itself: the version of its interface, and the fields of a mapping."""

    version: str
    names: List[str]


class MtsClient:
    """Calls one MTS.

    :param base_url: where MTS answers, e.g. ``https://mts.example.org/v1``
    :param timeout: seconds to wait for an answer
    :param ca_file: certificates of the authorities to trust, instead of the usual ones
    """

    def __init__(self, base_url: str, timeout: float, parallel: int = 1, ca_file: str = ""):
        self._base_url = base_url.rstrip("/")
        self._ca_file = ca_file
        self._timeout = (min(CONNECT_TIMEOUT, timeout), timeout)
        self._session = requests.Session()
        adapter = HTTPAdapter(max_retries=CONNECT_RETRY, pool_maxsize=max(parallel, 1))
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)

    def close(self) -> None:
        self._session.close()

    def __enter__(self) -> "MtsClient":
        return self

    def __exit__(self, *exc_info: Any) -> None:
        self.close()

    def ping(self) -> str:
        """Return what MTS says of itself, such as ``[0 - 0] pong``."""
        answer = self._call("GET", "/ping")
        if not isinstance(answer, str):
            raise NotMts(_("The address answers, but not as MTS does."))
        return answer

    def auth_fields(self) -> AuthFields:
        """Return the field names that a mapping may have, such as ``vid`` and ``dob``."""
        envelope = self._envelope("GET", "/authtoken/authfields")
        fields = envelope["response"].get("authfields")
        if not isinstance(fields, list):
            raise NotMts(_("The address answers, but not as MTS does."))
        return AuthFields(_text(envelope.get("version"), 32), [str(field) for field in fields])

    def submit(self, message: Dict[str, Any]) -> str:
        """POST a batch and return MTS's request identifier.

        A batch without one valid record is accepted too (``ATS-REQ-101``): its callbacks come.

        :param message: the whole request, see :func:`..message.envelope`
        :raises Unreachable: nothing was stored; the same batch may be sent again
        :raises BatchFailed: nothing was stored because of one of the records, or of MTS itself
        :raises Refused: nothing was stored; the settings are wrong
        :raises OutcomeUnknown: MTS may have stored it; wait for the answer
        """
        return self._stored("/authtoken/json", message)

    def pull(self, message: Dict[str, Any]) -> str:
        """Have MTS fetch a batch from ODK Central, and return its request identifier.

        The errors are those of ``submit``, and one more.

        :raises NoSubmissions: MTS has got nothing, and stored nothing. It says so also where ODK
            Central answers with an error
        """
        try:
            return self._stored("/authtoken/odk", message)
        except Refused as error:
            if error.code != NO_SUBMISSIONS_CODE:
                raise
        raise NoSubmissions(_("Nothing was submitted in this time."), NO_SUBMISSIONS_CODE)

    def _stored(self, path: str, message: Dict[str, Any]) -> str:
        identifier = self._response("POST", path, message).get("request_identifier")
        if not isinstance(identifier, str) or not _IDENTIFIER.match(identifier):
            raise NotMts(_("The answer has no request identifier."))
        return identifier

    def status(self, identifier: str) -> str:
        """Return the status of a request, e.g. ``processing`` or ``processed``.

        :raises UnknownRequest: MTS does not know it (any more)
        """
        status = self._response("GET", f"/authtoken/status/{identifier}").get("status")
        if not isinstance(status, str):
            raise NotMts(_("The address answers, but not as MTS does."))
        return status

    def _response(
        self, method: str, path: str, message: Optional[Dict[str, Any]] = None
    ) -> Dict[str, Any]:
        return self._envelope(method, path, message)["response"]

    def _envelope(
        self, method: str, path: str, message: Optional[Dict[str, Any]] = None
    ) -> Dict[str, Any]:
        """Return MTS's envelope with its ``response``; errors beside that do not matter."""
        envelope = self._call(method, path, message)
        if isinstance(envelope, dict) and isinstance(envelope.get("response"), dict):
            return envelope
        code, words = _first_error(envelope)
        if code:
            raise Refused(WORDS, code, words=words)
        raise NotMts(_("The address answers, but not as MTS does."))

    def _call(self, method: str, path: str, message: Optional[Dict[str, Any]] = None) -> Any:
        # Serialized here and not by requests: the payload is UTF-8 rather than \u escapes, which
        # is half the size for most scripts of the world.
        body = None
        if message is not None:
            body = _Payload(json.dumps(message, ensure_ascii=False).encode())
        deadline = time.monotonic() + sum(self._timeout)
        if self._ca_file and not os.path.isfile(self._ca_file):
            raise Refused(_("The CA file of the server's configuration is not there."))
        try:
            with self._session.request(
                method,
                self._base_url + path,
                data=body,
                headers={"Content-Type": "application/json"} if body else None,
                timeout=self._timeout,
                # A redirect would carry the payload to a place nobody configured.
                allow_redirects=False,
                # With each call: the session's setting would yield to environment variables.
                verify=self._ca_file or True,
                stream=True,
            ) as answer:
                return _read(answer, json_or_none(body_of(answer, deadline, MAX_ANSWER)))
        except OSError as error:
            # ``from None``: the original may quote the URL or the payload.
            raise _transport_error(error, body is not None and body.begun) from None


class _Payload(io.BytesIO):
    """A body that knows whether any of it was sent: the connection reads it as it sends."""

    begun = False

    def read(self, *args: Any) -> bytes:
        self.begun = True
        return super().read(*args)


_REFUSED = _("MTS could not be reached (connection refused or unknown host).")
_BROKEN = _("The connection to MTS broke before it answered.")

# Of the ValueErrors of requests one is about a header of the answer.
URL_ERRORS = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
)

# The more special comes first.
_TRANSPORT_ERRORS = (
    (requests.exceptions.ConnectTimeout, _("MTS did not accept the connection in time.")),
    (
        requests.exceptions.SSLError,
        _("No secure connection to MTS: check its TLS certificate, and the URL."),
    ),
    (requests.exceptions.ProxyError, _("The proxy on the way to MTS could not be used.")),
    (requests.exceptions.Timeout, _("MTS did not answer in time.")),
)


def _transport_error(error: OSError, sent: bool) -> MtsError:
    """Tell "never sent" from "sent, and nobody knows"."""
    if not isinstance(error, requests.RequestException) and not sent:
        return Refused(NO_CERTIFICATES)
    if isinstance(error, URL_ERRORS) and not sent:
        return Refused(_("The URL of MTS cannot be used."))
    kind = OutcomeUnknown if sent else Unreachable
    for special, reason in _TRANSPORT_ERRORS:
        if isinstance(error, special):
            return kind(reason)
    cause = error.args[0] if error.args else None
    cause = cause.reason if isinstance(cause, MaxRetryError) else cause
    return kind(_REFUSED if isinstance(cause, NewConnectionError) else _BROKEN)


def _read(answer: requests.Response, body: Any) -> Any:
    """Return the JSON of a good answer, or raise what the HTTP status means."""
    status = answer.status_code
    if 200 <= status < 300:
        if body is None:
            raise NotMts(_("The answer is no JSON."))
        return body
    code, words = _first_error(body)
    if status == 404 and code == UNKNOWN_REQUEST_CODE:
        raise UnknownRequest(_("MTS does not know this request (any more)."), code)
    if status == GATEWAY_DOWN:
        raise Unreachable(_("MTS is not available (HTTP %(status)s)."), code, status=status)
    if status in GATEWAY_BUSY:
        busy = Busy(_("MTS takes no requests just now (HTTP %(status)s)."), code, status=status)
        busy.pause = _pause(answer.headers.get("Retry-After", ""))
        raise busy
    if status == MTS_FAILED:
        reason = WORDS if words else _("MTS failed (HTTP %(status)s).")
        raise BatchFailed(reason, code, words=words, status=status)
    if status > MTS_FAILED or status == 408:
        reason = _("A gateway stopped waiting for MTS (HTTP %(status)s).")
        raise OutcomeUnknown(reason, code, status=status)
    if status >= 400:
        reason = WORDS if words else _("MTS refused the request (HTTP %(status)s).")
        raise Refused(reason, code, words=words, status=status)
    # A redirect would carry the payload to a place nobody configured.
    reason = _("The address redirects elsewhere (HTTP %(status)s); enter the final URL.")
    raise Refused(reason, status=status)


def _pause(retry_after: str) -> Optional[float]:
    """Return the seconds until the time that the header names, by number or by date."""
    with contextlib.suppress(ValueError):
        return _positive(float(retry_after))
    with contextlib.suppress(TypeError, ValueError, LookupError, OverflowError):
        until = parsedate_to_datetime(retry_after)
        return _positive((until - datetime.now(timezone.utc)).total_seconds())
    return None


def _positive(seconds: float) -> Optional[float]:
    return min(seconds, LONGEST_PAUSE) if seconds > 0 else None


def _first_error(body: Any) -> tuple:
    """Return code and message of the first entry of ``errors``, or two empty strings."""
    errors = body.get("errors") if isinstance(body, dict) else None
    first = errors[0] if isinstance(errors, list) and errors else None
    if not isinstance(first, dict):
        return "", ""
    code = _SHORT_CODE.sub(r"ATS-REQ-0\1", _text(first.get("errorCode"), 64))
    return code, _text(first.get("errorMessage"), LONGEST)


def _text(value: Any, longest: int) -> str:
    return storable(value if isinstance(value, str) else "")[:longest].strip()
