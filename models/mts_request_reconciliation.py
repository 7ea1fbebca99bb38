# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from collections import Counter
from datetime import timedelta

from odoo import _, api, fields, models

# MTS's words for being through with a request; anything else is still worked on.
FINISHED = ("processed", "processed_with_errors", "error_making_callback_request")

# An MTS that says "still working" for this many answer timeouts has hung.
PATIENCE = 24

ELSEWHERE = "MTC-ELSEWHERE"


class MtsRequestReconciliation(models.AbstractModel):
    """What becomes of a request whose answers do not come. MTS is asked first."""

    _name = "mts.request.reconciliation"
    _description = "Overdue MTS Request"

    @api.model
    def _recover(self, connector):
        """Take over what a killed slice left behind. Only called when no slice is at work.

        Whether a request arrived that was going out, nobody knows; so it counts as sent. And a
        request whose last registrant was deleted gets no answer that would close it.
        """
        for request in self.search(
            [("connector_id", "=", connector.id), ("state", "=", "to_send")]
        ):
            if request.sent_at:
                request._sent(False, _("Interrupted while it was being sent."))
            else:
                request._withdraw()
        self.search(
            [("connector_id", "=", connector.id), ("state", "=", "sent")]
        )._close_answered()

    @api.model
    def _overdue(self, connector, limit):
        """Return requests whose answer is overdue: a list of (id, identifier)."""
        requests = self.search(
            [
                ("connector_id", "=", connector.id),
                ("state", "=", "sent"),
                ("check_at", "<=", fields.Datetime.now()),
            ],
            order="check_at",
            limit=limit,
        )
        return [(request.id, request.request_identifier) for request in requests]

    def _settle_by_status(self, status):
        """Act on what MTS says of an overdue request.

        :param status: as MTS spells it
        """
        self._lock()
        if self.state != "sent":
            return
        if status not in FINISHED:
            self._wait_on(_("MTS is still working on it."))
        elif not self.finished_since:
            # MTS says so before it calls back: what it has to say may be on its way.
            self.write(
                {
                    "finished_since": fields.Datetime.now(),
                    "check_at": fields.Datetime.now() + self._delivery_time(),
                    "message": _("MTS has finished; its answers are on the way."),
                }
            )
        elif not self.connector_id._delivers_here():
            self._settle_elsewhere()
        else:
            self._give_up(_("MTS has finished, but not all answers arrived here."))
            if not self.answered_at:
                self.connector_id._raise_attention(
                    _(
                        "MTS has finished a request, but none of its answers arrived here. Check "
                        "that MTS can reach the callback URL and is allowed to deliver."
                    )
                )

    def _delivery_time(self):
        """Return how long MTS may take to deliver: each call as long as it waits for us."""
        connector = self.connector_id
        calls = 1 if connector.callback_in_bulk else self.record_count
        longest = timedelta(minutes=connector.answer_timeout_minutes)
        return min(timedelta(seconds=calls * connector.callback_timeout), longest)

    def _wait_on(self, reason):
        """Ask again later, but not for ever."""
        patience = timedelta(minutes=PATIENCE * self.connector_id.answer_timeout_minutes)
        if fields.Datetime.now() > self.sent_at + patience:
            self._give_up(_("%s It was given up after a long time.", reason))
        else:
            self.write({"check_at": self._next_check(), "message": reason})

    def _next_check(self):
        """Double the time since sending, up to the answer timeout from now."""
        now = fields.Datetime.now()
        age = max(now - self.sent_at, timedelta(minutes=1))
        return now + min(age, timedelta(minutes=self.connector_id.answer_timeout_minutes))

    def _give_up(self, reason):
        """Nothing more will come: the registrants are due again, or rejected after many tries."""
        self._lock()
        if self.state != "sent":
            return
        changes = self.env["mts.record"]._lose(self, reason)
        self.write({"state": "lost", "message": reason})
        self._count({self.id: changes})

    def _settle_elsewhere(self):
        """The answers went to another API: see who has a token by now."""
        records = self.env["mts.record"]
        tokenized = records._notice_tokens(self)
        rest = records.search([("request_id", "=", self.id), ("state", "=", "pending")])
        rest._reject(ELSEWHERE, _("The answer went to another API."))
        self._count({self.id: Counter(tokenized=len(tokenized), rejected=len(rest))})
