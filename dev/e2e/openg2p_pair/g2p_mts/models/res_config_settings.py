# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    g2p_mts_vid_id_type = fields.Many2one("g2p.id.type", config_parameter="g2p_mts.vid_id_type")
