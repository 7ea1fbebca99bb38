# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Connectors of OpenG2P's pair of addons, told in our settings."""

import json
import re

from odoo import _, fields
from odoo.exceptions import ValidationError
from odoo.tools import html_escape

from ..models.mts_identity_store_g2p import DEFAULT_TYPES

TABLE = "mts_connector_openg2p"

# What each of their columns is here. Those of the same name are the first.
SETTINGS = {
    **{name: name for name in ("name", "mts_url", "mapping", "lang_code", "output_format")},
    **{name: name for name in ("callback_url", "callback_timeout", "interval_minutes")},
    "conf_name": "name",
    "is_recurring": "job_type",
    "g2p_selected_fields": "selected_fields",
    "callback_httpmethod": "callback_http_method",
}
AUTH = {
    "callback_authtype": "callback_auth_type",
    **{
        f"callback_auth_{name}": f"callback_auth_{name}"
        for name in ("url", "database", "username", "password")
    },
}
ODK = {
    "odk_base_url": "odk_url",
    "end_datetime": "odk_pulled_until",
    **{name: name for name in ("odk_odata_url", "odk_email", "odk_password")},
}
ID_TYPES = {
    "g2p_vid_type": "g2p_mts.vid_id_type",
    "g2p_token_type": "g2p_mts.uin_token_id_type",
}
DELIVERY = ("output_format", "callback_url", "callback_http_method", "callback_in_bulk")

# One of them alone means nothing: they are kept together or not at all.
TOGETHER = (
    {"mapping", "selected_fields"},
    {"identity_store", *ID_TYPES},
    set(AUTH.values()),
    {*DELIVERY, *AUTH.values()},
    {"input_type", "registry_connector_id", *ODK.values()},
)
# Nobody is to read these.
SECRETS = {"callback_auth_password", "odk_password"}
_CREDENTIALS = re.compile(r"(?<=//)[^/\s\"]*@")


def create_all(env):
    """Create all that are in the table; yield each with the settings that could not be kept."""
    env.cr.execute("SELECT * FROM mts_connector_openg2p ORDER BY id")
    rows = env.cr.dictfetchall()
    _let_new_ones_come_last(env.cr)
    # Those to ODK Central need one to the registry.
    for row in sorted(rows, key=lambda row: row["input_type"] == "odk"):
        values = _values(env, row)
        if values.get("input_type") == "odk":
            _see_to_a_registry_connector(env, values["name"])
        connector, refusals = _create(env, values, row["id"])
        _let_new_ones_come_last(env.cr)
        _Note(connector, row, refusals).post()
        yield connector, sorted(refusals)


def _let_new_ones_come_last(cr):
    cr.execute(
        """
        SELECT setval(pg_get_serial_sequence('mts_connector', 'id'), max(id)) FROM (
            SELECT id FROM mts_connector UNION SELECT id FROM mts_connector_openg2p
        ) taken
        """
    )


def _values(env, row):
    """Return the values of a connector, as far as it has any."""
    columns = {**SETTINGS, **(ODK if row["input_type"] == "odk" else AUTH)}
    values = {ours: row[theirs] for theirs, ours in columns.items() if row.get(theirs)}
    creator = env["res.users"].browse(row["create_uid"]).exists()
    if creator and creator != env.user:
        values["user_id"] = creator.id
    if row["input_type"] == "odk":
        # Its results have another form here: each becomes a registrant.
        kept = {name: value for name, value in values.items() if name not in DELIVERY}
        return {**kept, "input_type": "odk"}
    types = _id_types(env)
    if row.get("g2p_search_domain"):
        values["search_domain"] = _filter(row["g2p_search_domain"], {**DEFAULT_TYPES, **types})
    return {**values, **types, "callback_in_bulk": False}


def _id_types(env):
    """Return the names of the ID types, which were kept by their numbers."""
    types = env.get("g2p.id.type")
    found = {}
    for setting, parameter in ID_TYPES.items():
        number = env["ir.config_parameter"].get_param(parameter) or ""
        if types is not None and number.isdigit():
            found[setting] = types.browse(int(number)).exists().name
    return {setting: name for setting, name in found.items() if name}


def _filter(text, types):
    """Return a filter as it is written here, without what goes without saying.

    Who is sent has a VID and no token: asking for that in the filter as well is slow.
    """
    try:
        domain = json.loads(text)
    except ValueError:
        return text
    parts = domain if isinstance(domain, list) else []
    if not parts or "|" in parts or "&" in parts:
        return repr(domain)
    kept, negation = [], []
    for part in parts:
        if part == "!":
            negation = [part]
            continue
        implied = types["g2p_token_type" if negation else "g2p_vid_type"]
        if part[:1] != ["reg_ids.id_type"] or part[2:] != [implied]:
            kept += [*negation, tuple(part)]
        negation = []
    return repr(kept)


def _see_to_a_registry_connector(env, name):
    connectors = env["mts.connector"]
    if not connectors._usual_registry_connector(env.company.id):
        connectors.create({"name": _("%s: registry", name)})


def _create(env, values, number):
    """Create a connector with all settings that can be kept, and with the number that it had.

    :returns: it, and ``{setting: why it could not be kept}``
    """
    values, refusals = dict(values), {}
    while True:
        env.cr.execute(
            "SELECT setval(pg_get_serial_sequence('mts_connector', 'id'), %s, false)", [number]
        )
        try:
            with env.cr.savepoint():
                return env["mts.connector"].create(values), refusals
        except ValidationError as error:
            setting = getattr(error, "setting", None)
            given_up = _given_up(setting, values)
            if not given_up:
                raise
            refusals[setting or "name"] = str(error)
            values = {name: value for name, value in values.items() if name not in given_up}


def _given_up(setting, values):
    """Return what to give up for a setting that is refused: as little as possible."""
    for group in (*TOGETHER, {setting}):
        if setting in group and group & set(values):
            return group & set(values)
    return set(values) - {"name"}


class _Note:
    """What a person has to know before anybody is sent."""

    def __init__(self, connector, row, refusals):
        self.env = connector.env  # tells the language
        self._connector, self._row, self._refusals = connector, row, refusals

    def post(self):
        introduction = _(
            "Taken over from OpenG2P's connector. Nobody is sent before you have looked through "
            "the settings, pressed “Test Connection” and started it. Its earlier settings are "
            "attached, without passwords. What is different now:"
        )
        lines = [*self._refusals.values(), *self._changes()]
        items = "".join(f"<li>{html_escape(line)}</li>" for line in lines)
        body = f"<p>{html_escape(introduction)}</p><ul>{items}</ul>"
        self._connector.message_post(
            body=body,
            attachments=[("openg2p-connector.json", _as_it_was(self._row))],
        )

    def _changes(self):
        if self._row["job_status"] in ("started", "running"):
            yield _("It was running, and is stopped now.")
        if self._row["input_type"] == "odk":
            yield _(
                "Results are delivered to this addon, and each submission becomes a registrant."
            )
        elif not self._connector._delivers_here():
            yield _(
                "Results go to another API, as before. To have them checked and stored by this "
                "addon, copy callback URL, output format and auth type from a new connector."
            )
        if self.env["res.company"].search_count([]) > 1:
            yield _(
                "Only registrants of the company “%s”, or of none, are sent. Other companies need "
                "a connector each.",
                self._connector.company_id.name,
            )


def _as_it_was(row):
    settings = {name: value for name, value in row.items() if name not in SECRETS}
    text = json.dumps(settings, indent=2, default=fields.Datetime.to_string)
    return _CREDENTIALS.sub("", text).encode()
