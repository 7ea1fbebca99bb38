# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the tests of the callback share: deliveries of all kinds, and what came of them."""

import json
import logging
from collections import Counter
from contextlib import contextmanager

from psycopg2 import sql

from ..simulator.tests.receiver import Receiver
from .common import MtsCase

TOKEN = "294830175629481037562948103756294810"
SECRET = "nobody may read this"
SINGLE, BULK = "/mts/callback", "/mts/callback/bulk"
ROUTES = (SINGLE, BULK)
KIB = 1024

UNREADABLE, DENIED = {"error": "unreadable"}, {"error": "denied"}
NOTHING_NEW = {"accepted": 0, "ignored": 1, "malformed": 0}
MALFORMED = {"accepted": 0, "ignored": 0, "malformed": 1}

# What is written while nothing is delivered: the count of what was refused.
COUNTED = "mts_refused_delivery"


class CallbackCase(MtsCase):
    """MTS delivers to somebody else, so that the tests can deliver instead of it."""

    def setUp(self):
        super().setUp()
        self.receiver = Receiver()
        self.receiver.__enter__()
        self.addCleanup(self.receiver.__exit__)
        somewhere = self.receiver.url.rpartition("/")[0]
        self.connector = self.create_connector(callback_url=somewhere + BULK)

    # -- what MTS has ----------------------------------------------------------------------------

    def sent(self, count=1):
        """Send that many registrants in one request; return them."""
        people = self.create_registrants(count)
        self.import_now(self.connector)
        call = self.receiver.calls[-1]
        self.bearer = call.headers["Authorization"].partition(" ")[2]
        self.results = json.loads(call.data)
        self.refs = [result["params"]["ref"] for result in self.results]
        self.assertEqual(len(self.refs), count)
        return people

    def request_of(self, person):
        return self.record_of(person).request_id

    # -- deliveries ------------------------------------------------------------------------------

    def send(self, path, data, method="POST", bearer=None, **headers):
        """Send anything, with the bearer of the last request unless there is another."""
        self.env["base"].flush()
        bearer = self.bearer if bearer is None else bearer
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if bearer:
            headers.setdefault("Authorization", b"Bearer " + bearer.encode())
        data = data if isinstance(data, bytes) else json.dumps(data).encode()
        headers.setdefault("Content-Type", "application/json" if path == SINGLE else "text/plain")
        answer = self.opener.request(
            method, self.odoo_url + path, data=data, headers=headers, timeout=30
        )
        self.env["base"].invalidate_cache()
        return answer

    def answered(self, answer):
        """Return status and body."""
        self.assertLess(len(answer.content), 200)
        self.assertEqual(answer.headers["Content-Type"], "application/json")
        return answer.status_code, answer.json()

    def deliver(self, *results, **options):
        """Deliver in bulk, and return what the callback answers."""
        return self.answered(self.send(BULK, list(results), **options))

    def result(self, ref, token=TOKEN):
        return {"params": {"ref": ref, "status": "processed", "token": token}}

    # -- what came of it -------------------------------------------------------------------------

    def everything(self):
        """Return where each row of the database lies and what it says; writing moves it."""
        self.env["base"].flush()
        self.env.cr.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = {row[0] for row in self.env.cr.fetchall()} - {COUNTED}
        return {table: self.rows(table) for table in tables}

    def rows(self, table):
        statement = sql.SQL("SELECT ctid::text, {0}::text FROM {0}")
        self.env.cr.execute(statement.format(sql.Identifier(table)))
        return Counter(self.env.cr.fetchall())

    @contextmanager
    def nothing_written(self):
        before = self.everything()
        yield
        after = self.everything()
        changed = [table for table in before if before[table] != after[table]]
        self.assertEqual(changed, [])

    def refused(self):
        """Return how often deliveries were refused, by reason."""
        found = self.env["mts.refused.delivery"].search([])
        return {row.reason: row.count for row in found}

    def assert_tokenized(self, person, token=TOKEN):
        self.assertEqual((person.mosip_auth_token, person.mosip_vid), (token, False))


@contextmanager
def debug_logs(case):
    """Yield what is logged at level DEBUG; statements of SQL are no part of that in Odoo."""
    loggers = [
        entry for entry in logging.root.manager.loggerDict.values() if hasattr(entry, "level")
    ]
    levels = {logger: logger.level for logger in loggers}
    for logger in levels:
        if logger.level and logger.name != "odoo.sql_db":
            logger.setLevel(logging.DEBUG)
    try:
        with case.assertLogs(level="DEBUG") as logs:
            yield logs
    finally:
        for logger, level in levels.items():
            logger.setLevel(level)
