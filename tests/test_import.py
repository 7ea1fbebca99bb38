"""The main job: registrants go out, tokens come back, VIDs are gone."""
from odoo.tests.common import tagged

from .common import MtsCase


@tagged("post_install", "-at_install")
class TestImport(MtsCase):
    def test_bulk_delivery_with_bearer(self):
        connector = self.create_connector()
        people = self.create_registrants(3)
        run = self.import_now(connector)
        self.assertEqual(run.state, "done", run.message)
        self.assertTrue(all(people.mapped("mosip_auth_token")))
        self.assertFalse(any(people.mapped("mosip_vid")))
        self.assertEqual(set(self.record_of(people[0]).mapped("state")), {"tokenized"})
        counts = (run.selected_count, run.sent_count, run.tokenized_count, run.pending_count)
        self.assertEqual(counts, (3, 3, 3, 0))
