# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Odoo and MTS under faults: a world that can be broken in every way, and the promises to keep."""
