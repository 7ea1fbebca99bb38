# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import json
from collections import namedtuple

from odoo import _, api, fields, models
from odoo.tools import format_datetime

from ..mts import answer as answers
from ..mts import submission_format
from ..mts.odk import OdkClient, OdkError
from ..mts.output_format import OutputFormatError
from .mts_connection_test import TIMEOUT
from .mts_preview import Result

# What an import would fetch: from when until when, and how much; or why nobody can tell.
Fetch = namedtuple("Fetch", "start end count error")


class MtsPreview(models.TransientModel):
    """The preview of a connector to ODK Central asks how much there is, and reads none of it."""

    _inherit = "mts.preview"

    def _look(self, connector):
        if not connector._is_odk():
            return super()._look(connector)
        return {
            "attention": connector.attention,
            "fetch": self._fetch(connector.sudo()),
            "results": self._submission_results(connector),
        }

    @api.model
    def _fetch(self, connector):
        start = connector.odk_pulled_until
        end = max(connector._pull_limit(fields.Datetime.now()), start)
        try:
            with OdkClient(connector._odk(), TIMEOUT) as client:
                client.log_in()
                count, error = client.count(start, end), ""
        except OdkError as failure:
            count, error = 0, connector._explain(failure)
        return Fetch(*(format_datetime(self.env, time) for time in (start, end)), count, error)

    @api.model
    def _submission_results(self, connector):
        """Return what becomes of a submission with a word for each answer, by kind of result."""
        titles = {
            answers.PROCESSED: _("MOSIP knows the person"),
            answers.ERROR: _("MOSIP refuses the person"),
            answers.INVALID: _("MTS refuses the submission"),
        }
        token = {
            "duplicate": _(
                "A registrant gets these values and the token. Who has that already is shown as a "
                "possible duplicate."
            ),
            "update": _(
                "A registrant gets these values and the token: the one who has it already, or "
                "else a new one."
            ),
        }[connector.odk_known_person]
        refused = _(
            "A registrant gets these values and the VID, and is listed under Rejected. Once the "
            "data is corrected, “%s” sends it again.",
            connector.registry_connector_id.name,
        )
        try:
            trials = submission_format.trials(
                connector.output_format, connector._sample_submission()
            )
        except OutputFormatError as error:
            return [Result(_("Output format"), "", connector._explain(error), False)]
        return [
            Result(
                titles[status],
                json.dumps(delivered, indent=2, ensure_ascii=False),
                token if status == answers.PROCESSED else refused,
                True,
            )
            for status, delivered in trials
        ]
