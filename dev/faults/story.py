# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What can happen in a schedule."""

import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Callable, Dict, List, Optional, Tuple

from environment import RpcError

from .log import complaints
from .people import People, Person
from .promises import OTHER, Breach, Promises
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
# What MOSIP answers, by the kind of the registrant.
REFUSALS: Dict[str, Any] = {
    "refused": "IDA-DEA-001",
    "new_vid": "IDA-MLC-005",
    "final": "IDA-MLC-003",
    "transient": {"code": "IDA-MLC-007", "times": 1},
    "stubborn": {"code": "AUT-BAS-001", "times": 5},
    "pairs": ["IDA-DEA-001", "IDA-MLC-004"],
    "unknown": "XYZ-ABC-001",
    "operator": {"code": "IDA-MPA-005", "times": 1},
}


class Story:
    """What has happened in one schedule, and the means to go on with it."""

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

    def begin(self, values: Dict[str, Any], mts: Dict[str, Any], deadly: bool) -> None:
        """Set up a connector with these values, and MTS with these settings."""
        self._deadly = deadly
        self.mts.reset()
        self.mts.configure(seconds_per_record=SECONDS_PER_RECORD, **mts)
        self.log_size = self.world.odoo.log_file.stat().st_size
        name = f"soak {next(self.world.numbers)}"
        self.people = People(name, name)
        self.connector = self.world.create_connector(
            name, request_timeout=REQUEST_TIMEOUT, **values
        )
        self.promises = Promises(self.world, self.connector, self.people.all, self.elapsed)
        self.begun = True

    @property
    def may_kill(self) -> bool:
        """Few kills: a start of Odoo takes as long as a schedule."""
        return self._deadly and self.kills < MAX_KILLS and not self.world.crash.armed

    # People

    def register(self, kinds: List[str]) -> None:
        self._stay_alive()
        made = [self._make(kind) for kind in kinds]
        self.world.register(made)

    def _make(self, kind: str) -> Person:
        if kind == "invalid":
            return self.people.make(gender=False)
        if kind == "twin" and self.people.all:
            twin = self.people.all[0].values
            names = ("given_name", "family_name", "birthdate", "gender")
            return self.people.make(**{name: twin[name] for name in names})
        person = self.people.make()
        if kind == "poison":
            self.mts.poison(*self.mts.settings.poison, person.vid)
        elif kind in REFUSALS:
            self.mts.refuse(person.vid, REFUSALS[kind])
        return person

    def _person(self, number: int) -> Optional[Person]:
        present = self.people.present()
        return present[number % len(present)] if present else None

    def change(self, number: int, how: str) -> None:
        """A clerk does something to a registrant."""
        person = self._person(number)
        if person is None:
            return
        self._stay_alive()
        if how == "delete":
            person.deleted = True
            self.world.identities.delete([person.id])
        elif how == "token":
            self._enter_token(person)
        elif how in ("archive", "back"):
            self._write(person, {"active": how == "back"})
        elif how in ("vid", "old_vid"):
            self._enter_vid(person, how)
        else:
            self._correct(person, how)

    def _correct(self, person: Person, how: str) -> None:
        """Write the name, or something that MOSIP is not asked about."""
        if how == "heal":
            self.mts.accept(person.vid)
        if how in ("name", "heal"):
            person.values["given_name"] += "a"
            person.note()
        self._write(
            person,
            {"comment": "seen"} if how == "other" else {"given_name": person.values["given_name"]},
        )

    def _enter_vid(self, person: Person, how: str) -> None:
        """Write another VID; a token that was there goes."""
        vid = person.vids[0] if how == "old_vid" else self.people.new_vid()
        if vid not in person.vids:
            person.vids.append(vid)
        person.vid = vid
        person.token_by_hand = None
        # Also a number of old, entered once more, is a wish to try it.
        person.retried_at.append(time.time())
        person.note()
        self._write(person, self.world.identities.with_vid(vid, person.id))

    def _enter_token(self, person: Person) -> None:
        query = "SELECT mosip_auth_token FROM res_partner WHERE id = %s"
        if not self.world.query(query, [person.id])[0][0]:
            person.token_by_hand = f"by hand {person.number}"
            self._write(person, {"mosip_auth_token": person.token_by_hand})

    def _write(self, person: Person, values: Dict[str, Any]) -> None:
        self.world.call("res.partner", "write", [person.id], values)

    def retry(self, number: int) -> None:
        person = self._person(number)
        if person is None:
            return
        found = self.world.query(
            "SELECT id FROM mts_record WHERE partner_id = %s AND connector_id = %s",
            [person.id, self.connector],
        )
        if found:
            pressed_at = time.time()
            # Refused where an answer is still expected, or there is nothing to send.
            record = found[0][0]
            refused = self._try(lambda: self.world.call("mts.record", "action_retry", [record]))
            if not refused:
                person.retried_at.append(pressed_at)

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
        self.stats.add_schedule(len(self.people.all), self.sends, self.faults, self.kills)

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
        self._end_toggles()
        self.mts.clear_faults()
        self.mts.poison()
        self.mts.release()
        self._quiet()
        for _round in range(ROUNDS):
            self.pass_time(A_DAY)
            self.import_now(beside=False)
            self._wait_for_mts()
            self.work(beside=False)
            if self.promises.is_settled():
                break
        self._judge(self.promises.breaches_when_settled())
        log = self.world.odoo.log_file
        self._judge([Breach(OTHER, text) for text in complaints(log, self.log_size)])

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
            self.world.forget(self.connector, [person.id for person in self.people.all])
