# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Defaults of a new connector: whatever of the usual registry fields this database has."""

import json

from .mts import submission_format
from .mts.message import LIST_FIELDS, VID_KEY

# For each field of MTS the contact's fields that may hold it, best first: OpenG2P's names, then
# those of OCA's addons, then Odoo's own. Within a candidate every field is used.
CANDIDATES = {
    "name": (("given_name", "addl_name", "family_name"), ("firstname", "lastname"), ("name",)),
    "gender": (("gender",),),
    "dob": (("birthdate",), ("birthdate_date",)),
    "phoneNumber": (("phone",),),
    "emailId": (("email",),),
    "fullAddress": (("address",), ("street", "street2", "city", "zip")),
}


def _chosen(env):
    """Return ``{MTS field: contact fields}`` for what this database has."""
    known = env["res.partner"]._fields
    chosen = {}
    for field, candidates in CANDIDATES.items():
        for names in candidates:
            if all(name in known for name in names):
                chosen[field] = list(names)
                break
    return chosen


def default_fields(env):
    """Return the JSON array of the contact's fields that a new connector sends."""
    names = [name for names in _chosen(env).values() for name in names]
    return json.dumps(names)


def default_mapping(env):
    """Return the JSON object that says in which of these fields MTS finds what it asks for."""
    return _mapping(_chosen(env))


def _mapping(chosen):
    mapping = {"vid": VID_KEY}
    for field, names in chosen.items():
        mapping[field] = names if field in LIST_FIELDS else names[0]
    # One line for each field of MTS: people read it.
    lines = [f"  {json.dumps(field)}: {json.dumps(value)}" for field, value in mapping.items()]
    return "{\n" + ",\n".join(lines) + "\n}"


def form_defaults(env):
    """Return the defaults for a form in ODK whose questions are named as the contact's fields.

    What MTS asks for has a question also where the contact has no field for it.
    """
    chosen = _chosen(env)
    asked = {field: list(candidates[0]) for field, candidates in CANDIDATES.items()}
    questions = [name for names in chosen.values() for name in names]
    computed = {}
    if "name" not in questions:
        computed["name"] = submission_format.joined(chosen["name"])
    if "is_registrant" in env["res.partner"]._fields:
        computed["is_registrant"] = "true"
    return {
        "mapping": _mapping({**asked, **chosen}),
        "selected_fields": json.dumps([*questions, *computed]),
        "output_format": submission_format.default(questions, computed),
    }


def default_domain(env):
    """Return the filter of a new connector: people, and neither groups nor companies."""
    known = env["res.partner"]._fields
    if "is_registrant" in known and "is_group" in known:
        leaves = ['("is_registrant", "=", True)', '("is_group", "=", False)']
        if "disabled" in known:
            # OpenG2P disables whom it must keep and who counts no more.
            leaves.append('("disabled", "=", False)')
        return f"[{', '.join(leaves)}]"
    return '[("is_company", "=", False), ("type", "=", "contact")]'
