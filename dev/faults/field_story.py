# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What can happen to submissions that a connector to ODK Central has fetched."""

import time
from datetime import datetime, timedelta, timezone
from typing import Any, Dict, List, Optional

from simulator.odk import time_of

from .field_promises import Correction, FieldPromises, Submission
from .forms import VALUES, create_field_connector
from .happenings import REQUEST_TIMEOUT, Happenings
from .people import People, Person
from .story import REFUSALS

HOURS = timedelta(hours=6)
ANOTHER_PASSWORD = "another one"  # noqa: S105 (of an ODK Central that is none)


class FieldStory(Happenings):
    """What is submitted in the field during one schedule, and what happens beside."""

    promises: FieldPromises

    def begin(self, values: Dict[str, Any], mts: Dict[str, Any], deadly: bool) -> None:
        """Set up a connector to ODK Central with these values, one to the registry, and MTS."""
        self._reference = self._set_up(mts, deadly)
        self._password = self.mts.settings.odk_password
        self._start = _now().replace(microsecond=0) - HOURS
        self._people = People(self._reference, self._reference)
        self._submissions: List[Submission] = []
        self._registry = self.world.create_connector(
            self._reference, request_timeout=REQUEST_TIMEOUT
        )
        self.connector = create_field_connector(
            self.world,
            self._reference,
            self._registry,
            self._start.replace(tzinfo=None),
            request_timeout=REQUEST_TIMEOUT,
            **values,
        )
        self.promises = FieldPromises(
            self.world,
            self._reference,
            self.connector,
            self._registry,
            self._submissions,
            self.elapsed,
        )
        self.begun = True

    def registrants(self) -> int:
        return len(self._submissions)

    def _forget(self) -> None:
        query = "SELECT id FROM res_partner WHERE ref = %s"
        made = [row[0] for row in self.world.query(query, [self._reference])]
        self.world.forget(self.connector, [])
        self.world.forget(self._registry, made)

    # The field

    def submit(self, kinds: List[str], part: float) -> None:
        """Somebody submits forms, one for each kind.

        :param part: when: 1 is now, 0 is the earliest time that may still be fetched
        """
        self._quiet()
        now, earliest = _now(), self._earliest()
        at = earliest + (now - earliest) * part
        for kind in kinds:
            person = self._make(kind)
            answers = {name: person.values[name] for name in VALUES}
            vid: Any = int(person.vid) if kind == "number" else person.vid
            (instance,) = self.mts.submit({**answers, "vid": vid}, at=at)
            self._submissions.append(Submission(instance, at, person))

    def _make(self, kind: str) -> Person:
        if kind == "invalid":
            return self._people.make(gender=None)
        if kind == "twin" and self._people.all:
            twin = self._people.all[0].values
            names = ("given_name", "family_name", "birthdate", "gender")
            return self._people.make(**{name: twin[name] for name in names})
        person = self._people.make()
        if kind == "poison":
            self.mts.poison(*self.mts.settings.poison, person.vid)
        elif kind in REFUSALS:
            self.mts.refuse(person.vid, REFUSALS[kind])
        return person

    def _earliest(self) -> datetime:
        """From when on MTS has not looked: ODK Central makes no submission older than it is."""
        query = "SELECT odk_pulled_until FROM mts_connector WHERE id = %s"
        fetched = [self.world.query(query, [self.connector])[0][0].replace(tzinfo=timezone.utc)]
        posts = self.mts.ledger.snapshot()["posts"]
        fetched += [time_of(post["window"][1]) for post in posts if _has_fetched(post)]
        return max(fetched)

    # ODK Central

    def toggle_odk(self) -> None:
        """ODK Central knows the password no more, or again."""
        if self.mts.settings.odk_password == self._password:
            self.faults += 1
            self.mts.configure(odk_password=ANOTHER_PASSWORD)
        else:
            self.mts.configure(odk_password=self._password)

    def _end_faults(self) -> None:
        super()._end_faults()
        self.mts.configure(odk_password=self._password)

    # Odoo

    def correct(self, number: int) -> None:
        """A clerk corrects the name of somebody who was refused."""
        refused = self.promises.refused()
        if not refused:
            return
        self._stay_alive()
        partner, name = sorted(refused.items())[number % len(refused)]
        self.promises.corrected[partner] = Correction(name + "a", time.time())
        self.world.call("res.partner", "write", [partner], {"given_name": name + "a"})

    def import_registry(self) -> None:
        """Import Now of the connector to the registry."""
        call = self.world.call
        self._try(lambda: call("mts.connector", "action_import_now", [self._registry]))
        self.work(beside=False)

    def pass_time(self, minutes: int) -> None:
        super().pass_time(minutes)
        self.world.let_time_pass(self._registry, minutes)

    def _go_on(self) -> None:
        super()._go_on()
        self.import_registry()
        self._wait_for_mts()


def _now() -> datetime:
    return datetime.now(timezone.utc)


def _has_fetched(post: Dict[str, Any]) -> Optional[Any]:
    """MTS has got the submissions of a window, and asks MOSIP about no others of it."""
    return post["stored"] and post["window"]
