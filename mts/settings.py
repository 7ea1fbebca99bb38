"""Reads the settings that people type as JSON, and says what is wrong with them."""
import json
import re
from typing import Any, Dict, Iterable, List
from urllib.parse import urlsplit

from .message import FIELDS, LIST_FIELDS, RESERVED_KEYS, VID_KEY

_PATH = re.compile(r"\A[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*\Z")


class SettingError(ValueError):
    """A setting cannot be used. ``str(error)`` is the reason."""


def parse_fields(text: str) -> List[str]:
    """Read the list of fields: a JSON array of field names or dotted paths.

    :raises SettingError: with the reason
    """
    names = _load(text)
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise SettingError('it must be a JSON array of texts, such as ["name", "phone"]')
    for name in names:
        if not _PATH.match(name):
            raise SettingError(f"“{name}” is no field name or dotted path")
        if name.split(".")[0] in RESERVED_KEYS:
            raise SettingError(f"“{name}” is added to each record by the connector itself")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SettingError(f"“{twice[0]}” is listed twice")
    for name in names:
        if any(other.startswith(name + ".") for other in names):
            raise SettingError(f"“{name}” is listed both by itself and as the start of a path")
    return names


def parse_mapping(text: str, sent: Iterable[str]) -> Dict[str, Any]:
    """Read the mapping: a JSON object from MTS's field names to paths in a record.

    :param sent: the selected fields
    :raises SettingError: with the reason
    """
    mapping = _load(text)
    if not isinstance(mapping, dict):
        raise SettingError('it must be a JSON object, such as {"vid": "vid", "name": ["name"]}')
    unknown = sorted(set(mapping) - set(FIELDS))
    if unknown:
        raise SettingError(f"MTS has no field “{unknown[0]}”; it has {', '.join(FIELDS)}")
    if "vid" not in mapping:
        raise SettingError("“vid” is missing: without it MTS can authenticate nobody")
    available = {VID_KEY, *sent}
    for field, value in mapping.items():
        for path in _paths(field, value):
            if path not in available:
                raise SettingError(
                    f"“{field}” is mapped to “{path}”, which is not among the fields that are sent"
                )
    return mapping


def _paths(field: str, value: Any) -> List[str]:
    if field in LIST_FIELDS:
        if not isinstance(value, list) or not value:
            raise SettingError(f"“{field}” must be a list of fields, such as [\"{field}\"]")
        paths = value
    else:
        paths = [value]
    if not all(isinstance(path, str) and path for path in paths):
        raise SettingError(f"“{field}” must be mapped to a field name")
    return paths


def check_url(url: str) -> None:
    """Accept absolute http(s) URLs without credentials.

    :raises SettingError: with the reason
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
        # Reading the port validates it.
        usable = usable and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable or any(character.isspace() for character in url):
        raise SettingError("it must be a URL that starts with http:// or https://")
    if parts.username is not None or parts.password is not None:
        raise SettingError("a URL must not carry a user name or a password")
    if parts.fragment:
        raise SettingError("a URL must not carry a fragment (the part after #)")


def _load(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise SettingError(f"it is no valid JSON: {error}") from error
