# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The actions by which buttons open the form of a record."""


def open_form(record, title, view_id=False, **more):
    """Return the action that shows a record in a form.

    :param view_id: the form; False for the one that Odoo takes by itself
    :param more: what else the action has
    """
    return {
        "type": "ir.actions.act_window",
        "name": title,
        "res_model": record._name,
        "res_id": record.id,
        "view_mode": "form",
        "views": [(view_id, "form")],
        **more,
    }


def open_dialog(record, title):
    """Return the action that shows a record in a dialog."""
    return open_form(record, title, target="new")
