# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models
from odoo.osv import expression

NOTHING = """
    SELECT 0::bigint AS id, 0 AS connector_id, 0 AS company_id, 0 AS partner_id, '' AS coverage
    WHERE FALSE
"""


class MtsCoverage(models.Model):
    """Who of a connector's registrants has a token, who has a VID, and who has neither.

    Its rows are made up on reading: one for each registrant in a connector's filter, whether or
    not the connector has sent that one yet.
    """

    _name = "mts.coverage"
    _description = "Coverage with MOSIP Tokens"
    _auto = False
    _rec_name = "partner_id"

    connector_id = fields.Many2one("mts.connector", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    partner_id = fields.Many2one("res.partner", "Registrant", readonly=True)
    coverage = fields.Selection(
        [("token", "With token"), ("vid", "With VID, no token"), ("neither", "With neither")],
        readonly=True,
    )

    @property
    def _table_query(self):
        """Return the rows of all connectors, as SQL; the rules leave those of the company."""
        connectors = self.env(su=True, context={})["mts.connector"]
        every = connectors.search([])  # pylint: disable=no-search-all  # there are a few
        usable = every.filtered(lambda connector: connector._has_store())
        return "UNION ALL".join(self._rows(connector) for connector in usable) or NOTHING

    def _rows(self, connector):
        """Return the rows of one connector, as SQL without parameters."""
        delta = connector.env["mts.delta"]
        domain = connector._domain()
        store = connector._store()
        with_token = expression.AND([domain, store._token_domain()])
        with_vid = expression.AND([domain, store._domain()])
        tables, where, params = delta._partner_query(domain).get_sql()
        tokenized, tokenized_params = delta._partner_query(with_token).select()
        waiting, waiting_params = delta._partner_query(with_vid).select()
        rows = f"""
            SELECT %s::bigint << 32 | res_partner.id AS id,
                   %s AS connector_id, %s AS company_id, res_partner.id AS partner_id,
                   CASE WHEN tokenized.id IS NOT NULL THEN 'token'
                        WHEN waiting.id IS NOT NULL THEN 'vid'
                        ELSE 'neither' END AS coverage
            FROM {tables}
            LEFT JOIN ({tokenized}) AS tokenized ON tokenized.id = res_partner.id
            LEFT JOIN ({waiting}) AS waiting ON waiting.id = res_partner.id
            WHERE {where or "TRUE"}
        """  # noqa: S608
        values = [connector.id, connector.id, connector.company_id.id]
        values += [*tokenized_params, *waiting_params, *params]
        # What is left of parameters is the reader's.
        return self.env.cr.mogrify(rows, values).decode().replace("%", "%%")

    def exists(self):
        # Odoo 14 looks for a table.
        return self.browse(self.sudo().search([("id", "in", self.ids)]).ids)

    def action_open_registrant(self):
        self.ensure_one()
        return self.partner_id.get_formview_action()
