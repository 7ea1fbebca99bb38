# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import http
from odoo.http import request


class MtsDuplicates(http.Controller):
    @http.route("/mts/duplicates/banner", type="json", auth="user")
    def banner(self, **_params):
        """Return what stands above the list of duplicates."""
        views = request.env["ir.ui.view"]
        html = views._render_template("mts_connector.duplicate_banner")
        return {"html": html.decode() if isinstance(html, bytes) else html}
