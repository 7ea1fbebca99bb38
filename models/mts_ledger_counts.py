# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import _, api, fields, models
from odoo.tools.misc import formatLang

from .mts_repair import TO_REPAIR

# More are not counted: a form must open at once, also where a million registrants are known.
MOST = 10000


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
            # As many as behind the menu of this name.
            rejected = [*mine, *TO_REPAIR]
            connector.run_total = self._total(runs, mine)
            connector.pending_total = self._total(records, pending)
            connector.tokenized_total = self._total(records, tokenized)
            connector.rejected_total = self._total(records, rejected)

    @api.model
    def _total(self, model, domain):
        """Return in words how many there are, without looking at more than ``MOST``."""
        model._flush_search(domain)
        query = model._where_calc(domain)
        query.limit = MOST + 1
        some, params = query.select("1")
        self.env.cr.execute(f"SELECT count(*) FROM ({some}) AS found", params)  # noqa: S608
        found = self.env.cr.fetchone()[0]
        number = formatLang(self.env, min(found, MOST), digits=0)
        return _("%s+", number) if found > MOST else number
