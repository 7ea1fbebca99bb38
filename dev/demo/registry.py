# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Odoo as the demo's administrator uses it: everything goes over JSON-RPC."""

import contextlib
import threading
import time
from typing import Any, Dict, Iterator, List, Sequence

from environment import OdooServer, RpcClient, RpcError

VID_TYPE, TOKEN_TYPE = "MOSIP VID", "MOSIP UIN TOKEN"
CLOSED = ("done", "failed", "cancelled")
COUNTS = (
    "selected_count",
    "tokenized_count",
    "rejected_count",
    "conflict_count",
    "pending_count",
    "lost_count",
)


class Registry:
    """A registry of people with a connector."""

    def __init__(self, odoo: OdooServer) -> None:
        self.rpc: RpcClient = odoo.rpc()
        # A browser does this when an administrator logs in; the callback URL begins with it.
        self.rpc.call("ir.config_parameter", "set_param", "web.base.url", odoo.url)

    def register(self, registrants: Sequence[Dict[str, Any]]) -> List[int]:
        """Add registrants; returns their ids."""
        return self.rpc.call("res.partner", "create", list(registrants))

    def create_connector(self, **values: Any) -> int:
        """Save a new connector, as its form would."""
        return self.rpc.call("mts.connector", "create", values)

    def press(self, button: str, connector: int) -> Any:
        """Press a button of the connector's form; returns what opens."""
        return self.rpc.call("mts.connector", button, [connector])

    def import_now(self, connector: int) -> int:
        """Press Import Now; returns the run that opens."""
        return self.press("action_import_now", connector)["res_id"]

    def test_connection(self, connector: int) -> int:
        """Press Test Connection; returns how many things do not work."""
        test = self.press("action_test_connection", connector)["res_id"]
        return self.rpc.call("mts.connection.test", "read", [test], ["to_mend"])[0]["to_mend"]

    def runs(self, connector: int) -> List[Dict[str, Any]]:
        """The imports of a connector as the list shows them, oldest first."""
        names = ["state", "trigger", "message", *COUNTS]
        domain = [("connector_id", "=", connector)]
        return self.rpc.call("mts.run", "search_read", domain, names, order="id")

    def records(self, connector: int) -> List[Dict[str, Any]]:
        """Where each registrant stands."""
        names = ["partner_id", "state", "error_code", "error_message", "advice", "attempts"]
        domain = [("connector_id", "=", connector)]
        return self.rpc.call("mts.record", "search_read", domain, names, order="id")

    def registrants(self, *domain: Any) -> List[Dict[str, Any]]:
        """Everybody, or some, with VID and token; the latter also as the registry keeps it."""
        names = ["name", "mosip_vid", "mosip_auth_token", "mosip_duplicate_count"]
        everyone = ("is_registrant", "=", True)
        found = self.rpc.call("res.partner", "search_read", [everyone, *domain], names, order="id")
        return [{**item, "token_id": item["mosip_auth_token"]} for item in found]

    def number_of(self, name: str) -> int:
        """The id of the connector addon's record with this external name."""
        domain = [("module", "=", "mts_connector"), ("name", "=", name)]
        return self.rpc.call("ir.model.data", "search_read", domain, ["res_id"])[0]["res_id"]


class G2pRegistry(Registry):
    """A registry in the shape of OpenG2P's: VID and token are two of a registrant's IDs."""

    def __init__(self, odoo: OdooServer) -> None:
        super().__init__(odoo)
        self._vid_type = self.rpc.call("g2p.id.type", "create", {"name": VID_TYPE})

    def register(self, registrants: Sequence[Dict[str, Any]]) -> List[int]:
        return super().register([self._with_id(**values) for values in registrants])

    def _with_id(self, mosip_vid: str, **values: Any) -> Dict[str, Any]:
        vid = {"id_type": self._vid_type, "value": mosip_vid}
        return {**values, "reg_ids": [(0, 0, vid)]}

    def registrants(self, *domain: Any) -> List[Dict[str, Any]]:
        found = super().registrants(*domain)
        mine = [("partner_id", "in", [item["id"] for item in found])]
        names = ["partner_id", "id_type", "value"]
        values = {
            (row["partner_id"][0], row["id_type"][1]): row["value"]
            for row in self.rpc.call("g2p.reg.id", "search_read", mine, names)
        }
        for item in found:
            item["mosip_vid"] = values.get((item["id"], VID_TYPE), False)
            item["token_id"] = values.get((item["id"], TOKEN_TYPE), False)
        return found


class Scheduler:
    """Sees to it that the background job runs at once on both series."""

    PAUSE_SECONDS = 1.0

    def __init__(self, registry: Registry, series: str) -> None:
        self._registry = registry
        self._needs_help = series == "14.0"
        self._next = 0.0
        self._job = 0

    def tick(self) -> None:
        """Call this while waiting.

        Odoo 15 wakes the job when there is something to do. In Odoo 14 it runs once a minute,
        however often the scheduler looks, so this presses its button "Run Manually".
        """
        if not self._needs_help or time.monotonic() < self._next:
            return
        self._job = self._job or self._registry.number_of("cron_work")
        with contextlib.suppress(RpcError):  # It is running already.
            self._registry.rpc.call("ir.cron", "method_direct_trigger", [self._job])
        self._next = time.monotonic() + self.PAUSE_SECONDS

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """Tick beside whatever is done inside; nobody else may use the registry meanwhile."""
        over = threading.Event()
        thread = threading.Thread(target=self._tick_until, args=(over,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _tick_until(self, over: threading.Event) -> None:
        while not over.wait(self.PAUSE_SECONDS):
            self.tick()
