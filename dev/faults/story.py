# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What can happen to registrants whom the connector sends."""

import time
from typing import Any, Dict, List, Optional

from .happenings import REQUEST_TIMEOUT, Happenings
from .people import People, Person
from .promises import Promises

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


class Story(Happenings):
    """The registrants of one schedule, who work with them, and what happens beside."""

    def begin(self, values: Dict[str, Any], mts: Dict[str, Any], deadly: bool) -> None:
        """Set up a connector with these values, and MTS with these settings."""
        name = self._set_up(mts, deadly)
        self.people = People(name, name)
        self.connector = self.world.create_connector(
            name, request_timeout=REQUEST_TIMEOUT, **values
        )
        self.promises = Promises(self.world, self.connector, self.people.all, self.elapsed)
        self.begun = True

    def registrants(self) -> int:
        return len(self.people.all)

    def _forget(self) -> None:
        self.world.forget(self.connector, [person.id for person in self.people.all])

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
