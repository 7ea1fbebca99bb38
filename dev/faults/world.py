# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A registry with the connector, and the MTS that it talks to."""

import contextlib
import itertools
import time
from typing import Any, Dict, Iterator, List, Sequence, Type

import psycopg2
import requests
from psycopg2 import errorcodes

from bootstrap.paths import ADDON
from environment import Environment, OdooServer, RpcClient, RpcError
from simulator import Simulator

from .crash import CrashPoints
from .identities import OnContact
from .people import Person

CRASH_POINTS = "mts_crash_points"
MTS_THREADS = 4
CRON_POLL_SECONDS = 0.05
PATIENCE_SECONDS = 60
DEATH_SECONDS = 10
POLL_SECONDS = 0.02
# Enough for Odoo to write down that a batch was sent before its answers come. Otherwise the two
# often meet, and Odoo waits up to a second before it takes the answers again.
SECONDS_PER_RECORD = 0.02

# Who MTS logs in as.
CALLBACK_LOGIN = "mts-callback"
CALLBACK_PASSWORD = "delivered by MTS"  # noqa: S105 (of a database that is thrown away)

RETRIED = (errorcodes.SERIALIZATION_FAILURE, errorcodes.DEADLOCK_DETECTED)


class OdooIsDead(Exception):
    """Odoo was killed while it worked for us; whether it did what we asked is unknown."""


