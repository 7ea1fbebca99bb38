# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from collections import defaultdict

from odoo import _, api, models

SHOWN_NAMES = 3
SHOWN_END = 4


class MtsDuplicate(models.AbstractModel):
    """Who has the same token as somebody else, as far as nobody has settled it. It has no rows.

    Everybody finds those only whom they may read.
    """

    _name = "mts.duplicate"
    _description = "Registrants with the Same Token"

    @api.model
    def _counts(self, ids):
        """Return ``{partner id: how many others}`` of those partners who have any.

        Odoo does not ask for the groups of a field that is computed on each way that leads to it.
        """
        if not (self.env.su or self.user_has_groups("mts_connector.group_user")):
            return {}
        others, condition, params = self._others_sql()
        self.env.cr.execute(
            f"""
            SELECT me.id, count(*) FROM res_partner me, {others}
            WHERE me.id = ANY(%s) AND {condition} GROUP BY me.id
            """,  # noqa: S608
            [*params, ids],
        )
        return dict(self.env.cr.fetchall())

    @api.model
    def _any_of(self, records):
        """Tell whether a registrant has any.

        :param records: the query of the registrants' records
        """
        partners, partner_params = records.select('"mts_record"."partner_id"')
        others, condition, params = self._others_sql()
        self.env.cr.execute(
            f"""
            SELECT 1 FROM res_partner me, {others}
            WHERE me.id IN ({partners}) AND {condition} LIMIT 1
            """,  # noqa: S608
            [*params, *partner_params],
        )
        return bool(self.env.cr.fetchone())

    @api.model
    def _others(self, partners):
        """Return those with the same token as one of these partners, settled or not."""
        tokens = [token for token in partners.mapped("mosip_auth_token") if token]
        return partners.search([("mosip_auth_token", "in", tokens)]) - partners

    @api.model
    def _are_alike(self, partners):
        """Tell whether these partners have a token, and all of them the same."""
        tokens = set(partners.mapped("mosip_auth_token"))
        return len(tokens) == 1 and all(tokens)

    @api.model
    def _headings(self, tokens):
        """Return ``{token: who has it}``, which tells people more than the token does."""
        names = defaultdict(set)
        for partner in self.env["res.partner"].search([("mosip_auth_token", "in", tokens)]):
            names[partner.mosip_auth_token].add(partner.display_name)
        alike = defaultdict(list)
        for token in names:
            alike[", ".join(sorted(names[token])[:SHOWN_NAMES])].append(token)
        return {
            token: _("%(names)s, token ending in %(end)s", names=text, end=end)
            for text, found in alike.items()
            for token, end in self._ends(found).items()
        }

    @api.model
    def _ends(self, tokens):
        """Return ``{token: its end}``, as long as it takes to tell these apart.

        An export would take groups with one heading for the same, and lose the first of them.
        """
        shown = SHOWN_END
        while len({token[-shown:] for token in tokens}) < len(tokens):
            shown += 1
        return {token: token[-shown:] for token in tokens}

    @api.model
    def _shared_tokens(self):
        """Return ``{partner id: token}`` of all who have any.

        Few tokens occur twice: these are found first, by the index alone. Who has them is looked
        up one by one, for which OFFSET is: PostgreSQL takes them for many, and would read all
        contacts several times.
        """
        others, condition, params = self._others_sql()
        self.env.cr.execute(
            f"""
            SELECT me.id, me.mosip_auth_token
            FROM (
                SELECT mosip_auth_token FROM res_partner
                WHERE mosip_auth_token IS NOT NULL
                GROUP BY mosip_auth_token HAVING count(*) > 1 OFFSET 0
            ) twice
            CROSS JOIN LATERAL (
                SELECT id, mosip_auth_token FROM res_partner
                WHERE mosip_auth_token = twice.mosip_auth_token OFFSET 0
            ) me
            WHERE EXISTS (SELECT 1 FROM {others} WHERE {condition} OFFSET 0)
            """,  # noqa: S608
            params,
        )
        return dict(self.env.cr.fetchall())

    @api.model
    def _others_sql(self):
        """Return who may be read, as "other" in SQL, the condition that such a one is another
        registrant with the token of "me", and the parameters of the first.
        """
        self.env["res.partner"].flush(["mosip_auth_token", "active"])
        self.env["mts.duplicate.decision"].flush()
        readable, params = self._readable_sql()
        condition = """
            other.mosip_auth_token = me.mosip_auth_token AND other.id != me.id
            AND NOT EXISTS (
                SELECT 1 FROM mts_duplicate_decision decision
                WHERE decision.partner_id = me.id AND decision.other_id = other.id
                   OR decision.partner_id = other.id AND decision.other_id = me.id
            )
        """
        return f"({readable}) other", condition, params

    @api.model
    def _readable_sql(self):
        partners = self.env["res.partner"].with_context(active_test=True)
        query = partners._where_calc([("mosip_auth_token", "!=", False)])
        partners._apply_ir_rules(query, "read")
        return query.select('"res_partner".id', '"res_partner".mosip_auth_token')
