# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from collections import defaultdict

from odoo import _, api, fields, models
from odoo.exceptions import UserError

from ..actions import open_dialog

# In a context: ids of the duplicates, while one list is made.
FOUND = "mts_duplicates_found"


class ResPartner(models.Model):
    """Shows who has the same token as somebody else, and in what groups."""

    _inherit = "res.partner"

    mosip_duplicate_count = fields.Integer(
        "Possible Duplicates",
        compute="_compute_mosip_duplicate_count",
        search="_search_mosip_duplicate_count",
        groups="mts_connector.group_user",
        help="Other registrants with the same MOSIP token, of whom nobody has said yet that they "
        "are other people.",
    )

    @api.depends("mosip_auth_token")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_mosip_duplicate_count(self):
        counts = self.env["mts.duplicate"]._counts(self._origin.ids)
        for partner in self:
            partner.mosip_duplicate_count = counts.get(partner._origin.id, 0)

    @api.model
    def _search_mosip_duplicate_count(self, operator, value):
        """Support "has duplicates" and "has none", which is what a filter needs."""
        if (operator, value) not in ((">", 0), ("!=", 0), ("=", 0)):
            raise ValueError(_("Only “has duplicates” and “has none” can be searched."))
        inside = "not in" if operator == "=" else "in"
        found = self.env.context.get(FOUND)
        if found is None:
            found = list(self.env["mts.duplicate"]._shared_tokens())
        return [("id", inside, found)]

    @api.model
    def read_group(self, domain, fields, groupby, *args, **kwargs):
        """Head each group of the list of duplicates by who is in it, also where it is exported."""
        groups = super().read_group(domain, fields, groupby, *args, **kwargs)
        if self.env.context.get("mts_duplicates"):
            tokens = [group.get("mosip_auth_token") for group in groups]
            headings = self.env["mts.duplicate"]._headings([token for token in tokens if token])
            for group, token in zip(groups, tokens):
                group.update({"mosip_auth_token": headings[token]} if token in headings else {})
        return groups

    @api.model
    def web_read_group(
        self, domain, fields, groupby, limit=None, offset=0, orderby=False, lazy=True, **kwargs
    ):
        """Find duplicates once for a list, which Odoo would do for its groups, their number, and
        the lines of each. And count the groups without making them: there may be thousands.
        """
        groupby = [groupby] if isinstance(groupby, str) else groupby
        by_token = self.env.context.get("mts_duplicates") and groupby == ["mosip_auth_token"]
        if not (by_token and lazy and limit):
            return super().web_read_group(
                domain, fields, groupby, limit, offset, orderby, lazy, **kwargs
            )
        shared = self.env["mts.duplicate"]._shared_tokens()
        partners = self.with_context(**{FOUND: list(shared)})
        groups = partners._web_read_group(domain, fields, groupby, limit, offset, orderby, lazy)
        if kwargs.get("expand"):
            self._open_groups(groups, shared, fields, kwargs)
        is_all = offset == 0 and len(groups) < limit
        length = len(groups) if is_all else partners._number_of_tokens(domain)
        return {"groups": groups, "length": length}

    @api.model
    def _open_groups(self, groups, shared, fields, kwargs):
        """Add the lines of groups as Odoo does, each looked for among those of its group alone."""
        members = defaultdict(list)
        for partner_id, token in shared.items():
            members[token].append(partner_id)
        limit, order = kwargs.get("expand_limit"), kwargs.get("expand_orderby")
        for group in groups:
            leaves = [leaf for leaf in group["__domain"] if not isinstance(leaf, str)]
            token = next(leaf[2] for leaf in leaves if leaf[0] == "mosip_auth_token")
            # A filter may ask about others than the registrant, such as a parent.
            asks_others = any(str(leaf[0]).endswith(".mosip_duplicate_count") for leaf in leaves)
            partners = self.with_context(
                **{FOUND: list(shared) if asks_others else members[token]}
            )
            group["__data"] = partners.web_search_read(
                domain=group["__domain"], fields=fields, offset=0, limit=limit, order=order
            )

    @api.model
    def _number_of_tokens(self, domain):
        """Return into how many groups Odoo would put these contacts by their token."""
        query = self._where_calc(domain)
        self._apply_ir_rules(query, "read")
        found, params = query.select('DISTINCT "res_partner".mosip_auth_token')
        self.env.cr.execute(f"SELECT count(*) FROM ({found}) AS found", params)  # noqa: S608
        return self.env.cr.fetchone()[0]

    def action_compare_duplicates(self):
        """Put these registrants side by side, or this one and those with the same token."""
        partners = self if len(self) > 1 else self + self.env["mts.duplicate"]._others(self)
        if len(partners) < 2 or not self.env["mts.duplicate"]._are_alike(partners):
            raise UserError(_("Choose registrants who have the same token."))
        comparison = self.env["mts.duplicate.comparison"].create(
            {"partner_ids": [(6, 0, partners.ids)]}
        )
        return open_dialog(comparison, _("Possible Duplicates"))
