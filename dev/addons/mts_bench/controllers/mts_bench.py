# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import http


class Nothing(http.Controller):
    # Declared as the callback is, so that Odoo does the same for both.
    @http.route("/mts_bench/nothing", type="json", auth="public", csrf=False, save_session=False)
    def nothing(self, **_params):
        return {}
