# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Bring connectors over, when all other addons and the fields of registrants are there."""

from odoo import SUPERUSER_ID, api
from odoo.addons.mts_connector.migrations import openg2p_pair


def migrate(cr, _version):
    if openg2p_pair.made_room(cr):
        openg2p_pair.bring_over(api.Environment(cr, SUPERUSER_ID, {}))
