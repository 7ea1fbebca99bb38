# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What can happen to Odoo and to MTS, whatever they are about."""

import time
from abc import ABC, abstractmethod
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Callable, Dict, List, Optional, Tuple

from environment import RpcError

from .log import complaints
from .promises import OTHER, Breach
from .stats import Stats
from .world import OdooIsDead, World

ROUNDS = 30
A_DAY = 25 * 60
REFUSALS_BY_ODOO = ("UserError", "MissingError")
IDLE_SECONDS = 60
SECONDS_PER_RECORD = 0.005
FOR_EVER = 3600.0
REQUEST_TIMEOUT = 1
MAX_KILLS = 2


class Happenings(ABC):
    """What has happened in one schedule, and the means to go on with it.

    Whoever inherits it sets ``connector`` and ``promises`` when it begins.
    """

    connector: int
    promises: Any

    def __init__(self, world: World, stats: Stats) -> None:
        self.world = world
        self.mts = world.simulator
        self.stats = stats
        self.begun = False
        self.failed = False
        self._deadly = False
        self.faults = 0
        self.kills = 0
        self.elapsed: List[Tuple[float, int]] = []
        self._online = True
        self._hanging = False
        self._threads = ThreadPoolExecutor(1)
        self._beside: List[Future] = []

    def _set_up(self, mts: Dict[str, Any], deadly: bool) -> str:
        """Begin with an MTS of these settings; returns what to call what belongs together."""
        self._deadly = deadly
        self.mts.reset()
        self.mts.configure(seconds_per_record=SECONDS_PER_RECORD, **mts)
        self.log_size = self.world.odoo.log_file.stat().st_size
        return f"soak {next(self.world.numbers)}"

    @abstractmethod
    def registrants(self) -> int:
        """How many there were."""

    @property
    def may_kill(self) -> bool:
        """Few kills: a start of Odoo takes as long as a schedule."""
        return self._deadly and self.kills < MAX_KILLS and not self.world.crash.armed

    # Odoo

    def press(self, button: str) -> None:
        self._try(lambda: self.world.call("mts.connector", button, [self.connector]))

    def import_now(self, beside: bool) -> None:
        self.press("action_import_now")
        self.work(beside)

    def fire_schedule(self) -> None:
        query = "SELECT cron_id FROM mts_connector WHERE id = %s"
        job = self.world.query(query, [self.connector])[0][0]
        if job:
            self._try(lambda: self.world.run_job(job))

    def cancel(self) -> None:
        runs = self.world.query(
            "SELECT id FROM mts_run WHERE connector_id = %s ORDER BY id DESC LIMIT 1",
            [self.connector],
        )
        if runs:
            self._try(lambda: self.world.call("mts.run", "action_cancel", [runs[0][0]]))

    def work(self, beside: bool) -> None:
        if beside:
            self._beside.append(self._threads.submit(self.world.work))
        else:
            self._try(self.world.work)

    def kill_while_working(self, seconds: float) -> None:
        self._beside.append(self._threads.submit(self.world.work))
        time.sleep(seconds)
        self.world.odoo.kill()
        self._quiet()

    def arm(self, point: str, times: int) -> None:
        self._quiet()
        self.world.crash.arm(point, times)

    def _try(self, action: Callable[[], Any]) -> Optional[RpcError]:
        """Do what a person does, who takes no for an answer, and who tries a dead Odoo again."""
        try:
            action()
        except RpcError as error:
            if not error.name.endswith(REFUSALS_BY_ODOO):
                raise
            return error
        except OdooIsDead:
            self._quiet()
        return None

    def _stay_alive(self) -> None:
        """Let Odoo not die of something else while it does what it is told."""
        if self.world.crash.armed:
            self._quiet()

    def _quiet(self) -> None:
        """Wait until nothing is under way, and see to it that Odoo is alive."""
        while self._beside:
            self._join(self._beside.pop())
        self._wait_for_mts()
        if not self.world.odoo.running:
            self.kills += 1
            self.world.crash.disarm()
            self.world.revive()
            self._wait_for_mts()

    def _join(self, work: Future) -> None:
        """Wait for work that may have died, or found that the same is being done already."""
        try:
            work.result()
        except OdooIsDead:
            pass
        except RpcError as error:
            if not error.name.endswith(REFUSALS_BY_ODOO):
                raise

    def _wait_for_mts(self) -> None:
        if not self._hanging and not self.mts.wait_idle(IDLE_SECONDS):
            raise TimeoutError("the simulator is still busy")

    # MTS

    def pass_time(self, minutes: int) -> None:
        self.elapsed.append((time.time(), minutes))
        self.world.let_time_pass(self.connector, minutes)

    def add_fault(self, fault: Dict[str, Any]) -> None:
        self.faults += 1
        self.mts.add_fault(**fault)

    def hold(self) -> None:
        self.faults += 1
        self.mts.hold()

    def release(self, count: Optional[int], shuffle: bool) -> None:
        self.mts.release(count, shuffle)

    def restart_mts(self) -> None:
        self.faults += 1
        self.mts.restart()

    def toggle_mts(self) -> None:
        if self._online:
            self.faults += 1
            self.mts.offline()
        else:
            self.mts.online()
        self._online = not self._online

    def toggle_hanging(self) -> None:
        """MTS works on no further record, or goes on with its work."""
        self._hanging = not self._hanging
        if self._hanging:
            self.faults += 1
            self.mts.configure(seconds_per_record=FOR_EVER)
        else:
            self.mts.configure(seconds_per_record=SECONDS_PER_RECORD)
            self.mts.release(0)

    # The promises

    def check(self) -> None:
        if not self.begun:
            return
        if not self._beside:
            self._quiet()
        self._judge(self.promises.breaches())

    def _judge(self, breaches: List[Breach]) -> None:
        if breaches:
            self.failed = True
            self.stats.add_breaches(breaches)
            raise AssertionError("\n".join(f"{b.promise}: {b.text}" for b in breaches))

    def end(self) -> None:
        """The faults stop, everything settles, and all is cleared away."""
        try:
            if self.begun and not self.failed:
                self._die_once()
                self._settle()
        finally:
            self._clear()
        self.stats.add_schedule(self.registrants(), self.sends, self.faults, self.kills)

    def _die_once(self) -> None:
        """Odoo may never have come to the point at which it was to die."""
        if self._deadly and not self.kills:
            self._quiet()
        if self._deadly and not self.kills:
            self.world.crash.disarm()
            self.press("action_import_now")
            self.kill_while_working(0)

    def _settle(self) -> None:
        self.world.crash.disarm()
        self._end_faults()
        self._quiet()
        for _round in range(ROUNDS):
            self._go_on()
            if self.promises.is_settled():
                break
        self._judge(self.promises.breaches_when_settled())
        log = self.world.odoo.log_file
        self._judge([Breach(OTHER, text) for text in complaints(log, self.log_size)])

    def _go_on(self) -> None:
        """Do what leads to the end, sooner or later."""
        self.pass_time(A_DAY)
        self.import_now(beside=False)
        self._wait_for_mts()
        self.work(beside=False)

    def _end_faults(self) -> None:
        self._end_toggles()
        self.mts.clear_faults()
        self.mts.poison()
        self.mts.release()

    def _end_toggles(self) -> None:
        if not self._online:
            self.toggle_mts()
        if self._hanging:
            self.toggle_hanging()

    def _clear(self) -> None:
        """Leave nothing behind that would take time in the next schedule."""
        self.world.crash.disarm()
        self.sends = self.mts.ledger.counts["stored_records"]
        self._end_toggles()
        self._quiet()
        self._threads.shutdown()
        self.mts.restart()
        if self.begun:
            self._forget()

    @abstractmethod
    def _forget(self) -> None:
        """Clear away the connector and whom it has sent."""
