# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from babel import Locale, UnknownLocaleError
from babel.dates import format_timedelta
from odoo import _, api, fields, models
from odoo.tools.misc import formatLang, get_lang

OPEN_STATES = ("queued", "sending", "waiting")
OPEN_REQUESTS = ("to_send", "sent")

# Of which something is to be sent.
SENDING_STATES = ("queued", "sending")

# What a request's registrants may have come to, by the state of their records.
COUNTERS = {
    "tokenized": "tokenized_count",
    "rejected": "rejected_count",
    "conflict": "conflict_count",
    "lost": "lost_count",
}
SETTLED = tuple(COUNTERS.values())


class MtsRunProgress(models.AbstractModel):
    """How far a run has got, for those who look at it. It is derived from the run's requests."""

    _name = "mts.run.progress"
    _description = "Progress of an MTS Import"

    request_count = fields.Integer("Number of Requests", compute="_compute_counts")
    selected_count = fields.Integer(
        "Selected", compute="_compute_counts", help="Registrants taken into this import."
    )
    sent_count = fields.Integer("Sent", compute="_compute_counts", help="Those MTS may have got.")
    pending_count = fields.Integer(
        "Waiting", compute="_compute_counts", help="Sent or being sent, and not answered yet."
    )
    tokenized_count = fields.Integer("Tokenized", compute="_compute_counts")
    rejected_count = fields.Integer("Rejected", compute="_compute_counts")
    conflict_count = fields.Integer("Conflicts", compute="_compute_counts")
    lost_count = fields.Integer(
        "Due Again", compute="_compute_counts", help="Not sent after all, or without an answer."
    )
    progress = fields.Float(
        compute="_compute_progress", help="Settled registrants, in percent of those expected."
    )
    outlook = fields.Char(
        "Progress in Words",
        compute="_compute_progress",
        help="How many are settled, and how long the rest takes if it goes on as it went so far.",
    )

    @api.depends("request_ids.state", "request_ids.record_count", "request_ids.lost_count")
    def _compute_counts(self):
        sums = ("record_count", *SETTLED)
        groups = self.env["mts.request"].read_group(
            [("run_id", "in", self.ids)],
            ["run_id", "state"] + [f"{name}:sum" for name in sums],
            ["run_id", "state"],
            lazy=False,
        )
        for run in self:
            mine = [group for group in groups if group["run_id"][0] == run.id]
            total = {name: sum(group[name] or 0 for group in mine) for name in sums}
            run.request_count = sum(group["__count"] for group in mine)
            run.selected_count = total["record_count"]
            run.sent_count = sum(
                group["record_count"]
                for group in mine
                if group["state"] in ("sent", "answered", "lost")
            )
            run.pending_count = sum(
                group["record_count"] - sum(group[name] for name in SETTLED)
                for group in mine
                if group["state"] in OPEN_REQUESTS
            )
            for name in SETTLED:
                run[name] = total[name]

    @api.depends("state", "expected_count", "started_at", "next_try_at", "selected_count")
    def _compute_progress(self):
        for run in self:
            settled = sum(run[name] for name in SETTLED)
            # All that is due has been taken by the time it waits; some proved to be unchanged.
            taken = run.state == "waiting" or run.state not in OPEN_STATES
            whole = run.selected_count if taken else max(run.expected_count, run.selected_count)
            if run.state in OPEN_STATES:
                run.progress = 100.0 * run._share(settled, whole)
                run.outlook = run._outlook(settled, whole)
            else:
                run.progress = 100.0
                run.outlook = run._review(settled)

    def _share(self, settled, whole):
        """Return how much of an open run is through, from 0 to 1."""
        return settled / whole if whole else 0.0

    def _outlook(self, settled, whole):
        """Return where an open run stands and how long it will take, in words."""
        now = fields.Datetime.now()
        if self.state == "queued":
            return _("Begins when the background job gets to it, within a minute or two.")
        if self.next_try_at and self.next_try_at > now:
            pause = self._in_words(self.next_try_at - now)
            return _("MTS cannot be reached. The next try follows in %s.", pause)
        return self._estimate(settled, whole)

    def _estimate(self, settled, whole):
        """Return how far a run under way is and how long it will take, in words."""
        if not settled:
            return _("No answer has come yet, so nobody can say how long it will take.")
        if settled >= whole:
            return _("All %s are settled.", formatLang(self.env, settled, digits=0))
        left = (fields.Datetime.now() - self.started_at) * (whole - settled) / settled
        return _(
            "%(settled)s of %(whole)s settled, about %(time)s left.",
            settled=formatLang(self.env, settled, digits=0),
            whole=formatLang(self.env, whole, digits=0),
            time=self._in_words(left),
        )

    def _review(self, settled):
        """Return what an ended run has come to, in words."""
        if not (self.started_at and self.finished_at):
            return False
        return _(
            "%(settled)s settled in %(time)s.",
            settled=formatLang(self.env, settled, digits=0),
            time=self._in_words(self.finished_at - self.started_at, "second"),
        )

    @api.model
    def _in_words(self, duration, finest="minute"):
        """Return a duration in the user's language, of which one unit is at least left."""
        try:
            locale = Locale.parse(get_lang(self.env).code)
        except (UnknownLocaleError, ValueError):  # a language that somebody made up
            locale = Locale("en")
        # From two minutes on in minutes, from two hours on in hours, and so on.
        duration = max(duration, timedelta(seconds=1))
        return format_timedelta(duration, granularity=finest, threshold=2, locale=locale)
