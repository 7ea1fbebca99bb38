# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Several hosts or workers share the work, with OCA's queue_job and without it, and one dies."""

import contextlib
import time

import pytest

from bootstrap.paths import ADDON
from environment import Environment
from faults.balancer import Balancer
from faults.log import complaints
from faults.people import People
from faults.promises import Promises
from faults.world import World

QUEUE = "queue_job"
BATCH_SIZE = 2
BATCHES = 5
ROUNDS = 12
HOURS = 5 * 60
PATIENCE_SECONDS = 60
POLL_SECONDS = 0.05
CHANNEL = "root.mts"

WITHOUT_RUNNER = {"ODOO_QUEUE_JOB_CHANNELS": "root:0"}


@pytest.fixture(scope="module")
def with_queue():
    with Environment.for_series(with_oca=True) as made:
        yield made


def run_jobs(odoo, port, channels):
    """Let this server send jobs to whoever listens on the port, once it is started."""
    odoo.command.append(f"--load=base,web,{QUEUE}")
    odoo.environment.update(
        ODOO_QUEUE_JOB_CHANNELS=channels,
        ODOO_QUEUE_JOB_HOST="127.0.0.1",
        ODOO_QUEUE_JOB_PORT=str(port),
    )


class Work:
    """A connector, its registrants, and the promises to them."""

    def __init__(self, world, name, **values):
        self.world = world
        self.elapsed = []
        self.people = People(name, name)
        self.connector = world.create_connector(name, batch_size=BATCH_SIZE, **values)
        self.promises = Promises(world, self.connector, self.people.all, self.elapsed)

    def register(self, count):
        made = [self.people.make() for _number in range(count)]
        self.world.register(made)
        self.world.import_now(self.connector)

    def pass_time(self, minutes=HOURS):
        self.elapsed.append((time.time(), minutes))
        self.world.let_time_pass(self.connector, minutes)

    def check(self):
        assert self.promises.breaches_when_settled() == []
        for person in self.people.all:
            assert self.world.simulator.transactions(person.vid) == 1

    def has_pending(self):
        query = "SELECT 1 FROM mts_record WHERE connector_id = %s AND state = 'pending'"
        return bool(self.world.query(query, [self.connector]))


class ByCron:
    """The scheduled job does the slices, in whichever process gets it."""

    def __init__(self, world):
        self.world = world

    def settle(self, works):
        """Let everything come to its end."""
        for _round in range(ROUNDS):
            self.go_on()
            if all(work.promises.is_settled() for work in works):
                return
            for work in works:
                work.pass_time()

    def go_on(self):
        self.world.tick()
        assert self.world.simulator.wait_idle(PATIENCE_SECONDS)
        self.world.tick()

    def forget_the_dead(self):
        """Nothing is left of a process that was killed."""

    def check_who_worked(self, *odoos):
        """Odoo does not keep whose scheduler did a job; the dead one has done two slices."""


class ByJobs(ByCron):
    """Jobs of queue_job do the slices."""

    def go_on(self):
        self.world.tick()
        self.world.wait_until(self.is_through)

    def is_through(self):
        """Whether no job is left, and MTS has no more to do."""
        idle = self.world.simulator.wait_idle(0)
        return idle and not self.jobs("pending", "enqueued", "started")

    def jobs(self, *states):
        query = "SELECT worker_pid FROM queue_job WHERE model_name = %s AND state = ANY(%s)"
        return [row[0] for row in self.world.query(query, ["mts.connector", list(states)])]

    def check_who_worked(self, *odoos):
        assert set(self.jobs("done")) == {odoo.pid for odoo in odoos}

    def forget_the_dead(self):
        """A minute later the job that was left behind is seen to be that."""
        assert self.jobs("started")
        self.let_a_minute_pass("date_enqueued", "date_started")

    def let_a_minute_pass(self, *columns):
        """Move these times of all jobs into the past."""
        moved = ", ".join(f"{column} = {column} - interval '2 minutes'" for column in columns)
        self.world.query(f"UPDATE queue_job SET {moved} RETURNING id")  # noqa: S608


def another_who_dies(world):
    """A second server, to which the crash points are, and not to the first."""
    mortal = world.another_odoo(cron_threads=1)
    for name, value in world.crash.environment().items():
        del world.odoo.environment[name]
        mortal.environment[name] = value
    return mortal


@contextlib.contextmanager
def two_hosts_with_jobs(environment, with_queue):
    """A runner on the host that survives, which sends the jobs to both of them in turn."""
    world = World(with_queue, "jobs", cron_threads=1, before=[QUEUE])
    mortal = another_who_dies(world)
    mortal.environment.update(WITHOUT_RUNNER)
    with Balancer([mortal.port, world.odoo.port]) as door:
        run_jobs(world.odoo, door.url.rpartition(":")[2], "root:1")
        with mortal, world:
            yield ByJobs(world), mortal


