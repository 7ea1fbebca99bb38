# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from collections import Counter
from datetime import timedelta

from odoo import _, api, fields, models

from ..background import news
from ..background.batch import Batch, Outgoing
from ..background.transaction import quiet
from ..mts import answer, message, signature
from .mts_run_progress import COUNTERS

# MTS's words for being through with a request; anything else is still worked on.
FINISHED = ("processed", "processed_with_errors", "error_making_callback_request")

# An MTS that says "still working" for this many answer timeouts has hung.
PATIENCE = 24

# What is not counted stays empty: see ``_close_answered``, where a request counts that was lost.
_SUMS = ", ".join(
    f"{column} = COALESCE({column} + %({state})s, NULLIF(%({state})s, 0))"
    for state, column in COUNTERS.items()
)
_COUNTED = " + ".join(f"COALESCE({column}, 0)" for column in COUNTERS.values())
_COUNT = f"""
    UPDATE mts_request SET {_SUMS},
        answered_at = COALESCE(
            answered_at, CASE WHEN %(delivered)s THEN now() AT TIME ZONE 'UTC' END
        )
    WHERE id = %(id)s AND (%(changed)s OR answered_at IS NULL)
    RETURNING run_id, record_count <= {_COUNTED}
"""  # noqa: S608

NO_ANSWER = "MTC-NO-ANSWER"
ELSEWHERE = "MTC-ELSEWHERE"


class MtsRequest(models.Model):
    """One batch of registrants and its POST to MTS; what is not sent yet is the outbox."""

    _name = "mts.request"
    _description = "MTS Request"
    _inherit = "mts.secret.mixin"
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

    # -- sending ---------------------------------------------------------------------------------

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

    # -- receiving -------------------------------------------------------------------------------

    @api.model
    def _of_bearer(self, bearer):
        """Return the request that MTS got this bearer secret with, or an empty one."""
        self.env.cr.execute(
            "SELECT id, bearer_hash FROM mts_request WHERE bearer_hash = %s",
            [signature.bearer_hash(bearer)],
        )
        row = self.env.cr.fetchone()
        if row and signature.same(row[1], signature.bearer_hash(bearer)):
            return self.browse(row[0])
        return self.browse()

    @api.model
    def _receive(self, items, delivered_for=None):
        """Take delivered results. Repeating them is harmless.

        :param items: what the callback got: for each registrant an object, see mts/answer.py
        :param delivered_for: the request whose bearer secret came along; results of other
            requests are then refused. None where an Odoo user delivers
        :return: ``{"accepted": n, "ignored": n, "malformed": n}``. Ignored are results that prove
            nothing, or that are no news; nobody is told which
        """
        answers, malformed = [], 0
        for item in items:
            try:
                parsed = answer.parse(item)
            except answer.MalformedAnswer as error:
                if not error.reference:
                    malformed += 1
                    continue
                parsed = answer.unusable(error)
            ref = signature.parse_reference(parsed.reference)
            if ref and delivered_for in (None, ref.request_id):
                answers.append((ref, parsed))
        with quiet(self.env.cr):
            accepted = self.env["mts.settlement"]._settle(answers)
            self.env["base"].flush()
        return {
            "accepted": accepted,
            "ignored": len(items) - malformed - accepted,
            "malformed": malformed,
        }

    @api.model
    def _count(self, changes, delivered=()):
        """Add to the counters and close the requests that have nothing pending any more.

        :param changes: ``{request id: Counter(record state: difference)}``
        :param delivered: ids of those that something was delivered for: MTS reaches us, whatever
            became of it
        """
        self.flush()
        runs, complete = self.env["mts.run"], self.browse()
        for request_id in sorted(changes):
            values = {state: changes[request_id][state] for state in COUNTERS}
            values["changed"] = any(values.values())
            values.update(id=request_id, delivered=request_id in delivered)
            self.env.cr.execute(_COUNT, values, log_exceptions=False)
            for run_id, is_complete in self.env.cr.fetchall():
                runs |= runs.browse(run_id)
                complete += self.browse(request_id if is_complete else ())
        self.invalidate_cache(ids=list(changes))
        if complete:
            complete._close_answered()
        news.announce(runs)

    def _close_answered(self):
        """Close those of which no record is pending; wake the run that waits for that."""
        self.env["mts.record"].flush()
        self.env.cr.execute(
            f"""
            UPDATE mts_request request
            SET state = 'answered',
                answered_at = COALESCE(answered_at, now() AT TIME ZONE 'UTC')
            WHERE id = ANY(%s) AND {self._closing_condition()}
            RETURNING run_id
            """,  # noqa: S608
            [self.ids],
            log_exceptions=False,
        )
        runs = self.env["mts.run"].browse({row[0] for row in self.env.cr.fetchall()})
        self.invalidate_cache(ids=self.ids)
        going_on = runs._going_on()
        if going_on:
            going_on.connector_id._hint_at_slice()

    @api.model
    def _closing_condition(self):
        """Return the SQL condition by which a request can be closed."""
        return f"""
            (state IN ('to_send', 'sent') OR state = 'lost' AND COALESCE(lost_count, 0) <= 0)
            AND NOT EXISTS (
                SELECT 1 FROM mts_record
                WHERE request_id = request.id
                  AND (state = 'pending' OR error_code = '{NO_ANSWER}')
            )
        """  # noqa: S608

    # -- reconciliation --------------------------------------------------------------------------

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
