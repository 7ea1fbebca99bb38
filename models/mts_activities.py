# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from odoo import _, api, fields, models

# Causes, by the activity type that stands for them.
ATTENTION = "mts_connector.activity_attention"
DUPLICATES = "mts_connector.activity_duplicates"
CONFLICTS = "mts_connector.activity_conflicts"
KINDS = (ATTENTION, DUPLICATES, CONFLICTS)


class MtsActivities(models.AbstractModel):
    """Tells the responsible what a person has to look at: once, and one activity for each cause.

    The background job does that in a transaction of its own, never that of an answer: whatever
    goes wrong with an activity or its e-mail must cost nobody a token.
    """

    _name = "mts.activities"
    _description = "Activities for Who Is Responsible"
    _inherit = "mail.activity.mixin"

    user_id = fields.Many2one(
        "res.users",
        "Responsible",
        default=lambda self: self.env.user,
        domain=lambda self: [("groups_id", "in", self._managers_group().ids)],
        help="Gets an activity when sending stops, and when registrants turn out to be duplicates "
        "or to have two tokens. Where it is nobody who may manage this connector, another manager "
        "gets it.",
    )
    attention_told = fields.Text(
        readonly=True, copy=False, help="What needed attention when this was last told."
    )
    told_until = fields.Datetime(
        readonly=True,
        copy=False,
        default=fields.Datetime.now,
        help="Answers before this time have been looked at for what has to be told.",
    )

    @api.model
    def _managers_group(self):
        return self.env.ref("mts_connector.group_manager")

    def _recipient(self):
        """Return the responsible, or whoever else may manage this connector."""
        managers = self._managers_group().users.filtered(
            lambda user: self.company_id in user.company_ids
        )
        return self.user_id & managers or managers.sorted("id")[:1]

    def _tell(self, look_from):
        """Have activities for what is new, and none for what is settled.

        :param look_from: what ``mts.delta._oldest_transaction`` said before this transaction began
        """
        for connector in self.exists():
            user = connector._recipient()
            if user:
                # No mail goes out here: Odoo's own job does that, and may wait for it.
                mine = connector.with_context(lang=user.lang, mail_notify_force_send=False)
                mine._tell_attention(user)
                mine._tell_answers(user, look_from)

    def _tell_attention(self, user):
        if (self.attention or "") != (self.attention_told or ""):
            self._keep_activity(ATTENTION, user, (self.attention or "").partition("\n")[0])
            self.attention_told = self.attention

    def _tell_answers(self, user, look_from):
        texts = {
            DUPLICATES: _("Several registrants got the same MOSIP token: compare them."),
            CONFLICTS: _("Registrants got a second MOSIP token: keep it or replace it."),
        }
        since = [("answered_at", ">=", self.told_until)]
        news = self._any_record([("state", "in", ("tokenized", "conflict")), *since], user)
        for kind, text in texts.items():
            if news and self._is_there(kind, user, since):
                self._keep_activity(kind, user, text)
            elif not news and self.activity_search([kind]) and not self._is_there(kind, user):
                # Looked at while no answers come in: among all registrants it takes long.
                self._keep_activity(kind, user, False)
        if news:
            # Times of answers have no fractions of a second.
            self.told_until = look_from - timedelta(seconds=1)

    def _is_there(self, kind, user, since=()):
        """Tell whether there is something of a kind that this user gets to see."""
        if kind == CONFLICTS:
            return self._any_record([("state", "=", "conflict"), *since], user)
        # As in the list, which an archived one has left.
        domain = [("state", "=", "tokenized"), ("partner_id.active", "=", True), *since]
        if since:
            query = self.env["mts.record"].with_user(user)._search(self._mine(domain))
            return self.env["mts.duplicate"].with_user(user)._any_of(query)
        return self._any_record([*domain, ("partner_id.mosip_duplicate_count", ">", 0)], user)

    def _mine(self, domain):
        return [("connector_id", "=", self.id), *domain]

    def _any_record(self, domain, user):
        """Tell whether there is one that this user gets to see."""
        return bool(self.env["mts.record"].with_user(user).search(self._mine(domain), limit=1))

    def _keep_activity(self, kind, user, summary):
        """Have one open activity of a kind, or none where there is nothing to say."""
        if not self.env.ref(kind, raise_if_not_found=False):
            # Somebody has deleted it. Odoo would take another type, and find none of it again.
            return
        activities = self.activity_search([kind])
        if not summary:
            activities.unlink()
        elif activities:
            activities.write({"summary": summary})
        else:
            self.activity_schedule(kind, summary=summary, user_id=user.id)
