# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from odoo import _, api, fields, models

from ..background import news
from ..background.batch import Batch
from ..mts import signature
from ..mts.settings import SettingError
from .mts_run_progress import OPEN_REQUESTS, OPEN_STATES, SENDING_STATES

# Each takes its hundred of records out of an index: a million of them would be too long a job.
CLEARED_AT_ONCE = 2000

# Answers that may come at the same time.
LAST_ANSWERS = 8

# Pauses between tries to reach MTS: 1, 2, 4, 8 minutes. The registrants stay due after that.
MAX_FAILURES = 5

# When not one of so many registrants can be read, it is not the registrants.
BROKEN_AFTER = 10


class MtsRun(models.Model):
    """One import of a connector: whoever is due is sent, in requests of a batch each."""

    _name = "mts.run"
    _description = "MTS Import"
    _inherit = "mts.run.progress"
    _order = "id desc"

    connector_id = fields.Many2one("mts.connector", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="connector_id.company_id", store=True, index=True)
    trigger = fields.Selection(
        [("schedule", "Schedule"), ("manual", "By hand")], required=True, default="manual"
    )
    scope = fields.Selection(
        [("due", "Whoever is due"), ("retry", "Retries only")],
        required=True,
        default="due",
        help="An import of retries sends only the registrants whom a person asked to try again.",
    )
    state = fields.Selection(
        [
            ("queued", "Queued"),
            ("sending", "Sending"),
            ("waiting", "Waiting for answers"),
            ("done", "Done"),
            ("failed", "Failed"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        default="queued",
        index=True,
    )
    request_ids = fields.One2many("mts.request", "run_id", "Requests")
    started_at = fields.Datetime(readonly=True)
    finished_at = fields.Datetime(readonly=True)
    message = fields.Text(readonly=True, help="What happened and what to do about it.")
    expected_count = fields.Integer(
        "Due at the Start", readonly=True, help="Registrants who were due when the import started."
    )
    last_partner_id = fields.Integer(
        readonly=True, help="Registrants up to this id have been looked at by this import."
    )
    failures = fields.Integer(readonly=True, help="Tries in a row in which MTS was not reached.")
    next_try_at = fields.Datetime(readonly=True, help="Not sending before this time.")

    def name_get(self):
        return [
            (run.id, _("%(connector)s, import %(id)s", connector=run.connector_id.name, id=run.id))
            for run in self
        ]

    def write(self, vals):
        result = super().write(vals)
        news.announce(self)
        return result

    def _open(self):
        """Return the action that shows an import, and shows it again when the page is reloaded."""
        action = self.env["ir.actions.act_window"]._for_xml_id("mts_connector.mts_run_action")
        return {**action, "res_id": self.id, "view_mode": "form", "views": [(False, "form")]}

    def action_cancel(self):
        """Send nothing more; what is under way still gets its answer."""
        self.check_access_rights("read")
        self.check_access_rule("read")
        open_runs = self.sudo().filtered(lambda run: run.state in OPEN_STATES)
        open_runs._finish("cancelled", _("Cancelled by %s.", self.env.user.name))
        return True

    def action_refresh(self):
        """Have the form read anew what it shows, as it does after each button."""
        self.check_access_rights("read")
        self.check_access_rule("read")
        return True

    def _finish(self, state, reason=False):
        """Close the runs.

        :param state: done, failed or cancelled
        :param reason: what happened and what to do, without data of registrants
        """
        self.write({"state": state, "message": reason, "finished_at": fields.Datetime.now()})
        once = self.filtered(lambda run: run.connector_id.onetime_run_id == run)
        for connector in once.connector_id.filtered(lambda self: self.state == "running"):
            # What failed can be started again; what is done is done.
            connector.state = "done" if state == "done" else "draft"
            connector._remove_cron()

    # -- the steps of a slice, each a transaction ------------------------------------------------

    @api.model
    def _next(self, connector, look_from):
        """Return the run that a slice should work on, or an empty one.

        :param look_from: see ``mts.delta._oldest_transaction``
        """
        run = self.search(
            [("connector_id", "=", connector.id), ("state", "in", SENDING_STATES)],
            order="id",
            limit=1,
        )
        if run._is_paused():
            return self.browse()
        if run.state == "queued":
            run._begin(look_from)
        return run if run.state == "sending" else self.browse()

    def _begin(self, look_from):
        connector = self.connector_id
        if connector.attention and self.trigger == "schedule":
            self._finish(
                "failed",
                _(
                    "Nothing was sent. %s\nOnce this is mended, press Import Now: it tries a "
                    "single registrant first.",
                    connector.attention,
                ),
            )
            return
        try:
            connector._prepare_store()
            connector._signing_key()
        except SettingError as error:
            self._finish("failed", _("Nothing was sent: %s.", connector._explain(error)))
            return
        expected = self._expect(look_from)
        self.write(
            {
                # Where nobody is due, who is due need not be looked for once more.
                "state": "sending" if expected else "waiting",
                "started_at": fields.Datetime.now(),
                "expected_count": expected,
            }
        )

    def _expect(self, look_from):
        """Find out who may have changed, and return how many are due."""
        delta = self.env["mts.delta"]
        delta._mark_changed(self.connector_id, look_from)
        return delta._count_due(self.connector_id, self.scope)

    def _take_batch(self):
        """Take the next due registrants into a request, and return what is to be sent.

        This is the outbox: request and records are committed before anything goes out, which the
        request's ``_go_out`` notes in turn.

        :return: a :class:`Batch`, which is empty where a page held nobody whose data changed;
            None where there is nothing to send (now)
        """
        self.ensure_one()
        connector = self.connector_id
        limit = self._allowed_size()
        if not limit:
            return None
        page = self.env["mts.delta"]._due_page(connector, self.scope, self.last_partner_id, limit)
        if not page:
            self.state = "waiting"
            return None
        self.last_partner_id = page[-1].partner_id
        try:
            items = self._items(connector, page)
        except SettingError as error:
            self._finish("failed", _("Nothing more was sent: %s.", connector._explain(error)))
            return None
        return self._outbox(items)

    def _may_send(self):
        """Tell whether a batch that was taken may go out.

        All may be taken when one comes back that MTS had no room for, and nothing stops a run that
        waits when the connector needs attention.
        """
        return self.state == "sending" or (
            self.state == "waiting" and not self.connector_id.attention
        )

    def _allowed_size(self):
        """Return how many registrants may go out now; 0 where sending has to wait or to end."""
        if self.state != "sending":
            return 0
        connector = self.connector_id
        if connector.attention:
            return self._allowed_to_try()
        ahead = self._requests_ahead()
        return connector.batch_size if ahead < connector.max_open_requests else 0

    def _requests_ahead(self):
        return self.env["mts.request"].search_count(
            [("connector_id", "=", self.connector_id.id), ("state", "in", OPEN_REQUESTS)]
        )

    def _going_on(self):
        """Return the runs that should go on, now that a request of theirs has been answered.

        While half of the requests that may be ahead are, MTS has enough to do; and while many are
        awaited, the run cannot end. A slice for each answer would cost more than it brings.
        """
        if not self:
            return self
        self.env["base"].flush()
        # Not only with the last one: answers that come at the same time do not see each other.
        self.env.cr.execute(
            """
            SELECT run.id
            FROM mts_run run
            JOIN mts_connector connector ON connector.id = run.connector_id
            WHERE run.id = ANY(%(runs)s) AND run.state IN ('sending', 'waiting') AND (
                SELECT count(*) FROM mts_request
                WHERE connector_id = run.connector_id AND state IN %(open)s
            ) <= GREATEST(
                CASE run.state WHEN 'sending' THEN connector.max_open_requests / 2 END,
                %(last)s
            )
            """,
            {"runs": self.ids, "open": OPEN_REQUESTS, "last": LAST_ANSWERS},
        )
        return self.browse([row[0] for row in self.env.cr.fetchall()])

    def _allowed_to_try(self):
        """Try a single registrant, to see whether what stopped the connector has been mended."""
        # Whose data cannot be read, or whom MTS was not reached with, does not show anything.
        tried = self.request_ids.filtered(
            lambda request: (
                request.record_count and (request.sent_at or request.state in OPEN_REQUESTS)
            )
        )
        if not tried:
            return 1
        if not tried.filtered(lambda request: request.state in OPEN_REQUESTS):
            self._finish("failed", self.connector_id.attention)
        return 0

    def _items(self, connector, page):
        """Return the items of a page that are to be sent, their payloads built.

        Records that were only looked at because their data may have changed, and has not, are
        marked as seen.
        """
        partners = self.env["res.partner"].browse([row.partner_id for row in page])
        vids = connector._store()._read_vids(partners)
        read = self.env["mts.payload"]._read(
            connector, {id_: vids[id_] for id_ in partners.ids if vids.get(id_)}
        )
        items, unchanged, unreadable = [], [], []
        for row in page:
            item = read.get(row.partner_id)
            if item is None:
                continue
            if item.payload is None:
                # Who was refused is not sent anyhow, unless a change is seen.
                if not row.only_if_changed:
                    unreadable.append(item)
            elif row.only_if_changed and row.fingerprint == item.fingerprint:
                unchanged.append(row.record_id)
            else:
                items.append(item)
        self.env["mts.delta"]._mark_unchanged(unchanged)
        if unreadable:
            self._set_aside(connector, unreadable, one_is_readable=bool(items or unchanged))
        return items

    def _set_aside(self, connector, unreadable, one_is_readable):
        """Reject those whose data cannot be read; stop when it does not seem to be their data."""
        if not one_is_readable:
            room = max(BROKEN_AFTER - self._unreadable_in_a_row(), 0)
            unreadable = unreadable[:room]
            if len(unreadable) == room:
                connector._raise_attention(
                    connector.attention
                    or _(
                        "Sending has stopped: the data of %s registrants, one after the other, "
                        "could not be read. The server log has the place. Mend it, press Import "
                        "Now, and retry those under Rejected.",
                        BROKEN_AFTER,
                    )
                )
        if unreadable:
            self.env["mts.request"]._take(self, unreadable)._unreadable()

    def _unreadable_in_a_row(self):
        """Return how many could not be read since somebody could."""
        count = 0
        latest = self.env["mts.request"].search(
            [("run_id", "=", self.id)], order="id desc", limit=BROKEN_AFTER
        )
        for request in latest:
            if request.sent_at or request.state in OPEN_REQUESTS:
                break
            count += request.rejected_count
        return count

    def _outbox(self, items):
        """Write request and records, and return the batch."""
        if not items:
            return Batch(0, [], "")
        bearer = signature.new_bearer()
        return Batch(self.env["mts.request"]._take(self, items, bearer).id, items, bearer)

    def _take_back(self, partner_ids):
        """Look at registrants again who could not be sent."""
        if partner_ids:
            self.last_partner_id = min(self.last_partner_id, min(partner_ids) - 1)
        if self.state == "waiting":
            self.state = "sending"

    def _reached(self):
        """MTS has taken a request: what kept it from that before is over."""
        if not self.failures or self.state not in OPEN_STATES:
            return
        if self._is_paused():
            # It asks for a pause, but is there: a pause now and then is no reason to give up.
            self.failures = 1
        else:
            self.write({"failures": 0, "message": False})

    def _is_paused(self):
        return bool(self.next_try_at and self.next_try_at > fields.Datetime.now())

    def _postpone(self, reason, pause=None):
        """MTS could not be reached: try again later, or give up for this time.

        :param pause: seconds for which MTS asks to be left alone
        """
        if self.state != "sending" or self._is_paused():
            # Several requests of one slice found the same closed door; that counts once.
            return
        self.failures += 1
        if self.failures >= MAX_FAILURES:
            self._finish(
                "failed",
                _(
                    "%s The registrants stay due: the next import sends them. Check the URL of "
                    "MTS with Test Connection.",
                    reason,
                ),
            )
        else:
            pause = timedelta(seconds=pause or 60 * 2 ** (self.failures - 1))
            self.write({"next_try_at": fields.Datetime.now() + pause, "message": reason})

    @api.model
    def _close(self, connector):
        """Close the runs of which all is sent and nothing is open any more."""
        waiting = self.search([("connector_id", "=", connector.id), ("state", "=", "waiting")])
        open_requests = self.env["mts.request"].search(
            [("run_id", "in", waiting.ids), ("state", "in", OPEN_REQUESTS)]
        )
        for run in waiting - open_requests.run_id:
            answered = run.tokenized_count + run.rejected_count + run.conflict_count
            if run.lost_count and not answered:
                run._finish(
                    "failed",
                    _(
                        "No answer came back. Check that MTS can reach the callback URL and log "
                        "in; the registrants are due again."
                    ),
                )
            elif run.lost_count:
                run._finish(
                    "done",
                    _("%s registrants got no answer; they are due again.", run.lost_count),
                )
            elif run.selected_count:
                run._finish("done", connector.attention)
            elif connector.attention:
                run._finish(
                    "failed",
                    _(
                        "Nobody is due with whom to try whether the fault is mended. Press Retry "
                        "on a registrant whom it concerned. %s",
                        connector.attention,
                    ),
                )
            else:
                run._finish("done", _("Nobody was due."))

    @api.autovacuum
    def _gc_finished(self):
        """Delete old runs with their requests; what is known of each registrant stays.

        A large one goes by and by, a part each day.
        """
        connectors = self.env["mts.connector"].with_context(active_test=False)
        for connector in connectors.search([("retention_days", ">", 0)]):
            oldest = fields.Datetime.now() - timedelta(days=connector.retention_days)
            old = self.search(
                [
                    ("connector_id", "=", connector.id),
                    ("state", "not in", OPEN_STATES),
                    ("finished_at", "<", oldest),
                ]
            )
            requests = self.env["mts.request"]
            old -= requests.search(
                [("run_id", "in", old.ids), ("state", "in", OPEN_REQUESTS)]
            ).run_id
            theirs = [("run_id", "in", old.ids)]
            requests.search(theirs, order="id", limit=CLEARED_AT_ONCE).unlink()
            (old - requests.search(theirs).run_id).unlink()
