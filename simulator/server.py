# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The simulator as a whole: its parts, its HTTP server and its life."""

from __future__ import annotations

import logging
import socket
import threading
from datetime import datetime
from http.server import HTTPServer
from typing import Any, Callable, Iterable

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from .api import Api, Disconnect
from .behaviour import Faults
from .control import Control
from .envelope import json_response
from .ledger import Ledger
from .mosip import Mosip
from .odk import OdkCentral, submission
from .seeder import Seeder
from .settings import START_ONLY, Settings

_logger = logging.getLogger(__name__)
_CONNECTION = "simulator.connection"
_POLL_SECONDS = 0.02  # how soon the server notices that it shall stop
_RESET_SECONDS = 10.0  # how long a reset waits for a callback that is on its way


class Simulator:
    """A stand-in for MTS. The keyword arguments are those of ``settings.Settings``.

    Use it as a context manager, or call ``start`` and ``stop``. ``url`` is where MTS answers.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0, **settings: Any) -> None:
        self._host = host
        self._port = port
        self._initial = settings
        self.settings = Settings()
        self.settings.update(settings)
        self.ledger = Ledger()
        self._faults = Faults(self.settings.seed)
        self._mosip = Mosip(self.settings.partner)
        self._apply()
        self._seeder = Seeder(self.settings, self._mosip, self._faults, self.ledger)
        api = Api(self.settings, self._seeder, self._faults, self.ledger)
        self._app = _Application(api, OdkCentral(self.settings, api.with_faults), Control(self))
        self._server: HTTPServer | None = None
        self._thread: threading.Thread | None = None

    # Life

    def start(self) -> Simulator:
        """Listen and work in the background; OSError when the port is taken."""
        self.online()
        self._seeder.start()
        return self

    def stop(self) -> None:
        """Stop listening and working; what is under way is given up."""
        self.offline()
        self._seeder.stop()

    def online(self) -> None:
        """Listen, on the same port as before ``offline``; OSError when it is taken."""
        server = make_server(
            self._host, self._port, self._app, threaded=True, request_handler=_Handler
        )
        # Not the server's own loop, which looks only every half second whether to stop.
        self._thread = threading.Thread(
            target=HTTPServer.serve_forever,
            args=(server, _POLL_SECONDS),
            name="simulator-http",
            daemon=True,
        )
        self._server, self._port = server, server.socket.getsockname()[1]
        self._thread.start()

    def offline(self) -> None:
        """Refuse connections, while the work in the background goes on."""
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._server = None

    def __enter__(self) -> Simulator:
        return self.start()

    def __exit__(self, *_exception: Any) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The base URL, known once the simulator is started."""
        return f"http://{self._host}:{self._port}"

    # Settings and faults

    def configure(self, **changes: Any) -> None:
        """Change settings at run time; a refused change (ValueError) changes nothing."""
        fixed = sorted(set(changes) & set(START_ONLY))
        if fixed:
            raise ValueError(f"set at the start only: {fixed}")
        self.settings.update(changes)
        self._apply(changes)

    def _apply(self, names: Iterable[str] | None = None) -> None:
        """Pass the settings on to the parts that keep state of their own."""
        settings = self.settings
        apply: dict[str, Callable[[], None]] = {
            "refusals": lambda: self._mosip.set_refusals(settings.refusals),
            "people": lambda: self._mosip.set_people(settings.people),
            "faults": lambda: self._faults.replace(settings.faults),
            "seed": lambda: self._faults.seed(settings.seed),
        }
        for name in apply if names is None else set(names) & set(apply):
            apply[name]()
        self.ledger.record = self._mosip.count_transactions = settings.record
        self._mosip.vid_transactions = settings.vid_transactions

    def refuse(self, vid: str, refusal: Any) -> None:
        """Refuse a VID (``*``: any): a code, ``{"code", "message", "times"}`` or a list."""
        self._mosip.refuse(vid, refusal)

    def accept(self, vid: str) -> None:
        """End the refusal of a VID."""
        self._mosip.accept(vid)

    def poison(self, *vids: str) -> None:
        """Let exactly these VIDs fail their whole batch; none ends it."""
        self.configure(poison=list(vids))

    def submit(self, *records: dict[str, Any], at: datetime | None = None) -> list[str]:
        """Have records submitted to ODK Central, now or at another time (UTC); returns their ids.

        A record with ``__id`` and ``__system`` is taken as it is.
        """
        new = [{**submission(record, at), **record} for record in records]
        self.configure(submissions=[*self.settings.submissions, *new])
        return [record["__id"] for record in new]

    def add_fault(self, on: str, kind: str, **options: Any) -> None:
        """Misbehave, see ``behaviour``: ``add_fault("post", "answer", status=502, next=2)``."""
        self._faults.add({"on": on, "kind": kind, **options})

    def clear_faults(self, on: str | None = None) -> None:
        """End the misbehaviour, or only that on ``on``."""
        self._faults.clear(on)

    def hold(self) -> None:
        """Keep back the callbacks of the batches that get through from now on."""
        self.configure(hold=True)

    def release(self, count: int | None = None, shuffle: bool = False) -> int:
        """Send held callbacks, end delays, hangs and slow authentications that are under way;
        without a count, hold no more either.

        Returns the number of batches released.
        """
        if count is None:
            self.configure(hold=False)
        return self._seeder.release(count, shuffle)

    @property
    def held(self) -> int:
        """Batches that are authenticated and whose callbacks are held."""
        return self._seeder.held

    def wait_idle(self, timeout: float = 30.0) -> bool:
        """Wait until nothing is queued or in progress, held batches apart; False if too late."""
        return self._seeder.wait_idle(timeout)

    def restart(self) -> None:
        """Forget every batch, as a restarted MTS does. MOSIP's counts and the ledger stay."""
        self._seeder.restart()

    def reset(self) -> None:
        """Back to the settings of the start, with all batches, counts and the ledger gone."""
        self._seeder.restart()
        self._seeder.wait_idle(_RESET_SECONDS)
        fresh = Settings()
        fresh.update(self._initial)
        self.settings.update(fresh.as_dict())
        self._apply()
        self._mosip.reset()
        self.ledger.reset()

    # Truth

    def transactions(self, vid: str) -> int:
        """How often MOSIP was asked about this VID."""
        return self._mosip.transactions(vid)

    def token(self, name: str, dob: str, gender: str) -> str:
        """The token that a person with these data gets; dob as ``YYYY/MM/DD``."""
        return self._mosip.token({"name": name, "dob": dob, "gender": gender})


