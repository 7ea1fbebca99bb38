# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import SUPERUSER_ID, http
from odoo.http import request

# Declared as the callback is, so that Odoo does the same for all of them.
AS_THE_CALLBACK = {"type": "json", "auth": "public", "csrf": False, "save_session": False}


class MtsBench(http.Controller):
    @http.route("/mts_bench/nothing", **AS_THE_CALLBACK)
    def nothing(self, **_params):
        return {}

    @http.route("/mts_bench/write", **AS_THE_CALLBACK)
    def only_write(self, id, token, **_params):  # pylint: disable=redefined-builtin
        """Do what alone a delivery is for, and prove nothing."""
        partner = request.env(user=SUPERUSER_ID)["res.partner"].browse(id)
        # As the connector does, or Odoo would read all that the contact has.
        partner._read(["mosip_auth_token"])
        partner.write({"mosip_vid": False, "mosip_auth_token": token})
        return {}
