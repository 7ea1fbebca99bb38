# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Registrants as a test knows them."""

import itertools
import random
import time
from typing import Any, Dict, List, Optional, Tuple

# What the connector sends of a registrant, beside the VID.
SENT = ("given_name", "family_name", "birthdate", "gender", "address")
FAMILY_NAMES = ("Diallo", "Mensah", "Okafor", "Traoré", "Ndiaye")


class Person:
    """One registrant: what a registrar typed, and what a test has done since."""

    def __init__(self, number: int, vid: str, values: Dict[str, Any]) -> None:
        self.number = number
        self.id = 0
        self.vid = vid
        self.vids: List[str] = [vid]
        self.values = values
        self.deleted = False
        self.archived = False
        self.token_by_hand: Optional[str] = None
        #: What MOSIP was to be asked, and since when.
        self.history: List[Tuple[float, Dict[str, Any]]] = []
        #: When somebody asked for another try.
        self.retried_at: List[float] = []
        self.note()

    def asked(self) -> Dict[str, Any]:
        """What MOSIP is to be asked about this person."""
        return {"vid": self.vid, **{name: self.values[name] for name in SENT}}

    def note(self) -> None:
        """Note what MOSIP is to be asked from now on."""
        self.history.append((time.time(), self.asked()))

    def asked_at(self, moment: float) -> Dict[str, Any]:
        """What MOSIP was to be asked at that time."""
        return [asked for since, asked in self.history if since <= moment][-1]

    def __repr__(self) -> str:
        return f"Person({self.number})"


class People:
    """Makes registrants who differ in their names and VIDs."""

    def __init__(self, seed: str, reference: str) -> None:
        self._random = random.Random(seed)  # noqa: S311 (the same each time)
        self._numbers = itertools.count(1)
        self.reference = reference
        self.all: List[Person] = []

    def new_vid(self) -> str:
        return str(self._random.randrange(2 * 10**15, 10**16))

    def make(self, **changes: Any) -> Person:
        number = next(self._numbers)
        values = {
            "given_name": f"Person {number}",
            "family_name": self._random.choice(FAMILY_NAMES),
            "birthdate": f"19{number % 90 + 10}-05-17",
            "gender": self._random.choice(("Female", "Male")),
            "address": f"{number} Harbour Road",
            "ref": self.reference,
            **changes,
        }
        values["name"] = f"{values['given_name']} {values['family_name']}"
        person = Person(number, self.new_vid(), values)
        self.all.append(person)
        return person

    def present(self) -> List[Person]:
        return [person for person in self.all if not person.deleted]