class World:
    """One database, one Odoo and a simulator in threads of this process.

    The scheduled jobs run in Odoo's own cron threads, or, with ``cron_threads=0``, when a test
    presses their button "Run Manually".

    :param arguments: what is added to Odoo's command line
    :param before: addons of others that are installed before ours
    """

    def __init__(
        self,
        environment: Environment,
        name: str,
        cron_threads: int = 0,
        workers: int = 0,
        arguments: Sequence[str] = (),
        identities: Type[OnContact] = OnContact,
        before: Sequence[str] = (),
    ) -> None:
        #: Tells apart what is made in one world.
        self.numbers = itertools.count(1)
        self.crash = CrashPoints()
        self.simulator = Simulator(seconds_per_record=SECONDS_PER_RECORD, workers=MTS_THREADS)
        modules = [*identities.modules, CRASH_POINTS]
        self.database = environment.create_database(name, modules, before)
        self._environment = environment
        self.odoo: OdooServer = environment.odoo(
            self.database,
            cron_poll=CRON_POLL_SECONDS,
            cron_threads=cron_threads,
            workers=workers,
            extra_args=arguments,
            extra_env=self.crash.environment(),
        )
        self.sql = environment.connect(self.database)
        self._rpc: RpcClient
        self._identities = identities
        self.identities: OnContact

    def __enter__(self) -> "World":
        self.simulator.start()
        self.odoo.start()
        self.odoo.wait_ready()
        self._rpc = self.odoo.rpc()
        self.identities = self._identities(self.call)
        self._create_callback_user()
        # MTS is led to this page when it logs out. Odoo builds it on the first visit, and a kill
        # would leave half a file behind that it stumbles over ever after.
        requests.get(self.odoo.url + "/web/login", timeout=PATIENCE_SECONDS)
        self.work_job = self._find_work_job()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.odoo.kill()
        self.simulator.stop()
        self.sql.close()
        self.crash.close()
        self._environment.drop_database(self.database)

    def _create_callback_user(self) -> None:
        group = self.query(
            "SELECT res_id FROM ir_model_data WHERE module = %s AND name = 'group_callback'",
            [ADDON],
        )[0][0]
        values = {"name": "MTS", "login": CALLBACK_LOGIN, "password": CALLBACK_PASSWORD}
        self.call("res.users", "create", {**values, "groups_id": [(6, 0, [group])]})

    def _find_work_job(self) -> int:
        return self.query(
            "SELECT res_id FROM ir_model_data WHERE module = %s AND name = 'cron_work'", [ADDON]
        )[0][0]

    # What people do

    def call(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call a method as the administrator; raises OdooIsDead."""
        try:
            return self._rpc.call(model, method, *args, **kwargs)
        except requests.RequestException:
            if self.dies():
                raise OdooIsDead() from None
            raise

    def create_connector(self, reference: str, **values: Any) -> int:
        """A connector for the registrants with this reference."""
        bulk = values.get("callback_in_bulk", True)
        route = "/mts/callback/bulk" if bulk else "/mts/callback"
        values = {
            "name": f"Connector {reference}",
            "mts_url": self.simulator.url,
            "callback_url": self.odoo.url + route,
            "callback_auth_url": self.odoo.url + "/web/session/authenticate",
            "callback_auth_username": CALLBACK_LOGIN,
            "callback_auth_password": CALLBACK_PASSWORD,
            "search_domain": repr([("ref", "=", reference)]),
            **values,
        }
        return self.call("mts.connector", "create", values)

    def register(self, people: Sequence[Person]) -> None:
        values = [{**person.values, **self.identities.with_vid(person.vid)} for person in people]
        for person, number in zip(people, self.call("res.partner", "create", values)):
            person.id = number

    def delete_connector(self, connector: int) -> None:
        """Delete it as soon as no slice of it is at work, while Odoo refuses."""

        def deleted() -> bool:
            try:
                return self.call("mts.connector", "unlink", [connector])
            except RpcError:
                return False

        self.wait_until(deleted)

    def forget(self, connector: int, people: List[int]) -> None:
        """Clear away a connector and its registrants, whatever state they are in."""
        self._execute_patiently("DELETE FROM mts_connector WHERE id = %(id)s", {"id": connector})
        query = "SELECT id FROM res_partner WHERE id = ANY(%s)"
        self.identities.delete([row[0] for row in self.query(query, [people])])

    def import_now(self, connector: int) -> int:
        """Press Import Now; returns the run that opens."""
        return self.call("mts.connector", "action_import_now", [connector])["res_id"]

    def run_job(self, job: int) -> None:
        """Press "Run Manually" of a scheduled job, and wait until it has run."""
        self.call("ir.cron", "method_direct_trigger", [job])

    def work(self) -> None:
        """Let the background job do a slice for each connector."""
        self.run_job(self.work_job)

    # What happens to Odoo

    def dies(self) -> bool:
        """Whether Odoo is dead, or about to be."""
        deadline = time.monotonic() + DEATH_SECONDS
        while self.odoo.running:
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_SECONDS)
        return True

    def revive(self) -> None:
        """Start Odoo again after it was killed."""
        # Nothing is left of the process group, and its port is free.
        self.odoo.kill()
        self.odoo.start()
        self.odoo.wait_ready()

    def another_odoo(self, cron_threads: int) -> OdooServer:
        """A second Odoo on the same database."""
        return self._environment.odoo(
            self.database,
            cron_poll=CRON_POLL_SECONDS,
            cron_threads=cron_threads,
            log_file=self.odoo.log_file.with_suffix(".second.log"),
        )

    # Time

    def let_time_pass(self, connector: int, minutes: int) -> None:
        """Move all times of the connector's runs, requests and records into the past."""
        for table, columns in TIMES.items():
            moved = ", ".join(f"{column} = {column} - %(by)s::interval" for column in columns)
            self._execute_patiently(
                f"UPDATE {table} SET {moved} WHERE connector_id = %(connector)s",  # noqa: S608
                {"by": f"{minutes} minutes", "connector": connector},
            )

    def tick(self) -> None:
        """Let Odoo's cron thread run the background job, and wait until it has done so."""
        self.make_due(self.work_job)
        self.wait_until(self._job_has_run)

    def make_due(self, job: int) -> None:
        """Let Odoo's cron thread run a scheduled job as soon as it looks."""
        self._call_in(job, "-1 second")

    def put_off(self, job: int) -> None:
        """Keep Odoo's cron thread from running a scheduled job, until it is made due."""
        self._call_in(job, "1 day")

    def _call_in(self, job: int, time_left: str) -> None:
        self._execute_patiently(
            "UPDATE ir_cron SET nextcall = now() AT TIME ZONE 'UTC' + %(left)s::interval "
            "WHERE id = %(job)s",
            {"job": job, "left": time_left},
        )

    def _job_has_run(self) -> bool:
        query = "SELECT nextcall > now() AT TIME ZONE 'UTC' FROM ir_cron WHERE id = %s"
        return self.query(query, [self.work_job])[0][0]

    def wait_until(self, condition: Any, seconds: float = PATIENCE_SECONDS) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            if not self.odoo.running:
                raise OdooIsDead()
            if time.monotonic() > deadline:
                raise TimeoutError(f"waited in vain for {condition}\n{self.odoo.tail()}")
            time.sleep(POLL_SECONDS)

    # The database

    def query(self, query: str, parameters: Any = ()) -> List[tuple]:
        with self.sql.cursor() as cursor:
            cursor.execute(query, parameters)
            return cursor.fetchall()

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[None]:
        """What is read here was true at one and the same time."""
        with self.sql.cursor() as cursor:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            try:
                yield
            finally:
                cursor.execute("COMMIT")

    def _execute_patiently(self, query: str, parameters: Dict[str, Any]) -> None:
        while True:
            try:
                with self.sql.cursor() as cursor:
                    cursor.execute(query, parameters)
                return
            except psycopg2.Error as error:
                # Odoo was at the same rows.
                if error.pgcode not in RETRIED:
                    raise


TIMES = {
    "mts_run": ("started_at", "next_try_at"),
    "mts_request": ("sent_at", "check_at", "finished_since"),
    "mts_record": ("sent_at", "answered_at", "retry_at"),
}
