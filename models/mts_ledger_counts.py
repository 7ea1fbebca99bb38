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
            connector.run_total = self._total(runs, mine)
            connector.pending_total = self._total(records, pending)
            connector.tokenized_total = self._total(records, tokenized)
            connector.rejected_total = self._total_to_repair(connector)

    @api.model
    def _total(self, model, domain):
        """Return in words how many there are, without looking at more than ``MOST``."""
        model._flush_search(domain)
        query = model._where_calc(domain)
        query.limit = MOST + 1
        some, params = query.select("1")
        self.env.cr.execute(f"SELECT count(*) FROM ({some}) AS found", params)  # noqa: S608
        return self._number_in_words(self.env.cr.fetchone()[0])

    @api.model
    def _total_to_repair(self, connector):
        """Return the same of the records behind the menu “Rejected”: see ``TO_REPAIR``.

        Each contact is looked up, which is what OFFSET is for: PostgreSQL would read all of them.
        """
        self.env["base"].flush()
        self.env.cr.execute(
            """
            SELECT count(*), count(*) FILTER (
                WHERE record.state = 'rejected' AND contact.mosip_auth_token IS NOT NULL
            )
            FROM (
                SELECT state, partner_id FROM mts_record
                WHERE connector_id = %s AND state IN %s LIMIT %s
            ) record
            CROSS JOIN LATERAL (
                SELECT mosip_auth_token FROM res_partner WHERE id = record.partner_id OFFSET 0
            ) contact
            """,
            [connector.id or None, REPAIRABLE, MOST + 1],
        )
        found, repaired = self.env.cr.fetchone()
        return self._number_in_words(found - repaired, more=found > MOST)

    @api.model
    def _number_in_words(self, found, more=False):
        number = formatLang(self.env, min(found, MOST), digits=0)
        return _("%s+", number) if more or found > MOST else number
