from collections import Counter, defaultdict, namedtuple
from datetime import timedelta

from odoo import _, api, fields, models
from odoo.exceptions import UserError
from odoo.osv import expression

from ..mts import answer as answers
from ..mts import signature
from .mts_request import NO_ANSWER

# A registrant of a page, and whether only a change of data makes it due.
DueRow = namedtuple("DueRow", "partner_id record_id fingerprint only_if_changed")

# After a passing fault the same data is sent again after 15 minutes, an hour, four hours …
RETRY_PAUSE_MINUTES = 15


class MtsRecord(models.Model):
    _name = "mts.record"
    _description = "Where a Registrant Stands with MTS"
    _order = "id desc"
    _rec_name = "partner_id"

    connector_id = fields.Many2one("mts.connector", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="connector_id.company_id", store=True, index=True)
    partner_id = fields.Many2one(
        "res.partner", "Registrant", required=True, index=True, ondelete="cascade"
    )
    request_id = fields.Many2one(
        "mts.request", "Last Request", index=True, readonly=True, ondelete="set null"
    )
    run_id = fields.Many2one(related="request_id.run_id", string="Last Run")
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
        index=True,
    )
    error_id = fields.Many2one("mts.error.code", "What to Do", readonly=True, ondelete="set null")
    error_code = fields.Char(readonly=True)
    error_message = fields.Char(readonly=True, help="What MTS or MOSIP said.")
    advice = fields.Char(compute="_compute_advice", help="What to do about it.")
    attempts = fields.Integer(readonly=True, help="How often the present data has been sent.")
    sent_at = fields.Datetime(readonly=True)
    answered_at = fields.Datetime(readonly=True)
    retry_at = fields.Datetime(readonly=True, help="Sent again by itself after this time.")
    retry_requested = fields.Boolean(readonly=True, help="A person asked for another try.")
    to_check = fields.Boolean(
        readonly=True, help="The data may have changed since it was answered."
    )
    fingerprint = fields.Char(
        readonly=True,
        groups="base.group_system",
        help="Tells whether the data has changed since it was sent; it says nothing of the data.",
    )

    _sql_constraints = [
        (
            "connector_partner_unique",
            "unique(connector_id, partner_id)",
            "A registrant has one record with each connector.",
        )
    ]

    def init(self):
        super().init()
        self.env.cr.execute(
            """
            -- One answer is awaited for a registrant at any time, whichever connector asked.
            CREATE UNIQUE INDEX IF NOT EXISTS mts_record_pending_index
                ON mts_record (partner_id) WHERE state = 'pending';
            CREATE INDEX IF NOT EXISTS mts_record_due_index
                ON mts_record (connector_id, partner_id)
                WHERE state = 'lost' OR retry_requested OR to_check OR retry_at IS NOT NULL;
            """
        )

    @api.depends("error_id", "error_code", "state")
    def _compute_advice(self):
        for record in self:
            if record.error_id:
                record.advice = record.error_id.advice
            elif record.state == "conflict":
                record.advice = _("Find out which token is right, then correct the registrant")
            elif record.error_code:
                record.advice = _("Unknown code: ask the MTS operator, then correct or retry")
            else:
                record.advice = False

    # -- who is due ------------------------------------------------------------------------------

    @api.model
    def _mark_changed(self, connector):
        """Mark answered records whose registrant was written since this was last done.

        A row is stamped with the start of the transaction that wrote it, so what a transaction
        still open today will commit is stamped later than the oldest open one. That time, and not
        now, is where the next look has to begin.
        """
        self.env.cr.execute(
            """
            SELECT COALESCE(min(xact_start), now()) AT TIME ZONE 'UTC'
            FROM pg_stat_activity
            WHERE datname = current_database() AND backend_type = 'client backend'
            """
        )
        look_from = self.env.cr.fetchone()[0]
        domain = connector._store()._domain()
        if connector.changes_since:
            domain = expression.AND([domain, self._changed_domain(connector)])
        query, params = self._partner_query(domain).select()
        self.env.cr.execute(
            f"""
            UPDATE mts_record SET to_check = TRUE
            WHERE connector_id = %s AND state IN ('tokenized', 'rejected', 'conflict')
              AND to_check IS NOT TRUE AND partner_id IN ({query})
            """,
            [connector.id, *params],
        )
        self.invalidate_cache(["to_check"])
        connector.changes_since = look_from

    @api.model
    def _changed_domain(self, connector):
        """Return the registrants of whom a sent value may have changed."""
        since = connector.changes_since
        paths = {""}
        for path in connector._paths() + connector._store()._watched_paths():
            parts = path.split(".")
            paths.update(".".join(parts[: end + 1]) for end in range(len(parts)))
        leaves = []
        for path in sorted(paths):
            model = self.env["res.partner"]
            for name in filter(None, path.split(".")):
                field = model._fields[name]
                model = self.env[field.comodel_name] if field.relational else None
            if model is not None and model._log_access:
                leaves.append([(f"{path}.write_date".lstrip("."), ">=", since)])
        return expression.OR(leaves)

    @api.model
    def _partner_query(self, domain):
        """Return the query of registrants in the domain, ready to be joined."""
        partners = self.env["res.partner"]
        partners._flush_search(domain)
        return partners._where_calc(domain)

    @api.model
    def _due_sql(self, connector, scope):
        """Return FROM, WHERE and parameters of the delta: who is due.

        Due is who matches the filter, has a VID and no token, is in flight with no connector, and
        either was never answered or may be sent again: nothing came back, the data may have
        changed, a passing fault is over, or a person asked for it.
        """
        domain = expression.AND([connector._domain(), connector._store()._domain()])
        tables, where, params = self._partner_query(domain).get_sql()
        due = {
            "due": """
                record.id IS NULL OR record.state = 'lost' OR record.retry_requested
                OR record.to_check OR record.retry_at <= now() AT TIME ZONE 'UTC'
            """,
            "retry": "record.retry_requested",
        }[scope]
        return (
            f"""
            FROM {tables}
            LEFT JOIN mts_record record
                ON record.partner_id = res_partner.id AND record.connector_id = %s
            WHERE {where or 'TRUE'} AND ({due})
              AND NOT EXISTS (
                  SELECT 1 FROM mts_record flying
                  WHERE flying.partner_id = res_partner.id AND flying.state = 'pending'
              )
            """,
            [connector.id, *params],
        )

    @api.model
    def _count_due(self, connector, scope):
        """Return how many are due; some of them may prove to be unchanged."""
        source, params = self._due_sql(connector, scope)
        self.flush()
        self.env.cr.execute(f"SELECT count(*) {source}", params)
        return self.env.cr.fetchone()[0]

    @api.model
    def _due_page(self, connector, scope, after, limit):
        """Return the next due registrants by id, as a list of :class:`DueRow`."""
        source, params = self._due_sql(connector, scope)
        self.flush()
        self.env.cr.execute(
            f"""
            SELECT res_partner.id, record.id, record.fingerprint,
                   COALESCE(record.state IN ('tokenized', 'rejected', 'conflict')
                            AND record.retry_requested IS NOT TRUE
                            AND (record.retry_at > now() AT TIME ZONE 'UTC') IS NOT FALSE, FALSE)
            {source} AND res_partner.id > %s
            ORDER BY res_partner.id LIMIT %s
            """,
            [*params, after, limit],
        )
        return [DueRow(*row) for row in self.env.cr.fetchall()]

    @api.model
    def _mark_unchanged(self, ids):
        if ids:
            self.env.cr.execute(
                "UPDATE mts_record SET to_check = FALSE WHERE id = ANY(%s)", [ids]
            )
            self.invalidate_cache(["to_check"])

    # -- in flight -------------------------------------------------------------------------------

    @api.model
    def _take(self, connector, request, items):
        """Put the registrants in flight and return ``{partner id: record id}``.

        The same data once more counts as another attempt, new data as the first.
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
                state = 'pending',
                sent_at = EXCLUDED.sent_at,
                answered_at = NULL, error_id = NULL, error_code = NULL, error_message = NULL,
                retry_at = NULL, retry_requested = FALSE, to_check = FALSE,
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
        """Make the registrants of a request due again that never reached MTS."""
        self.flush()
        self.env.cr.execute(
            """
            UPDATE mts_record SET state = 'lost', attempts = attempts - 1, sent_at = NULL
            WHERE request_id = %s AND state = 'pending'
            """,
            [request.id],
            log_exceptions=False,
        )
        count = self.env.cr.rowcount
        self.invalidate_cache()
        request._count({request.id: Counter(lost=count)})

    @api.model
    def _lose(self, request, reason):
        """Nothing came back: due again, or rejected when that has happened too often.

        :return: ``Counter`` of the new states
        """
        self.flush()
        entry = self.env["mts.error.code"]._find(NO_ANSWER)
        self.env.cr.execute(
            """
            UPDATE mts_record
            SET state = CASE WHEN attempts < %(most)s THEN 'lost' ELSE 'rejected' END,
                error_id = CASE WHEN attempts < %(most)s THEN NULL ELSE %(entry)s END,
                error_code = CASE WHEN attempts < %(most)s THEN NULL ELSE %(code)s END,
                error_message = %(reason)s
            WHERE request_id = %(request)s AND state = 'pending'
            RETURNING state
            """,
            {
                "most": request.connector_id.max_attempts,
                "entry": entry.id or None,
                "code": NO_ANSWER,
                "reason": reason,
                "request": request.id,
            },
            log_exceptions=False,
        )
        changes = Counter(row[0] for row in self.env.cr.fetchall())
        self.invalidate_cache()
        return changes

    # -- answers ---------------------------------------------------------------------------------

    @api.model
    def _settle(self, delivered):
        """Act on answers, each only where it proves whose it is.

        :param delivered: list of (:class:`~..mts.signature.Reference`,
            :class:`~..mts.answer.Answer`)
        :return: how many told something new
        """
        records = self._lock_with_partners([ref.record_id for ref, _answer in delivered])
        by_id = {record.id: record for record in records}
        vids = self._present_vids(records)
        proven = {}
        for ref, answer in delivered:
            record = by_id.get(ref.record_id)
            if record and self._is_proven(record, ref, vids.get(record.id)):
                if record._is_news(ref, answer):
                    proven[record] = answer
        changes = defaultdict(Counter)
        tokens = defaultdict(dict)
        for record, answer in proven.items():
            before, request_id = record.state, record.request_id.id
            if answer.status == answers.PROCESSED:
                tokens[record.connector_id].update(record._accept_token(answer.token))
            else:
                record._reject(answer.code, answer.message)
            if request_id:
                changes[request_id][record.state] += 1
                changes[request_id][before] -= 1
        for connector, connector_tokens in tokens.items():
            connector._store()._store_tokens(connector_tokens)
        self.env["mts.request"]._count(changes)
        for connector in self.union(*proven).connector_id:
            connector._judge(self.union(*proven).filtered(
                lambda record, connector=connector: record.connector_id == connector
            ))
        return len(proven)

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
    def _present_vids(self, records):
        """Return ``{record id: VID}``."""
        vids = {}
        for connector in records.connector_id:
            mine = records.filtered(lambda record, c=connector: record.connector_id == c)
            by_partner = connector._store()._read_vids(mine.partner_id)
            vids.update({record.id: by_partner.get(record.partner_id.id) for record in mine})
        return vids

    @api.model
    def _is_proven(self, record, ref, vid):
        key = record.connector_id._secret("hmac_key")
        return bool(vid) and signature.proves(ref, key, vid)

    def _is_news(self, ref, answer):
        """Tell whether the answer changes anything.

        A token is welcome whenever it comes. A refusal counts only for the last request, and only
        while nothing better is known.
        """
        if answer.status == answers.PROCESSED:
            return self.state != "tokenized"
        return self.state in ("pending", "lost") and self.request_id.id == ref.request_id

    def _accept_token(self, token):
        """Take the token, unless the registrant has another one: a person must look at that.

        :return: ``{partner id: token}`` to be stored
        """
        self.ensure_one()
        present = self.partner_id.mosip_auth_token
        conflict = bool(present) and present != token
        self.write(
            {
                "state": "conflict" if conflict else "tokenized",
                "answered_at": fields.Datetime.now(),
                "error_id": False,
                "error_code": False,
                "error_message": _("MOSIP gave another token than the one that is there.")
                if conflict
                else False,
                "retry_at": False,
                "retry_requested": False,
            }
        )
        return {} if conflict else {self.partner_id.id: token}

    def _reject(self, code, reason):
        """Keep the refusal; a passing fault is tried again by itself, a limited number of times."""
        entry = self.env["mts.error.code"]._find(code, reason)
        for record in self:
            record.write(
                {
                    "state": "rejected",
                    "answered_at": fields.Datetime.now(),
                    "error_id": entry.id,
                    "error_code": code if not entry or entry.code.endswith("*") else entry.code,
                    "error_message": record._without_data(reason),
                    "retry_at": record._retry_time() if entry.policy == "transient" else False,
                    "retry_requested": False,
                }
            )

    def _retry_time(self):
        if self.attempts >= self.connector_id.max_attempts:
            return False
        pause = RETRY_PAUSE_MINUTES * 4 ** (self.attempts - 1)
        return fields.Datetime.now() + timedelta(minutes=pause)

    def _without_data(self, text):
        """Return MTS's words without the registrant's own data."""
        connector = self.connector_id
        partner = self.partner_id
        secret = [connector._store()._read_vids(partner).get(partner.id)]
        secret += [partner._mts_text(path) for path in connector._paths()]
        for value in sorted(filter(None, secret), key=len, reverse=True):
            if len(value) > 2:
                text = text.replace(value, "•••")
        return text

    # -- by hand ---------------------------------------------------------------------------------

    def action_retry(self):
        """Send these registrants again, whatever the answer was."""
        self.check_access_rights("read")
        self.check_access_rule("read")
        records = self.sudo()
        records._check_can_be_sent()
        records.write({"retry_requested": True})
        for connector in records.connector_id:
            connector._start_run("manual", scope="retry")
        return True

    def _check_can_be_sent(self):
        """Refuse a retry that could never go out, and say which and why."""
        for connector in self.connector_id:
            mine = self.filtered(lambda record, c=connector: record.connector_id == c)
            if any(record.state == "pending" for record in mine):
                raise UserError(
                    _("An answer is still expected for some of these registrants. Wait for it.")
                )
            domain = expression.AND(
                [
                    connector._domain(),
                    connector._store()._domain(),
                    [("id", "in", mine.partner_id.ids)],
                ]
            )
            left = mine.partner_id - self.env["res.partner"].search(domain)
            if left:
                raise UserError(
                    _(
                        "%s of these registrants cannot be sent: they have no VID, have a token, "
                        "or are outside the connector's filter."
                    )
                    % len(left)
                )
