# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The sample registrants: always the same three hundred, made from the lists in `names`."""

import random
import re
import unicodedata
from datetime import date, timedelta
from typing import Dict, Iterator, List, Set, Tuple

from .names import REGIONS, Region

Values = Dict[str, object]

SEED = 2026
VID_DIGITS = 16
YOUNGEST, OLDEST = date(2007, 12, 31), date(1941, 1, 1)


def sample_people(count: int) -> List[Values]:
    """So many registrants, each with all that MOSIP wants to know and with a VID of their own.

    No two of them are the same person for MOSIP: name, birth date and gender differ.
    """
    # Not for secrets: the demo must show the same people each time.
    source = random.Random(SEED)  # noqa: S311
    vids = vid_numbers(source)
    return [
        {**person, "mosip_vid": next(vids)}
        for person, _number in zip(_people(source), range(count))
    ]


def registered_again(person: Values, vid: str, number: int) -> Values:
    """The same person as somebody else's office took them down: what MOSIP compares is equal."""
    region = REGIONS[number % len(REGIONS)]
    return {
        **person,
        "phone": _phone(region, 900 + number),
        "email": f"registration.{number}@example.net",
        "mosip_vid": vid,
    }


def vid_numbers(source: random.Random) -> Iterator[str]:
    """Numbers in the form of a VID: 16 digits, no leading 0 or 1, the last one a checksum."""
    seen: Set[str] = set()
    while True:
        digits = str(source.randrange(2 * 10 ** (VID_DIGITS - 2), 10 ** (VID_DIGITS - 1)))
        if digits not in seen:
            seen.add(digits)
            yield digits + verhoeff_digit(digits)


def verhoeff_digit(digits: str) -> str:
    """The check digit of Verhoeff's scheme: the arithmetic is that of a pentagon's symmetries."""
    check = 0
    for position, digit in enumerate(reversed(digits), start=1):
        check = _compose(check, _permuted(int(digit), position))
    return str(_INVERSE[check])


_INVERSE = (0, 4, 3, 2, 1, 5, 6, 7, 8, 9)
_PERMUTATION = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def _compose(left: int, right: int) -> int:
    """0 to 4 turn the pentagon by so many fifths, 5 to 9 turn it over first."""
    turned = (left - right if left > 4 else left + right) % 5
    return turned + 5 * ((left > 4) != (right > 4))


def _permuted(digit: int, times: int) -> int:
    for _time in range(times % 8):
        digit = _PERMUTATION[digit]
    return digit


def _people(source: random.Random) -> Iterator[Values]:
    known: Set[Tuple[str, str]] = set()
    number = 0
    while True:
        region = REGIONS[number % len(REGIONS)]
        gender = source.choice(("Female", "Male"))
        given = source.choice(region.female if gender == "Female" else region.male)
        family = source.choice(region.family)
        if (given, family) in known:
            continue
        known.add((given, family))
        number += 1
        yield _person(source, region, number, gender, given, family)


def _person(
    source: random.Random, region: Region, number: int, gender: str, given: str, family: str
) -> Values:
    days = source.randrange((YOUNGEST - OLDEST).days)
    address = f"{source.randrange(1, 180)} {source.choice(region.streets)}"
    return {
        "is_registrant": True,
        "name": f"{given} {family}",
        "given_name": given,
        "family_name": family,
        "gender": gender,
        "birthdate": (OLDEST + timedelta(days=days)).isoformat(),
        "address": f"{address}, {source.choice(region.towns)}",
        "phone": _phone(region, number),
        "email": f"{_plain(given)}.{_plain(family)}@example.org",
        "registration_date": "2026-01-15",
    }


def _phone(region: Region, number: int) -> str:
    return f"{region.calling_code} 555 {number:04d}"


# Letters that do not fall apart into a plain one and an accent.
_WITHOUT_ACCENT = str.maketrans("\u0142\u0131\u00f8", "lio")


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.lower().translate(_WITHOUT_ACCENT))
    return re.sub(r"[^a-z]", "", letters.encode("ascii", "ignore").decode())
