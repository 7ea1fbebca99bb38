# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a delivery costs: singly, in bulk, against a controller that does nothing, and against one
that does nothing but have Odoo write the token.

Each of them as MTS delivers, over a connection of its own. What is measured is the time from one
delivery to the next, so that neither login nor logout counts.
"""

from collections import defaultdict
from typing import Any, Dict, List

import requests

from environment import Environment

from .figures import Figures
from .floor import envelope, post, read_records
from .stage import MODULES, Stage, stage
from .tables import Tables

SECTION = "Deliveries"
BATCH_SIZE = 100
BATCHES = 5
ROUNDS = 3
LOGIN, PASSWORD = "mts-callback", "delivered by MTS"
BULK_AT_LEAST, SINGLE_AT_LEAST = 20.0, 0.6
OUTPUT_FORMAT = "{params: {id: .input.id, status: .output.status, token: .output.token}}"


def measure(environment: Environment, figures: Figures) -> None:
    database = environment.create_database("bench_delivery", MODULES)
    connection = environment.connect(database)
    # Two batches more than are written, for Odoo to warm up.
    Tables(connection).add_registrants(BATCH_SIZE * (BATCHES * ROUNDS * 3 + 2))
    connection.close()
    with stage(environment, database, record=True) as play:
        seconds = Deliveries(play).seconds()
    environment.drop_database(database)
    kinds = ("nothing", "write", "single", "bulk")
    nothing, write, single, bulk = (min(seconds[kind]) for kind in kinds)
    figures.add(SECTION, "nothing_per_s", 1 / nothing, "a controller that does nothing", unit="/s")
    text = "one that has Odoo write the token, and proves nothing"
    figures.add(SECTION, "write_per_s", 1 / write, text, unit="/s")
    figures.add(SECTION, "single_per_s", 1 / single, "single deliveries", unit="/s")
    figures.add(SECTION, "bulk_per_s", 1 / bulk, f"results, {BATCH_SIZE} at a time", unit="/s")
    figures.add(
        SECTION,
        "bulk_vs_single",
        single / bulk,
        "in bulk, so many times as fast as singly",
        relation="≥",
        bound=BULK_AT_LEAST,
    )
    text = "having Odoo write the token, against doing nothing"
    figures.add(SECTION, "write_vs_noop", nothing / write, text)
    figures.add(
        SECTION,
        "single_vs_noop",
        nothing / single,
        "single deliveries, against doing nothing",
        relation="≥",
        bound=SINGLE_AT_LEAST,
    )


class Deliveries:
    """Has MTS deliver in turn to the benchmark's controllers, singly and in bulk."""

    def __init__(self, play: Stage) -> None:
        self._play = play
        self._login = {
            "callback_auth_type": "odoo",
            "callback_auth_url": play.url + "/web/session/authenticate",
            "callback_auth_username": LOGIN,
            "callback_auth_password": PASSWORD,
        }
        self._create_user()
        self._connector = play.create_connector(batch_size=BATCH_SIZE)

    def seconds(self) -> Dict[str, List[float]]:
        """Seconds for each result, by kind and round."""
        found = defaultdict(list)
        self._singly(1)
        self._in_bulk(1)
        for _round in range(ROUNDS):
            found["nothing"].append(self._past_the_connector("nothing"))
            found["write"].append(self._past_the_connector("write"))
            found["single"].append(self._singly(BATCHES))
            found["bulk"].append(self._in_bulk(BATCHES))
        return found

    def _create_user(self) -> None:
        group = self._play.registry.number_of("group_callback")
        values = {"name": "MTS", "login": LOGIN, "password": PASSWORD}
        self._play.registry.rpc.call(
            "res.users", "create", {**values, "groups_id": [(6, 0, [group])]}
        )

    def _past_the_connector(self, controller: str) -> float:
        """Have MTS deliver to a controller of the benchmark."""
        records = read_records(self._play.tables)[: BATCHES * BATCH_SIZE]
        callback = {
            "url": f"{self._play.url}/mts_bench/{controller}",
            "callInBulk": False,
            "authType": "odoo",
            "authOdoo": {
                "authUrl": self._login["callback_auth_url"],
                "database": self._play.odoos[0].database,
                "username": LOGIN,
                "password": PASSWORD,
            },
        }
        with requests.Session() as session:
            for first in range(0, len(records), BATCH_SIZE):
                batch = records[first : first + BATCH_SIZE]
                message = envelope(batch, callback, OUTPUT_FORMAT)
                post(session, self._play.simulator.url, message)
        self._play.wait_for(lambda: self._play.simulator.idle()["idle"])
        return self._between_deliveries()

    def _singly(self, batches: int) -> float:
        url = self._play.url + "/mts/callback"
        self._import(batches, callback_in_bulk=False, callback_url=url, **self._login)
        return self._between_deliveries()

    def _in_bulk(self, batches: int) -> float:
        self._import(batches, callback_in_bulk=True, callback_auth_type="bearer")
        times = sorted(entry["time"] for entry in self._deliveries())
        self._play.simulator.reset()
        return (times[-1] - times[0]) / max(len(times) - 1, 1) / BATCH_SIZE

    def _import(self, batches: int, **settings: Any) -> None:
        """Send so many batches, and let MTS deliver them when all are through."""
        self._play.simulator.configure(hold=True)
        self._play.adopt(self._connector, max_open_requests=batches, **settings)
        run = self._play.registry.import_now(self._connector)
        self._play.wait_for(lambda: self._play.simulator.idle()["held"] == batches)
        self._play.registry.rpc.call("mts.run", "action_cancel", [run])
        self._play.simulator.release()
        self._play.wait_for(lambda: self._play.simulator.idle()["idle"])

    def _between_deliveries(self) -> float:
        """The time from one single delivery of a batch to the next."""
        times = defaultdict(list)
        for entry in self._deliveries():
            times[entry["identifier"]].append(entry["time"])
        self._play.simulator.reset()
        spans = [max(batch) - min(batch) for batch in times.values()]
        return sum(spans) / sum(len(batch) - 1 for batch in times.values())

    def _deliveries(self) -> List[Dict[str, Any]]:
        entries = self._play.simulator.ledger("callbacks")
        found = [entry for entry in entries if entry["kind"] == "callback"]
        refused = [entry for entry in found if entry["http_status"] != 200]
        if refused:
            what = {entry["http_status"] or entry["error"] for entry in refused}
            raise RuntimeError(f"{len(refused)} of {len(found)} deliveries failed: {what}")
        return found
