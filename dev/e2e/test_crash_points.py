# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Odoo is killed at each point of its work, started again, and keeps its promises."""

import time

import pytest

from faults.people import People
from faults.promises import Promises
from faults.world import CALLBACK_PASSWORD, World

BATCH_SIZE = 2
ROUNDS = 12
HOURS = 5 * 60
REFUSED, TRANSIENT = "IDA-DEA-001", "IDA-MLC-007"

COMMIT = ("before commit", "after commit")
CALL = ("before call", "during call", "after call")


@pytest.fixture(scope="module")
def world(environment):
    with World(environment, "crash", cron_threads=1) as made:
        yield made


class Case:
    """A connector, its registrants, and what is done to them.

    A scenario prepares the case, then acts, and Odoo has to die of it at a crash point.
    """

    batch_size = BATCH_SIZE
    parallel_requests = 1

    def __init__(self, world, name):
        self.world = world
        self.mts = world.simulator
        self.elapsed = []
        self.people = People(name, f"crash {name}")
        self.connector = world.create_connector(
            self.people.reference,
            batch_size=self.batch_size,
            parallel_requests=self.parallel_requests,
        )
        made = [self.people.make() for _number in range(5)]
        world.register(made)
        self.mts.refuse(made[1].vid, REFUSED)
        self.mts.refuse(made[2].vid, {"code": TRANSIENT, "times": 1})

    def prepare(self):
        """Bring everything to where the crash is to happen."""

    def act(self):
        """Make Odoo do what it is killed at."""
        self.world.import_now(self.connector)
        self.world.make_due(self.world.work_job)

    def mend(self):
        """End what was made to go wrong."""
        self.mts.clear_faults()
        self.mts.poison()

    def pass_time(self, minutes=HOURS):
        self.elapsed.append((time.time(), minutes))
        self.world.let_time_pass(self.connector, minutes)

    def work(self):
        """Let the scheduled job run by itself, and MTS finish."""
        self.world.tick()
        assert self.mts.wait_idle(30)

    def runs_are_closed(self):
        return not self.world.query(
            "SELECT 1 FROM mts_run WHERE connector_id = %s "
            "AND state IN ('queued', 'sending', 'waiting')",
            [self.connector],
        )


class Import(Case):
    """Import Now, in several batches."""


class Answered(Case):
    """The answers come when everything is sent, and the run can be closed."""

    def prepare(self):
        self.mts.hold()
        self.world.import_now(self.connector)
        self.work()

    def act(self):
        self.mts.release()
        assert self.mts.wait_idle(30)
        self.world.make_due(self.world.work_job)


class Schedule(Case):
    """The schedule, started by its own scheduled job."""

    def act(self):
        self.world.call("mts.connector", "action_start", [self.connector])
        query = "SELECT cron_id FROM mts_connector WHERE id = %s"
        self.world.make_due(self.world.query(query, [self.connector])[0][0])


class SingleCallbacks(Case):
    """One callback for each registrant."""

    def __init__(self, world, name):
        super().__init__(world, name)
        values = {
            "callback_in_bulk": False,
            "callback_url": self.world.odoo.url + "/mts/callback",
            "callback_auth_type": "odoo",
            "callback_auth_password": CALLBACK_PASSWORD,
        }
        world.call("mts.connector", "write", [self.connector], values)


class Faulty(Case):
    """MTS answers the POST in a bad way."""

    faults = []

    def prepare(self):
        for fault in self.faults:
            self.mts.add_fault("post", **fault)


class Unreachable(Faulty):
    faults = [{"kind": "answer", "status": 503, "next": 1}]


class Busy(Unreachable):
    """MTS takes one at a time."""

    parallel_requests = 2


class Refused(Faulty):
    batch_size = 4
    faults = [
        {
            "kind": "answer",
            "status": 400,
            "body": {"errors": [{"errorCode": "ATS-REQ-102", "errorMessage": "no"}]},
            "next": 1,
        }
    ]


class NotMts(Faulty):
    faults = [{"kind": "answer", "status": 200, "body": "<p>Welcome</p>", "stored": True}]


class TimedOut(Faulty):
    """MTS stores the batch and drops the connection."""

    faults = [{"kind": "close", "stored": True}]


class Poisoned(Case):
    batch_size = 4

    def prepare(self):
        self.mts.poison(self.people.all[3].vid)


class PoisonedThenUnreachable(Faulty):
    batch_size = 4
    faults = [
        {"kind": "answer", "status": 500, "next": 1},
        {"kind": "answer", "status": 503, "next": 1},
    ]


class Broken(Faulty):
    """MTS fails on every request."""

    batch_size = 4
    faults = [{"kind": "answer", "status": 500}]


class Overdue(Case):
    """The answers did not come, and MTS is asked about them."""

    def prepare(self):
        self.mts.add_fault("callback", "drop")
        self.world.import_now(self.connector)
        self.work()

    def act(self):
        self.pass_time()
        self.world.make_due(self.world.work_job)


class Finished(Overdue):
    """MTS has said before that it has finished, and still no answers came."""

    def prepare(self):
        super().prepare()
        self.pass_time()
        self.work()


