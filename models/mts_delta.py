# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from collections import namedtuple

from odoo import _, api, models
from odoo.osv import expression

from ..mts import settings

# A registrant of a page, and whether only a change of data makes it due.
DueRow = namedtuple("DueRow", "partner_id record_id fingerprint only_if_changed")

# Conditions on a registrant's record.
DUE_AGAIN = """
    record.state = 'lost' OR record.retry_requested OR record.to_check
    OR record.retry_at <= now() AT TIME ZONE 'UTC'
"""
# Where it may not be there.
DUE = f"record.id IS NULL OR {DUE_AGAIN}"
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

# At most so many are looked at with one statement.
LONGEST_LOOK = 10000

NOT_IN_FLIGHT = """
    NOT EXISTS (
        SELECT 1 FROM mts_record flying
        WHERE flying.partner_id = candidate.id AND flying.state = 'pending'
    )
"""

# Whose record makes a registrant due, by the scope of a run.
IN_SCOPE = {"due": DUE_AGAIN, "retry": "record.retry_requested"}


class MtsDelta(models.AbstractModel):
    """Who is due with a connector now. It reads the ledger, ``mts.record``, and has no rows.

    Due is who matches the filter, has a VID and no token, is in flight with no connector, and
    either was never answered or may be sent again: nothing came back, the data may have changed, a
    passing fault is over, or a person asked for it.

    Of a million registrants a few are due, or none. So those who have a VID are first held against
    the ledger, for which the indexes of both are enough; only of those who remain, the candidates,
    the contact is looked at.
    """

    _name = "mts.delta"
    _description = "Registrants Who Are Due"

    @api.model
    def _count_due(self, connector, scope):
        """Return how many are due; some of them may prove to be unchanged.

        :param scope: ``due``, or ``retry`` for those only whom a person asked to try again
        """
        candidates, params = self._candidates(connector, scope)
        matching, matching_params = self._matching(connector).select()
        self.env.cr.execute(
            f"""
            SELECT count(*) FROM ({candidates}) candidate
            JOIN ({matching}) matching ON matching.id = candidate.id
            WHERE {NOT_IN_FLIGHT}
            """,  # noqa: S608
            [*params, *matching_params],
        )
        return self.env.cr.fetchone()[0]

    @api.model
    def _due_page(self, connector, scope, after, limit):
        """Return the next due registrants by id, as a list of :class:`DueRow`."""
        page, size = [], limit
        while len(page) < limit:
            statement, params = self._page_sql(connector, scope, after, size)
            self.env.cr.execute(statement, params)
            looked_at = self.env.cr.fetchall()
            page += [DueRow(*row) for *row, is_due in looked_at if is_due]
            if len(looked_at) < size:
                break
            # Where few candidates match the filter, more of them are looked at in one go.
            after, size = looked_at[-1][0], min(4 * size, LONGEST_LOOK)
        return page[:limit]

    @api.model
    def _page_sql(self, connector, scope, after, size):
        """Return SQL and parameters of the next candidates, and whether they are due.

        PostgreSQL does not know how far an import has come, and left to itself reads all contacts
        for each page. OFFSET keeps it to looking them up one by one.
        """
        candidates, params = self._candidates(connector, scope, after, size)
        matching = self._matching(connector, after)
        matching.add_where("res_partner.id = candidate.id")
        looked_up, matching_params = matching.select()
        return (
            f"""
            SELECT candidate.*, matching.id IS NOT NULL AND {NOT_IN_FLIGHT}
            FROM ({candidates}) candidate
            LEFT JOIN LATERAL ({looked_up} OFFSET 0) matching ON TRUE
            ORDER BY candidate.id
            """,  # noqa: S608
            [*params, *matching_params],
        )

    @api.model
    def _matching(self, connector, after=0):
        """Return the query of those who match the filter, have a VID and no token."""
        domain = expression.AND([connector._domain(), connector._store()._domain_after(after)])
        return self._partner_query(domain)

    @api.model
    def _candidates(self, connector, scope, after=0, size=None):
        """Return SQL and parameters of those who may be due, as the columns of a ``DueRow``.

        They are those whose record says so, and those who have a VID and no record.

        :param after: only contacts with a greater id
        :param size: only so many, in the order of their ids
        """
        parts = [self._known_sql(connector, scope, after)]
        if scope == "due":
            parts.append(self._unknown_sql(connector, after, one_by_one=size is not None))
        statements, params = [], []
        for statement, of_part in parts:
            statements.append(f"({statement} ORDER BY id LIMIT %s)")
            params += [*of_part, size]
        together = " UNION ALL ".join(statements)
        return f"SELECT * FROM ({together}) part ORDER BY id LIMIT %s", [*params, size]  # noqa: S608

    @api.model
    def _known_sql(self, connector, scope, after):
        return (
            f"""
            SELECT record.partner_id AS id, record.id AS record_id, record.fingerprint,
                   {ONLY_IF_CHANGED} AS only_if_changed
            FROM mts_record record
            WHERE record.connector_id = %s AND record.partner_id > %s AND ({IN_SCOPE[scope]})
            """,  # noqa: S608
            [connector.id, after],
        )

    @api.model
    def _unknown_sql(self, connector, after, one_by_one):
        """Return SQL and parameters of those who have a VID and no record.

        :param one_by_one: look each of them up, for the same reason as above
        """
        # Archived ones, too: to leave them out each contact would have to be looked at.
        domain = connector._store()._domain_after(after)
        with_vid, params = self._partner_query(domain, active_test=False).select()
        return (
            f"""
            SELECT registrant.id, NULL::integer AS record_id, NULL::varchar AS fingerprint,
                   FALSE AS only_if_changed
            FROM ({with_vid}) registrant
            WHERE NOT EXISTS (
                SELECT 1 FROM mts_record known
                WHERE known.partner_id = registrant.id AND known.connector_id = %s
                {"OFFSET 0" if one_by_one else ""}
            )
            """,  # noqa: S608
            [*params, connector.id],
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
        for changed in self._changed_domains(connector):
            domain = expression.AND([connector._store()._domain(), changed])
            query, params = self._partner_query(domain).select()
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
        changed = expression.OR(self._changed_domains(connector))
        return expression.AND([connector._store()._domain(), changed])

    @api.model
    def _changed_domains(self, connector):
        """Return domains of the registrants of whom a sent value may have changed.

        One for each table in which it may have: put together, no index would help.
        """
        since = connector.changes_since
        rows = {"", *connector._store()._watched_paths()}
        for path in connector._paths():
            followed = self._followed(path)
            if followed is None or not since:
                return [expression.TRUE_DOMAIN]
            rows.update(followed)
        return [[(f"{path}.write_date".lstrip("."), ">=", since)] for path in sorted(rows)]

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
