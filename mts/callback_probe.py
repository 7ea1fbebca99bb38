# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Tries a callback address as MTS would use it, without anybody's data.

It knocks as a stranger, logs in as MTS does, and delivers nothing. What it finds out holds for the
machine it runs on; MTS may see another network.
"""

import json
import time
from contextlib import suppress
from ipaddress import ip_address
from typing import Any, Dict, NamedTuple, Optional
from urllib.parse import urlsplit

import requests

from .body import body_of
from .errors import NO_CERTIFICATES, Explained, _
from .message import JSON, Login, content_type
from .text import json_or_none

CONNECT_TIMEOUT, READ_TIMEOUT = 5.0, 10.0
# A login is answered with what a web client wants to know, which is more than a callback says.
MAX_ANSWER = 64 * 1024

ACCESS_DENIED = "odoo.exceptions.AccessDenied"
# Odoo answers a JSON request for what it does not have with HTTP 200 all the same.
NO_SUCH_PAGE = "werkzeug.exceptions."

# A delivery without a result, in bulk and singly.
NOTHING = {True: "[]", False: "{}"}


class CallbackError(Explained):
    """The callback cannot be used. ``str(error)`` says why and what to do."""


class NoDatabase(CallbackError):
    """Odoo does not know which database a stranger means; who has logged in may fare better."""


class Outcome(NamedTuple):
    """What became of an attempt.

    ``error`` is about the address, ``login_error`` about the login. ``delivered`` tells that our
    own callback would take what comes with that login. ``status`` is the HTTP status of another
    API.
    """

    error: Optional[CallbackError] = None
    login_error: Optional[CallbackError] = None
    delivered: bool = False
    status: int = 0


class _Answer(NamedTuple):
    status: int
    body: Any


def try_callback(
    url: str, method: str, in_bulk: bool, is_ours: bool, login: Optional[Login] = None
) -> Outcome:
    """Try an address, and the login.

    :param is_ours: whether it is this addon's callback; another API gets nothing to act on
    :param login: None where MTS does not log in
    """
    with CallbackProbe(url, method, in_bulk) as probe:
        outcome = _try_address(probe, is_ours)
        if login is None:
            return outcome
        # An address that nobody reaches has been told of already.
        reached = outcome.error is None or isinstance(outcome.error, NoDatabase)
        try:
            probe.log_in(login)
            if is_ours and reached:
                probe.deliver_nothing()
        except CallbackError as error:
            return outcome._replace(login_error=error)
        return outcome._replace(delivered=is_ours and reached)


def _try_address(probe: "CallbackProbe", is_ours: bool) -> Outcome:
    try:
        if not is_ours:
            return Outcome(status=probe.answers())
        probe.knock()
    except CallbackError as error:
        return Outcome(error=error)
    return Outcome()


class CallbackProbe:
    """Tries one callback; close it to end its session."""

    def __init__(self, url: str, method: str, in_bulk: bool):
        self._url = url
        self._method = method
        self._in_bulk = in_bulk
        self._session = requests.Session()
        self._logout_url: Optional[str] = None

    def __enter__(self) -> "CallbackProbe":
        return self

    def __exit__(self, *exc_info: Any) -> None:
        self.close()

    def close(self) -> None:
        """Log out, where there is a session, and close the connections."""
        if self._logout_url:
            with suppress(CallbackError):  # the session then ends by itself
                self._call("GET", self._logout_url)
        self._session.close()

    def answers(self) -> int:
        """Return the HTTP status of whatever is at the address, which gets nothing to act on.

        :raises CallbackError: where nothing answers
        """
        return self._call("HEAD", self._url).status

    def knock(self) -> None:
        """Prove that the callback is reached and takes nothing from strangers.

        :raises CallbackError: otherwise
        """
        answer = self._deliver_nothing()
        if not _is_denied(answer):
            raise _not_the_callback(answer)

    def log_in(self, login: Login) -> None:
        """Log in as MTS does.

        :raises CallbackError: where that does not lead to a session
        """
        params = {"db": login.database, "login": login.username, "password": login.password}
        body = json.dumps({"jsonrpc": "2.0", "params": params})
        answer = self._call("GET", login.url, body, JSON)
        result = answer.body if isinstance(answer.body, dict) else {}
        if "error" in result:
            raise _login_error(answer, _name_of(result["error"]))
        if answer.status != 200 or not isinstance(result.get("result"), dict):
            raise _no_login(answer)
        if not result["result"].get("uid"):
            raise CallbackError(
                _(
                    "Odoo asks this user for a second factor, which MTS does not have. Switch "
                    "two-factor authentication off for this user."
                )
            )
        self._logout_url = login.url.rpartition("/")[0] + "/logout"

    def deliver_nothing(self) -> None:
        """Prove that the session may deliver.

        :raises CallbackError: where it may not
        """
        answer = self._deliver_nothing()
        if _is_denied(answer):
            raise CallbackError(
                _(
                    "The login works, but this user may not deliver. Add the user to the group "
                    "“MTS: deliver callbacks”, and let login and callback have the same host "
                    "name, so that the session reaches both."
                )
            )
        if not (answer.status == 200 and _is_count(answer.body)):
            raise _not_the_callback(answer)

    def _deliver_nothing(self) -> _Answer:
        body, kind = NOTHING[self._in_bulk], content_type(self._in_bulk)
        return self._call(self._method, self._url, body, kind)

    def _call(self, method: str, url: str, body: str = "", kind: str = "") -> _Answer:
        deadline = time.monotonic() + CONNECT_TIMEOUT + READ_TIMEOUT
        try:
            with self._session.request(
                method,
                url,
                data=body or None,
                headers={"Content-Type": kind} if kind else None,
                timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
                # A redirect would carry the password to a place nobody configured, and loses
                # the body on the way.
                allow_redirects=False,
                stream=True,
            ) as answer:
                return _Answer(
                    answer.status_code, json_or_none(body_of(answer, deadline, MAX_ANSWER))
                )
        except OSError as error:
            # ``from None``: the original may quote the URL or the password.
            raise _transport_error(error) from None


def is_local(url: str) -> bool:
    """Tell whether the URL leads to the very machine of whoever calls it."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _is_denied(answer: _Answer) -> bool:
    return answer.status == 403 and answer.body == {"error": "denied"}


