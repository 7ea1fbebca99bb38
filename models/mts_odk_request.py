# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import _, api, fields, models

from ..background.batch import OutgoingPull
from ..mts import message
from .mts_odk_run import SHORTEST
from .mts_run_progress import COUNTERS


class MtsRequest(models.Model):
    """A request by which MTS fetches what was submitted in a window of time.

    It has no records of its own while it is under way, since nobody knows yet what there is.
    """

    _inherit = "mts.request"

    window_from = fields.Datetime(
        "Submitted From", readonly=True, help="MTS fetches what was submitted from this time on …"
    )
    window_until = fields.Datetime(
        "Submitted Before", readonly=True, help="… and before this time."
    )

    def _is_pull(self):
        return bool(self.window_until)

    def _go_out_to_pull(self, bearer):
        """The POST begins. Return what goes out, or None where nothing shall."""
        self._lock()
        if self.state != "to_send" or self.run_id.state != "sending":
            self._withdraw()
            return None
        self.sent_at = fields.Datetime.now()
        connector, form = self.connector_id, self.connector_id._odk()
        return OutgoingPull(
            connector.mts_url,
            connector.request_timeout,
            message.envelope(
                lang=connector.lang_code,
                mapping=connector._parsed_mapping(),
                output_format=connector.output_format,
                callback=connector._callback_properties(bearer),
                odkconfig=form.config(self.window_from, self.window_until),
            ),
            form,
            self.window_from,
            self.window_until,
        )

    def _found_nothing(self):
        """Nothing was submitted in this window: MTS has stored nothing, and nothing is missing."""
        self._lock()
        self._pulled(0, _("Nothing was submitted."))
        self.connector_id.filtered("attention").attention = False

    def _pulled(self, count, reason=False):
        """All of the window is in: what comes next begins where it ends."""
        self.write(
            {
                "state": "answered",
                "record_count": count,
                "answered_at": fields.Datetime.now(),
                "message": reason,
            }
        )
        connector = self.connector_id
        # One that was taken for lost may come late, when others have been fetched since.
        if self.window_from <= connector.odk_pulled_until < self.window_until:
            connector.odk_pulled_until = self.window_until
        if self.run_id.failures:
            self.run_id.write({"failures": 0, "message": False})

    def _count_pulled(self, states):
        """Count what has become of the submissions.

        :param states: ``Counter`` of the states of records
        """
        for state, number in states.items():
            self[COUNTERS[state]] += number

    def _be_partly_unreadable(self, count):
        """Some of it nobody could read: it has to be fetched again, with another format."""
        reason = _("%s of its results could not be read.", count)
        self.write({"state": "lost", "answered_at": fields.Datetime.now(), "message": reason})
        self.connector_id._raise_attention(
            _("%s Correct the output format of the connector.", reason)
        )

    def _pull_failed(self, code, let_in):
        """MTS failed, and stored nothing: less is fetched at a time, until it cannot be less.

        :param let_in: whether ODK Central lets MTS in, as far as its words tell
        """
        self._not_sent(_("MTS failed to fetch it (%s).", code))
        connector = self.connector_id
        if not let_in:
            connector._raise_attention(
                _(
                    "ODK Central does not let MTS in. Check its URL, the e-mail and the password "
                    "with Test Connection."
                )
            )
        elif self.window_until - self.window_from <= SHORTEST:
            connector._raise_attention(
                _(
                    "MTS fails on what was submitted from %(start)s until %(end)s (UTC): "
                    "%(code)s. Correct it in ODK Central, or the mapping.",
                    start=self.window_from,
                    end=self.window_until,
                    code=code,
                )
            )

    @api.model
    def _closing_condition(self):
        """Whether all of a window is in, its delivery tells."""
        return f"{super()._closing_condition()} AND request.window_until IS NULL"
