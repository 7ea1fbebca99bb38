# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Who may deliver results, and who may not."""

from odoo.tests.common import new_test_user, tagged

from ..simulator.tests.receiver import Receiver
from .common import PASSWORD, MtsCase

BEARER = "Authorization"


@tagged("post_install", "-at_install")
class TestWhoMayDeliver(MtsCase):
    """MTS delivers to somebody else, who then delivers to Odoo in different ways."""

    def setUp(self):
        super().setUp()
        self.receiver = Receiver()
        self.receiver.__enter__()
        self.addCleanup(self.receiver.__exit__)
        self.base = self.receiver.url.rpartition("/")[0]

    def caught(self, count=1, **values):
        """Import one registrant; return him and what MTS delivered: path, body and headers."""
        person = self.create_registrant()
        values = {"callback_url": self.base + "/mts/callback/bulk", **values}
        self.import_now(self.create_connector(**values))
        call = self.receiver.wait_for(count)[-1]
        kept = ("Content-Type", BEARER)
        headers = {name: call.headers[name] for name in kept if name in call.headers}
        self.env["base"].flush()
        return person, (call.path, call.data, headers)

    def caught_single(self, count=1):
        return self.caught(count, callback_in_bulk=False, callback_url=self.base + "/mts/callback")

    def deliver(self, delivery, **headers):
        """Deliver what was caught, with some headers changed, or left out where None."""
        path, data, caught = delivery
        wanted = {**caught, **headers}
        wanted = {name: value for name, value in wanted.items() if value is not None}
        answer = self.post(path, data, wanted)
        self.env["base"].invalidate_cache()
        return answer

    def assert_denied(self, person, answer):
        self.assertEqual(answer.status_code, 403)
        self.assertFalse(person.mosip_auth_token)
        self.assertTrue(person.mosip_vid)
        self.assertEqual(self.record_of(person).state, "pending")
        for part in ("Traceback", person.mosip_vid, "token"):
            self.assertNotIn(part, answer.text)

    def assert_taken(self, person, answer):
        self.assertEqual(answer.status_code, 200)
        self.assertTrue(person.mosip_auth_token)
        self.assertFalse(person.mosip_vid)

    def log_in(self, groups):
        new_test_user(self.env, "deliverer", groups, password=PASSWORD)
        self.env["base"].flush()
        self.authenticate("deliverer", PASSWORD)

    def test_neither_session_nor_bearer(self):
        for catch in (self.caught, self.caught_single):
            person, delivery = catch(count=len(self.receiver.calls) + 1)
            self.assert_denied(person, self.deliver(delivery, Authorization=None))

    def test_wrong_bearer(self):
        for number, catch in enumerate((self.caught, self.caught_single)):
            person, delivery = catch(count=number + 1)
            right = delivery[2][BEARER]
            for wrong in ("Bearer", "Bearer ", "Bearer x", right[:-1], right + "x", right[7:]):
                answer = self.deliver(delivery, Authorization=wrong)
                self.assert_denied(person, answer)
            self.assert_taken(person, self.deliver(delivery))

    def test_how_the_bearer_is_spelled(self):
        person, delivery = self.caught()
        spelled = "bEARER  " + delivery[2][BEARER].partition(" ")[2]
        self.assert_taken(person, self.deliver(delivery, Authorization=spelled))

    def test_the_bearer_of_another_request(self):
        first, first_delivery = self.caught()
        second, second_delivery = self.caught(count=2)
        bearer = second_delivery[2][BEARER]
        answer = self.deliver(first_delivery, Authorization=bearer)
        # Who delivers is known; what is delivered is not his.
        self.assertEqual(answer.json()["accepted"], 0)
        self.assertFalse(first.mosip_auth_token)
        self.assertTrue(first.mosip_vid)
        self.assert_taken(first, self.deliver(first_delivery))
        self.assert_taken(second, self.deliver(second_delivery))

    def test_only_the_hash_of_the_bearer_is_kept(self):
        _person, delivery = self.caught()
        bearer = delivery[2][BEARER].partition(" ")[2]
        self.assertGreater(len(bearer), 40)
        self.env.cr.execute("SELECT row_to_json(request)::text FROM mts_request request")
        self.assertNotIn(bearer, "".join(row[0] for row in self.env.cr.fetchall()))

    def test_users_without_the_group(self):
        person, delivery = self.caught()
        self.log_in("mts_connector.group_manager,base.group_system")
        self.assert_denied(person, self.deliver(delivery, Authorization=None))

    def test_users_of_the_group(self):
        person, delivery = self.caught()
        single_person, single_delivery = self.caught_single(count=2)
        self.log_in("mts_connector.group_callback")
        self.assert_taken(person, self.deliver(delivery, Authorization=None))
        self.assert_taken(single_person, self.deliver(single_delivery, Authorization=None))

    def test_a_wrong_bearer_is_not_made_good_by_a_session(self):
        person, delivery = self.caught()
        self.log_in("mts_connector.group_callback")
        self.assert_denied(person, self.deliver(delivery, Authorization="Bearer x"))

    def test_the_group_allows_nothing_else(self):
        user = new_test_user(self.env, "deliverer", "mts_connector.group_callback")
        for model in ("mts.connector", "mts.run", "mts.request", "mts.record", "res.partner"):
            for operation in ("read", "write", "create", "unlink"):
                allowed = (
                    self.env[model]
                    .with_user(user)
                    .check_access_rights(operation, raise_exception=False)
                )
                self.assertFalse(allowed, (model, operation))
