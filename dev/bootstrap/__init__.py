# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Finds Python and Odoo and makes the virtual environment.

Runs on any Python from 3.8 on, before anything is installed: standard library only.
"""