class _Handler(WSGIRequestHandler):
    """Lets the application close the connection, and logs without bodies."""

    def make_environ(self) -> dict[str, Any]:
        environ = super().make_environ()
        environ[_CONNECTION] = self.connection
        return environ

    def log(self, type: str, message: str, *args: Any) -> None:
        _logger.debug(message, *args)


class _Application:
    """The WSGI application: the endpoints of MTS and of ODK Central, and the control door."""

    def __init__(self, api: Api, odk: OdkCentral, control: Control) -> None:
        form = "/v1/projects/<project>/forms/<form>"
        views: dict[str, tuple[Callable[..., Response], list[str]]] = {
            "/ping": (api.ping, ["GET"]),
            "/authtoken/authfields": (api.authfields, ["GET"]),
            "/authtoken/json": (api.authtoken_json, ["POST"]),
            "/authtoken/odk": (api.authtoken_odk, ["POST"]),
            "/authtoken/status/<identifier>": (api.status, ["GET"]),
            "/v1/sessions": (odk.sessions, ["POST"]),
            form + "/fields": (odk.fields, ["GET"]),
            form + ".svc/Submissions": (odk.submissions, ["GET"]),
        }
        views.update({"/simulator" + path: view for path, view in control.views().items()})
        self._routes = Map(
            [Rule(path, endpoint=view, methods=methods) for path, (view, methods) in views.items()]
        )

    def __call__(self, environ: dict[str, Any], start_response: Callable) -> Iterable[bytes]:
        try:
            response = self._dispatch(environ)
        except Disconnect:
            _close(environ[_CONNECTION])
            raise ConnectionAbortedError("closed on purpose") from None
        return response(environ, start_response)

    def _dispatch(self, environ: dict[str, Any]) -> Response:
        try:
            endpoint, arguments = self._routes.bind_to_environ(environ).match()
        except HTTPException as error:
            return json_response({"detail": error.name}, error.code or 404)
        return endpoint(Request(environ), **arguments)


def _close(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        _logger.debug("the client was faster")
