# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Databases that had the addon before it kept placeholders in e-mails to administrators."""

from odoo.addons.mts_connector.hooks import leave_templates_to_administrators


def migrate(cr, _version):
    leave_templates_to_administrators(cr)
