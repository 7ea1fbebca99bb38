# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Managers are told what they have to look at: once for each cause, and while it lasts."""

import json
from datetime import timedelta
from unittest.mock import patch

from odoo.tests.common import new_test_user, tagged
from odoo.tools import mute_logger

from ..hooks import uninstall_hook
from ..models.mts_activities import ATTENTION, CONFLICTS, DUPLICATES, KINDS, MtsActivities
from ..models.mts_delta import MtsDelta
from ..models.mts_duplicate import MtsDuplicate
from .fault_case import CommittedCase, FaultCase

SLICE = "odoo.addons.mts_connector.background.slice"
PARTNER_FAULT = "IDA-MPA-013"


class ActivityCase(FaultCase):
    def setUp(self):
        super().setUp()
        self.manager = new_test_user(
            self.env, "manager", "mts_connector.group_manager", email="manager@example.org"
        )
        self.connector = self.create_connector(user_id=self.manager.id)

    def activities(self, kind):
        self.env["base"].invalidate_cache()
        return self.connector.activity_search([kind])

    def stopped(self, **values):
        """Return a registrant at whom sending has stopped."""
        partner = self.create_registrant(**values)
        self.simulator.refuse(partner.mosip_vid, PARTNER_FAULT)
        self.import_now(self.connector)
        self.assertIn(PARTNER_FAULT, self.connector.attention)
        self.start_slice(self.connector)
        return partner

    def pair(self):
        """Return two registrants with one token."""
        people = self.create_registrant() + self.create_registrant()
        self.import_now(self.connector)
        self.start_slice(self.connector)
        self.assertEqual(len(set(people.mapped("mosip_auth_token"))), 1)
        return people

    def quiet_look(self):
        """Have the job look when no answer has come for a while."""
        self.let_time_pass(self.env["mts.record"].search([]), hours=1)
        self.start_slice(self.connector)

    def done(self, activities):
        activities.with_user(self.manager).action_feedback(feedback="Seen")


@tagged("post_install", "-at_install")
class TestAttention(ActivityCase):
    def test_the_responsible_is_told_once(self):
        self.stopped()
        activity = self.activities(ATTENTION)
        self.assertEqual((len(activity), activity.user_id), (1, self.manager))
        self.assertIn(PARTNER_FAULT, activity.summary)
        for _slice in range(2):
            self.start_slice(self.connector)
        self.assertEqual(self.activities(ATTENTION), activity)

    def test_another_cause_takes_its_place(self):
        self.stopped()
        activity = self.activities(ATTENTION)
        self.connector._raise_attention("Something else\nThis is to be done.")
        self.start_slice(self.connector)
        self.assertEqual(self.activities(ATTENTION), activity)
        self.assertEqual(activity.summary, "Something else")

    def test_the_next_good_answer_takes_it_back(self):
        partner = self.stopped()
        self.simulator.accept(partner.mosip_vid)
        self.record_of(partner).action_retry()
        self.work_on(self.connector)
        self.assertFalse(self.connector.attention)
        self.start_slice(self.connector)
        self.assertFalse(self.activities(ATTENTION))

    def test_marked_as_done_it_does_not_come_back_for_the_same_cause(self):
        self.stopped()
        self.done(self.activities(ATTENTION))
        self.start_slice(self.connector)
        self.assertFalse(self.activities(ATTENTION))
        self.connector._raise_attention("Something else")
        self.start_slice(self.connector)
        self.assertEqual(self.activities(ATTENTION).summary, "Something else")

    def test_raised_again_after_it_was_mended_is_told_again(self):
        partner = self.stopped()
        self.done(self.activities(ATTENTION))
        self.simulator.accept(partner.mosip_vid)
        self.record_of(partner).action_retry()
        self.work_on(self.connector)
        self.start_slice(self.connector)
        self.stopped(given_name="Another")
        self.assertEqual(len(self.activities(ATTENTION)), 1)

    def test_no_activity_holds_anybodys_data(self):
        partner = self.create_registrant()
        vid = partner.mosip_vid
        message = f"{vid}: Amina Diallo of 12 Harbour Road is no partner"
        self.simulator.refuse(vid, {"code": PARTNER_FAULT, "message": message})
        self.import_now(self.connector)
        self.start_slice(self.connector)
        text = json.dumps(self.activities(ATTENTION).read(), default=str)
        text += repr(self.connector.message_ids.mapped("body"))
        text += repr(self.env["mail.mail"].search([]).mapped("body_html"))
        for secret in (vid, "Amina", "Diallo", "Harbour"):
            self.assertNotIn(secret, text)


