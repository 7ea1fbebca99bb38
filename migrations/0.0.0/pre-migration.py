# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Make room where another addon of our name was before."""

from odoo import SUPERUSER_ID, api
from odoo.addons.mts_connector.migrations import openg2p_pair


def migrate(cr, _version):
    if openg2p_pair.is_there(cr):
        openg2p_pair.make_room(api.Environment(cr, SUPERUSER_ID, {}))
