# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class MtsConnector(models.Model):
    _inherit = "mts.connector"

    input_type = fields.Selection([("odk", "ODK"), ("custom", "OpenG2P Registry")])
    g2p_search_domain = fields.Text()
    g2p_selected_fields = fields.Text()