@tagged("post_install", "-at_install")
class TestRecipient(ActivityCase):
    def told(self):
        self.stopped()
        return self.activities(ATTENTION).user_id

    def test_who_is_no_manager_any_more_is_not_told(self):
        self.manager.groups_id -= self.env.ref("mts_connector.group_manager")
        told = self.told()
        self.assertTrue(told.has_group("mts_connector.group_manager"))
        self.assertNotEqual(told, self.manager)

    def test_who_has_left_is_not_told(self):
        self.manager.active = False
        self.assertTrue(self.told().active)

    def test_nobody_of_another_company_is_told(self):
        company = self.env["res.company"].create({"name": "Other"})
        colleague = new_test_user(
            self.env,
            "colleague",
            "mts_connector.group_manager",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        self.connector.company_id = company
        self.assertEqual(self.told(), colleague)

    def test_who_creates_a_connector_is_responsible(self):
        connector = self.env["mts.connector"].with_user(self.manager).create({"name": "Mine"})
        self.assertEqual(connector.user_id, self.manager)

    def test_without_a_manager_the_work_goes_on(self):
        group = self.env.ref("mts_connector.group_manager")
        group.users = False
        partner = self.create_registrant()
        self.import_now(self.connector)
        self.assertTrue(partner.mosip_auth_token)


@tagged("post_install", "-at_install")
class TestAnswers(ActivityCase):
    def test_one_activity_for_all_duplicates(self):
        self.pair()
        activity = self.activities(DUPLICATES)
        self.assertEqual((len(activity), activity.user_id), (1, self.manager))
        more = self.create_registrant(given_name="Fatou") + self.create_registrant(
            given_name="Fatou"
        )
        self.import_now(self.connector)
        self.start_slice(self.connector)
        self.assertEqual(self.activities(DUPLICATES), activity)
        self.assertEqual(more.mapped("mosip_duplicate_count"), [1, 1])

    def test_while_answers_come_in_only_the_new_ones_are_compared(self):
        """To compare all of a million registrants takes as long as a whole slice may."""
        every = patch.object(
            MtsDuplicate, "_shared_tokens", side_effect=AssertionError("all of them")
        )
        with every:
            self.pair()
            self.create_registrant(given_name="Fatou")
            self.import_now(self.connector)
        self.assertEqual(len(self.activities(DUPLICATES)), 1)

    def test_who_is_alone_is_no_news(self):
        self.create_registrant()
        self.import_now(self.connector)
        self.start_slice(self.connector)
        self.assertFalse(self.activities(DUPLICATES))

    def test_with_somebody_who_had_the_token_before(self):
        token = self.simulator.token("Amina Diallo", "1990/05/17", "Female")
        self.create_registrant(mosip_vid=False, mosip_auth_token=token)
        self.create_registrant()
        self.import_now(self.connector)
        self.start_slice(self.connector)
        self.assertEqual(len(self.activities(DUPLICATES)), 1)

    def test_whom_the_responsible_may_not_see_is_no_news(self):
        """The list that the activity leads to would be empty."""
        token = self.simulator.token("Amina Diallo", "1990/05/17", "Female")
        company = self.env["res.company"].create({"name": "Other"})
        self.create_registrant(mosip_vid=False, mosip_auth_token=token, company_id=company.id)
        partner = self.create_registrant()
        self.import_now(self.connector)
        self.start_slice(self.connector)
        self.assertEqual(partner.mosip_auth_token, token)
        self.assertFalse(self.activities(DUPLICATES))

    def test_settled_it_goes(self):
        people = self.pair()
        self.env["mts.duplicate.decision"]._settle(people, "Two people")
        self.quiet_look()
        self.assertFalse(self.activities(DUPLICATES))

    def test_merged_it_goes(self):
        people = self.pair()
        self.env["base.partner.merge.automatic.wizard"]._merge(people.ids, people[0])
        self.quiet_look()
        self.assertFalse(self.activities(DUPLICATES))

    def test_archived_it_goes(self):
        """The list that the activity leads to is empty then."""
        people = self.pair()
        people[1].active = False
        self.quiet_look()
        self.assertFalse(self.activities(DUPLICATES))

    def test_marked_as_done_it_comes_back_with_new_ones_only(self):
        self.pair()
        self.quiet_look()
        self.done(self.activities(DUPLICATES))
        self.start_slice(self.connector)
        self.assertFalse(self.activities(DUPLICATES))
        self.create_registrant(given_name="Fatou")
        self.import_now(self.connector)
        self.start_slice(self.connector)
        self.assertFalse(self.activities(DUPLICATES))
        self.create_registrant()
        self.import_now(self.connector)
        self.start_slice(self.connector)
        self.assertEqual(len(self.activities(DUPLICATES)), 1)

    def test_answers_that_are_committed_after_a_look_are_seen_by_the_next(self):
        """They are younger than the oldest transaction that was open at the look."""
        oldest = self.now() - timedelta(hours=3)
        self.create_registrant()
        self.import_now(self.connector)
        with patch.object(MtsDelta, "_oldest_transaction", lambda _delta: oldest):
            self.start_slice(self.connector)
        self.assertEqual(self.connector.told_until, oldest - timedelta(seconds=1))

    def test_a_conflict_and_its_end(self):
        partner = self.create_registrant()
        self.simulator.hold()
        self.import_now(self.connector)
        partner.mosip_auth_token = "there already"
        self.release()
        self.start_slice(self.connector)
        activity = self.activities(CONFLICTS)
        self.assertEqual((len(activity), activity.user_id), (1, self.manager))
        self.record_of(partner).with_user(self.manager).action_keep_token()
        self.quiet_look()
        self.assertFalse(self.activities(CONFLICTS))


@tagged("post_install", "-at_install")
class TestFailures(ActivityCase):
    def test_an_activity_that_fails_stops_nothing(self):
        people = self.create_registrants(2)

        def fail(*_args):
            raise ValueError(people[0].name)

        fails = patch.object(MtsActivities, "_tell", fail)
        with fails, self.assertLogs(SLICE, "ERROR") as logs:
            run = self.import_now(self.connector)
        self.assertTrue(all(people.mapped("mosip_auth_token")))
        self.assertFalse(self.connector.attention)
        self.start_slice(self.connector)
        self.assertEqual(run.state, "done")
        self.assertIn("ValueError", repr(logs.output))
        self.assertNotIn("Amina", repr(logs.output))

    def test_what_could_not_be_told_is_told_later(self):
        def fail(*_args, **_values):
            raise ValueError

        create = type(self.env["mail.activity"])
        with patch.object(create, "create", fail), mute_logger(SLICE):
            self.stopped()
            self.assertFalse(self.activities(ATTENTION))
        self.start_slice(self.connector)
        self.assertEqual(len(self.activities(ATTENTION)), 1)

    def test_a_type_that_was_deleted_keeps_nothing_else_back(self):
        self.env.ref(DUPLICATES).unlink()
        self.pair()
        self.stopped(given_name="Another")
        self.assertEqual(len(self.activities(ATTENTION)), 1)

    def test_answers_make_no_activities(self):
        """Whatever goes wrong with one must not cost a token."""
        self.simulator.hold()
        people = self.create_registrant() + self.create_registrant()
        self.import_now(self.connector)
        create = type(self.env["mail.activity"])
        with patch.object(create, "create", side_effect=AssertionError("not here")):
            self.release()
        self.assertTrue(all(people.mapped("mosip_auth_token")))

    def test_nothing_is_left_behind(self):
        self.stopped()
        uninstall_hook(self.env.cr, self.registry)
        types = [self.env.ref(kind).id for kind in KINDS]
        self.assertFalse(self.env["mail.activity"].search([("activity_type_id", "in", types)]))


@tagged("post_install", "-at_install")
class TestAtTheSameTime(CommittedCase):
    def test_two_deliveries_that_do_not_see_each_other(self):
        """Neither finds the other's token when it writes its own."""
        connector = self.create_connector(batch_size=1)
        pair = self.create_registrant() + self.create_registrant()
        self.simulator.hold()
        self.import_now(connector)
        first, second = (self.reference_of(person.mosip_vid) for person in pair)
        self.log_in_to_deliver()
        with self.other_transaction() as env:
            self.deliver(self.result(first, token="one token"))
            env["mts.request"]._receive([self.result(second, token="one token")])
            env.cr.commit()  # pylint: disable=invalid-commit
        self.commit()
        self.assertEqual(pair.mapped("mosip_auth_token"), ["one token"] * 2)
        self.assertFalse(connector.activity_search([DUPLICATES]))
        self.start_slice(connector)
        self.assertEqual(len(connector.activity_search([DUPLICATES])), 1)
