# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The control door: what tests in another process ask of the simulator, under ``/simulator``.

All bodies are JSON. What the simulator refuses is HTTP 400 with ``{"error": …}``.
"""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Any, Callable

from werkzeug.wrappers import Request, Response

from .envelope import json_response

if TYPE_CHECKING:
    from .server import Simulator

DEFAULT_WAIT = 30.0
View = Callable[..., Response]


class Control:
    """Views, each for one path; the methods of ``Simulator`` say what they do."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    def views(self) -> dict[str, tuple[View, list[str]]]:
        """The view and the HTTP methods of each path."""
        views: dict[str, tuple[View, list[str]]] = {
            "/settings": (self.settings, ["GET", "POST"]),
            "/faults": (self.faults, ["POST", "DELETE"]),
            "/refusals": (self.refusals, ["POST", "DELETE"]),
            "/release": (self.release, ["POST"]),
            "/restart": (self.restart, ["POST"]),
            "/reset": (self.reset, ["POST"]),
            "/idle": (self.idle, ["GET"]),
            "/vids/<vid>": (self.vid, ["GET"]),
            "/ledger/<part>": (self.ledger, ["GET"]),
        }
        return {path: (_refusing(view), methods) for path, (view, methods) in views.items()}

    def settings(self, request: Request) -> Response:
        """GET answers all settings; POST changes those in the body."""
        if request.method == "POST":
            self._simulator.configure(**_body(request))
        return json_response(self._simulator.settings.as_dict())

    def faults(self, request: Request) -> Response:
        """POST adds a rule or a list of rules; DELETE ends all, or those on ``?on=``."""
        if request.method == "DELETE":
            self._simulator.clear_faults(request.args.get("on"))
        else:
            rules = _body(request, (dict, list))
            for rule in rules if isinstance(rules, list) else [rules]:
                self._simulator.add_fault(**rule)
        return json_response({})

    def refusals(self, request: Request) -> Response:
        """POST adds ``{VID: refusal}``; DELETE ends the refusal of ``?vid=``."""
        if request.method == "DELETE":
            self._simulator.accept(request.args.get("vid", ""))
        else:
            for vid, refusal in _body(request).items():
                self._simulator.refuse(vid, refusal)
        return json_response({})

    def release(self, request: Request) -> Response:
        """POST ``{"count": N or null, "shuffle": false}``; answers how many batches went."""
        return json_response({"released": self._simulator.release(**_body(request))})

    def restart(self, _request: Request) -> Response:
        self._simulator.restart()
        return json_response({})

    def reset(self, _request: Request) -> Response:
        self._simulator.reset()
        return json_response({})

    def idle(self, request: Request) -> Response:
        """Waits up to ``?timeout=`` seconds; answers ``{"idle", "held"}``."""
        timeout = float(request.args.get("timeout", DEFAULT_WAIT))
        idle = self._simulator.wait_idle(timeout)
        return json_response({"idle": idle, "held": self._simulator.held})

    def vid(self, _request: Request, vid: str) -> Response:
        """``{"transactions": N, "results": […]}`` of one VID."""
        transactions = self._simulator.transactions(vid)
        results = self._simulator.ledger.results_of(vid)
        return json_response({"transactions": transactions, "results": results})

    def ledger(self, _request: Request, part: str) -> Response:
        """One part of the ledger: counts, posts, results or callbacks."""
        snapshot = self._simulator.ledger.snapshot()
        if part not in snapshot:
            raise ValueError(f"the ledger has no part {part!r}")
        return json_response(snapshot[part])


def _refusing(view: View) -> View:
    @functools.wraps(view)
    def wrapped(request: Request, **arguments: str) -> Response:
        try:
            return view(request, **arguments)
        except (TypeError, ValueError) as error:
            return json_response({"error": str(error)}, 400)

    return wrapped


def _body(request: Request, kinds: Any = dict) -> Any:
    data = request.get_data()
    body = json.loads(data) if data else {}
    if not isinstance(body, kinds):
        raise ValueError("the body has the wrong JSON type")
    return body
