"""The control door: what tests in another process ask of the simulator, under ``/simulator``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from .envelope import json_response

if TYPE_CHECKING:
    from .server import Simulator

DEFAULT_WAIT = 30.0


class Control:
    """All answers are JSON; what the simulator refuses is HTTP 400 with ``{"error": …}``."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    def settings(self, request: Request) -> Response:
        if request.method != "GET":
            self._simulator.configure(**_body(request))
        return json_response(self._simulator.settings.as_dict())

    def faults(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._simulator.clear_faults(request.args.get("on"))
        else:
            rules = _body(request, (dict, list))
            for rule in rules if isinstance(rules, list) else [rules]:
                self._simulator.add_fault(**rule)
        return json_response({})

    def refusals(self, request: Request) -> Response:
        """POST adds ``{VID: refusal}``; DELETE ends that of ``?vid=``."""
        if request.method == "DELETE":
            self._simulator.accept(request.args.get("vid", ""))
        else:
            for vid, refusal in _body(request).items():
                self._simulator.refuse(vid, refusal)
        return json_response({})

    def release(self, request: Request) -> Response:
        return json_response({"released": self._simulator.release(**_body(request))})

    def restart(self, request: Request) -> Response:
        self._simulator.restart()
        return json_response({})

    def reset(self, request: Request) -> Response:
        self._simulator.reset()
        return json_response({})

    def idle(self, request: Request) -> Response:
        timeout = float(request.args.get("timeout", DEFAULT_WAIT))
        idle = self._simulator.wait_idle(timeout)
        return json_response({"idle": idle, "held": self._simulator.held})

    def vid(self, request: Request, vid: str) -> Response:
        return json_response(
            {
                "transactions": self._simulator.transactions(vid),
                "results": self._simulator.ledger.results_of(vid),
            }
        )

    def ledger(self, request: Request, part: str) -> Response:
        snapshot = self._simulator.ledger.snapshot()
        if part not in snapshot:
            raise ValueError(f"the ledger has no part {part!r}")
        return json_response(snapshot[part])


def _body(request: Request, kinds: Any = dict) -> Any:
    data = request.get_data()
    body = json.loads(data) if data else {}
    if not isinstance(body, kinds):
        raise ValueError("the body has the wrong JSON type")
    return body
