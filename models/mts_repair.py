# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import SUPERUSER_ID, _, api, fields, models
from odoo.exceptions import UserError
from odoo.osv import expression

from ..actions import open_dialog, open_form
from ..mts import message
from ..mts.settings import SettingError

REPAIRABLE = ("rejected", "conflict")

# Those of whom something has to be done: who was refused may have got a token elsewhere since.
TO_REPAIR = [
    *("|", ("state", "=", "conflict")),
    *("&", ("state", "=", "rejected"), ("partner_id.mosip_auth_token", "=", False)),
]


class MtsRepair(models.AbstractModel):
    """What a person gets to know of a record, and can do about it."""

    _name = "mts.repair"
    _description = "Repairing of Records"

    advice = fields.Char(compute="_compute_advice", help="What to do about it.")
    question = fields.Char(
        "Field in Question", compute="_compute_question", help="What has to be corrected."
    )
    situation = fields.Char(
        "Where It Stands", compute="_compute_situation", help="The state in plain words."
    )

    @api.depends("error_id", "error_code", "error_message")
    def _compute_advice(self):
        codes = self.env["mts.error.code"]
        for record in self:
            error = record.error_id
            if record.error_code and not error:
                # Somebody has deleted the code from the list.
                error, _code = codes._find(record.error_code, record.error_message or "")
            record.advice = error.advice

    @api.depends("state", "error_id", "error_message")
    def _compute_question(self):
        labels = dict(
            self.env["mts.error.code"]._fields["mts_field"]._description_selection(self.env)
        )
        for record in self:
            record.question = ", ".join(labels[name] for name in record._mts_fields_in_question())

    @api.depends("state", "advice", "retry_at", "retry_requested")
    def _compute_situation(self):
        for record in self:
            record.situation = record._in_words()

    def _in_words(self):
        if self.state == "rejected" and self.retry_requested:
            return _("Refused; sent again as soon as possible, as somebody asked for")
        if self.state == "rejected" and self.retry_at:
            return _("Refused for a passing reason; sent again by itself")
        if self.state in REPAIRABLE:
            words = _("Refused") if self.state == "rejected" else _("Got a second token")
            return _("%(what)s: %(advice)s", what=words, advice=self.advice or self.error_code)
        return {
            "pending": _("Sent; the answer has not come yet"),
            "tokenized": _("Has got the token"),
            "lost": _("No answer came; the next import sends it again"),
        }.get(self.state, False)

    def _to_do(self):
        """Return what a person who looks at the registrant is told."""
        advice = self.advice or self.error_code or _("Refused")
        if self._has_changed():
            return _(
                "Refused: %(advice)s. It was changed since: the next import sends it again.",
                advice=advice,
            )
        if self.question:
            return _(
                "%(field)s: %(advice)s. Once that is changed, the next import sends it again; "
                "until then this notice stays.",
                field=self.question,
                advice=advice,
            )
        return advice

    def _has_changed(self):
        """Tell whether what would be sent now is not what was refused."""
        if self.state != "rejected":
            return False
        # As the background job reads it, or a translated value would pass for another one.
        record = self.with_env(self.env(user=SUPERUSER_ID, context={}))
        vid = record._from_stores(record, "_read_vids").get(record.id)
        if not vid:
            return False
        partner = record.partner_id
        try:
            items = record.env["mts.payload"]._read(record.connector_id, {partner.id: vid})
        except SettingError:
            # No import could send this.
            return False
        return items[partner.id].fingerprint != record._secret("fingerprint")

    # -- what has to be corrected ----------------------------------------------------------------

    def _mts_fields_in_question(self):
        """Return MTS's names of the fields that MOSIP or MTS did not like."""
        if self.state != "rejected":
            return []
        error = self.error_id
        if error.mts_field:
            return [error.mts_field]
        # Elsewhere such words would mean something else, as in "partner name".
        is_about_data = error.policy == "fix_data"
        return message.named_fields(self.error_message or "") if is_about_data else []

    def _fields_in_question(self):
        """Return the names of the contact's fields that hold them."""
        return self.connector_id._contact_fields(self._mts_fields_in_question())

    def action_open_registrant(self):
        """Open the registrant where the fields in question can be corrected."""
        self.ensure_one()
        self.check_access_rights("read")
        self.check_access_rule("read")
        partner = self.partner_id
        names = self.sudo()._fields_in_question()
        names = list(partner.fields_get(names, ["type"])) if names else []
        may_edit = partner.check_access_rights("write", raise_exception=False)
        context = {
            "mts_question": names,
            **({"form_view_initial_mode": "edit"} if names and may_edit else {}),
        }
        form = partner._registrant_form(names)
        return open_form(partner, _("Registrant"), form, context=context)

    # -- another try -----------------------------------------------------------------------------

    def action_ask_retry(self):
        """Say what a try costs, and who can be sent at all, before anything is sent."""
        self.check_access_rights("read")
        self.check_access_rule("read")
        wizard = self.env["mts.retry"].create({"record_ids": [(6, 0, self.ids)]})
        return open_dialog(wizard, _("Retry"))

    def action_retry(self):
        """Send these registrants again, whatever the answer was."""
        self.check_access_rights("read")
        self.check_access_rule("read")
        records = self.sudo()
        records._check_can_be_sent()
        records.write({"retry_requested": True})
        for connector in records.connector_id:
            connector._start_run("manual", scope="retry")
        return True

    def _check_can_be_sent(self):
        """Refuse a retry that could not go out, and say which and why."""
        if self._expecting():
            raise UserError(
                _("An answer is still expected for some of these registrants. Wait for it.")
            )
        left = self - self._within_reach()
        if left:
            raise UserError(
                _(
                    "%s of these registrants cannot be sent: they have no VID, have a token, "
                    "are archived, or are outside the connector's filter.",
                    len(left),
                )
            )

    def _expecting(self):
        """Return the records of registrants for whom some connector expects an answer."""
        waiting = self.search(
            [("partner_id", "in", self.partner_id.ids), ("state", "=", "pending")]
        )
        ids = set(waiting.partner_id.ids)
        return self.filtered(lambda record: record.partner_id.id in ids)

    def _within_reach(self):
        """Return the records of registrants whom their connector would send."""
        found = self.browse()
        for connector in self.connector_id:
            mine = self.filtered(lambda record, c=connector: record.connector_id == c)
            domain = expression.AND(
                [
                    connector._domain(),
                    connector._store()._domain(),
                    [("id", "in", mine.partner_id.ids)],
                ]
            )
            ids = set(self.env["res.partner"].search(domain).ids)
            found += mine.filtered(lambda record, ids=ids: record.partner_id.id in ids)
        return found
