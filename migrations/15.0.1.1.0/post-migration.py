"""Databases that had the addon before it kept placeholders in e-mails to administrators."""

from odoo.addons.mts_connector.hooks import leave_templates_to_administrators


def migrate(cr, _version):
    leave_templates_to_administrators(cr)
