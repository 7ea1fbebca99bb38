# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The rules that every random schedule has: Odoo and MTS do whatever they can do."""

from typing import Any, Dict, Optional, Tuple

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from .happenings import A_DAY, REQUEST_TIMEOUT, Happenings
from .stats import Stats
from .world import World


def _answer(status: int, body: Any = "", stored: bool = False) -> Dict[str, Any]:
    return {"on": "post", "kind": "answer", "status": status, "body": body, "stored": stored}


def _error(code: str) -> Dict[str, Any]:
    return {"errors": [{"errorCode": code, "errorMessage": "made up"}], "response": None}


FAULTS: Tuple[Dict[str, Any], ...] = (
    _answer(500),
    _answer(500, _error("ATS-REQ-100")),
    _answer(502),
    _answer(503),
    _answer(429),
    _answer(504),
    _answer(504, stored=True),
    _answer(400, _error("ATS-REQ-102")),
    _answer(422, _error("ATS-REQ-102")),
    _answer(200, "<p>Welcome</p>"),
    _answer(200, "<p>Welcome</p>", stored=True),
    _answer(200, {"response": {}}, stored=True),
    {"on": "post", "kind": "close"},
    {"on": "post", "kind": "close", "stored": True},
    {"on": "post", "kind": "hang", "stored": True, "seconds": REQUEST_TIMEOUT + 0.2},
    {"on": "post", "kind": "forget"},
    {"on": "status", "kind": "answer", "status": 500},
    {"on": "status", "kind": "answer", "status": 503},
    {"on": "status", "kind": "answer", "status": 200, "body": "[]"},
    {"on": "status", "kind": "close"},
    {"on": "callback", "kind": "drop"},
    {"on": "callback", "kind": "drop"},
    {"on": "callback", "kind": "repeat"},
    {"on": "output", "kind": "set", "values": {"status": "strange"}},
    {"on": "output", "kind": "set", "values": {"status": "processed", "token": None}},
)

# A crash point, and at which time that Odoo reaches it.
DEATHS = st.tuples(
    st.runner().flatmap(lambda schedule: st.sampled_from(schedule.points)), st.integers(1, 3)
)


class Turmoil(RuleBasedStateMachine):
    """One schedule, in any order; whoever inherits it begins the story, and has its own rules."""

    world: World
    stats: Stats
    story: Happenings

    def __init__(self) -> None:
        super().__init__()
        self.points = self.world.crash.points()

    @rule(beside=st.booleans())
    def import_now(self, beside: bool) -> None:
        self.story.import_now(beside)

    @rule(beside=st.booleans())
    def schedule_fires(self, beside: bool) -> None:
        self.story.fire_schedule()
        self.story.work(beside)

    @rule(beside=st.booleans())
    def work(self, beside: bool) -> None:
        self.story.work(beside)

    @rule(button=st.sampled_from(["action_start", "action_stop"]))
    def press(self, button: str) -> None:
        self.story.press(button)

    @rule()
    def cancel(self) -> None:
        self.story.cancel()

    @rule(minutes=st.sampled_from([1, 5, 20, 65, 65, 300, A_DAY]))
    def time_passes(self, minutes: int) -> None:
        self.story.pass_time(minutes)
        self.story.work(beside=False)

    @rule(imported=st.booleans())
    def hours_pass(self, imported: bool) -> None:
        """Long enough for MTS to be asked, and for what is lost to be given up."""
        for _time in range(3):
            self.story.pass_time(65)
            self.story.work(beside=False)
        if imported:
            self.story.import_now(beside=False)

    @rule(fault=st.sampled_from(FAULTS), times=st.integers(1, 3))
    def mts_misbehaves(self, fault: Any, times: int) -> None:
        self.story.add_fault({**fault, "next": times})

    @rule()
    def mts_holds_answers(self) -> None:
        self.story.hold()

    @rule(count=st.one_of(st.none(), st.integers(1, 3)), shuffle=st.booleans())
    def mts_answers_late(self, count: Optional[int], shuffle: bool) -> None:
        self.story.release(count, shuffle)

    @rule()
    def mts_hangs_or_goes_on(self) -> None:
        self.story.toggle_hanging()

    @rule()
    def mts_restarts(self) -> None:
        self.story.restart_mts()

    @rule()
    def mts_goes_or_comes(self) -> None:
        self.story.toggle_mts()

    # No preconditions for these: whether Odoo has died so far depends on the machine, and what
    # hypothesis draws must not.

    @rule(death=DEATHS)
    def odoo_is_to_die(self, death: Tuple[str, int]) -> None:
        if self.story.may_kill:
            self.story.arm(*death)

    @rule(milliseconds=st.integers(0, 100))
    def odoo_is_killed(self, milliseconds: int) -> None:
        if self.story.may_kill:
            self.story.press("action_import_now")
            self.story.kill_while_working(milliseconds / 1000)

    @invariant()
    def promises_are_kept(self) -> None:
        self.story.check()

    def teardown(self) -> None:
        self.story.end()
