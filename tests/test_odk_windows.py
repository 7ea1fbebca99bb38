# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Which time is fetched when: no gap and no overlap, whatever fails or crashes."""

from contextlib import suppress
from datetime import datetime, timedelta
from unittest.mock import patch

from odoo.tests.common import tagged

from ..background import slice as slices
from .odk_case import OdkCase

TIME = "%Y-%m-%dT%H:%M:%S.%fZ"


@tagged("post_install", "-at_install")
class TestWindows(OdkCase):
    def bounds(self):
        """Return the first and the last millisecond of each window that was fetched."""
        step = timedelta(milliseconds=1)
        return [
            (datetime.strptime(start, TIME) + step, datetime.strptime(end, TIME) - step)
            for start, end in self.windows()
        ]

    def assert_seamless(self, connector):
        """Each window begins a millisecond after the one before, the first where it should."""
        bounds = self.bounds()
        self.assertEqual(bounds[0][0], self.start)
        for (_start, end), (start, _end) in zip(bounds, bounds[1:]):
            self.assertEqual(start - end, timedelta(milliseconds=1))
        last = bounds[-1][1] + timedelta(milliseconds=1)
        self.assertEqual(last, connector.odk_pulled_until)

    def test_windows_meet_without_gap_or_overlap(self):
        self.start -= timedelta(days=4)
        edge = self.start + timedelta(hours=1)
        instances = [
            self.submit(at=at)
            for at in (
                self.start,
                edge - timedelta(milliseconds=1),
                edge,
                edge + timedelta(milliseconds=1),
                edge + timedelta(days=2),
            )
        ]
        early = self.submit(at=self.start - timedelta(milliseconds=1))
        connector = self.create_odk_connector()
        run = self.import_now(connector)
        self.end_run(connector)
        self.assertEqual((run.state, run.tokenized_count), ("done", 5), run.message)
        self.assert_seamless(connector)
        self.assertFalse(self.submission(early))
        for instance in instances:
            self.assertEqual(self.sends_of(self.vid_given(instance)), 1)

    def test_the_length_follows_what_a_window_holds(self):
        self.start -= timedelta(days=4)
        for number in range(8):
            self.submit(at=self.start + timedelta(minutes=7 * number))
        connector = self.create_odk_connector(batch_size=2)
        self.import_now(connector)
        lengths = [end - start for start, end in self.bounds()]
        # The first held eight: the second is a quarter as long. Then there is nothing more.
        hour = timedelta(hours=1) - timedelta(milliseconds=1)
        self.assertEqual(lengths[0], hour)
        self.assertLess(lengths[1], hour / 2)
        self.assertGreater(lengths[4], 10 * lengths[1])
        self.assert_seamless(connector)

    def test_it_does_so_where_older_ones_are_fetched_again(self):
        self.start = self.now() - timedelta(hours=5)
        connector = self.create_odk_connector()
        self.import_now(connector)
        self.end_run(connector)
        # The newest window is a short one.
        newest = connector.run_ids.request_ids.sorted("window_until")[-1]
        newest.window_from = newest.window_until - timedelta(seconds=10)
        connector.odk_pulled_until = self.start
        before = len(self.windows())
        self.import_now(connector)
        self.assertLess(len(self.windows()) - before, 10)

    def test_what_comes_too_close_to_the_import_is_left_to_the_next(self):
        connector = self.create_odk_connector(odk_delay_minutes=10)
        run = self.import_now(connector)
        self.end_run(connector)
        self.assertEqual(connector.odk_pulled_until, run.started_at - timedelta(minutes=10))

    def test_nothing_is_fetched_while_an_answer_is_expected(self):
        self.submit()
        self.simulator.hold()
        connector = self.create_odk_connector()
        self.import_now(connector)
        connector.action_import_now()
        self.work_on(connector)
        self.assertEqual(len(self.windows()), 1)
        self.assertEqual(connector.odk_pulled_until, self.start)
        self.release()
        self.work_on(connector)
        self.assertEqual(connector.run_ids[:1].tokenized_count, 1)

    def test_a_window_whose_callbacks_are_lost_is_fetched_again(self):
        instance = self.submit()
        self.simulator.add_fault("callback", "drop", next=1)
        connector = self.create_odk_connector()
        self.import_now(connector)
        self.assertEqual(connector.odk_pulled_until, self.start)
        self.answer_overdue(connector)
        self.assertIn("none of its answers arrived", connector.attention)
        self.assertEqual(connector.run_ids[:1].state, "failed")
        self.import_now(connector)
        self.assertTrue(self.registrant(instance).mosip_auth_token)
        self.assertFalse(connector.attention)
        # The second try was for half as much.
        first, second = self.bounds()[:2]
        self.assertEqual(first[0], second[0])
        self.assertLess(second[1] - second[0], first[1] - first[0])
        self.assertEqual(len(self.submission(instance)), 1)

    def test_an_mts_that_forgets_is_asked_again_by_the_same_run(self):
        instance = self.submit()
        self.simulator.add_fault("post", "forget", next=1)
        connector = self.create_odk_connector()
        run = self.import_now(connector)
        self.answer_overdue(connector)
        self.work_on(connector)
        self.end_run(connector)
        self.assertEqual(run.state, "done", run.message)
        self.assertEqual(set(run.request_ids.mapped("state")), {"lost", "answered"})
        self.assertTrue(self.registrant(instance).mosip_auth_token)

    def test_what_is_lost_time_and_again_is_shown(self):
        self.submit(at=self.start)
        self.simulator.add_fault("post", "forget")
        connector = self.create_odk_connector(max_attempts=2)
        run = self.import_now(connector)
        for _time in range(2):
            self.answer_overdue(connector)
            self.work_on(connector)
        self.assertEqual((run.state, len(run.request_ids)), ("failed", 2))
        self.assertIn("fetched the submissions", connector.attention)
        self.simulator.clear_faults()
        self.import_now(connector)
        self.assertFalse(connector.attention)

    def test_a_late_answer_counts_and_nothing_is_fetched_twice(self):
        instance = self.submit()
        self.simulator.hold()
        connector = self.create_odk_connector()
        self.import_now(connector)
        first = connector.run_ids.request_ids
        first._give_up("given up")
        end = first.window_until
        self.release()
        self.assertEqual(connector.odk_pulled_until, end)
        self.assertTrue(self.registrant(instance).mosip_auth_token)
        self.work_on(connector)
        self.assertEqual(self.sends_of(self.vid_given(instance)), 1)

    def test_a_post_that_timed_out_counts_as_sent(self):
        instance = self.submit()
        self.simulator.add_fault("post", "hang", stored=True, next=1)
        connector = self.create_odk_connector(request_timeout=1)
        self.import_now(connector)
        self.simulator.release()
        self.settle()
        self.work_on(connector)
        self.assertTrue(self.registrant(instance).mosip_auth_token)
        self.assertEqual(self.sends_of(self.vid_given(instance)), 1)

    def test_an_unreachable_mts_moves_nothing(self):
        self.submit()
        connector = self.create_odk_connector()
        self.simulator.offline()
        with self.no_pauses():
            run = self.import_now(connector)
        self.assertEqual((run.state, connector.odk_pulled_until), ("sending", self.start))
        self.assertTrue(run.next_try_at)
        self.assertEqual(len(run.request_ids), 1)
        self.simulator.online()
        run.next_try_at = False
        self.work_on(connector)
        self.assertEqual(run.tokenized_count, 1)

    def test_a_submission_that_mts_cannot_take_is_found(self):
        good = [self.submit(at=self.start + timedelta(minutes=minute)) for minute in (1, 59)]
        bad = self.submit(at=self.start + timedelta(minutes=30), given_name=5)
        connector = self.create_odk_connector()
        run = self.import_now(connector)
        self.assertEqual(run.state, "failed")
        self.assertTrue(self.registrant(good[0]).mosip_auth_token)
        self.assertFalse(self.submission(bad) or self.submission(good[1]))
        when = self.start + timedelta(minutes=30)
        self.assertIn(f"from {when}", connector.attention)
        # Corrected in ODK Central.
        submissions = self.simulator.settings.submissions
        for submission in submissions:
            submission["given_name"] = "Amina"
        self.import_now(connector)
        self.assertEqual(len(self.submission(bad) + self.submission(good[1])), 2)
        self.assertFalse(connector.attention)

    def test_a_wrong_password_is_told_at_once(self):
        self.submit()
        connector = self.create_odk_connector(odk_password="wrong")
        run = self.import_now(connector)
        self.assertEqual((run.state, len(run.request_ids)), ("failed", 1))
        self.assertIn("does not let MTS in", connector.attention)
        connector.odk_password = self.simulator.settings.odk_password
        self.import_now(connector)
        self.assertEqual(connector.run_ids[:1].tokenized_count, 1)

    # MTS says that nothing was submitted, also where ODK Central gives it an error.

    def odk_fails(self, times, status=403, **answer):
        self.simulator.add_fault("odk", "answer", status=status, body=answer, next=times)

    def test_mts_is_not_believed_where_there_is_something(self):
        instance = self.submit()
        self.odk_fails(1, code=403.1)
        connector = self.create_odk_connector()
        run = self.import_now(connector)
        self.assertEqual(run.tokenized_count, 1)
        self.assertEqual(len(self.submission(instance)), 1)
        self.assertFalse(connector.attention)

    def test_who_may_not_read_the_form_is_told(self):
        self.submit()
        self.odk_fails(2, code=403.1)
        connector = self.create_odk_connector()
        run = self.import_now(connector)
        self.assertEqual((run.state, connector.odk_pulled_until), ("failed", self.start))
        self.assertIn("does not let MTS in", connector.attention)
        self.import_now(connector)
        self.assertEqual(connector.run_ids[:1].tokenized_count, 1)

    def test_nothing_moves_on_while_odk_central_fails(self):
        self.submit()
        self.odk_fails(2, status=500, code=500.1)
        connector = self.create_odk_connector()
        run = self.import_now(connector)
        self.assertEqual((run.state, connector.odk_pulled_until), ("sending", self.start))
        self.assertTrue(run.next_try_at)
        run.next_try_at = False
        self.work_on(connector)
        self.assertEqual(run.tokenized_count, 1)

    def test_a_setting_that_mts_refuses_is_told(self):
        self.submit()
        connector = self.create_odk_connector()
        connector._set_secret("odk_password", None)
        self.import_now(connector)
        self.assertIn("ATS-REQ-020", connector.attention)

    def test_stopped_between_outbox_and_post(self):
        self.submit()
        connector = self.create_odk_connector()
        run = connector._start_run("manual")
        self.crash_at("go_out_to_pull", connector)
        run.action_cancel()
        self.work_on(connector)
        self.assertFalse(self.windows())
        self.assertFalse(run.request_ids)
        self.import_now(connector)
        self.assertEqual(connector.run_ids[:1].tokenized_count, 1)

    # -- crashes ---------------------------------------------------------------------------------

    def crash_at(self, name, connector, after=False):
        """Do a slice whose process is killed before a step is committed, or after it."""
        step, reached = slices.Slice.step, []

        def dying(slice_, step_name, work):
            if step_name != name:
                return step(slice_, step_name, work)
            reached.append(name)
            if after:
                step(slice_, step_name, work)
            raise Killed()

        # Neither by assertRaises nor with the lock's transaction, which would take back what was
        # committed before.
        dies = patch.object(slices.Slice, "step", dying)
        with suppress(Killed), dies, self.without_slice_lock():
            self.start_slice(connector)
        self.assertTrue(reached)
        self.settle()

    def test_killed_anywhere(self):
        for name in ("take_window", "go_out_to_pull", "sent"):
            for after in (False, True):
                with self.subTest(step=name, after=after):
                    self.start = self.now() - timedelta(hours=1)
                    instance = self.submit()
                    connector = self.create_odk_connector()
                    run = connector._start_run("manual")
                    self.crash_at(name, connector, after)
                    self.work_on(connector)
                    if self.open_requests(connector):
                        # It may have gone out, as far as anybody knows.
                        self.answer_overdue(connector)
                    self.work_on(connector)
                    self.end_run(connector)
                    self.assertEqual(run.state, "done", run.message)
                    self.assertTrue(self.registrant(instance).mosip_auth_token)
                    self.assertEqual(self.sends_of(self.vid_given(instance)), 1)
                    self.assertEqual(len(self.submission(instance)), 1)
                    self.simulator.configure(submissions=[])

    def test_killed_where_nothing_was_submitted(self):
        for after in (False, True):
            connector = self.create_odk_connector()
            run = connector._start_run("manual")
            self.crash_at("found_nothing", connector, after)
            self.work_on(connector)
            if self.open_requests(connector):
                self.answer_overdue(connector)
            self.work_on(connector)
            self.end_run(connector)
            self.assertEqual(run.state, "done", run.message)
            self.assertGreaterEqual(connector.odk_pulled_until, run.started_at)


class Killed(BaseException):
    """What no handler of errors catches, as with a process that is killed."""
