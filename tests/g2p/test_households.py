# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Members of one household: whatever OpenG2P writes of one of them, it writes the household."""

import logging
import threading
from contextlib import contextmanager
from unittest.mock import patch

from odoo.tests.common import tagged
from odoo.tools import mute_logger

from ...simulator import Simulator
from ..fault_case import CommittedCase
from .g2p_case import G2pCase, G2pMixin

DEADLINE_SECONDS = 60
# More than the tries that Odoo by itself has for two requests.
OTHERS = 20
NOT_STORED = "odoo.addons.mts_connector.models.mts_settlement"
RECORDS = "odoo.addons.mts_connector.models.mts_record"


class Households(G2pMixin):
    def create_household(self, count):
        """Return a household and so many members."""
        household = self.env["res.partner"].create(
            {"name": "Diallo", "is_registrant": True, "is_group": True, "ref": "mts-test"}
        )
        people = self.create_registrants(count)
        self.memberships = self.env["g2p.group.membership"].create(
            [{"group": household.id, "individual": person.id} for person in people]
        )
        return household, people


@tagged("post_install", "-at_install")
class TestAtTheSameTime(Households, CommittedCase):
    def setUp(self):
        super().setUp()
        self.mts = Simulator(workers=2).start()
        self.addCleanup(self.mts.stop)
        self.connector.write({"mts_url": self.mts.url, "batch_size": 1})
        self.mts.hold()
        self.household, self.people = self.create_household(2)
        self.import_now(self.connector)
        self.settlement = type(self.env["mts.settlement"])

    def clean_up(self):
        self.env.cr.rollback()
        self.env.clear()
        self.memberships.unlink()
        self.ids.search([("partner_id.ref", "=", "mts-test")]).unlink()
        self.commit()
        return super().clean_up()

    def release(self):
        """Let MTS deliver for both at the same time, to HTTP and by itself."""
        with self.nothing_to_complain_about():
            self.mts.release()
            self.assertTrue(self.mts.wait_idle(DEADLINE_SECONDS))
        self.commit()
        callbacks = self.mts.ledger.callbacks
        self.assertEqual([callback["http_status"] for callback in callbacks], [200, 200])
        self.assert_tokenized(self.people)

    @contextmanager
    def nothing_to_complain_about(self):
        lines = []
        handler = logging.Handler(logging.WARNING)
        handler.emit = lambda record: lines.append(record.getMessage())
        logging.getLogger().addHandler(handler)
        try:
            yield
        finally:
            logging.getLogger().removeHandler(handler)
        self.assertEqual(lines, [])

    def before_locking(self, meanwhile):
        """Do something when a delivery has begun to read, and not written yet."""
        lock = self.settlement._lock

        def method(settlement, record_ids):
            meanwhile()
            return lock(settlement, record_ids)

        return patch.object(self.settlement, "_lock", method)

    def test_two_deliveries(self):
        """The second begins anew when the first is through, and not after all its work."""
        both = threading.Barrier(2)
        begun, stored = [], []
        store = type(self.env["mts.identity.store.g2p"])
        store_tokens = store._store_tokens

        def meet():
            begun.append(True)
            if len(begun) <= 2:
                both.wait(DEADLINE_SECONDS)

        def counting(identity_store, tokens):
            stored.extend(tokens)
            return store_tokens(identity_store, tokens)

        with self.before_locking(meet), patch.object(store, "_store_tokens", counting):
            self.release()
        self.assertEqual(len(begun), 3)
        self.assertEqual(sorted(stored), sorted(self.people.ids))

    def test_others_get_in_between_time_and_again(self):
        turns = iter(range(OTHERS))
        statement = "UPDATE res_partner SET comment = 'visited' WHERE id = %s"

        def get_in_between():
            if next(turns, None) is not None:
                with self.registry.cursor() as cr:
                    cr.execute(statement, [self.household.id])

        with self.before_locking(get_in_between):
            self.release()
        self.assertIsNone(next(turns, None))


@tagged("post_install", "-at_install")
class TestTwoHeads(Households, G2pCase):
    def test_a_household_that_openg2p_does_not_take(self):
        """Others in the batch get their tokens."""
        _household, people = self.create_household(2)
        other = self.create_registrant(given_name="Other")
        head = self.env["g2p.group.membership.kind"].create({"name": "Head", "is_unique": True})
        self.memberships.kind = head
        with mute_logger(NOT_STORED, RECORDS):
            self.import_now(self.connector)
        self.assert_tokenized(other)
        for person in people:
            self.assertEqual(self.record_of(person).error_code, "MTC-NOT-STORED")
            self.assertTrue(self.vid_of(person))
        self.memberships[0].kind = False
        for person in people:
            self.record_of(person).action_retry()
        self.import_now(self.connector)
        self.assert_tokenized(people)
