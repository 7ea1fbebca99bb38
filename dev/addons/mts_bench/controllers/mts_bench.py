# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import SUPERUSER_ID, fields, http
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
        partners = request.env(user=SUPERUSER_ID, context={"tracking_disable": True})[
            "res.partner"
        ]
        partners.browse(id).write(
            {
                "mosip_vid": False,
                "mosip_auth_token": token,
                # The connector says it, too, or a whole contact would be read.
                "mosip_token_at": fields.Datetime.now(),
            }
        )
        return {}
