# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Whatever MTS delivers of submissions, nothing fails and nothing is set that may not be."""

import random

from odoo.tests.common import tagged

from .odk_case import OdkCase
from .test_odk_answers import DeliveryMixin

ODD = (
    *(None, True, False, 0, -1, 10**30, 1.5, 1e308, "", " ", "x" * 5000, "\x00", "\ud800", "%s"),
    *("'; --", "<b>", "uuid:1", "2026-02-30", "9999-12-31", "0000-00-00", [], {}, [1], {"a": {}}),
)
KEYS = ("instance", "vid", "token", "status", "errorCode", "errorMessage", "values")
FIELDS = (
    *("name", "gender", "birthdate", "phone", "color", "is_registrant", "credit_limit"),
    *("company_id", "active", "mosip_vid", "mosip_auth_token", "user_ids", "id", "__init__"),
)
ALLOWED = '["name", "gender", "birthdate", "phone", "color", "is_registrant", "credit_limit"]'


@tagged("post_install", "-at_install")
class TestNonsense(DeliveryMixin, OdkCase):
    ROUNDS, ITEMS = 5, 60

    def setUp(self):
        super().setUp()
        self.chance = random.Random("nonsense")

    def odd_item(self):
        chance = self.chance
        values = {name: chance.choice(ODD) for name in chance.sample(FIELDS, 5)}
        item = self.item(
            f"uuid:{chance.randrange(10**6)}",
            chance.choice(("processed", "error", "invalid")),
            values,
            vid=self.new_vid(),
            token=f"token {chance.randrange(10**6)}",
            errorCode="IDA-DEA-001",
        )
        for key in chance.sample(KEYS, chance.choice((0, 0, 1, 2))):
            item["params"][key] = chance.choice(ODD)
        return chance.choice((item, item, item, item["params"], chance.choice(ODD)))

    def test_nothing_fails(self):
        connector = self.create_odk_connector(
            selected_fields=ALLOWED,
            output_format="{params: {instance: .input.__id, vid: .output.vid, "
            "token: .output.token, status: .output.status, errorCode: .output.errorCode, "
            "errorMessage: .output.errorMessage, values: {name: .input.given_name}}}",
        )
        bearer = self.bearer_of(connector)
        request = self.open_requests(connector)
        accepted = 0
        for _round in range(self.ROUNDS):
            # As if it had never been answered.
            request.state = "lost"
            items = [self.odd_item() for _number in range(self.ITEMS)]
            answer = self.deliver_with(bearer, *items)
            self.assertEqual(answer.status_code, 200, answer.text)
            counts = answer.json()
            self.assertEqual(sum(counts.values()), len(items))
            accepted += counts["accepted"]
        taken = self.env["mts.submission"].search([("connector_id", "=", connector.id)])
        self.assertGreater(accepted, self.ROUNDS * self.ITEMS / 4)
        self.assertNotIn("failed", taken.mapped("state"))
        for partner in taken.partner_id:
            self.assertTrue(partner.active and partner.name)
            self.assertEqual(partner.company_id, connector.company_id)
            self.assertFalse(partner.user_ids)
            self.assertFalse(partner.mosip_vid and partner.mosip_auth_token)
