# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Callbacks: what MTS sends when a batch is through. Once, without a retry."""

from __future__ import annotations

import copy
from typing import Any, Callable, Iterator

import requests

from . import expressions
from .behaviour import Faults
from .ledger import Ledger
from .records import Record

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
DEFAULT_TIMEOUT = 10
# MTS sets no limit for login and logout; the simulator must not hang for ever.
LOGIN_TIMEOUT = 60


class CallbackFailed(Exception):
    """An exception while calling back: the records still to come are skipped."""


class Delivery:
    """The callbacks of one batch.

    ``properties`` are the request's callbackProperties. ``pause(seconds)`` waits for a delayed
    callback, and raises when the batch is given up meanwhile.
    """

    def __init__(
        self,
        identifier: str,
        properties: dict[str, Any],
        output_format: str | None,
        faults: Faults,
        ledger: Ledger,
        pause: Callable[[float], None],
    ) -> None:
        self._identifier = identifier
        self._properties = properties
        self._format = expressions.evaluator(output_format or ".output")
        self._faults = faults
        self._ledger = ledger
        self._pause = pause
        self._cookies: dict[str, str] = {}

    def send(self, records: list[Record]) -> None:
        """Log in, call back, log out; raises CallbackFailed at the first exception."""
        odoo = self._properties.get("authType") == "odoo"
        if odoo:
            self._log_in()
        bodies = self._bodies(records)
        if self._properties.get("callInBulk"):
            self._call([body for _vids_of_one, body in bodies], _vids(records))
        else:
            for vids, body in bodies:
                self._call(body, vids)
        if odoo:
            self._log_out()

    def _bodies(self, records: list[Record]) -> Iterator[tuple[list[str], Any]]:
        """The VID, as a list, and the formatted result of each record."""
        outputs = [record.output() for record in records]
        for position, record in enumerate(records):
            vids = _vids([record])
            self._falsify(outputs, position, vids)
            yield vids, self._format({"input": record.received, "output": outputs[position]})

    def _falsify(self, outputs: list[dict[str, Any]], position: int, vids: list[str]) -> None:
        fault = self._faults.draw("output", vids)
        if fault is None:
            return
        if fault.kind == "set":
            outputs[position].update(copy.deepcopy(fault.options["values"]))
        elif position + 1 < len(outputs):
            following = outputs[position + 1]
            outputs[position], outputs[position + 1] = following, outputs[position]

    def _call(self, body: Any, vids: list[str]) -> None:
        fault = self._faults.draw("callback", vids)
        times = 1
        if fault and fault.kind == "drop":
            self._note(vids=vids, body=body, dropped=True)
            return
        if fault and fault.kind == "repeat":
            times += fault.options["times"]
        self._pause(fault.options["seconds"] if fault and fault.kind == "delay" else 0)
        for _time in range(times):
            self._call_once(body, vids)

    def _call_once(self, body: Any, vids: list[str]) -> None:
        properties = self._properties
        headers = {}
        if properties.get("authType") == "staticBearer":
            headers["Authorization"] = "Bearer " + properties["authStaticBearer"]["token"]
        headers.update(properties.get("extraHeaders", {}))
        self._request(
            "callback",
            properties.get("httpMethod", "POST"),
            properties["url"],
            headers=headers,
            cookies=self._cookies,
            json=body,
            timeout=properties.get("timeoutSeconds", DEFAULT_TIMEOUT),
            vids=vids,
        )

    def _log_in(self) -> None:
        """A wrong password is not noticed: only the cookies of the answer count."""
        odoo = self._properties["authOdoo"]
        login = {"db": odoo["database"], "login": odoo["username"], "password": odoo["password"]}
        answer = self._request(
            "login",
            "GET",
            odoo["authUrl"],
            headers=odoo.get("extraHeaders"),
            json={"jsonrpc": "2.0", "params": login},
            timeout=LOGIN_TIMEOUT,
        )
        self._cookies = dict(answer.cookies.items())

    def _log_out(self) -> None:
        odoo = self._properties["authOdoo"]
        self._request(
            "logout",
            "GET",
            odoo["authUrl"].rstrip("/").rpartition("/")[0] + "/logout",
            headers=odoo.get("extraHeaders"),
            cookies=self._cookies,
            timeout=LOGIN_TIMEOUT,
        )

    def _request(
        self, kind: str, method: str, url: str, *, vids: list[Any] | None = None, **options: Any
    ) -> requests.Response:
        body = options["json"] if kind == "callback" else None  # a login holds a password
        try:
            answer = _send(method.upper(), url, **options)
        # Whatever goes wrong, MTS gives the batch up: ValueError for a timeout of 0, for instance.
        except (CallbackFailed, requests.RequestException, ValueError, OSError) as error:
            self._note(kind=kind, method=method, vids=vids, body=body, error=type(error).__name__)
            raise CallbackFailed(str(error)) from error
        self._note(kind=kind, method=method, vids=vids, body=body, http_status=answer.status_code)
        return answer

    def _note(self, *, kind: str = "callback", **details: Any) -> None:
        entry: dict[str, Any] = {"method": None, "http_status": None, **details}
        self._ledger.add_callback(kind=kind, identifier=self._identifier, **entry)


def _send(method: str, url: str, **options: Any) -> requests.Response:
    """One HTTP request on a connection of its own, whatever proxies and netrc files say."""
    if method not in METHODS:
        raise CallbackFailed(f"no HTTP method: {method}")
    with requests.Session() as session:
        session.trust_env = False
        return session.request(method, url, allow_redirects=method != "HEAD", **options)


def _vids(records: list[Record]) -> list[str]:
    return [record.vid for record in records if record.vid is not None]
