# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Several Odoo processes work on one database at the same time, and keep the promises."""

import contextlib
import threading

import pytest

from faults.balancer import Balancer
from faults.log import complaints
from faults.people import People
from faults.promises import Promises
from faults.world import World

CRON_THREADS = 2
CLERKS = 4
PRESSES = 8
REGISTERED_AT_ONCE = 3
BATCH_SIZE = 4
ROUNDS = 12


@contextlib.contextmanager
def two_processes(environment):
    """Two servers behind a proxy, each with its own scheduler threads."""
    with World(environment, "twins", cron_threads=CRON_THREADS) as world:
        other = world.another_odoo(CRON_THREADS)
        with other, Balancer([world.odoo.port, other.port]) as balancer:
            yield world, [world.odoo, other], balancer.url


@contextlib.contextmanager
def two_workers(environment):
    """One server with worker processes."""
    with World(environment, "workers", cron_threads=CRON_THREADS, workers=2) as world:
        yield world, [world.odoo], world.odoo.url


class Office:
    """Clerks who register people and press Import Now, all at the same time."""

    def __init__(self, world, odoos, url):
        self.world = world
        self.elapsed = []
        self.people = People("office", "office")
        world.simulator.configure(seconds_per_record=0.0, shuffle_requests=True)
        world.simulator.add_fault("callback", "repeat", fraction=0.2)
        self.connector = world.create_connector(
            "office",
            batch_size=BATCH_SIZE,
            parallel_requests=2,
            callback_in_bulk=False,
            callback_url=url + "/mts/callback",
        )
        # Odoo runs a job once at a time, but not two that do the same.
        self._second_job = world.call("ir.cron", "copy", [world.work_job])
        self._doors = [odoo.rpc() for odoo in odoos]
        self._failures = []

    def open(self):
        clerks = [
            threading.Thread(target=self._work, args=(self._doors[number % len(self._doors)],))
            for number in range(CLERKS)
        ]
        for clerk in clerks:
            clerk.start()
        for clerk in clerks:
            clerk.join()
        assert self._failures == []

    def _work(self, door):
        try:
            for _press in range(PRESSES):
                made = [self.people.make() for _number in range(REGISTERED_AT_ONCE)]
                with_vid = self.world.identities.with_vid
                values = [{**person.values, **with_vid(person.vid)} for person in made]
                for person, number in zip(made, door.call("res.partner", "create", values)):
                    person.id = number
                door.call("mts.connector", "action_import_now", [self.connector])
                self.world.make_due(self._second_job)
        except Exception as error:  # noqa: BLE001 (told to the test, which is in another thread)
            self._failures.append(error)

    def settle(self):
        promises = Promises(self.world, self.connector, self.people.all, self.elapsed)
        for _round in range(ROUNDS):
            self.world.import_now(self.connector)
            self.world.tick()
            assert self.world.simulator.wait_idle(60)
            self.world.tick()
            if promises.is_settled():
                break
        assert promises.breaches_when_settled() == []


@pytest.mark.parametrize("processes", [two_processes, two_workers])
def test_imports_and_callbacks_at_the_same_time(environment, processes):
    with processes(environment) as (world, odoos, url):
        office = Office(world, odoos, url)
        office.open()
        office.settle()
        ledger = world.simulator.ledger.snapshot()
        for person in office.people.all:
            assert world.simulator.transactions(person.vid) == 1
        assert {callback["http_status"] for callback in ledger["callbacks"]} == {200}
        for odoo in odoos:
            assert complaints(odoo.log_file) == []
            log = odoo.log_file.read_text()
            assert not any(person.vid in log for person in office.people.all)
