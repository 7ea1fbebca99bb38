# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Stands for Odoo: takes callbacks, logins and logouts, and keeps them in order."""

from __future__ import annotations

import json
import threading
from http.server import HTTPServer
from types import SimpleNamespace
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response


class Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"  # keeps connections alive for those who want it

    def log(self, *_arguments: Any) -> None:
        pass


class Receiver:
    """``url`` takes callbacks; ``auth_url`` logs in and sets a cookie; logout redirects once.

    ``status`` is answered to callbacks. While ``gate`` is cleared, callbacks wait for it.
    """

    def __init__(self) -> None:
        self.calls: list[SimpleNamespace] = []
        self.status = 200
        self.gate = threading.Event()
        self.gate.set()
        self._arrived = threading.Condition()
        self._server = make_server(
            "127.0.0.1", 0, self._application, threaded=True, request_handler=Quiet
        )
        base = f"http://127.0.0.1:{self._server.socket.getsockname()[1]}"
        self.url = base + "/callback"
        self.auth_url = base + "/web/session/authenticate"

    def __enter__(self) -> Receiver:
        # The loop of werkzeug's server looks only every half second whether to stop.
        serve = HTTPServer.serve_forever
        threading.Thread(target=serve, args=(self._server, 0.01), daemon=True).start()
        return self

    def __exit__(self, *_exception: Any) -> None:
        self.gate.set()
        self._server.shutdown()
        self._server.server_close()

    def wait_for(self, count: int, timeout: float = 30) -> list[SimpleNamespace]:
        """Wait until ``count`` calls came in, and return all."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.calls) >= count, timeout)
            return list(self.calls)

    def bodies(self) -> list[Any]:
        """The JSON bodies of the callbacks, None for an empty one."""
        calls = [call for call in self.calls if call.path == "/callback"]
        return [json.loads(call.data) if call.data else None for call in calls]

    @property
    def paths(self) -> list[str]:
        return [call.path for call in self.calls]

    def _application(self, environ: dict[str, Any], start_response: Any) -> Any:
        request = Request(environ)
        call = SimpleNamespace(
            path=request.path,
            method=request.method,
            headers=dict(request.headers),
            cookies=dict(request.cookies),
            data=request.get_data(),
            connection=(environ["REMOTE_ADDR"], environ["REMOTE_PORT"]),
        )
        with self._arrived:
            self.calls.append(call)
            self._arrived.notify_all()
        return self._answer(request)(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if request.path == "/callback":
            self.gate.wait(60)
            return Response("{}", status=self.status)
        if request.path.endswith("/authenticate"):
            login = json.loads(request.get_data())["params"]
            response = Response("{}")
            if login["password"] == "good":
                response.set_cookie("session_id", "s1")
            return response
        if request.path.endswith("/logout"):
            return Response("", status=303, headers={"Location": "/web/login"})
        return Response("login page")
