# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from collections import Counter
from datetime import timedelta

from odoo import _, api, fields, models

from ..background.batch import Batch, Outgoing
from ..mts import message, signature


class MtsRequest(models.Model):
    """One batch of registrants and its POST to MTS; what is not sent yet is the outbox."""

    _name = "mts.request"
    _description = "MTS Request"
    _inherit = ["mts.secret.mixin", "mts.request.answers", "mts.request.reconciliation"]
    _order = "id desc"
    _rec_name = "request_identifier"
    _secrets = ("bearer_hash",)

    run_id = fields.Many2one("mts.run", "Import", required=True, index=True, ondelete="cascade")
    connector_id = fields.Many2one("mts.connector", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="connector_id.company_id", store=True, index=True)
    state = fields.Selection(
        [
            ("to_send", "Being sent"),
            ("sent", "Waiting for answers"),
            ("answered", "Answered"),
            ("lost", "No answer"),
            ("failed", "Not sent"),
        ],
        required=True,
        default="to_send",
    )
    request_identifier = fields.Char(
        "MTS Identifier", readonly=True, help="How MTS calls this request; its operator needs it."
    )
    record_count = fields.Integer("Registrants", readonly=True)
    tokenized_count = fields.Integer("Tokenized", readonly=True, copy=False)
    rejected_count = fields.Integer("Rejected", readonly=True, copy=False)
    conflict_count = fields.Integer("Conflicts", readonly=True, copy=False)
    lost_count = fields.Integer("Due Again", readonly=True, copy=False)
    sent_at = fields.Datetime(
        readonly=True, help="When it went out. Until then nothing of it can have reached MTS."
    )
    answered_at = fields.Datetime(readonly=True)
    check_at = fields.Datetime(readonly=True, help="When MTS is asked what became of it.")
    finished_since = fields.Datetime(
        readonly=True, help="When MTS was first seen to have finished, with answers outstanding."
    )
    message = fields.Text(readonly=True)
    record_ids = fields.One2many("mts.record", "request_id", "Records")

    def _auto_init(self):
        result = super()._auto_init()
        self.env.cr.execute(
            """
            CREATE INDEX IF NOT EXISTS mts_request_open_index
                ON mts_request (connector_id, check_at) WHERE state IN ('to_send', 'sent');
            CREATE UNIQUE INDEX IF NOT EXISTS mts_request_bearer_hash_index
                ON mts_request (bearer_hash) WHERE bearer_hash IS NOT NULL;
            """
        )
        return result

    def name_get(self):
        return [
            (request.id, request.request_identifier or _("Request %s", request.id))
            for request in self
        ]

    @api.model
    def _take(self, run, items, bearer=None):
        """Take the registrants into a new request, and return that.

        With one statement for it and one for them, since this is done for each batch of an import.

        :param items: list of :class:`Item`
        :param bearer: the secret that MTS will deliver with
        """
        connector = run.connector_id
        self.flush()
        self.env.cr.execute(
            """
            INSERT INTO mts_request (
                run_id, connector_id, company_id, state, record_count, bearer_hash,
                create_uid, create_date, write_uid, write_date
            )
            VALUES (
                %(run)s, %(connector)s, %(company)s, 'to_send', %(count)s, %(bearer_hash)s,
                %(user)s, now() AT TIME ZONE 'UTC', %(user)s, now() AT TIME ZONE 'UTC'
            )
            RETURNING id
            """,
            {
                "run": run.id,
                "connector": connector.id,
                "company": connector.company_id.id,
                "count": len(items),
                "bearer_hash": bearer and signature.bearer_hash(bearer),
                "user": self.env.uid,
            },
            log_exceptions=False,
        )
        request = self.browse(self.env.cr.fetchone()[0])
        self.env["mts.record"]._take(connector, request, items)
        return request

    def _keep_bearer(self, bearer):
        """Keep the hash of the secret that MTS will deliver with."""
        self._set_secret("bearer_hash", signature.bearer_hash(bearer))

    def _go_out(self, batch):
        """The POST begins. Return what goes out, or None where nothing shall.

        Who was deleted or answered since the batch was taken is left out.
        """
        self._lock()
        if not self.run_id._may_send():
            self._withdraw()
            return None
        ids = self._pending_ids()
        items = [item for item in batch.items if item.partner_id in ids]
        if not items:
            self._close_answered()
            return None
        self._note_sending()
        connector = self.connector_id
        return Outgoing(
            batch._replace(items=items),
            connector.mts_url,
            connector.request_timeout,
            self._message(connector, items, ids, batch.bearer),
            self._check_after(),
        )

    def _note_sending(self):
        """From now on nobody knows whether MTS has got it, until it says so."""
        self.env.cr.execute(
            """
            UPDATE mts_request SET sent_at = %s, write_date = now() AT TIME ZONE 'UTC'
            WHERE id = %s
            """,
            [fields.Datetime.now(), self.id],
            log_exceptions=False,
        )
        self.invalidate_cache(["sent_at", "write_date"], self.ids)

    def _pending_ids(self):
        """Return ``{partner id: record id}`` of those who are still to be answered."""
        self.env["mts.record"].flush()
        self.env.cr.execute(
            "SELECT partner_id, id FROM mts_record WHERE request_id = %s AND state = 'pending'",
            [self.id],
            log_exceptions=False,
        )
        return dict(self.env.cr.fetchall())

    def _message(self, connector, items, ids, bearer):
        """Return what MTS gets, each record with its reference.

        :param ids: ``{partner id: record id}``
        """
        key = connector._signing_key()
        authdata = [
            {
                **item.payload,
                message.REFERENCE_KEY: signature.reference(
                    key, ids[item.partner_id], self.id, item.vid
                ),
            }
            for item in items
        ]
        return message.envelope(
            lang=connector.lang_code,
            mapping=connector._parsed_mapping(),
            output_format=connector.output_format,
            callback=connector._callback_properties(bearer),
            authdata=authdata,
        )

    def _lock(self):
        """Lock the request, and read what nearly every step looks at."""
        known = ("run_id", "connector_id", "state")
        self.flush()
        self.env.cr.execute(
            f"SELECT {', '.join(known)} FROM mts_request WHERE id = %s FOR UPDATE",  # noqa: S608
            [self.id],
            log_exceptions=False,
        )
        values = self.env.cr.fetchone()
        self.invalidate_cache()
        for name, value in zip(known, values or ()):
            self.env.cache.set(self, self._fields[name], value)

    def _sent(self, identifier, reason=False, check_after=None):
        """The POST went out. Its answers may have come before this transaction.

        With one statement, since this is done for each batch of an import.

        :param identifier: MTS's name of the request, or False where none came back
        :param check_after: see :class:`Outgoing`; None where it is not known any more
        """
        if check_after is None:
            check_after = self._check_after(identifier)
        self.flush()
        self.env.cr.execute(
            """
            UPDATE mts_request request
            SET request_identifier = %(identifier)s, message = %(reason)s,
                state = CASE WHEN request.state = 'to_send' THEN 'sent' ELSE request.state END,
                check_at = CASE
                    WHEN request.state = 'to_send' THEN %(check_at)s ELSE request.check_at END,
                write_date = now() AT TIME ZONE 'UTC'
            FROM mts_run run WHERE request.id = %(id)s AND run.id = request.run_id
            RETURNING run.failures
            """,
            {
                "id": self.id,
                "identifier": identifier or None,
                "reason": reason or None,
                "check_at": fields.Datetime.now() + check_after,
            },
            log_exceptions=False,
        )
        failures = self.env.cr.fetchone()
        self.invalidate_cache(ids=self.ids)
        if failures and failures[0]:
            self.run_id._reached()

    def _check_after(self, identifier=True):
        """Return after what time MTS is asked what became of a request that goes out now."""
        connector = self.connector_id
        if connector._delivers_here() or not identifier:
            return timedelta(minutes=connector.answer_timeout_minutes)
        # Nobody tells us when the answers went elsewhere, so we ask.
        return timedelta(minutes=1)

    def _not_sent(self, reason):
        """MTS stored nothing of it: the registrants are due, and the run takes them again."""
        self._lock()
        if self.state == "to_send":
            returned = self.env["mts.record"]._return_unsent(self)
            self.write(
                {
                    "state": "failed",
                    "message": reason,
                    "record_count": self.record_count - len(returned),
                }
            )
            self.run_id._take_back(returned)

    def _withdraw(self):
        """Nothing of it has gone out: the registrants are due as if they had not been taken."""
        self._lock()
        returned = self.env["mts.record"]._return_unsent(self)
        self.run_id._take_back(returned)
        self.record_count -= len(returned)
        if self.record_count:
            self._close_answered()
        else:
            self.unlink()

    def _queue_again(self, reason):
        """MTS takes no more for now and stored nothing of it: it goes out again soon."""
        self.write({"sent_at": False, "message": reason})

    def _unreachable(self, reason, pause=None):
        self._not_sent(reason)
        self.run_id._postpone(reason, pause)

    def _refused(self, reason, code):
        """MTS does not take our requests: the settings are wrong, so the run ends."""
        self._not_sent(reason)
        entry, code = self.env["mts.error.code"]._find(code, reason)
        advice = entry.advice if entry._stops_sending() else _("Correct the connector")
        self.connector_id._raise_attention(
            _(
                "MTS refused the request: %(reason)s %(code)s\n%(advice)s.",
                reason=reason,
                code=code,
                advice=advice,
            )
        )

    def _not_mts(self, reason):
        """What answered is not MTS, but may have kept what it got."""
        self._sent(False, reason)
        if self.state == "sent":
            self.connector_id._raise_attention(_("%s Check the URL to reach MTS.", reason))

    def _broken(self, reason, left):
        """MTS fails on every request: stop instead of trying each registrant.

        :param left: ids of requests that MTS stored nothing of
        """
        for request in self.browse(left):
            request._not_sent(reason)
        if self.run_id.state == "sending":
            self.run_id._finish(
                "failed",
                _(
                    "MTS fails on every request: %s Ask its operator; the registrants stay due.",
                    reason,
                ),
            )

    def _halve(self, batch):
        """Split a batch that MTS cannot take, to find the record that it stumbles over.

        :return: two batches, each in a request of its own
        """
        self._lock()
        middle = len(batch.items) // 2
        first, second = batch.items[:middle], batch.items[middle:]
        # A registrant deleted or answered meanwhile is left out.
        ids = self._pending_ids()
        moved = [ids[item.partner_id] for item in second if item.partner_id in ids]
        self.write({"record_count": self.record_count - len(moved), "sent_at": False})
        other = self.copy({"record_count": len(moved), "state": "to_send"})
        bearer = signature.new_bearer()
        other._keep_bearer(bearer)
        self.env["mts.record"].browse(moved).write({"request_id": other.id})
        return [Batch(self.id, first, batch.bearer), Batch(other.id, second, bearer)]

    def _poisoned(self, reason, code):
        """MTS stumbles over the only record of this request; it stored nothing."""
        self._lock()
        records = self.record_ids.filtered(lambda record: record.state == "pending")
        records._reject(code or "ATS-REQ-100", reason)
        self._count({self.id: Counter(rejected=len(records))})
        self.write({"state": "failed", "message": reason})

    def _unreadable(self):
        """The data of its registrants cannot be read, so that nothing of it goes out."""
        reason = _("The data could not be read. The server log has the place.")
        self.write({"state": "failed", "message": reason})
        self.record_ids._be_unreadable(reason)
        self._count({self.id: Counter(rejected=self.record_count)})
