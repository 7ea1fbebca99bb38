# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Random schedules of submissions in the field: people, ODK Central, Odoo and MTS."""

from typing import Any, Dict, Tuple

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from .field_story import FieldStory
from .turmoil import DEATHS, Turmoil

# What is sampled more often stands in a list more often.
KINDS = (
    *["good"] * 4,
    *["refused", "final", "transient", "stubborn", "pairs", "unknown", "operator"],
    *["invalid", "poison", "twin", "twin", "number"],
)
# When something is submitted, between the earliest time that may still be fetched and now.
PARTS = st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0])
FORMS = st.lists(st.sampled_from(KINDS), min_size=1, max_size=4)


def _answer(status: int, body: Any) -> Dict[str, Any]:
    return {"on": "odk", "kind": "answer", "status": status, "body": body}


ODK_FAULTS = (
    _answer(403, {"code": 403.1, "message": "no rights"}),
    _answer(404, {"code": 404.1, "message": "no such form"}),
    _answer(500, {"code": 500.1, "message": "made up"}),
    _answer(502, "<p>Bad Gateway</p>"),
    {"on": "odk", "kind": "close"},
)

# What there is on the way of submissions, beside what happens to each import.
POINTS = (
    *("take_window", "go_out_to_pull", "found_nothing", "pull_failed", "pull", "submissions"),
    *("manual", "schedule", "next_run", "sent", "recover", "give_up", "close", "cron"),
)


class FieldSchedule(Turmoil):
    """One schedule: a connector to ODK Central, what is submitted, and what happens to it."""

    story: FieldStory

    def __init__(self) -> None:
        super().__init__()
        self.story = FieldStory(self.world, self.stats)
        self.points = [point for point in self.points if point.partition(":")[0] in POINTS]

    @initialize(
        values=st.fixed_dictionaries(
            {
                "batch_size": st.integers(1, 4),
                "max_attempts": st.integers(1, 3),
                "callback_auth_type": st.sampled_from(["bearer", "odoo"]),
                "odk_known_person": st.sampled_from(["duplicate", "update"]),
            }
        ),
        mts=st.fixed_dictionaries(
            {
                "shuffle_records": st.booleans(),
                "vid_transactions": st.sampled_from([None, 2]),
                "expiry_seconds": st.sampled_from([None, 0.0]),
            }
        ),
        deadly=st.sampled_from([False, False, True]),
        death=DEATHS,
        forms=FORMS,
        part=PARTS,
    )
    def begin(
        self, values: Any, mts: Any, deadly: bool, death: Tuple[str, int], forms: Any, part: float
    ) -> None:
        self.story.begin(values, mts, deadly)
        self.story.submit(forms, part)
        if deadly:
            self.story.arm(*death)

    @rule(forms=FORMS, part=PARTS, imported=st.booleans())
    def submit(self, forms: Any, part: float, imported: bool) -> None:
        self.story.submit(forms, part)
        if imported:
            self.story.import_now(beside=False)

    @rule(forms=FORMS, part=PARTS, shuffle=st.booleans())
    def submit_in_between(self, forms: Any, part: float, shuffle: bool) -> None:
        """The answers of a window come when there is more to be fetched."""
        self.story.hold()
        self.story.import_now(beside=False)
        self.story.submit(forms, part)
        self.story.release(None, shuffle)

    @rule(number=st.integers(0, 7), imported=st.booleans())
    def correct(self, number: int, imported: bool) -> None:
        self.story.correct(number)
        if imported:
            self.story.import_registry()

    @rule()
    def registry_imports(self) -> None:
        self.story.import_registry()

    @rule()
    def odk_refuses_or_lets_in(self) -> None:
        self.story.toggle_odk()

    @rule(fault=st.sampled_from(ODK_FAULTS), times=st.integers(1, 2))
    def odk_misbehaves(self, fault: Any, times: int) -> None:
        self.story.add_fault({**fault, "next": times})