@contextlib.contextmanager
def two_hosts_with_cron(environment, _with_queue):
    world = World(environment, "hosts", cron_threads=1)
    mortal = another_who_dies(world)
    with mortal, world:
        yield ByCron(world), mortal


@pytest.mark.parametrize("hosts", [two_hosts_with_jobs, two_hosts_with_cron])
def test_two_hosts_share_an_import_and_one_dies(environment, with_queue, hosts):
    with hosts(environment, with_queue) as (way, mortal):
        world = way.world
        # A slice ends when a batch is out, and the next begins when its answers are in.
        work = Work(world, "shared", max_open_requests=1)
        world.crash.arm("submit: during call", times=2)
        work.register(BATCHES * BATCH_SIZE)
        import_until_dead(work, mortal)
        way.forget_the_dead()
        way.settle([work])
        work.check()
        way.check_who_worked(world.odoo, mortal)
        assert complaints_about_us(world.odoo.log_file) == []


def import_until_dead(work, mortal):
    """Whichever host does it: sooner or later it is the mortal one."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while mortal.running:
        assert time.monotonic() < deadline, work.world.odoo.tail()
        if not work.has_pending():
            work.register(BATCH_SIZE)
        work.world.make_due(work.world.work_job)
        time.sleep(POLL_SECONDS)
    assert work.world.crash.killed


def complaints_about_us(log):
    return [entry for entry in complaints(log) if "odoo.addons.mts_connector" in entry]


@contextlib.contextmanager
def one_server_with_workers(environment):
    """A server with worker processes; queue_job came later than the connector."""
    world = World(environment, "runner", cron_threads=1, workers=4)
    environment.install(world.database, [QUEUE])
    run_jobs(world.odoo, world.odoo.port, "root:2")
    with world:
        yield ByJobs(world)


def test_two_connectors_at_the_same_time_and_a_worker_dies(with_queue):
    with one_server_with_workers(with_queue) as way:
        world = way.world
        works = [Work(world, name) for name in ("first", "second")]
        # Where the machine is slow, the watchdog would take a job for forgotten and do its slice.
        world.put_off(world.work_job)
        world.simulator.add_fault("post", "hang", stored=True, next=2)
        for work in works:
            work.register(2 * BATCH_SIZE)
        posts = world.simulator.ledger
        assert posts.wait_for(lambda ledger: ledger.counts["posts"] == 2, PATIENCE_SECONDS)
        assert posts.counts["posts_at_once"] == 2
        assert len(set(way.jobs("started"))) == 2
        world.make_due(world.work_job)
        # One that comes meanwhile has to wait, and is not forgotten.
        works[0].register(BATCH_SIZE)
        world.simulator.release()
        world.wait_until(way.is_through)
        way.settle(works)

        for work in works:
            work.check()

        leave_a_job_behind(way, works[1])
        way.forget_the_dead()
        way.settle(works)
        works[1].check()

        leave_a_job_behind(way, works[0])
        works[0].check()
        assert way.jobs("started")
        world.delete_connector(works[0].connector)
        assert not way.jobs("started")
        assert complaints_about_us(world.odoo.log_file) == []
        assert world.query("SELECT DISTINCT channel FROM queue_job") == [(CHANNEL,)]
        assert way.jobs("failed") == []


def leave_a_job_behind(way, work):
    """Let a worker die, and all else be done that there is to do."""
    world = way.world
    world.crash.arm("submit: during call")
    work.register(BATCH_SIZE)
    world.wait_until(lambda: world.crash.killed)
    world.wait_until(lambda: not work.has_pending())
    world.wait_until(lambda: len(way.jobs("started", "enqueued", "pending")) == 1)


def test_nobody_works_on_the_queue(with_queue):
    """It is installed, but the server was not told to run jobs: the scheduled job goes on."""
    with World(with_queue, "idle", cron_threads=1, before=[QUEUE]) as world:
        way, work = ByJobs(world), Work(world, "idle")
        work.register(2 * BATCH_SIZE)
        world.tick()
        assert len(way.jobs("pending")) == 1
        assert world.simulator.ledger.counts["posts"] == 0
        way.let_a_minute_pass("date_created")
        world.tick()
        assert world.simulator.wait_idle(PATIENCE_SECONDS)
        world.tick()
        work.check()
        uninstall(world, ADDON)
        assert way.jobs("pending") == []


def test_queue_job_goes_while_an_import_is_under_way(with_queue):
    with World(with_queue, "leaves", cron_threads=1, before=[QUEUE]) as world:
        way, work = ByJobs(world), Work(world, "leaves")
        work.register(2 * BATCH_SIZE)
        assert len(way.jobs("pending")) == 1
        uninstall(world, QUEUE)
        ByCron(world).settle([work])
        work.check()
        assert complaints_about_us(world.odoo.log_file) == []


def uninstall(world, name):
    addon = world.call("ir.module.module", "search", [("name", "=", name)])
    world.call("ir.module.module", "button_immediate_uninstall", addon)
