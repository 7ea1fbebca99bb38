# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from odoo import _, api, models
from odoo.tools import format_datetime
from odoo.tools.misc import formatLang

from ..background.batch import Window
from ..mts import signature

# The first window is short, since nobody knows how much there is in it; the next ones follow what
# the last one held.
FIRST = timedelta(hours=1)
LONGEST = timedelta(days=30)
SHORTEST = timedelta(seconds=1)
GROWTH = 4


class MtsRun(models.Model):
    """A run that has MTS fetch submissions: one window of time after the other.

    What is fetched next is derived from what is stored: from the time up to which everything has
    been fetched, and from what became of the requests since. So a window is fetched again until
    its results are in, and no other is begun before.
    """

    _inherit = "mts.run"

    def _begin(self, look_from):
        result = super()._begin(look_from)
        if self.connector_id._is_odk() and self.state == "waiting":
            # How much there is, nobody knows yet.
            self.state = "sending"
        return result

    def _expect(self, look_from):
        if self.connector_id._is_odk():
            self.connector_id.changes_since = look_from
            return 0
        return super()._expect(look_from)

    def _take_window(self):
        """Take the next window into a request, and return it; None where there is nothing (now).

        This is the outbox, as for registrants.
        """
        self.ensure_one()
        connector = self.connector_id
        if self.state != "sending" or self._is_paused() or self._requests_ahead():
            return None
        start = connector.odk_pulled_until
        limit = connector._pull_limit(self.started_at)
        if start >= limit:
            self.state = "waiting"
            return None
        tries = self._tries(start)
        if self._has_lost_too_often(tries):
            connector._raise_attention(
                _(
                    "MTS fetched the submissions from %(start)s (UTC) on several times, and none "
                    "of its results arrived here. Check that MTS can reach the callback URL and "
                    "is allowed to deliver.",
                    start=start,
                )
            )
            return None
        return self._outbox_of_window(start, min(start + self._length(len(tries)), limit))

    def _tries(self, start):
        """Return the requests that were to fetch what was submitted from this time on."""
        return self.env["mts.request"].search(
            [("connector_id", "=", self.connector_id.id), ("window_from", "=", start)]
        )

    def _has_lost_too_often(self, tries):
        lost = tries.filtered(lambda request: request.run_id == self and request.state == "lost")
        return len(lost) >= self.connector_id.max_attempts

    def _length(self, tries):
        """Return how long the window shall be: such that it holds about a batch.

        Each try in vain halves it: it may hold too much, or a submission that MTS cannot take.
        """
        done = [
            ("connector_id", "=", self.connector_id.id),
            ("state", "=", "answered"),
            ("window_until", "!=", False),
        ]
        # Not the latest in time, which stays the same while older submissions are fetched again.
        last = self.env["mts.request"].search(done, order="id desc", limit=1)
        length = FIRST
        if last:
            held = last.record_count
            growth = min(self.connector_id.batch_size / held, GROWTH) if held else GROWTH
            length = (last.window_until - last.window_from) * growth
        length = min(max(length, SHORTEST), LONGEST) / 2**tries
        return timedelta(seconds=max(round(length.total_seconds()), 1))

    def _outbox_of_window(self, start, end):
        bearer = signature.new_bearer()
        request = self.env["mts.request"].create(
            {
                "run_id": self.id,
                "connector_id": self.connector_id.id,
                "window_from": start,
                "window_until": end,
            }
        )
        request._keep_bearer(bearer)
        return Window(request.id, bearer)

    # -- how far it is: nobody knows how many submissions there are ------------------------------

    def _share(self, settled, whole):
        if not self.connector_id._is_odk():
            return super()._share(settled, whole)
        begun = self.request_ids.filtered("window_from").mapped("window_from")
        if not begun:
            return 0.0
        start, connector = min(begun), self.connector_id
        span = connector._pull_limit(self.started_at) - start
        fetched = connector.odk_pulled_until - start
        return min(max(fetched / span, 0.0), 1.0) if span else 1.0

    def _estimate(self, settled, whole):
        if not self.connector_id._is_odk():
            return super()._estimate(settled, whole)
        return _(
            "%(settled)s settled. All that was submitted before %(time)s is fetched.",
            settled=formatLang(self.env, settled, digits=0),
            time=format_datetime(self.env, self.connector_id.odk_pulled_until),
        )

    @api.model
    def _close(self, connector):
        if not connector._is_odk():
            return super()._close(connector)
        waiting = self.search([("connector_id", "=", connector.id), ("state", "=", "waiting")])
        for run in waiting.filtered(lambda run: not run._requests_ahead()):
            nothing = False if run.selected_count else _("Nothing new was submitted.")
            run._finish("done", connector.attention or nothing)
        return None

    def _take_back(self, partner_ids):
        """What is due of a form follows from the time up to which it was fetched."""
        if self.connector_id._is_odk():
            return None
        return super()._take_back(partner_ids)
