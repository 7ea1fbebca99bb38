# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import _, api, fields, models
from odoo.exceptions import UserError

from ..background.transaction import quiet
from ..mts import signature
from ..mts.settings import SettingError

CONFLICT = "MTC-CONFLICT"


class MtsConflict(models.AbstractModel):
    """What to do where MOSIP gives another token than the one that is there.

    The new token waits in a column that nobody can read, behind the reference that came with it:
    that proves for which VID MOSIP gave it.
    """

    _name = "mts.conflict"
    _description = "Two Tokens for One Registrant"
    _inherit = "mts.secret.mixin"

    token_at = fields.Datetime("Present Token Since", compute="_compute_token_at")

    @api.depends("partner_id")
    def _compute_token_at(self):
        # Not by the token: with each that comes Odoo would look for the records that show it.
        times = self._from_stores(self.sudo(), "_read_token_times")
        for record in self:
            record.token_at = times.get(record.id)

    def write(self, vals):
        if vals.get("state", "conflict") != "conflict":
            settled = self.filtered(lambda record: record.state == "conflict")
            if settled:
                settled._set_secret("offered", None)
        return super().write(vals)

    @api.model
    def _dispute(self, offers):
        """Keep the new tokens until a person has decided.

        :param offers: ``{record: (reference, token)}``; no reference where none is known
        """
        entry, _code = self.env["mts.error.code"]._find(CONFLICT)
        for record, (reference, token) in offers.items():
            record.write(
                {
                    **self._answered(),
                    "state": "conflict",
                    "error_id": entry.id,
                    "error_code": CONFLICT,
                    "error_message": _("MOSIP gave another token than the one that is there."),
                }
            )
            record._set_secret("offered", f"{reference} {token}")

    def action_keep_token(self):
        """The token that is there is right: forget the new one."""
        for record in self:
            record._settle_conflict(record._present_token)
        return True

    def action_replace_token(self):
        """The new token is right."""
        for record in self:
            record._settle_conflict(record._offered_token)
        return True

    def _settle_conflict(self, choose):
        """Store the chosen token, which ends the VID as well.

        :param choose: returns the token, once nobody else can change it
        """
        self.check_access_rights("read")
        self.check_access_rule("read")
        self.connector_id._check_manager()
        settlement = self.env["mts.settlement"].sudo()
        row = settlement._lock(self.ids).get(self.id)
        if not row or row.state != "conflict":
            raise UserError(_("Somebody has settled this conflict already."))
        with quiet(self.env.cr):
            error = settlement._try_to_store(self.sudo().connector_id, {row: choose()})
            if error:
                raise UserError(_("The registry did not take the token (%s).", error))
            settlement._count({row: "tokenized"})
            self.env["base"].flush()

    def _present_token(self):
        token = self._from_stores(self.sudo(), "_read_tokens").get(self.id)
        if not token:
            raise UserError(
                _("There is no token to keep any more. Replace it, or let an import ask again.")
            )
        return token

    def _offered_token(self):
        record = self.sudo()
        reference, _blank, token = record._secret("offered").partition(" ")
        if not token:
            raise UserError(_("The new token is not known any more. Keep the one that is there."))
        ref = signature.parse_reference(reference)
        vid = self._from_stores(record, "_read_vids").get(record.id, "")
        if ref and not signature.proves(ref, self._key(record.connector_id), vid):
            raise UserError(
                _(
                    "The VID was changed after MOSIP gave the new token, which may be somebody "
                    "else's now. Keep the token that is there."
                )
            )
        return token

    @api.model
    def _key(self, connector):
        try:
            return connector._signing_key()
        except SettingError as error:
            reason = connector._explain(error)
            raise UserError(_("The new token cannot be checked: %s.", reason)) from None