def _is_count(body: Any) -> bool:
    return isinstance(body, dict) and body.get("accepted") == 0


# The more special comes first.
_TRANSPORT_ERRORS = (
    (
        requests.exceptions.ConnectTimeout,
        _("The address does not accept connections from here: a firewall is in the way."),
    ),
    (
        requests.exceptions.SSLError,
        _(
            "No secure connection: this server does not trust the certificate, or it is of "
            "another host name, or expired. MTS has to trust it, too."
        ),
    ),
    (requests.exceptions.ProxyError, _("The proxy on the way from here could not be used.")),
    (
        requests.exceptions.Timeout,
        _(
            "The address did not answer in time. Odoo may be busy, or have a single worker, which "
            "cannot answer itself: try again, or start Odoo with more workers."
        ),
    ),
    (
        requests.exceptions.ConnectionError,
        _(
            "Nothing answers at this address (connection refused or unknown host). Check host "
            "name and port."
        ),
    ),
)


def _transport_error(error: OSError) -> CallbackError:
    if not isinstance(error, requests.RequestException):
        return CallbackError(NO_CERTIFICATES)
    for kind, reason in _TRANSPORT_ERRORS:
        if isinstance(error, kind):
            return CallbackError(reason)
    return CallbackError(_("The call broke off: check the URL, and what answers there."))


_BY_STATUS: Dict[int, str] = {
    401: _(
        "Something in front of Odoo asks for a login (HTTP %(status)s): it must let this path "
        "through."
    ),
    405: _(
        "This address does not take the callback's HTTP method (HTTP %(status)s): check URL and "
        "method, and what a proxy allows."
    ),
}
_BY_STATUS[403] = _BY_STATUS[407] = _BY_STATUS[401]
_REDIRECTS = _(
    "The address redirects elsewhere (HTTP %(status)s), and deliveries would be lost on the way: "
    "enter the final URL."
)
_GATEWAY = _(
    "A proxy answers, but does not reach Odoo behind it (HTTP %(status)s): check that Odoo runs, "
    "and the proxy's settings."
)
_FAILS = _("The address answers with an error (HTTP %(status)s): see the log of Odoo.")
_ANOTHER = _(
    "Something answers (HTTP %(status)s), but not this addon's callback: check the URL, and what "
    "a proxy does with it."
)


def _not_the_callback(answer: _Answer) -> CallbackError:
    if answer.status == 404:
        return NoDatabase(
            _(
                "Odoo does not find the callback (HTTP 404): it does not know which database is "
                "meant, or the URL is wrong. Set dbfilter so that the host name leaves one "
                "database, in which this addon is installed."
            )
        )
    return _by_status(answer.status)


def _by_status(status: int) -> CallbackError:
    if 300 <= status < 400:
        reason = _REDIRECTS
    elif status in (502, 503, 504):
        reason = _GATEWAY
    elif status >= 500:
        reason = _FAILS
    else:
        reason = _BY_STATUS.get(status, _ANOTHER)
    return CallbackError(reason, status=status)


def _name_of(error: Any) -> str:
    """Return which error it is; Odoo's own words may quote whatever it was sent."""
    data = error.get("data") if isinstance(error, dict) else None
    name = data.get("name") if isinstance(data, dict) else None
    return name if isinstance(name, str) else ""


def _login_error(answer: _Answer, name: str) -> CallbackError:
    if name == ACCESS_DENIED:
        return CallbackError(
            _(
                "Odoo refuses this user name or password, or has seen too many wrong ones lately. "
                "Enter the password anew."
            )
        )
    if name.startswith(NO_SUCH_PAGE):
        return _no_login(answer)
    return CallbackError(
        _(
            "Odoo fails to log in: most likely it has no database of this name. Check the "
            "database, and see the log of Odoo."
        )
    )


def _no_login(answer: _Answer) -> CallbackError:
    if answer.status in (200, 400, 404):
        return CallbackError(
            _(
                "Odoo's login is not at this address (HTTP %(status)s): it ends in "
                "/web/session/authenticate."
            ),
            status=answer.status,
        )
    return _by_status(answer.status)
