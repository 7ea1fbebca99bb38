# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from itertools import combinations

from odoo import _, api, fields, models
from odoo.exceptions import UserError

from ..background.transaction import quiet


class MtsDuplicateDecision(models.Model):
    """A person has found out that two registrants with one token are two people."""

    _name = "mts.duplicate.decision"
    _description = "Not the Same Person"
    _order = "id desc"
    _rec_name = "partner_id"

    partner_id = fields.Many2one(
        "res.partner", "Registrant", required=True, readonly=True, index=True, ondelete="cascade"
    )
    other_id = fields.Many2one(
        "res.partner",
        "Is Not",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
        help="Has the same token, and is another person all the same.",
    )
    reason = fields.Text(required=True, readonly=True)
    create_uid = fields.Many2one("res.users", "Settled by", readonly=True)
    create_date = fields.Datetime("Settled on", readonly=True)

    _sql_constraints = [("two_people", "CHECK(partner_id != other_id)", "Choose two registrants.")]

    def _auto_init(self):
        result = super()._auto_init()
        self.env.cr.execute(
            """
            CREATE UNIQUE INDEX IF NOT EXISTS mts_duplicate_decision_pair_index
                ON mts_duplicate_decision (
                    LEAST(partner_id, other_id), GREATEST(partner_id, other_id)
                )
            """
        )
        return result

    @api.model
    def _settle(self, partners, reason):
        """Note that all of these are different people; what was settled before stays."""
        reason = (reason or "").strip()
        if not reason:
            raise UserError(_("Say why they are not the same person: others will ask."))
        known = {decision._pair() for decision in self._between(partners)}
        pairs = combinations(sorted(partners.ids), 2)
        values = [
            {"partner_id": one, "other_id": other, "reason": reason}
            for one, other in pairs
            if (one, other) not in known
        ]
        # Who settles the same at the same moment is refused, and the reason is in no log.
        with quiet(self.env.cr):
            decisions = self.create(values)
            decisions.flush()
        return decisions

    def _pair(self):
        return tuple(sorted((self.partner_id.id, self.other_id.id)))

    @api.model
    def _between(self, partners):
        return self.search([("partner_id", "in", partners.ids), ("other_id", "in", partners.ids)])

    def action_undo(self):
        """Take the decision back: the two are possible duplicates again."""
        self.check_access_rights("read")
        self.check_access_rule("read")
        self.sudo().unlink()
        # The form that asked has nothing to show any more.
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "mts_connector.mts_duplicate_decision_action"
        )
        return {**action, "target": "main"}

    @api.model
    def _merge(self, sources, target):
        """Have what is known of these contacts count for the one that they are merged into."""
        merged = sources + target
        concerned = self.search(
            ["|", ("partner_id", "in", merged.ids), ("other_id", "in", merged.ids)]
        )
        known = set()
        # First those that stay as they are: another must not become the same.
        for decision in concerned.sorted(lambda self: self._is_about(sources)):
            people = [
                target if partner in merged else partner
                for partner in (decision.partner_id, decision.other_id)
            ]
            pair = frozenset(partner.id for partner in people)
            if len(pair) == 1 or pair in known:
                decision.unlink()
            else:
                decision.write({"partner_id": people[0].id, "other_id": people[1].id})
                decision.flush()
            known.add(pair)

    def _is_about(self, partners):
        return bool((self.partner_id + self.other_id) & partners)
