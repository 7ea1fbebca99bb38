# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import _, api, fields, models
from odoo.tools.misc import formatLang

from .mts_repair import REPAIRABLE

# More are not counted: a form must open at once, also where a million registrants are known.
MOST = 5000


class MtsLedgerCounts(models.AbstractModel):
    """How many stand where with a connector, as its form shows it."""

    _name = "mts.ledger.counts"
    _description = "How Many Registrants Stand Where"

    run_total = fields.Char("Imports", compute="_compute_totals", help="Imports that are kept.")
    pending_total = fields.Char(
        "Waiting", compute="_compute_totals", help="Registrants whose answer is still expected."
    )
    tokenized_total = fields.Char(
        "Tokenized", compute="_compute_totals", help="Registrants who have got their token."
    )
    rejected_total = fields.Char(
        "Rejected",
        compute="_compute_totals",
        help="Registrants who were refused, or got another token than the one already there.",
    )

    def _compute_totals(self):
        runs, records = self.env["mts.run"], self.env["mts.record"]
        for connector in self:
            mine = [("connector_id", "=", connector.id)]
            pending = [*mine, ("state", "=", "pending")]
            tokenized = [*mine, ("state", "=", "tokenized")]
            connector.run_total = self._total(runs, mine, "id")
            connector.pending_total = self._total(records, pending, "partner_id")
            connector.tokenized_total = self._total(records, tokenized, "answered_at")
            connector.rejected_total = self._total_to_repair(connector)

    @api.model
    def _total(self, model, domain, order):
        """Return in words how many there are, without looking at more than ``MOST``.

        :param order: the column of the index by which they are found. Left to itself PostgreSQL
            hopes to come across enough of them soon, and may read the whole table
        """
        model._flush_search(domain)
        query = model._where_calc(domain)
        query.order = f'"{model._table}"."{order}"'
        query.limit = MOST + 1
        return self._number_in_words(*query.select("1"))

    @api.model
    def _total_to_repair(self, connector):
        """Return the same of the records behind the menu “Rejected”: see ``TO_REPAIR``.

        Each contact is looked up, which is what OFFSET is for: PostgreSQL would read all of them.
        That the condition stands in there lets it expect as many as there are of the rejected,
        and stop in time. The order keeps it to their index, instead of all records.
        """
        self.env["base"].flush()
        some = """
            SELECT 1
            FROM mts_record record
            CROSS JOIN LATERAL (
                SELECT FROM res_partner
                WHERE id = record.partner_id
                  AND (record.state = 'conflict' OR mosip_auth_token IS NULL) OFFSET 0
            ) contact
            WHERE record.connector_id = %s AND record.state IN %s
            ORDER BY record.error_id
            LIMIT %s
        """
        return self._number_in_words(some, [connector.id or None, REPAIRABLE, MOST + 1])

    @api.model
    def _number_in_words(self, some, params):
        """Return how many rows a query has of which no more than ``MOST`` + 1 come."""
        self.env.cr.execute(f"SELECT count(*) FROM ({some}) AS found", params)  # noqa: S608
        found = self.env.cr.fetchone()[0]
        number = formatLang(self.env, min(found, MOST), digits=0)
        return _("%s+", number) if found > MOST else number