class Forgotten(Overdue):
    """MTS was restarted before it called back."""

    def prepare(self):
        self.mts.hold()
        self.world.import_now(self.connector)
        self.work()
        self.mts.restart()
        self.mts.release()


class NoStatus(Overdue):
    """MTS does not tell the status."""

    def prepare(self):
        super().prepare()
        self.mts.add_fault("status", "answer", status=503)


class Unexpected(Case):
    """Something that is not foreseen goes wrong within a slice."""

    def prepare(self):
        self._set_domain("[(")

    def mend(self):
        self._set_domain(self._domain)

    def __init__(self, world, name):
        super().__init__(world, name)
        query = "SELECT search_domain FROM mts_connector WHERE id = %s"
        self._domain = world.query(query, [self.connector])[0][0]

    def _set_domain(self, domain):
        self.world.query(
            "UPDATE mts_connector SET search_domain = %s WHERE id = %s RETURNING id",
            [domain, self.connector],
        )


class KilledBefore(Case):
    """A slice was killed while MTS had the batch, and the next one takes over."""

    def prepare(self):
        self.world.crash.arm("submit: after call")
        super().act()
        assert self.world.dies()
        assert self.world.crash.killed

    def act(self):
        self.world.odoo.kill()
        self.world.odoo.start()


def points(names, moments, times=1):
    return [(f"{name}: {moment}", times) for name in names for moment in moments]


# For each scenario the points at which Odoo is killed, and at which time that it reaches them.
SCENARIOS = {
    Import: [
        *points(["manual", "orphans", "cron", "look_from", "next_run", "settings"], COMMIT),
        # The second batch: the first is out by then.
        *points(["take_batch", "go_out", "sent"], COMMIT, times=2),
        *points(["submit"], CALL, times=2),
        *points(["callback"], ("before call", *COMMIT)),
    ],
    Answered: points(["close", "tell"], COMMIT),
    Schedule: points(["schedule"], COMMIT),
    SingleCallbacks: points(["callback"], COMMIT, times=3),
    # The next batch is ready when MTS proves to be down.
    Unreachable: points(["unreachable", "withdraw"], COMMIT),
    Busy: points(["queue_again"], COMMIT),
    Refused: points(["refused"], COMMIT),
    NotMts: points(["not_mts"], COMMIT),
    TimedOut: points(["sent"], COMMIT),
    Poisoned: points(["halve", "poisoned"], COMMIT),
    PoisonedThenUnreachable: points(["not_sent"], COMMIT),
    Broken: points(["broken"], COMMIT),
    Overdue: [
        *points(["overdue", "settle_by_status"], COMMIT),
        *points(["status"], CALL),
    ],
    Finished: points(["settle_by_status"], COMMIT),
    Forgotten: points(["give_up"], COMMIT),
    NoStatus: points(["wait_on"], COMMIT),
    Unexpected: points(["slice_failed"], COMMIT),
    KilledBefore: points(["recover"], COMMIT),
}

CASES = [
    pytest.param(scenario, point, times, id=f"{scenario.__name__} {point} {times}")
    for scenario, killed_at in SCENARIOS.items()
    for point, times in killed_at
]


def test_each_point_is_in_a_scenario(world):
    from test_field_crash_points import SCENARIOS as FIELD

    every = [*SCENARIOS.values(), *FIELD.values()]
    reached = {point for killed_at in every for point, _times in killed_at}
    assert reached == set(world.crash.points())


@pytest.mark.parametrize(("scenario", "point", "times"), CASES)
def test_kill(world, scenario, point, times):
    start_afresh(world)
    case = scenario(world, f"{scenario.__name__} {point} {times}")
    case.prepare()
    world.crash.arm(point, times)
    act_until_dead(case)
    assert world.crash.killed, f"Odoo never reached '{point}':\n{world.odoo.tail()}"
    world.revive()
    case.mend()
    settle(case)
    check(case)
    world.delete_connector(case.connector)


def start_afresh(world):
    world.crash.disarm()
    world.simulator.reset()
    if not world.odoo.running:
        world.revive()


def act_until_dead(case):
    try:
        case.act()
    except Exception:
        # The button that Odoo died of has no answer.
        if not case.world.crash.killed:
            raise
    assert case.world.dies()


def settle(case):
    """What was under way ends by itself; then imports send whoever is due."""
    for _round in range(ROUNDS):
        case.work()
        if case.runs_are_closed():
            break
        case.pass_time()
    assert case.runs_are_closed()
    promises = Promises(case.world, case.connector, case.people.all, case.elapsed)
    for _round in range(ROUNDS):
        case.world.import_now(case.connector)
        case.work()
        case.work()
        if promises.is_settled():
            break
        case.pass_time()


def check(case):
    promises = Promises(case.world, case.connector, case.people.all, case.elapsed)
    assert promises.breaches_when_settled() == []
    refused = case.people.all[1]
    for person in case.people.all:
        row = case.world.query(
            "SELECT mosip_vid, mosip_auth_token FROM res_partner WHERE id = %s", [person.id]
        )[0]
        expected = (person.vid, None) if person is refused else (None, token_of(case, person))
        assert row == expected, person


def token_of(case, person):
    values = person.values
    name = f"{values['given_name']} {values['family_name']}"
    return case.mts.token(name, values["birthdate"].replace("-", "/"), values["gender"])
