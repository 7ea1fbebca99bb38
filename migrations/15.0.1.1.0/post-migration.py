# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Bring a database of 15.0.1.0.0 up to date."""

from odoo.addons.mts_connector.hooks import leave_templates_to_administrators


def migrate(cr, _version):
    # Whoever was there before kept placeholders in e-mails to administrators.
    leave_templates_to_administrators(cr)
    # Others have taken its place, and each costs whenever a registrant is sent.
    cr.execute("DROP INDEX IF EXISTS mts_record_state_connector_index")
