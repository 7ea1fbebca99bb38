# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Reads the settings that people type, and says what is wrong with them."""

import ast
import json
import re
from typing import Any, Dict, Iterable, List
from urllib.parse import urlsplit

from .errors import Explained, _
from .message import FIELDS, LIST_FIELDS, RESERVED_KEYS, VID_KEY
from .redact import redact

_PATH = re.compile(r"\A[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*\Z")


class SettingError(Explained):
    """A setting cannot be used. ``str(error)`` is the reason."""


def parse_fields(text: str) -> List[str]:
    """Read the list of fields: a JSON array of field names or dotted paths.

    :raises SettingError: with the reason
    """
    names = _load(text)
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise SettingError(_('it must be a JSON array of texts, such as ["name", "phone"]'))
    if not names:
        raise SettingError(_("it names no field, and the VID alone authenticates nobody"))
    for name in names:
        _check_name(name, names)
    return names


def _check_name(name: str, names: List[str]) -> None:
    if not _PATH.match(name):
        raise SettingError(_("“%(name)s” is no field name or dotted path"), name=shown(name))
    if name.split(".", 1)[0] in RESERVED_KEYS:
        raise SettingError(
            _("“%(name)s” is added to each record by the connector itself"), name=name
        )
    if names.count(name) > 1:
        raise SettingError(_("“%(name)s” is listed twice"), name=name)
    if any(other.startswith(name + ".") for other in names):
        raise SettingError(
            _("“%(name)s” is listed both by itself and as the start of a path"), name=name
        )


def parse_mapping(text: str, sent: Iterable[str]) -> Dict[str, Any]:
    """Read the mapping: a JSON object from MTS's field names to paths in a record.

    :param sent: the selected fields
    :raises SettingError: with the reason
    """
    mapping = _mapping(text)
    if mapping["vid"] != VID_KEY:
        raise SettingError(
            _("“vid” must be mapped to “%(key)s”, which is what the connector sends the VID as"),
            key=VID_KEY,
        )
    available = {VID_KEY, *sent}
    for field, value in mapping.items():
        for path in _paths(field, value):
            if path not in available:
                raise SettingError(
                    _("“%(field)s” is mapped to “%(path)s”, which is not among the fields sent"),
                    field=field,
                    path=shown(path),
                )
    return mapping


def parse_form_mapping(text: str) -> Dict[str, Any]:
    """Read the mapping of a form: a JSON object from MTS's field names to paths of questions.

    :raises SettingError: with the reason
    """
    mapping = _mapping(text)
    for field, value in mapping.items():
        for path in _paths(field, value):
            if not _PATH.match(path):
                raise SettingError(
                    _("“%(field)s” is mapped to “%(path)s”, which is no path to a question"),
                    field=field,
                    path=shown(path),
                )
    return mapping


def mapped_paths(mapping: Dict[str, Any]) -> List[str]:
    """Return the paths that a mapping names."""
    values = mapping.values()
    return [path for value in values for path in (value if isinstance(value, list) else [value])]


def _mapping(text: str) -> Dict[str, Any]:
    mapping = _load(text)
    if not isinstance(mapping, dict):
        raise SettingError(_('it must be a JSON object, such as {"vid": "vid", "name": ["name"]}'))
    unknown = sorted(set(mapping) - set(FIELDS))
    if unknown:
        raise SettingError(
            _("MTS has no field “%(unknown)s”; it has %(known)s"),
            unknown=shown(unknown[0]),
            known=", ".join(FIELDS),
        )
    if "vid" not in mapping:
        raise SettingError(_("“vid” is missing: without it MTS can authenticate nobody"))
    return mapping


def shown(name: str) -> str:
    """Return what was typed as a name, for a message, which Odoo writes into its log."""
    return name if _PATH.match(name) else redact(name)


def _paths(field: str, value: Any) -> List[str]:
    if field in LIST_FIELDS:
        if not isinstance(value, list) or not value:
            raise SettingError(
                _('“%(field)s” must be mapped to a list of fields, such as ["name"]'), field=field
            )
        paths = value
    else:
        paths = [value]
    if not all(isinstance(path, str) and path for path in paths):
        raise SettingError(_("“%(field)s” must be mapped to a field name"), field=field)
    return paths


def parse_domain(text: str) -> List[Any]:
    """Read a filter: a list of conditions, written as Python writes constants.

    :raises SettingError: with the reason
    """
    try:
        domain = ast.literal_eval((text or "[]").strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        raise SettingError(
            _("it must be a list of conditions with fixed values; names and calls have no meaning")
        ) from None
    if not isinstance(domain, list):
        raise SettingError(_('it must be a list, such as [("city", "=", "Goma")]'))
    return domain


def check_url(url: str) -> None:
    """Accept absolute http(s) URLs without credentials.

    :raises SettingError: with the reason
    """
    try:
        parts = urlsplit(url or "")
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
        # Reading the port validates it.
        usable = usable and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable or any(character.isspace() for character in url):
        raise SettingError(_("it must be a URL that starts with http:// or https://"))
    if parts.username is not None or parts.password is not None:
        raise SettingError(_("a URL must not carry a user name or a password"))
    if parts.fragment:
        raise SettingError(_("a URL must not carry a fragment (the part after #)"))


def check_base_url(url: str) -> None:
    """Accept what MTS's paths can be put behind.

    :raises SettingError: with the reason
    """
    check_url(url)
    if "?" in url:
        raise SettingError(_("it must not carry parameters (the part after ?)"))
    if "authtoken" in urlsplit(url).path.split("/"):
        raise SettingError(_("it must end before /authtoken"))


def check_odk_url(url: str) -> None:
    """Accept where ODK Central may be: MTS goes there by https, to a host.

    :raises SettingError: with the reason
    """
    check_url(url)
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        raise SettingError(_("it must start with https://, since MTS goes there by nothing else"))
    if parts.path.strip("/") or parts.query:
        raise SettingError(_("it must end behind the host name"))


def check_odata_url(url: str, odk_url: str) -> None:
    """Accept the address of a form's submissions at this ODK Central, and nowhere else.

    :raises SettingError: with the reason
    """
    check_url(url)
    parts = urlsplit(url)
    if parts[:2] != urlsplit(odk_url)[:2]:
        raise SettingError(_("it must begin with the ODK base URL"))
    if not parts.path.endswith(".svc") or parts.query:
        raise SettingError(_("it must end with .svc"))


def _load(text: str) -> Any:
    try:
        return json.loads(text or "")
    except ValueError as error:
        raise SettingError(_("it is no valid JSON: %(reason)s"), reason=error) from error
    except RecursionError:
        raise SettingError(_("it is nested too deeply")) from None
