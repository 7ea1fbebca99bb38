from odoo import _, api, models
from odoo.exceptions import AccessError

# Who may search or sort by these fields of a contact. Odoo checks groups when a field is read, but
# not when it is searched: without this anybody who can read contacts could find out a VID digit by
# digit, also by way of a model that leads to contacts.
GUARDED = {
    "mosip_vid": "mts_connector.group_manager",
    "mosip_auth_token": "mts_connector.group_user",
}


class Base(models.AbstractModel):
    _inherit = "base"

    @api.model
    def _where_calc(self, domain, active_test=True):
        self._check_guarded(leaf[0] for leaf in domain if isinstance(leaf, (list, tuple)))
        return super()._where_calc(domain, active_test=active_test)

    @api.model
    def _generate_order_by(self, order_spec, query):
        self._check_guarded((order_spec or "").replace(",", " ").split())
        return super()._generate_order_by(order_spec, query)

    @api.model
    def _check_guarded(self, paths):
        if self.env.su:
            return
        for path in paths:
            name = path.split(".")[-1] if isinstance(path, str) else ""
            if name in GUARDED and not self.user_has_groups(GUARDED[name]):
                raise AccessError(_("You may not search or sort by “%s”.", name))
