"""Odoo and MTS under faults: a world that can be broken in every way, and the promises to keep."""
