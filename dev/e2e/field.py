# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What is submitted in the field and fetched by a connector to ODK Central."""

import itertools
from datetime import datetime, timedelta, timezone

from faults.forms import create_field_connector

HOURS = 5 * 60
ROUNDS = 12
REFUSED = "IDA-DEA-001"


class Field:
    """A connector to ODK Central, one to the registry, and five submissions.

    MOSIP refuses the second.
    """

    submitted = 5

    def __init__(self, world, name):
        self.world, self.mts = world, world.simulator
        self.reference = f"field {name}"
        self.start = datetime.utcnow().replace(microsecond=0) - timedelta(hours=1)
        self.registry = world.create_connector(self.reference)
        self.connector = create_field_connector(world, self.reference, self.registry, self.start)
        vids = itertools.count(2 * 10**15 + 10**6 * next(world.numbers))
        self.vids = {}
        for number in range(self.submitted):
            self.submit(number, str(next(vids)))
        for vid in list(self.vids.values())[1:2]:
            self.mts.refuse(vid, REFUSED)

    def submit(self, number, vid):
        answers = {
            "vid": vid,
            "given_name": f"Person {number}",
            "family_name": "Diallo",
            "gender": "Female",
            "birthdate": f"19{number + 10}-05-17",
            "address": "12 Harbour Road",
            "ref": self.reference,
        }
        at = self.start.replace(tzinfo=timezone.utc) + timedelta(minutes=10 * number)
        self.vids[self.mts.submit(answers, at=at)[0]] = vid

    def prepare(self):
        """Bring everything to where the crash is to happen."""

    def act(self):
        self.world.import_now(self.connector)
        self.world.make_due(self.world.work_job)

    def mend(self):
        self.mts.clear_faults()

    # -- what comes of it ------------------------------------------------------------------------

    def work(self):
        self.world.tick()
        assert self.mts.wait_idle(30)

    def settle(self):
        """What was under way ends by itself; then an import fetches the rest."""
        for _round in range(ROUNDS):
            self.work()
            if self.is_closed():
                if self.is_fetched():
                    return
                self.world.import_now(self.connector)
            else:
                self.world.let_time_pass(self.connector, HOURS)
        raise AssertionError(f"it comes to no end\n{self.world.odoo.tail()}")

    def is_closed(self):
        return not self.world.query(
            "SELECT 1 FROM mts_run WHERE connector_id = %s "
            "AND state IN ('queued', 'sending', 'waiting')",
            [self.connector],
        )

    def is_fetched(self):
        query = "SELECT odk_pulled_until FROM mts_connector WHERE id = %s"
        end = self.start + timedelta(minutes=10 * self.submitted)
        return self.world.query(query, [self.connector])[0][0] >= end

    def check(self, most_sends=1):
        """Each submission is one registrant, with its own token or with its VID."""
        rows = self.world.query(
            """
            SELECT instance_id, mosip_vid, mosip_auth_token FROM res_partner partner
            LEFT JOIN mts_submission submission
                ON submission.partner_id = partner.id AND submission.connector_id = %s
            WHERE partner.ref = %s
            """,
            [self.connector, self.reference],
        )
        assert sorted(row[0] for row in rows) == sorted(self.vids)
        for instance, vid, token in rows:
            results = self.mts.ledger.results_of(self.vids[instance])
            assert 1 <= len(results) <= most_sends, results
            assert token == results[-1]["token"]
            assert vid == (None if token else self.vids[instance])

    def clear(self):
        self.world.delete_connector(self.connector)
        self.world.delete_connector(self.registry)


class Fetch(Field):
    """Import Now."""


class Nothing(Field):
    """Nothing was submitted."""

    submitted = 0


class Failing(Field):
    """MTS fails to fetch it."""

    def prepare(self):
        self.mts.add_fault("post", "answer", status=500, next=1)
