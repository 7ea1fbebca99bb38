# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Random schedules: people, Odoo and MTS do whatever they can do, in any order."""

from typing import Any, Tuple

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from .story import Story
from .turmoil import DEATHS, Turmoil

# What is sampled more often stands in a list more often.
KINDS = (
    *["good"] * 4,
    *["refused", "new_vid", "final", "transient", "stubborn", "pairs", "unknown"],
    *["operator", "invalid", "poison", "twin"],
)
CHANGES = ("name", "same", "other", "heal", "vid", "old_vid", "token", "delete", "archive", "back")


PEOPLE = st.integers(0, 7)


class Schedule(Turmoil):
    """One schedule: a connector of its own, its registrants, and what happens to them."""

    story: Story

    def __init__(self) -> None:
        super().__init__()
        self.story = Story(self.world, self.stats)

    @initialize(
        values=st.fixed_dictionaries(
            {
                "batch_size": st.integers(1, 4),
                "parallel_requests": st.integers(1, 2),
                "max_attempts": st.integers(1, 3),
                "callback_in_bulk": st.booleans(),
                "callback_auth_type": st.sampled_from(["bearer", "odoo"]),
            }
        ),
        mts=st.fixed_dictionaries(
            {
                "shuffle_records": st.booleans(),
                "shuffle_requests": st.booleans(),
                "vid_transactions": st.sampled_from([None, 2]),
                "expiry_seconds": st.sampled_from([None, 0.0]),
            }
        ),
        deadly=st.sampled_from([False, False, True]),
        death=DEATHS,
        kinds=st.lists(st.sampled_from(KINDS), min_size=3, max_size=8),
    )
    def begin(
        self, values: Any, mts: Any, deadly: bool, death: Tuple[str, int], kinds: Any
    ) -> None:
        self.story.begin(values, mts, deadly)
        self.story.register(kinds)
        if deadly:
            self.story.arm(*death)

    @rule(kinds=st.lists(st.sampled_from(KINDS), min_size=1, max_size=4))
    def register(self, kinds: Any) -> None:
        self.story.register(kinds)
        self.story.import_now(beside=False)

    @rule(number=PEOPLE, how=st.sampled_from(CHANGES), imported=st.booleans())
    def change(self, number: int, how: str, imported: bool) -> None:
        self.story.change(number, how)
        if imported:
            self.story.import_now(beside=False)

    @rule(number=PEOPLE, how=st.sampled_from(CHANGES), shuffle=st.booleans())
    def change_in_flight(self, number: int, how: str, shuffle: bool) -> None:
        """The answers come when the registrant is no longer as it was sent."""
        self.story.hold()
        self.story.import_now(beside=False)
        self.story.change(number, how)
        self.story.release(None, shuffle)

    @rule(number=PEOPLE)
    def retry(self, number: int) -> None:
        self.story.retry(number)
