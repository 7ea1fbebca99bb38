# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A registry at work: a real Odoo, a simulated MTS, people, and what has to be true of them."""

import re
import time
from contextlib import closing
from typing import Any, Callable, Dict, List

from bootstrap.paths import ADDON
from demo.people import sample_people
from demo.registry import CLOSED, G2pRegistry, Registry, Scheduler
from environment import Environment, SimulatorProcess
from faults.world import TIMES

#: How a registry keeps VIDs and tokens: what is installed, and who works with it.
REGISTRIES = {
    "partner": ([ADDON, "mts_sample_registry"], Registry),
    "g2p": ([ADDON, "mts_sample_registry", "mts_sample_g2p"], G2pRegistry),
    "civil": ([ADDON, "mts_example_registry"], Registry),
}
DEADLINE_SECONDS = 120
POLL_SECONDS = 0.1
CALLBACK_LOGIN, CALLBACK_PASSWORD = "mts-callback", "a long password of its own"
COMPLAINT = re.compile(
    r"^\S+ \S+ \d+ ((WARNING|ERROR|CRITICAL) \S+ odoo\.addons\.mts_|ERROR|CRITICAL)"
)

REFUSED, INCOMPLETE = "IDA-MLC-005", "ATS-REQ-011"


class Office:
    """Used with `with`. The third person is refused by MOSIP, the fifth has no gender."""

    def __init__(
        self, environment: Environment, people: int, workers: int = 0, store: str = "partner"
    ) -> None:
        self._environment = environment
        modules, self._registry = REGISTRIES[store]
        self.people = sample_people(people)
        self.codes = {}
        if people:
            self.codes = {
                self.people[2]["mosip_vid"]: REFUSED,
                self.people[4]["mosip_vid"]: INCOMPLETE,
            }
            self.people[4]["gender"] = False
        refused = [vid for vid, code in self.codes.items() if code == REFUSED]
        self.simulator = SimulatorProcess(refusals=dict.fromkeys(refused, REFUSED))
        self._database = environment.create_database("e2e", modules)
        self.odoo = environment.odoo(self._database, workers=workers)

    def __enter__(self) -> "Office":
        self.simulator.__enter__()
        try:
            self.odoo.__enter__()
        except BaseException:
            self.simulator.stop()
            raise
        self.registry = self._registry(self.odoo)
        self.scheduler = Scheduler(self.registry, self._environment.series)
        self.ids = self.registry.register(self.people)
        return self

    def __exit__(self, *_exception: object) -> None:
        self.odoo.stop()
        self.simulator.stop()
        self._environment.drop_database(self._database)

    def install(self, store: str) -> None:
        """Install what another kind of registry needs, and start Odoo again."""
        modules, self._registry = REGISTRIES[store]
        self.odoo.stop()
        self._environment.install(self._database, modules)
        self.odoo.start()
        self.odoo.wait_ready()
        self.registry = self._registry(self.odoo)
        self.scheduler = Scheduler(self.registry, self._environment.series)

    def create_connector(self, **values: Any) -> int:
        return self.registry.create_connector(
            name="Registry", mts_url=self.simulator.url, **values
        )

    def create_callback_user(self) -> None:
        """A user who may deliver and is in no other group."""
        group = self.registry.number_of("group_callback")
        values = {
            "name": "MTS",
            "login": CALLBACK_LOGIN,
            "password": CALLBACK_PASSWORD,
            "groups_id": [(6, 0, [group])],
        }
        self.registry.rpc.call("res.users", "create", values)

    def wait_until(self, condition: Callable[[], Any], what: str) -> None:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not condition():
            assert time.monotonic() < deadline, f"{what}\n{self.odoo.tail()}"
            self.scheduler.tick()
            time.sleep(POLL_SECONDS)

    def wait_for_import(self, connector: int) -> None:
        def through() -> bool:
            runs = self.registry.runs(connector)
            return bool(runs) and all(run["state"] in CLOSED for run in runs)

        self.wait_until(through, "the import is not through")

    def let_time_pass(self, connector: int, hours: int) -> None:
        """Move all times of the connector into the past; no import may be under way."""
        with closing(self._environment.connect(self._database)) as sql, sql.cursor() as cursor:
            for table, columns in TIMES.items():
                moved = ", ".join(f"{column} = {column} - %(by)s::interval" for column in columns)
                cursor.execute(
                    f"UPDATE {table} SET {moved} WHERE connector_id = %(connector)s",  # noqa: S608
                    {"by": f"{hours} hours", "connector": connector},
                )

    def check(self, connector: int) -> None:
        """Everybody is accounted for, was tried once, and has what MOSIP gave to nobody else."""
        runs = self.registry.runs(connector)
        assert {run["state"] for run in runs} == {"done"}, runs
        assert sum(run["selected_count"] for run in runs) == len(self.people)
        assert sum(run["pending_count"] + run["lost_count"] for run in runs) == 0
        self._check_records(self.registry.records(connector))
        self._check_registrants(self.registry.registrants())
        self._check_log()

    def _check_records(self, records: List[Dict[str, Any]]) -> None:
        by_id = {record["partner_id"][0]: record for record in records}
        assert sorted(by_id) == sorted(self.ids)
        for partner_id, person in zip(self.ids, self.people):
            record, code = by_id[partner_id], self.codes.get(person["mosip_vid"])
            assert record["state"] == ("rejected" if code else "tokenized")
            assert (record["error_code"] or None) == code
            assert bool(record["advice"]) == bool(code)

    def _check_registrants(self, registrants: List[Dict[str, Any]]) -> None:
        results = self.simulator.ledger("results")
        tokens = {result["vid"]: result["token"] for result in results if result["vid"]}
        assert len(results) == len(self.people)
        by_id = {registrant["id"]: registrant for registrant in registrants}
        for partner_id, person in zip(self.ids, self.people):
            vid, found = person["mosip_vid"], by_id[partner_id]
            assert (found["mosip_auth_token"] or None) == tokens.get(vid)
            assert found["mosip_vid"] == (vid if vid in self.codes else False)
            assert found["token_id"] == found["mosip_auth_token"]

    def _check_log(self) -> None:
        """Odoo's log has no complaint and nobody's data."""
        log = self.odoo.log_file.read_text(errors="replace")
        assert [line for line in log.splitlines() if COMPLAINT.match(line)] == []
        tokens = [result["token"] for result in self.simulator.ledger("results")]
        secrets = [person["mosip_vid"] for person in self.people]
        secrets += [person["family_name"] for person in self.people]
        for secret in [*filter(None, tokens), *secrets, CALLBACK_PASSWORD]:
            assert secret not in log
