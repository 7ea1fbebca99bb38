# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from collections import Counter

from odoo import _, api, fields, models

from ..background import news
from ..background.transaction import quiet
from ..mts import answer as answers
from ..mts import submission
from ..mts.answer import MalformedAnswer


class MtsSubmission(models.Model):
    """Which submission of ODK Central has become which registrant."""

    _name = "mts.submission"
    _description = "Submission from ODK Central"
    _inherit = "mts.submission.intake"
    _order = "id desc"
    _rec_name = "instance_id"

    connector_id = fields.Many2one("mts.connector", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="connector_id.company_id", store=True, index=True)
    instance_id = fields.Char(
        "ODK Instance", required=True, readonly=True, help="How ODK Central calls the submission."
    )
    partner_id = fields.Many2one(
        "res.partner", "Registrant", index=True, readonly=True, ondelete="set null"
    )
    request_id = fields.Many2one(
        "mts.request", "Last Request", index=True, readonly=True, ondelete="set null"
    )
    state = fields.Selection(
        [
            ("created", "New registrant"),
            ("updated", "Known registrant updated"),
            ("failed", "No registrant"),
        ],
        required=True,
        readonly=True,
        default="failed",
    )
    problem = fields.Char(
        readonly=True, help="What of the submission was not taken, by the names of the fields."
    )

    _sql_constraints = [
        (
            "connector_instance_unique",
            "unique(connector_id, instance_id)",
            "A submission is taken in once by each connector.",
        )
    ]

    @api.model
    def _receive(self, items, delivered_for):
        """Take what MTS has fetched and asked MOSIP about. Repeating it is harmless.

        :param items: what the callback got: for each submission an object, see mts/submission.py
        :param delivered_for: id of the request by which it was fetched
        :return: as ``mts.request._receive``
        """
        request = self.env["mts.request"].browse(delivered_for)
        request._lock()
        found, malformed = self._parsed(items)
        accepted = 0
        # What came along with one that is answered is worth nothing any more.
        if items and request.state != "answered":
            with quiet(self.env.cr):
                accepted = self._take_delivery(request, found, malformed)
                self.env["base"].flush()
        return {
            "accepted": accepted,
            "ignored": len(items) - malformed - accepted,
            "malformed": malformed,
        }

    @api.model
    def _parsed(self, items):
        """Return ``{instance id: submission}``, and how many could not be read."""
        found, malformed = {}, 0
        for item in items:
            try:
                parsed = submission.parse(item)
            except MalformedAnswer:
                malformed += 1
                continue
            known = found.get(parsed.instance)
            # Of several of one submission the first token counts, or else the first refusal.
            if not known or parsed.answer.status == answers.PROCESSED != known.answer.status:
                found[parsed.instance] = parsed
        return found, malformed

    @api.model
    def _take_delivery(self, request, found, malformed):
        """Take in what was delivered, and note what that means for the request.

        :return: how many told something new
        """
        rows = self._rows(request, found)
        records = self.env["mts.record"]
        for row in rows:
            records += row._take_in(request, found[row.instance_id])
        request._count_pulled(Counter(records.mapped("state")))
        self._judge(request.connector_id, records, found, rows)
        if malformed:
            request._be_partly_unreadable(malformed)
        else:
            request._pulled(len(found))
        news.announce(request.run_id)
        request.connector_id._hint_at_slice()
        return len(records)

    @api.model
    def _rows(self, request, instances):
        """Return the rows of these submissions, the new ones made, all of them locked.

        Whoever takes the same one in at the same moment begins again.
        """
        self.flush()
        self.env.cr.execute(
            """
            INSERT INTO mts_submission (
                connector_id, company_id, instance_id, state, create_uid, create_date, write_uid,
                write_date
            )
            SELECT %(connector)s, %(company)s, instance, 'failed', %(uid)s,
                   now() AT TIME ZONE 'UTC', %(uid)s, now() AT TIME ZONE 'UTC'
            FROM unnest(%(instances)s) AS instance
            ON CONFLICT (connector_id, instance_id) DO NOTHING
            """,
            {
                "connector": request.connector_id.id,
                "company": request.company_id.id,
                "uid": self.env.uid,
                "instances": sorted(instances),
            },
            log_exceptions=False,
        )
        self.env.cr.execute(
            """
            SELECT id FROM mts_submission
            WHERE connector_id = %s AND instance_id = ANY(%s) ORDER BY id FOR UPDATE
            """,
            [request.connector_id.id, sorted(instances)],
            log_exceptions=False,
        )
        self.invalidate_cache()
        return self.browse([row[0] for row in self.env.cr.fetchall()])

    @api.model
    def _judge(self, connector, records, found, rows):
        """Stop fetching, or take it up again, after answers."""
        # What MTS has found invalid it did not pass on: that says nothing about MOSIP.
        asked = rows.filtered(lambda row: found[row.instance_id].answer.status != answers.INVALID)
        judged = records.filtered(lambda record: record.partner_id in asked.partner_id)
        refused = judged.filtered(lambda record: record.state == "rejected")
        connector._judge(refused, refused != judged)
        failed = rows.filtered(lambda row: row.state == "failed")
        if failed:
            connector._raise_attention(
                _(
                    "%s submissions could not become registrants: see Submissions. Once the cause "
                    "is mended, set “Fetched Until” back to before they were submitted.",
                    len(failed),
                )
            )
