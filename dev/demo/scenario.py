# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What becomes of the sample registrants, and why.

Each kind of trouble is made where it arises in life: a registrant lacks a value, MOSIP holds
other data than the registry, or MOSIP refuses the VID.
"""

import random
from typing import Any, Dict, List, NamedTuple, Tuple

from .people import SEED, Values, registered_again, sample_people, vid_numbers

TOTAL = 300
PAIRS = 4
#: One in so many has a trouble, until the troubles are used up.
TROUBLED_EVERY = 5


class Trouble(NamedTuple):
    """Something that goes wrong for some registrants."""

    registrants: int
    #: The code that is to be on their records.
    code: str
    #: A value that the registrant lacks.
    lacks: str = ""
    #: Fields for which MOSIP holds another value.
    differs: Tuple[str, ...] = ()
    #: What MOSIP answers whatever the data, as the simulator takes it.
    refusal: Any = None


TROUBLES = (
    Trouble(8, "ATS-REQ-011", lacks="gender"),
    Trouble(7, "ATS-REQ-015", lacks="address"),
    Trouble(4, "ATS-REQ-012", lacks="birthdate"),
    Trouble(9, "IDA-DEA-001", differs=("name",)),
    Trouble(3, "IDA-DEA-001", differs=("dob",)),
    # Two faults at once: MTS sends its own code ATS-REQ-103 with MOSIP's codes in the message,
    # and the connector shows the one of these that decides what to do.
    Trouble(4, "IDA-DEA-001", differs=("name", "dob")),
    Trouble(
        2,
        "IDA-MLC-005",
        refusal=[
            {"code": "IDA-DEA-001", "message": "Demographic data name did not match"},
            {"code": "IDA-MLC-005", "message": "VID is expired"},
        ],
    ),
    Trouble(6, "IDA-MLC-005", refusal={"code": "IDA-MLC-005", "message": "VID is expired"}),
    Trouble(4, "IDA-MLC-004", refusal={"code": "IDA-MLC-004", "message": "Invalid VID"}),
    Trouble(3, "IDA-MLC-003", refusal={"code": "IDA-MLC-003", "message": "UIN is deactivated"}),
    Trouble(
        2,
        "IDA-MLC-019",
        refusal={"code": "IDA-MLC-019", "message": "Demographic authentication is locked"},
    ),
    # Passes by itself: the next import after a pause gets the token.
    Trouble(
        2,
        "AUT-BAS-001",
        refusal={"code": "AUT-BAS-001", "message": "MOSIP could not be reached", "times": 1},
    ),
)


class Scenario(NamedTuple):
    """The registrants, the simulated MOSIP, and how it has to end."""

    registrants: List[Values]
    #: Settings of the simulator.
    simulator: Dict[str, Any]
    #: VID: the code of the refusal, for those who are refused. All others get a token.
    codes: Dict[str, str]


def scenario() -> Scenario:
    """The demo's story; the same each time."""
    registrants = sample_people(TOTAL - PAIRS)
    refusals: Dict[str, Any] = {}
    people: Dict[str, Values] = {}
    codes: Dict[str, str] = {}
    # Spread over the list, so that every batch has some.
    troubled = iter(range(3, len(registrants), TROUBLED_EVERY))
    for trouble in TROUBLES:
        for _time in range(trouble.registrants):
            registrant = registrants[next(troubled)]
            vid = str(registrant["mosip_vid"])
            codes[vid] = trouble.code
            if trouble.lacks:
                registrant[trouble.lacks] = False
            if trouble.differs:
                people[vid] = {field: _in_mosip(field, registrant) for field in trouble.differs}
            if trouble.refusal:
                refusals[vid] = trouble.refusal
    registrants += _registered_twice(registrants[: PAIRS * TROUBLED_EVERY : TROUBLED_EVERY])
    return Scenario(registrants, {"refusals": refusals, "people": people}, codes)


def _in_mosip(field: str, registrant: Values) -> str:
    """What MOSIP holds, which is not what the registry says."""
    if field == "name":
        # The family name first, and one letter off: what happens at a counter.
        return f"{registrant['family_name']} {registrant['given_name']}a"
    year, month, day = str(registrant["birthdate"]).split("-")
    return f"{int(year) - 1}/{month}/{day}"


def _registered_twice(persons: List[Values]) -> List[Values]:
    # Other numbers than the first registration's: MOSIP gives a person several VIDs.
    vids = vid_numbers(random.Random(SEED + 1))  # noqa: S311 (the same each time)
    return [registered_again(person, next(vids), number) for number, person in enumerate(persons)]
