# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Bring a database up to date: in 0.0.0, since Odoo 14 runs no folder of a version of ours."""

from odoo.addons.mts_connector.hooks import leave_templates_to_administrators
from odoo.addons.mts_connector.migrations import openg2p_pair

# The second did so on Odoo 15 alone.
BEFORE = ("15.0.1.0.0", "15.0.1.1.0")


def migrate(cr, version):
    if version.endswith(BEFORE) or openg2p_pair.made_room(cr):
        # Whoever was there before kept placeholders in e-mails to administrators.
        leave_templates_to_administrators(cr)
    # Others have taken its place, and each costs whenever a registrant is sent.
    cr.execute("DROP INDEX IF EXISTS mts_record_state_connector_index")
