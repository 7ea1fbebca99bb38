# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the tests share: a simulated MTS, registrants, and connectors that talk to it."""

import functools
import json
import random
import threading
from datetime import timedelta

import psycopg2
from lxml.html import document_fromstring
from odoo import fields
from odoo.service import server, wsgi_server
from odoo.tests.common import HOST, HttpCase
from odoo.tools import config
from psycopg2 import errorcodes

from ..simulator import Simulator

SETTLE_SECONDS = 60
# More than any test needs until nothing is left to send.
SLICES = 30
PASSWORD = "made up, long enough"


def odoo_auth(**values):
    """Return the settings by which MTS logs in before it delivers."""
    return {
        "callback_auth_type": "odoo",
        "callback_auth_username": "seeder",
        "callback_auth_password": PASSWORD,
        **values,
    }


def words_of(html):
    """Return the text of a page as a person reads it, in one line."""
    return " ".join(document_fromstring(html).text_content().split())


@functools.lru_cache(maxsize=None)
def http_port():
    """Return the port of Odoo's HTTP server, which starts with the first test that needs it.

    The one that pytest-odoo starts on Odoo 14 is there or not, depending on how fast threads are.
    """
    server.load_server_wide_modules()
    httpd = server.ThreadedWSGIServerReloadable(HOST, 0, wsgi_server.application)
    threading.Thread(target=httpd.serve_forever, name="odoo-http", daemon=True).start()
    return httpd.socket.getsockname()[1]


class Conflict(psycopg2.OperationalError):
    """What PostgreSQL says when another transaction has changed the same row."""

    pgcode = errorcodes.SERIALIZATION_FAILURE


class MtsCase(HttpCase):
    """Odoo answers on HTTP, and a simulated MTS runs in threads of this process.

    Slices and callbacks run in Odoo's test transaction, which is rolled back after each test.
    """

    def setUp(self):
        config["http_port"] = http_port()
        super().setUp()
        self.simulator = Simulator().start()
        self.addCleanup(self.simulator.stop)
        self.odoo_url = f"http://{HOST}:{config['http_port']}"
        self.vids = random.Random(self._testMethodName)

    def create_connector(self, **values):
        values = {
            "name": "Registry",
            "mts_url": self.simulator.url,
            "callback_url": self.odoo_url + "/mts/callback/bulk",
            "callback_auth_url": self.odoo_url + "/web/session/authenticate",
            "search_domain": '[("ref", "=", "mts-test")]',
            **values,
        }
        return self.env["mts.connector"].create(values)

    def new_vid(self):
        return str(self.vids.randrange(2 * 10**15, 10**16))

    def create_registrant(self, **values):
        values = {
            "name": "Amina Diallo",
            "given_name": "Amina",
            "family_name": "Diallo",
            "birthdate": "1990-05-17",
            "gender": "Female",
            "address": "12 Harbour Road",
            "ref": "mts-test",
            "mosip_vid": self.new_vid(),
            **values,
        }
        return self.env["res.partner"].create(values)

    def create_registrants(self, count):
        people = self.env["res.partner"]
        for number in range(count):
            people += self.create_registrant(given_name=f"Person {number}")
        return people

    def connection_report(self, connector):
        """Press Test Connection, and return the words of what opens."""
        action = connector.action_test_connection()
        test = connector.env[action["res_model"]].browse(action["res_id"])
        return words_of(test.report)

    def work(self, connector):
        """Let the background job do a slice, and MTS finish what it has got."""
        self.start_slice(connector)
        self.settle()

    def start_slice(self, connector):
        self.env["base"].flush()
        connector._work()
        self.env["base"].invalidate_cache()

    def settle(self):
        """Wait until MTS has called back, and see what that changed."""
        self.assertTrue(self.simulator.wait_idle(SETTLE_SECONDS), "MTS is still busy")
        self.env["base"].invalidate_cache()

    def import_now(self, connector):
        """Press the button and let everything happen; return the run."""
        action = connector.action_import_now()
        run = self.env["mts.run"].browse(action["res_id"])
        self.work_on(connector)
        return run

    def work_on(self, connector):
        """Let slices and answers follow each other until there is nothing more to send."""
        posts = None
        for _slice in range(SLICES):
            if posts == self.simulator.ledger.counts["posts"]:
                return
            posts = self.simulator.ledger.counts["posts"]
            self.work(connector)
        self.fail("it sends and sends")

    def let_time_pass(self, records, **delta):
        """Move every time of these records into the past."""
        shift = timedelta(**delta)
        for record in records:
            record.write(
                {
                    name: record[name] - shift
                    for name, field in record._fields.items()
                    if field.type == "datetime"
                    and field.store
                    and record[name]
                    and name not in ("create_date", "write_date")
                }
            )
        self.env["base"].flush()

    def record_of(self, partners, connector=None):
        domain = [("partner_id", "in", partners.ids)]
        if connector:
            domain.append(("connector_id", "=", connector.id))
        return self.env["mts.record"].search(domain)

    def sends_of(self, vid):
        """Return how often MTS tried this VID."""
        return len(self.simulator.ledger.results_of(vid))

    def post(self, path, body, headers=None):
        """Deliver something to our own callback, as a stranger might."""
        headers = {"Content-Type": "application/json", **(headers or {})}
        data = body if isinstance(body, (bytes, str)) else json.dumps(body)
        return self.opener.request(
            "POST", self.odoo_url + path, data=data, headers=headers, timeout=30
        )

    def now(self):
        return fields.Datetime.now()
