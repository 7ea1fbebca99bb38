# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A registry that waits for answers, and all that may not change in it."""

import json
from datetime import datetime, timedelta, timezone
from typing import Any, Dict, List

import requests

from environment import Environment
from faults.forms import VALUES, create_field_connector
from faults.people import People
from faults.world import CALLBACK_LOGIN, CALLBACK_PASSWORD, World
from simulator.tests.receiver import Receiver

from .known import FIRST, MARK, SECOND, USER, Field, Known, Request
from .messages import BULK

REFERENCE = "fuzz"
PASSWORD = "as long as it takes"  # noqa: S105 (of a database that is thrown away)
OTHERS = {"portal": "base.group_portal", "internal": "base.group_user"}
SECONDS = 30
# The count of what was refused.
COUNTED = "mts_refused_delivery"
# When something was submitted: the first window is an hour, the next ones are longer.
WINDOWS = (timedelta(minutes=10), timedelta(minutes=90))


class Target:
    """Used with `with`. Two requests are out, each with three registrants, and two windows of time
    were fetched from ODK Central, each with one submission."""

    def __init__(self, environment: Environment, workers: int = 0) -> None:
        self.world = World(environment, "fuzz", workers=workers)
        self._people = People(REFERENCE, REFERENCE)
        self._open: List[Dict[str, Any]] = []

    def __enter__(self) -> "Target":
        self.world.__enter__()
        try:
            self.host = f"127.0.0.1:{self.world.odoo.port}"
            requests_out = self._send_two_requests()
            self.known = Known(requests_out, self._fetch_two_windows(), self._log_everybody_in())
            tables = self.world.query(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> %s",
                [COUNTED],
            )
            # Where each row lies and what it says; writing moves it.
            self._state_query = " UNION ALL ".join(
                f"SELECT '{table}', sum(hashtext(t.ctid::text || t::text)::bigint) "  # noqa: S608
                f'FROM "{table}" t'
                for (table,) in tables
            )
        except BaseException:
            self.world.__exit__()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self.world.__exit__(*exception)

    # What there is

    def _send_two_requests(self) -> Dict[str, Request]:
        # MTS delivers to somebody else, so that we have what it delivers.
        with Receiver() as mts:
            self._registry = self.world.create_connector(
                REFERENCE,
                callback_url=mts.url.rpartition("/")[0] + BULK,
                callback_auth_type="bearer",
                batch_size=3,
            )
            self.world.register([self._people.make() for _number in range(6)])
            self.world.import_now(self._registry)
            self.world.work()
            calls = mts.wait_for(2)
        return {
            name: self._partly_answered(call.headers["Authorization"], json.loads(call.data))
            for name, call in zip((FIRST, SECOND), calls)
        }

    def _fetch_two_windows(self) -> Field:
        """The first is answered, the second waits for its answer."""
        start = datetime.utcnow().replace(microsecond=0) - timedelta(hours=3)
        instances = [self._submit(start + after) for after in WINDOWS]
        with Receiver() as mts:
            connector = create_field_connector(
                self.world,
                REFERENCE,
                self._registry,
                start,
                callback_url=mts.url.rpartition("/")[0] + BULK,
                callback_auth_type="bearer",
            )
            self.world.import_now(connector)
            self.world.work()
            (first,) = mts.wait_for(1)
            self._deliver(first.headers["Authorization"], *json.loads(first.data))
            self.world.work()
            second = mts.wait_for(2)[1]
        spent, waiting = (
            call.headers["Authorization"].partition(" ")[2] for call in (first, second)
        )
        (result,) = json.loads(second.data)
        self._open.append({"authorization": second.headers["Authorization"], "result": result})
        return Field(spent, waiting, instances)

    def _submit(self, at: datetime) -> str:
        person = self._people.make()
        answers = {"vid": person.vid, **{name: person.values[name] for name in VALUES}}
        return self.world.simulator.submit(answers, at=at.replace(tzinfo=timezone.utc))[0]

    def _partly_answered(self, authorization: str, results: List[Any]) -> Request:
        spent, changed, waiting = results
        self._deliver(authorization, spent)
        (person,) = (each for each in self._people.all if each.vid == changed["params"]["vid"])
        person.vids.append(self._people.new_vid())
        self.world.call("res.partner", "write", [person.id], {"mosip_vid": person.vids[-1]})
        self._open.append({"authorization": authorization, "result": waiting})
        refs = [result["params"]["ref"] for result in results]
        return Request(authorization.partition(" ")[2], *refs)

    def _deliver(self, authorization: str, result: Any) -> None:
        answer = requests.post(
            self.world.odoo.url + BULK,
            data=json.dumps([result]),
            headers={"Authorization": authorization, "Content-Type": "text/plain"},
            timeout=SECONDS,
        )
        if answer.status_code != 200 or answer.json()["accepted"] != 1:
            raise AssertionError(f"a good delivery was refused: {answer.status_code}")

    def _log_everybody_in(self) -> Dict[str, str]:
        for name, group in OTHERS.items():
            module, xml_name = group.split(".")
            found = self.world.query(
                "SELECT res_id FROM ir_model_data WHERE module = %s AND name = %s",
                [module, xml_name],
            )
            values = {"name": name, "login": name, "password": PASSWORD}
            self.world.call("res.users", "create", {**values, "groups_id": [(6, 0, found[0])]})
        logins = {USER: (CALLBACK_LOGIN, CALLBACK_PASSWORD)}
        logins.update((name, (name, PASSWORD)) for name in OTHERS)
        return {name: self._log_in(*login) for name, login in logins.items()}

    def _log_in(self, login: str, password: str) -> str:
        params = {"db": self.world.database, "login": login, "password": password}
        answer = requests.post(
            self.world.odoo.url + "/web/session/authenticate",
            json={"jsonrpc": "2.0", "params": params},
            timeout=SECONDS,
        )
        if not answer.json()["result"]["uid"]:
            raise AssertionError(f"{login} cannot log in")
        return answer.cookies["session_id"]

    # What may not change

    def state(self) -> Dict[str, Any]:
        """A checksum of each table."""
        return dict(self.world.query(self._state_query))

    def new_log(self, start: int) -> str:
        with open(str(self.world.odoo.log_file), "rb") as log:
            log.seek(start)
            return log.read().decode(errors="replace")

    def secrets(self) -> List[str]:
        """What no log may say."""
        bearers = [*self.known.bearers(), self.known.field.spent]
        vids = [vid for person in self._people.all for vid in person.vids]
        return [MARK, *bearers, *self.known.all_references(), *vids]

    def log_size(self) -> int:
        return self.world.odoo.log_file.stat().st_size

    def deliver_the_rest(self) -> bool:
        """Deliver what was open all the time; whether a token comes of each of it."""
        for number, delivery in enumerate(self._open):
            delivery["result"]["params"]["token"] = f"{MARK}-{number}"
            self._deliver(delivery["authorization"], delivery["result"])
        query = "SELECT count(*) FROM res_partner WHERE mosip_auth_token LIKE %s"
        return self.world.query(query, [MARK + "%"])[0][0] == len(self._open)
