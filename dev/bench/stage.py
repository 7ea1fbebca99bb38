# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the benchmarks play on: a database, one or more Odoo processes, and a simulated MTS."""

import contextlib
import time
from typing import Any, Callable, Dict, Iterator, List, Sequence

from bootstrap.paths import ADDON, checkout_folder
from demo.registry import CLOSED, Registry, Scheduler
from environment import Environment, OdooServer, RpcError, SimulatorProcess
from faults.balancer import Balancer

from .tables import Tables

MODULES = (ADDON, "mts_sample_registry", "mts_bench")
PATIENCE_SECONDS = 3600
POLL_SECONDS = 0.02


class Stage:
    """A registry that is ready to import."""

    def __init__(
        self,
        odoos: List[OdooServer],
        url: str,
        simulator: SimulatorProcess,
        connect: Callable[[], Any],
        series: str,
    ) -> None:
        self.odoos = odoos
        #: Where MTS reaches Odoo.
        self.url = url
        self.simulator = simulator
        #: Opens a connection to the database.
        self.connect = connect
        self.tables = Tables(connect())
        self.registry = Registry(odoos[0])
        self._scheduler = Scheduler(self.registry, series)

    def create_connector(self, **values: Any) -> int:
        """A connector with nothing but defaults, unless told otherwise."""
        return self.registry.create_connector(**{"name": "Registry", **self._urls, **values})

    def adopt(self, connector: int, **values: Any) -> None:
        """Change settings of a connector, which may come from an earlier stage."""
        self.registry.rpc.call("mts.connector", "write", [connector], {**self._urls, **values})

    @property
    def _urls(self) -> Dict[str, str]:
        return {
            "mts_url": self.simulator.url,
            "callback_url": self.url + "/mts/callback/bulk",
        }

    def import_all(self, connector: int) -> float:
        """Press Import Now, and wait until the import is through; returns the seconds."""
        return self.import_together([connector])

    def import_together(self, connectors: Sequence[int]) -> float:
        """Do so with several connectors at the same time."""
        started = time.perf_counter()
        for run in [self.registry.import_now(connector) for connector in connectors]:
            self.wait_closed(run)
        return time.perf_counter() - started

    def press_job(self, job: int) -> None:
        """Run a scheduled job, as soon as Odoo does not run it by itself."""

        def pressed() -> bool:
            try:
                self.registry.rpc.call("ir.cron", "method_direct_trigger", [job])
            except RpcError:
                return False
            return True

        self.wait_for(pressed)

    def wait_closed(self, run: int) -> None:
        """Wait for the end of an import."""
        self.wait_for(lambda: self._run(run)[0] in CLOSED)
        state, message = self._run(run)
        if state != "done":
            raise RuntimeError(f"the import ended as {state}: {message}")

    def _run(self, run: int) -> tuple:
        return self.tables.query("SELECT state, message FROM mts_run WHERE id = %s", [run])[0]

    def wait_for(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError("this takes too long")
            self._scheduler.tick()
            time.sleep(POLL_SECONDS)


@contextlib.contextmanager
def stage(
    environment: Environment,
    database: str,
    processes: int = 1,
    odoo: "Dict[str, Any] | None" = None,
    **simulator: Any,
) -> Iterator[Stage]:
    """Start everything; the database stays when it is all over."""
    with contextlib.ExitStack() as stack:
        mts = stack.enter_context(SimulatorProcess(**{"record": False, **simulator}))
        odoos = [
            stack.enter_context(
                environment.odoo(
                    database,
                    log_file=checkout_folder("logs") / f"bench-{number}.log",
                    **(odoo or {}),
                )
            )
            for number in range(processes)
        ]
        url = odoos[0].url
        if processes > 1:
            ports = [server.port for server in odoos]
            url = stack.enter_context(Balancer(ports)).url
        play = Stage(odoos, url, mts, lambda: environment.connect(database), environment.series)
        stack.callback(play.tables.connection.close)
        yield play
