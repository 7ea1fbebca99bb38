from collections import namedtuple

from odoo import _, api, models
from odoo.osv import expression

from ..mts import settings

# A registrant of a page, and whether only a change of data makes it due.
DueRow = namedtuple("DueRow", "partner_id record_id fingerprint only_if_changed")

# Conditions on a registrant's record, which may not be there.
DUE = """
    record.id IS NULL OR record.state = 'lost' OR record.retry_requested
    OR record.to_check OR record.retry_at <= now() AT TIME ZONE 'UTC'
"""
ONLY_IF_CHANGED = """
    COALESCE(record.state = 'rejected' AND record.retry_requested IS NOT TRUE
             AND (record.retry_at > now() AT TIME ZONE 'UTC') IS NOT FALSE, FALSE)
"""

# Where a registrant stands with a connector: the first of these that holds.
STANDINGS = f"""
    CASE
    WHEN matching.id IS NULL AND contact.active IS NOT TRUE THEN 'archived'
    WHEN matching.id IS NULL AND contact.company_id != %s THEN 'company'
    WHEN matching.id IS NULL THEN 'outside'
    WHEN tokenized.id IS NOT NULL AND record.state = 'conflict' THEN 'conflict'
    WHEN tokenized.id IS NOT NULL THEN 'token'
    WHEN sendable.id IS NULL THEN 'no_vid'
    WHEN flying.partner_id IS NOT NULL THEN 'pending'
    WHEN ({DUE} OR changed.id IS NOT NULL) AND {ONLY_IF_CHANGED} THEN 'check'
    WHEN {DUE} OR changed.id IS NOT NULL THEN 'due'
    WHEN record.state = 'rejected' AND record.retry_at IS NOT NULL THEN 'later'
    WHEN record.state = 'rejected' THEN 'refused'
    ELSE 'answered'
    END
"""

# How registrants and records are brought together, for each scope. PostgreSQL does not know how
# far an import has come, and left to itself reads all of the ledger for each page. OFFSET keeps it
# to looking records up one by one.
JOINS = {
    "due": """
        LEFT JOIN LATERAL (
            SELECT * FROM mts_record
            WHERE partner_id = res_partner.id AND connector_id = %s OFFSET 0
        ) record ON TRUE
    """,
    "retry": """
        JOIN mts_record record ON record.partner_id = res_partner.id AND record.connector_id = %s
    """,
}


