# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from collections import Counter

from odoo import api, fields, models
from psycopg2 import sql

from ..mts.redact import redact
from .mts_payload import PASSING
from .mts_request_answers import NO_ANSWER
from .mts_settlement import Row

NOT_READ = "MTC-NOT-READ"


class MtsRecord(models.Model):
    """Where one registrant stands with one connector: one row for each pair, and no log."""

    _name = "mts.record"
    _description = "Where a Registrant Stands with MTS"
    _inherit = ["mts.repair", "mts.conflict", "mts.merge"]
    _order = "id desc"
    _rec_name = "partner_id"
    # The fingerprint tells whether the data has changed since it was sent. It goes with the VID:
    # whoever had the key could find the VID by trying all numbers. Offered is a second token.
    _secrets = ("fingerprint", "offered")

    connector_id = fields.Many2one("mts.connector", required=True, ondelete="cascade")
    company_id = fields.Many2one(related="connector_id.company_id", store=True)
    # Joined: PostgreSQL goes through all registrants without a token once for each record that is
    # rejected, where these are searched by an IN among other conditions.
    partner_id = fields.Many2one(
        "res.partner",
        "Registrant",
        required=True,
        ondelete="cascade",
        auto_join=True,
    )
    request_id = fields.Many2one(
        "mts.request", "Last Request", index=True, readonly=True, ondelete="set null"
    )
    unanswered_request_id = fields.Many2one(
        "mts.request",
        readonly=True,
        ondelete="set null",
        help="The request before the last one, where the same data got no answer: it may still "
        "come, and counts when the last request does not go out.",
    )
    run_id = fields.Many2one(related="request_id.run_id", string="Last Import")
    state = fields.Selection(
        [
            ("pending", "Waiting for an answer"),
            ("tokenized", "Tokenized"),
            ("rejected", "Rejected"),
            ("lost", "Due again"),
            ("conflict", "Conflict"),
        ],
        required=True,
        readonly=True,
    )
    error_id = fields.Many2one("mts.error.code", "What to Do", readonly=True, ondelete="set null")
    error_code = fields.Char(readonly=True)
    error_message = fields.Char(readonly=True, help="What MTS or MOSIP said.")
    attempts = fields.Integer(readonly=True, help="How often the present data has been sent.")
    sent_at = fields.Datetime(readonly=True)
    answered_at = fields.Datetime(readonly=True)
    retry_at = fields.Datetime(readonly=True, help="Sent again by itself after this time.")
    retry_requested = fields.Boolean(readonly=True, help="A person asked for another try.")
    to_check = fields.Boolean(
        readonly=True, help="The data may have changed since it was answered."
    )

    _sql_constraints = [
        (
            # In this order, in which it finds the records of a registrant, too.
            "connector_partner_unique",
            "unique(partner_id, connector_id)",
            "A registrant has one record with each connector.",
        )
    ]

    def _auto_init(self):
        # Few indexes, and most of them partial: each costs whenever a row comes or changes its
        # state, and there is a row for everybody.
        result = super()._auto_init()
        self.env.cr.execute(
            """
            -- One answer is awaited for a registrant at any time, whichever connector asked.
            CREATE UNIQUE INDEX IF NOT EXISTS mts_record_pending_index
                ON mts_record (partner_id) WHERE state = 'pending';
            CREATE INDEX IF NOT EXISTS mts_record_due_index
                ON mts_record (connector_id, partner_id)
                WHERE state = 'lost' OR retry_requested OR to_check OR retry_at IS NOT NULL;
            -- Few of a million are rejected; those of one connector are counted on its form.
            CREATE INDEX IF NOT EXISTS mts_record_refused_index
                ON mts_record (connector_id, error_id) WHERE state IN ('rejected', 'conflict');
            -- What of the latest answers a person has to be told.
            CREATE INDEX IF NOT EXISTS mts_record_answered_index
                ON mts_record (connector_id, answered_at)
                WHERE state IN ('tokenized', 'conflict');
            CREATE INDEX IF NOT EXISTS mts_record_unanswered_request_index
                ON mts_record (unanswered_request_id) WHERE unanswered_request_id IS NOT NULL;
            """
        )
        return result

    # -- in flight -------------------------------------------------------------------------------

    @api.model
    def _take(self, connector, request, items):
        """Put the registrants in flight and return ``{partner id: record id}``.

        The same data once more counts as another attempt; new data, or a person's wish, as the
        first. The wish stands until something comes of it.
        """
        self.flush()
        self.env.cr.execute(
            """
            INSERT INTO mts_record AS record (
                connector_id, company_id, partner_id, fingerprint, request_id, state, attempts,
                sent_at, create_date
            )
            SELECT %(connector)s, %(company)s, partner_id, fingerprint, %(request)s, 'pending', 1,
                   now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
            FROM unnest(%(partners)s, %(fingerprints)s) AS item (partner_id, fingerprint)
            ON CONFLICT (connector_id, partner_id) DO UPDATE SET
                attempts = CASE
                    WHEN record.fingerprint = EXCLUDED.fingerprint
                        AND record.retry_requested IS NOT TRUE THEN record.attempts + 1
                    ELSE 1 END,
                fingerprint = EXCLUDED.fingerprint,
                request_id = EXCLUDED.request_id,
                unanswered_request_id = CASE
                    WHEN record.fingerprint = EXCLUDED.fingerprint AND record.state = 'lost'
                        THEN record.request_id END,
                state = 'pending',
                sent_at = EXCLUDED.sent_at,
                answered_at = NULL, error_id = NULL, error_code = NULL, error_message = NULL,
                retry_at = NULL, to_check = FALSE, offered = NULL
            RETURNING partner_id, id
            """,
            {
                "connector": connector.id,
                "company": connector.company_id.id,
                "request": request.id,
                "partners": [item.partner_id for item in items],
                "fingerprints": [item.fingerprint for item in items],
            },
            log_exceptions=False,
        )
        self.invalidate_cache()
        return dict(self.env.cr.fetchall())

    @api.model
    def _return_unsent(self, request):
        """Make the registrants of a request due again of whom MTS stored nothing.

        :return: their ids
        """
        self.flush()
        self.env.cr.execute(
            """
            UPDATE mts_record
            SET state = 'lost', attempts = attempts - 1, sent_at = NULL,
                request_id = unanswered_request_id, unanswered_request_id = NULL
            WHERE request_id = %s AND state = 'pending'
            RETURNING partner_id
            """,
            [request.id],
            log_exceptions=False,
        )
        self.invalidate_cache()
        return [row[0] for row in self.env.cr.fetchall()]

    @api.model
    def _lose(self, request, reason):
        """Nothing came back: due again, or rejected when that has happened too often.

        Who has got a token some other way meanwhile is tokenized.

        :return: ``Counter`` of the new states
        """
        tokenized = self._notice_tokens(request)
        entry, code = self.env["mts.error.code"]._find(NO_ANSWER)
        self.env.cr.execute(
            """
            UPDATE mts_record
            SET state = CASE WHEN attempts < %(most)s THEN 'lost' ELSE 'rejected' END,
                error_id = CASE WHEN attempts < %(most)s THEN NULL ELSE %(entry)s END,
                error_code = CASE WHEN attempts < %(most)s THEN NULL ELSE %(code)s END,
                error_message = %(reason)s,
                retry_requested = FALSE
            WHERE request_id = %(request)s AND state = 'pending'
            RETURNING state
            """,
            {
                "most": request.connector_id.max_attempts,
                "entry": entry.id or None,
                "code": code,
                "reason": reason,
                "request": request.id,
            },
            log_exceptions=False,
        )
        changes = Counter(row[0] for row in self.env.cr.fetchall())
        self.invalidate_cache()
        return changes + Counter(tokenized=len(tokenized))

    @api.model
    def _notice_tokens(self, request):
        """Mark as tokenized whose answer is still expected and who have a token all the same."""
        records = self.search([("request_id", "=", request.id), ("state", "=", "pending")])
        tokens = self._from_stores(records, "_read_tokens")
        records = records.filtered(lambda record: record.id in tokens)
        records._be_tokenized()
        return records

    def _be_tokenized(self):
        """Note that all is settled, with one statement."""
        self.flush()
        values = {"state": "tokenized", "to_check": False, **self._answered()}
        values = {
            name: self._fields[name].convert_to_column(value, self)
            for name, value in values.items()
        }
        values.update(dict.fromkeys(self._secrets))
        columns = [sql.SQL("{} = %s").format(sql.Identifier(name)) for name in values]
        self.env.cr.execute(
            sql.SQL("UPDATE mts_record SET {} WHERE id = ANY(%s)").format(
                sql.SQL(", ").join(columns)
            ),
            [*values.values(), self.ids],
            log_exceptions=False,
        )
        self.invalidate_cache(ids=self.ids)

    @api.model
    def _answered(self):
        """Return the values of a record for which all is settled."""
        return {
            "answered_at": fields.Datetime.now(),
            "error_id": False,
            "error_code": False,
            "error_message": False,
            "retry_at": False,
            "retry_requested": False,
        }

    # -- answers ---------------------------------------------------------------------------------

    def _reject(self, code, reason):
        """Keep the refusal; after a passing fault another try follows, up to a limit."""
        entry, code = self.env["mts.error.code"]._find(code, reason)
        sent = self._try_to_read_sent()
        for record in self:
            # Rather no words than somebody's data, and rather no words than no answer: nor would
            # the others of the same delivery get theirs.
            values = sent[record] if sent else ()
            words = redact(reason, values) if sent else ""
            record._be_rejected(entry, redact(code, values), words)
            retry_at = record._retry_time(entry)
            if retry_at:
                record.retry_at = retry_at

    def _be_unreadable(self, reason):
        """Nothing was sent: the data cannot be read, not even to redact what is said of it."""
        self._be_rejected(*self.env["mts.error.code"]._find(NOT_READ), reason)
        self.write({"attempts": 0, "sent_at": False})

    def _be_rejected(self, entry, code, words):
        self.write(
            {
                **self._answered(),
                "state": "rejected",
                "error_id": entry.id,
                "error_code": code,
                "error_message": words,
            }
        )

    def _retry_time(self, error):
        """Return when the same data is sent again by itself after this error, or False."""
        if self.attempts >= self.connector_id.max_attempts:
            return False
        pause = error._retry_pause(self.attempts)
        return fields.Datetime.now() + pause if pause else False

    def _try_to_read_sent(self):
        """Return ``{record: what MTS gets of it}``, or None where that cannot be read."""
        try:
            # It clears Odoo's cache when it fails, where data computed by halves would be found.
            with self.env.cr.savepoint():
                vids = self._from_stores(self, "_read_vids")
                return {record: [vids.get(record.id), *record._sent_texts()] for record in self}
        except PASSING:
            raise
        except Exception:  # noqa: BLE001  (whatever a field of another addon comes up with)
            return None

    def _sent_texts(self):
        """Return what MTS gets of this registrant besides the VID."""
        connector = self.connector_id
        partner = self.partner_id.with_company(connector.company_id)
        return [text for path in connector._paths() for text in partner._mts_texts(path)]

    @api.model
    def _from_stores(self, records, method):
        """See the settlement's method of this name."""
        return records.env["mts.settlement"]._from_stores(records._rows(), method)

    def _rows(self):
        """Return these records as the settlement knows them."""
        return [
            Row(
                record.id,
                record.connector_id.id,
                record.partner_id.id,
                record.request_id.id,
                record.state,
                record.error_code,
            )
            for record in self
        ]
