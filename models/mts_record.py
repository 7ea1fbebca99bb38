import logging
import traceback
from collections import Counter, defaultdict
from datetime import timedelta

import psycopg2
from odoo import _, api, fields, models

from ..mts import answer as answers
from ..mts import signature
from ..mts.redact import redact
from .mts_payload import PASSING
from .mts_request import NO_ANSWER

_logger = logging.getLogger(__name__)

NOT_READ = "MTC-NOT-READ"
NOT_STORED = "MTC-NOT-STORED"
STORE_FAILS = "MTC-STORE-FAILS"

# When not one token of so many can be stored, it is not the registrants.
BROKEN_AFTER = 3

# After a passing fault the same data is sent again after 15 minutes, an hour, four hours …
RETRY_PAUSE_MINUTES = 15


class MtsRecord(models.Model):
    _name = "mts.record"
    _description = "Where a Registrant Stands with MTS"
    _inherit = ["mts.repair", "mts.conflict", "mts.merge"]
    _order = "id desc"
    _rec_name = "partner_id"
    # The fingerprint tells whether the data has changed since it was sent. It goes with the VID:
    # whoever had the key could find the VID by trying all numbers. Offered is a second token.
    _secrets = ("fingerprint", "offered")

    connector_id = fields.Many2one("mts.connector", required=True, ondelete="cascade")
    company_id = fields.Many2one(related="connector_id.company_id", store=True, index=True)
    # Joined: PostgreSQL goes through all registrants without a token once for each record that is
    # rejected, where these are searched by an IN among other conditions.
    partner_id = fields.Many2one(
        "res.partner",
        "Registrant",
        required=True,
        index=True,
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
            "connector_partner_unique",
            "unique(connector_id, partner_id)",
            "A registrant has one record with each connector.",
        )
    ]

    def _auto_init(self):
        result = super()._auto_init()
        self.env.cr.execute(
            """
            -- One answer is awaited for a registrant at any time, whichever connector asked.
            CREATE UNIQUE INDEX IF NOT EXISTS mts_record_pending_index
                ON mts_record (partner_id) WHERE state = 'pending';
            -- Few of a million are rejected; those of one connector are counted on its form. Where
            -- only the connector matters, the constraint above is the index.
            CREATE INDEX IF NOT EXISTS mts_record_state_connector_index
                ON mts_record (state, connector_id);
            CREATE INDEX IF NOT EXISTS mts_record_due_index
                ON mts_record (connector_id, partner_id)
                WHERE state = 'lost' OR retry_requested OR to_check OR retry_at IS NOT NULL;
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
                sent_at, create_uid, create_date, write_uid, write_date
            )
            SELECT %(connector)s, %(company)s, partner_id, fingerprint, %(request)s, 'pending', 1,
                   now() AT TIME ZONE 'UTC', %(uid)s, now() AT TIME ZONE 'UTC', %(uid)s,
                   now() AT TIME ZONE 'UTC'
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
                retry_at = NULL, to_check = FALSE, offered = NULL,
                write_uid = EXCLUDED.write_uid, write_date = EXCLUDED.write_date
            RETURNING partner_id, id
            """,
            {
                "connector": connector.id,
                "company": connector.company_id.id,
                "request": request.id,
                "uid": self.env.uid,
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
        records.flush()
        return records

    def _be_tokenized(self):
        self.write({"state": "tokenized", **self._answered()})
        self._set_secret("fingerprint", None)

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

    @api.model
    def _settle(self, delivered):
        """Act on answers, each only where it proves whose it is.

        :param delivered: list of (:class:`~..mts.signature.Reference`,
            :class:`~..mts.answer.Answer`)
        :return: how many told something new
        """
        delivered = self._awaited(self._genuine(delivered))
        news = self._news(delivered)
        before = [(record, record.request_id.id, record.state) for record in news]
        tokens, refusals = {}, defaultdict(self.browse)
        for record, answer in news.items():
            if answer.status == answers.PROCESSED:
                tokens[record] = (answer.reference, answer.token)
            else:
                refusals[answer.code, answer.message] += record
        self._accept(tokens)
        for (code, reason), records in refusals.items():
            records._reject(code, reason)
        requests = self.env["mts.request"]
        requests._note_delivery({ref.request_id for ref, _answer in delivered})
        self._count_changes(before)
        self._judge(news)
        return len(news)

    @api.model
    def _count_changes(self, before):
        """Have the requests count what has become of their records.

        :param before: list of (record, request id, state), as it was
        """
        changes = defaultdict(Counter)
        for record, request_id, state in before:
            changes[request_id][record.state] += 1
            changes[request_id][state] -= 1
        changes.pop(False, None)
        self.env["mts.request"]._count(changes)

    @api.model
    def _genuine(self, delivered):
        """Return what came with a reference of ours.

        A forged one costs the same, whether or not it names a record that there is.
        """
        self.env.cr.execute(
            "SELECT id, connector_id FROM mts_record WHERE id = ANY(%s)",
            [[ref.record_id for ref, _answer in delivered]],
            log_exceptions=False,
        )
        connectors = dict(self.env.cr.fetchall())
        # Of all of them, so that it takes the same time for any record.
        every = self.env["mts.connector"].with_context(active_test=False)
        every = every.search([])  # pylint: disable=no-search-all  # there are a few
        keys = {connector.id: connector._secret("hmac_key") for connector in every}
        # Where the key is too short to be used, nothing is ours.
        keys = {id_: key for id_, key in keys.items() if signature.is_strong(key)}
        nobody = signature.new_key()
        return [
            (ref, answer)
            for ref, answer in delivered
            if signature.is_ours(ref, keys.get(connectors.get(ref.record_id), nobody))
        ]

    @api.model
    def _awaited(self, delivered):
        """Return what came for requests that can still be answered, be it late.

        What was given along with one that is answered, or cleared away, is worth nothing any more,
        whoever has got hold of it.
        """
        ids = {ref.request_id for ref, _answer in delivered}
        domain = [("id", "in", sorted(ids)), ("state", "!=", "answered")]
        awaited = set(self.env["mts.request"].search(domain).ids)
        return [(ref, answer) for ref, answer in delivered if ref.request_id in awaited]

    @api.model
    def _news(self, delivered):
        """Return ``{record: answer}`` of what is proven and not known yet."""
        records = self._lock_with_partners([ref.record_id for ref, _answer in delivered])
        by_id = {record.id: record for record in records}
        keys = {connector: connector._secret("hmac_key") for connector in records.connector_id}
        vids = self._from_stores(records, "_read_vids")
        news = {}
        for ref, answer in delivered:
            record, vid = by_id.get(ref.record_id), vids.get(ref.record_id)
            if not vid or not signature.proves(ref, keys[record.connector_id], vid):
                continue
            # Of several in one delivery the first token counts, or else the first refusal.
            known = news.get(record)
            if known is None:
                better = record._is_news(ref, answer)
            else:
                better = answer.status == answers.PROCESSED != known.status
            if better:
                news[record] = answer
        return news

    @api.model
    def _judge(self, news):
        """Tell the connectors whether MOSIP takes registrants.

        What MTS has found invalid it did not pass on: that says nothing about MOSIP.
        """
        judged = self.union(
            *(record for record, answer in news.items() if answer.status != answers.INVALID)
        )
        for connector in judged.connector_id:
            connector._judge(
                judged.filtered(
                    lambda record, connector=connector: record.connector_id == connector
                )
            )

    @api.model
    def _lock_with_partners(self, ids):
        """Lock the records and their registrants, in the order of their ids, and return them.

        With the rows locked no later statement can fail for a concurrent change; PostgreSQL's
        driver would quote its parameters in the log.
        """
        self.flush()
        self.env.cr.execute(
            "SELECT id, partner_id FROM mts_record WHERE id = ANY(%s) ORDER BY id FOR UPDATE",
            [ids],
            log_exceptions=False,
        )
        found = self.env.cr.fetchall()
        self.env["res.partner"].flush()
        self.env.cr.execute(
            "SELECT id FROM res_partner WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
            [[row[1] for row in found]],
            log_exceptions=False,
        )
        return self.browse([row[0] for row in found])

    @api.model
    def _from_stores(self, records, method):
        """Return ``{record id: VID or token}`` of those whose registrant has one.

        :param method: that of the identity store which reads it
        """
        found = {}
        for connector in records.connector_id.filtered(lambda connector: connector._has_store()):
            mine = records.filtered(lambda record, c=connector: record.connector_id == c)
            by_partner = getattr(connector._store(), method)(mine.partner_id)
            for record in mine.filtered(
                lambda record, has=by_partner: record.partner_id.id in has
            ):
                found[record.id] = by_partner[record.partner_id.id]
        return found

    def _is_news(self, ref, answer):
        """Tell whether the answer changes anything.

        A token is welcome however late it comes. A refusal counts only for the last request, and
        only while nothing better is known.
        """
        if answer.status == answers.PROCESSED:
            return self.state != "tokenized"
        unanswered = self.state in ("pending", "lost") or self.error_code == NO_ANSWER
        return unanswered and self.request_id.id == ref.request_id

    @api.model
    def _accept(self, tokens):
        """Store the tokens, except where there is another one: a person must look at that.

        :param tokens: ``{record: (reference, token)}``
        """
        present, good, offers = {}, defaultdict(dict), {}
        stored = self._from_stores(self.union(*tokens), "_read_tokens")
        for record, (reference, token) in tokens.items():
            known = stored.get(record.id, token)
            if present.setdefault(record.partner_id, known) == token:
                good[record.connector_id][record] = token
            else:
                offers[record] = (reference, token)
        self._dispute(offers)
        for connector, connector_tokens in good.items():
            self._store(connector, connector_tokens)

    @api.model
    def _store(self, connector, tokens):
        """Have the registry store the tokens.

        One registrant whom the registry does not let be saved must not keep the others from
        theirs, and is rejected.

        :param tokens: ``{record: token}``
        """
        if not self._try_to_store(connector, tokens):
            return
        failed = {}
        for record, token in tokens.items():
            error = self._try_to_store(connector, {record: token})
            if error:
                failed[record] = error
        nobody = len(failed) == len(tokens) >= BROKEN_AFTER
        for record, error in failed.items():
            record._reject(
                STORE_FAILS if nobody else NOT_STORED,
                _("The registry did not take the token (%s).", error),
            )

    @api.model
    def _try_to_store(self, connector, tokens):
        """Have the tokens stored, all of them or none.

        :return: the name of the error, or None. Its words may quote the token
        """
        records = self.union(*tokens)
        try:
            with self.env.cr.savepoint():
                connector._store()._store_tokens(
                    {record.partner_id.id: token for record, token in tokens.items()}
                )
                records._be_tokenized()
        except psycopg2.OperationalError:
            # A matter of the moment: Odoo takes the whole delivery once again.
            raise
        except Exception as error:  # noqa: BLE001  (whatever another addon comes up with)
            name = type(error).__name__
            if len(records) == 1:
                frames = "".join(traceback.format_tb(error.__traceback__))
                _logger.error("Token of record %s not stored: %s\n%s", records.id, name, frames)
            return name
        return None

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
            if entry.policy == "transient":
                record.retry_at = record._retry_time()

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

    def _retry_time(self):
        if self.attempts >= self.connector_id.max_attempts:
            return False
        pause = RETRY_PAUSE_MINUTES * 4 ** (self.attempts - 1)
        return fields.Datetime.now() + timedelta(minutes=pause)

    def _try_to_read_sent(self):
        """Return ``{record: what MTS gets of it}``, or None where that cannot be read."""
        try:
            # It clears Odoo's cache when it fails, where data computed by halves would be found.
            with self.env.cr.savepoint():
                return {record: record._sent_values() for record in self}
        except PASSING:
            raise
        except Exception:  # noqa: BLE001  (whatever a field of another addon comes up with)
            return None

    def _sent_values(self):
        """Return what MTS gets of this registrant."""
        connector = self.connector_id
        partner = self.partner_id.with_company(connector.company_id)
        vid = self._from_stores(self, "_read_vids").get(self.id)
        return [vid, *(partner._mts_texts(path)[0] for path in connector._paths())]