class MtsDelta(models.AbstractModel):
    """Who is due with a connector now. It reads the ledger, ``mts.record``, and has no rows."""

    _name = "mts.delta"
    _description = "Registrants Who Are Due"

    @api.model
    def _count_due(self, connector, scope="due"):
        """Return how many are due; some of them may prove to be unchanged."""
        source, params = self._due_sql(connector, scope)
        self.env.cr.execute(f"SELECT count(*) {source}", params)
        return self.env.cr.fetchone()[0]

    @api.model
    def _due_page(self, connector, scope, after, limit):
        """Return the next due registrants by id, as a list of :class:`DueRow`."""
        source, params = self._due_sql(connector, scope, after)
        self.env.cr.execute(
            f"""
            SELECT res_partner.id, record.id, record.fingerprint, {ONLY_IF_CHANGED}
            {source} ORDER BY res_partner.id LIMIT %s
            """,
            [*params, limit],
        )
        return [DueRow(*row) for row in self.env.cr.fetchall()]

    @api.model
    def _due_sql(self, connector, scope, after=0):
        """Return FROM, WHERE and parameters of the delta.

        Due is who matches the filter, has a VID and no token, is in flight with no connector, and
        either was never answered or may be sent again: nothing came back, the data may have
        changed, a passing fault is over, or a person asked for it.

        :param scope: ``due``, or ``retry`` for those only whom a person asked to try again
        :param after: only registrants with a greater id
        """
        domain = expression.AND([connector._domain(), connector._store()._domain_after(after)])
        tables, where, params = self._partner_query(domain).get_sql()
        due = {"due": DUE, "retry": "record.retry_requested"}[scope]
        return (
            f"""
            FROM {tables} {JOINS[scope]}
            WHERE {where or "TRUE"} AND ({due})
              AND NOT EXISTS (
                  SELECT 1 FROM mts_record flying
                  WHERE flying.partner_id = res_partner.id AND flying.state = 'pending'
              )
            """,  # noqa: S608
            [connector.id, *params],
        )

    @api.model
    def _partner_query(self, domain, active_test=True):
        """Return the query of registrants in the domain, ready to be joined."""
        self.flush()
        partners = self.env["res.partner"]
        partners._flush_search(domain)
        return partners._where_calc(domain, active_test=active_test)

    # -- where everybody stands ------------------------------------------------------------------

    @api.model
    def _count_standings(self, connector):
        """Return ``{standing: number}`` of those whom the filter finds, archived or not."""
        source, params = self._standings_sql(connector, self._filtered(connector))
        self.env.cr.execute(
            f"SELECT standing, count(*) FROM ({source}) AS found GROUP BY standing",  # noqa: S608
            params,
            log_exceptions=False,
        )
        return dict(self.env.cr.fetchall())

    @api.model
    def _first_standings(self, connector, limit):
        """Return ``{partner id: standing}`` of the first registrants: those who are due, then
        those who have a VID, then the others.
        """
        source, params = self._standings_sql(connector, self._filtered(connector))
        self.env.cr.execute(
            f"""
            SELECT id, standing FROM ({source}) AS found
            WHERE standing NOT IN ('archived', 'company')
            ORDER BY standing NOT IN ('due', 'check'),
                     standing IN ('no_vid', 'token', 'conflict'), id
            LIMIT %s
            """,  # noqa: S608
            [*params, limit],
            log_exceptions=False,
        )
        return dict(self.env.cr.fetchall())

    @api.model
    def _standing_of(self, connector, partner):
        """Return where one registrant stands, to a user who may see both."""
        for record in (connector, partner):
            record.check_access_rights("read")
            record.check_access_rule("read")
        domain = [("id", "=", partner.id)]
        source, params = self.sudo()._standings_sql(connector.sudo(), domain)
        self.env.cr.execute(source, params, log_exceptions=False)
        return self.env.cr.fetchone()[1]

    @api.model
    def _filtered(self, connector):
        return settings.parse_domain(connector.search_domain)

    @api.model
    def _standings_sql(self, connector, domain):
        """Return a query of ids and standings, and its parameters.

        Nothing is marked: what an import would mark first, because it may have changed, is found
        here by the same search.

        :param domain: of the registrants
        """
        with connector._checking("search_domain"):
            # It worked when it was saved, but a field may be gone by now.
            self.env["res.partner"]._mts_check_domain(self._filtered(connector))
        store = connector._store()
        every = {"active_test": False}
        contacts, params = self._partner_query(domain, **every).select()
        joins = ""
        for alias, query in (
            ("matching", self._partner_query(connector._domain())),
            ("changed", self._partner_query(self._may_have_changed(connector))),
            ("tokenized", self._partner_query(store._token_domain(), **every)),
            ("sendable", self._partner_query(store._domain(), **every)),
        ):
            statement, statement_params = query.select()
            # Joined, since PostgreSQL does not hash a long list of ids after IN.
            joins += f" LEFT JOIN ({statement}) AS {alias} ON {alias}.id = contact.id"
            params = [*params, *statement_params]
        return (
            f"""
            SELECT contact.id, {STANDINGS} AS standing
            FROM ({contacts}) AS found
            JOIN res_partner contact ON contact.id = found.id
            {joins}
            LEFT JOIN mts_record record
                ON record.partner_id = contact.id AND record.connector_id = %s
            LEFT JOIN mts_record flying
                ON flying.partner_id = contact.id AND flying.state = 'pending'
            """,  # noqa: S608
            [connector.company_id.id, *params, connector.id],
        )

    @api.model
    def _words(self):
        """Return what to tell people of each standing."""
        return {
            "due": _("Due: sent with the next import"),
            "check": _("Refused, and changed since: sent if the change is in what is sent"),
            "pending": _("Waiting for an answer"),
            "later": _("Refused for a passing fault: sent again by itself, later"),
            "refused": _("Refused: sent again when the data changes, or with Retry"),
            "answered": _("Answered already: sent again when the data changes"),
            "conflict": _("Conflict: MOSIP gave another token"),
            "token": _("Has a token already"),
            "no_vid": _("Has no VID"),
            "archived": _("Archived"),
            "company": _("Belongs to another company"),
            "outside": _("Does not match the filter"),
        }

    # -- what has changed ------------------------------------------------------------------------

    @api.model
    def _oldest_transaction(self):
        """Return the time from which on the next run has to look for changes.

        A row is stamped with the start of the transaction that wrote it. So whatever is committed
        from now on is stamped later than the oldest transaction that is open now. Whatever was
        committed before, the run sees, provided that its own transaction begins after this one.
        """
        self.env.cr.execute(
            """
            SELECT COALESCE(min(xact_start), now()) AT TIME ZONE 'UTC'
            FROM pg_stat_activity
            WHERE datname = current_database() AND backend_type = 'client backend'
            """
        )
        return self.env.cr.fetchone()[0]

    @api.model
    def _mark_changed(self, connector, look_from):
        """Mark the records whose registrant may have changed since this was last done.

        Also those in flight: the answer under way will be about the data as it was.

        :param look_from: what ``_oldest_transaction`` said before this transaction began
        """
        query, params = self._partner_query(self._may_have_changed(connector)).select()
        self.env.cr.execute(
            f"""
            UPDATE mts_record SET to_check = TRUE
            WHERE connector_id = %s AND to_check IS NOT TRUE AND partner_id IN ({query})
            """,  # noqa: S608
            [connector.id, *params],
        )
        self.invalidate_cache()
        connector.changes_since = look_from

    @api.model
    def _may_have_changed(self, connector):
        """Return the domain of those to be sent whom an import has to look at once again."""
        domain = connector._store()._domain()
        if connector.changes_since:
            domain = expression.AND([domain, self._changed_domain(connector)])
        return domain

    @api.model
    def _changed_domain(self, connector):
        """Return the registrants of whom a sent value may have changed."""
        since = connector.changes_since
        rows = {"", *connector._store()._watched_paths()}
        for path in connector._paths():
            followed = self._followed(path)
            if followed is None:
                return []
            rows.update(followed)
        return expression.OR(
            [[(f"{path}.write_date".lstrip("."), ">=", since)] for path in sorted(rows)]
        )

    @api.model
    def _followed(self, path):
        """Return the relational paths along ``path`` whose rows show by their time of writing
        that the value has changed; None where a value can change without that.
        """
        model, followed = self.env["res.partner"], []
        for name in path.split("."):
            field = model._fields[name]
            if not field.relational:
                # What is computed on reading leaves no trace, whatever it is computed from.
                return followed if field.store or field.company_dependent else None
            model = self.env[field.comodel_name]
            # A row that is taken from a list leaves none either.
            if not (field.store and field.type == "many2one" and model._log_access):
                return None
            followed.append(".".join([*followed[-1:], name]))
        return followed

    @api.model
    def _mark_unchanged(self, ids):
        if ids:
            self.env.cr.execute("UPDATE mts_record SET to_check = FALSE WHERE id = ANY(%s)", [ids])
            self.invalidate_cache()
