# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import _, api, models
from odoo.exceptions import UserError


class MtsMerge(models.AbstractModel):
    """What becomes of the records of registrants who are merged into one.

    Odoo would delete all of a contact's records where one of them stands in the way.
    """

    _name = "mts.merge"
    _description = "Merging of Records"

    @api.model
    def _merge(self, sources, target):
        """Have the target keep one record with each connector.

        It is the record of the one whose token or VID stays. Where only another has one, it says
        from now on that the target is due, or has the token.
        """
        partners = target + sources
        settlement = self.env["mts.settlement"]
        rows = settlement._lock(self.search([("partner_id", "in", partners.ids)]).ids)
        records = self.browse(rows)
        tokens = self._tokens_before_merge(partners, records)
        judge, other_token = self._disputed_by_merge(tokens, target, records)
        holders = {
            connector: self._holder(connector, partners, tokens)
            for connector in records.connector_id
        }
        kept = self.browse()
        for connector, holder in holders.items():
            mine = records.filtered(lambda record, c=connector: record.connector_id == c)
            kept += mine.filtered(lambda record, h=holder: record.partner_id == h)[:1] or mine[:1]
        self._check_waiting(kept, holders)
        requests = (records - kept).request_id
        (records - kept).unlink()
        for record in kept:
            record._follow(holders[record.connector_id], target, bool(tokens))
        if judge:
            pair = {"connector_id": judge.id, "partner_id": target.id}
            mine = kept.filtered(lambda record: record.connector_id == judge)
            self._dispute({mine or self.create({**pair, "state": "lost"}): ("", other_token)})
        self.flush()
        requests._close_answered()
        settlement._count({rows[record.id]: record.state for record in kept if record.id in rows})

    @api.model
    def _check_waiting(self, kept, holders):
        """Refuse to have two answers awaited for one person, be it from different connectors.

        It takes connectors with different identity stores.
        """
        waiting = kept.filtered(
            lambda record: (
                record.state == "pending" and record.partner_id == holders[record.connector_id]
            )
        )
        if len(waiting) > 1:
            raise UserError(
                _("These contacts wait for an answer from MOSIP each. Merge them when it is here.")
            )

    @api.model
    def _tokens_before_merge(self, partners, records):
        """Return ``{partner: token}`` of those who have one, in the order in which they count.

        :raises UserError: where a second token waits for a decision, which would be lost
        """
        if "conflict" in records.mapped("state"):
            raise UserError(
                _(
                    "One of these contacts got a second MOSIP token. Have a manager decide under "
                    "Rejected which is right, then merge."
                )
            )
        found = {}
        for store in self.env["mts.connector"].with_context(active_test=False)._stores([]):
            found = {**store._read_tokens(partners), **found}
        return {partner: found[partner.id] for partner in partners if partner.id in found}

    @api.model
    def _holder(self, connector, partners, tokens):
        """Return whose token stays, or else whose VID."""
        if tokens or not connector._has_store():
            return next(iter(tokens), partners[0])
        vids = connector._store()._read_vids(partners)
        return next((partner for partner in partners if partner.id in vids), partners[0])

    @api.model
    def _disputed_by_merge(self, tokens, target, records):
        """Return the token that has to give way, and the connector with which that is a conflict.

        :return: both are empty where there is none
        :raises UserError: without a connector nobody could decide which is right
        """
        present = next(iter(tokens.values()), None)
        others = {partner: token for partner, token in tokens.items() if token != present}
        if len(set(others.values())) > 1:
            raise UserError(_("These contacts have several MOSIP tokens. Merge two at a time."))
        connectors = records.filtered(lambda record: record.partner_id in others).connector_id
        if others and not connectors:
            companies = [("company_id", "in", target.company_id.ids)] if target.company_id else []
            connectors = self.env["mts.connector"].search(companies, limit=1)
            if not connectors:
                raise UserError(
                    _(
                        "These contacts have different MOSIP tokens, so MOSIP takes them for "
                        "different people. Have a manager remove the wrong token, then merge."
                    )
                )
        return connectors[:1], next(iter(others.values()), None)

    def _follow(self, holder, target, has_token):
        """Go over to the target."""
        values = {"partner_id": target.id}
        state = "tokenized" if has_token else "lost"
        if self.partner_id != holder and self.state != state:
            values.update(self._answered(), state=state)
            self._set_secret("fingerprint", None)
        self.write(values)
