# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What our callback reads from one delivered result."""

from typing import Any, NamedTuple, Optional

from .errors import Explained, _
from .redact import LONGEST
from .text import storable

# ``status`` as MTS sets it.
PROCESSED = "processed"
ERROR = "error"
INVALID = "invalid"

UNUSABLE = "MTC-UNUSABLE"

MAX_CODE = 64
MAX_MESSAGE = LONGEST
MAX_TOKEN = 256


class Answer(NamedTuple):
    """One result. ``token`` is set for ``processed``; code and message otherwise."""

    reference: str
    status: str
    token: str
    code: str
    message: str


class MalformedAnswer(Explained):
    """The result cannot be used. ``str(error)`` says why, without quoting what was sent.

    ``reference`` is set where at least that could be read.
    """

    reference = ""


def unusable(error: MalformedAnswer) -> Answer:
    """Return what counts in place of a result that cannot be used.

    It is an answer all the same, and so no reason to send the registrant again.
    """
    return Answer(error.reference, ERROR, "", UNUSABLE, str(error))


def parse(item: Any) -> Answer:
    """Read one result: an object, or an object within ``params``.

    :raises MalformedAnswer: where a key is missing or of the wrong kind
    """
    item = unwrapped(item)
    reference = text_at(item, "ref", 200)
    if not reference:
        raise MalformedAnswer(_("ref is missing (.input.mts_ref)"))
    try:
        return result(item, reference)
    except MalformedAnswer as error:
        error.reference = reference
        raise


def unwrapped(item: Any) -> dict:
    """Return the object itself, be it within ``params`` or not."""
    if isinstance(item, dict) and isinstance(item.get("params"), dict):
        item = item["params"]
    if not isinstance(item, dict):
        raise MalformedAnswer(_("the result is no JSON object"))
    return item


def result(item: dict, reference: str) -> Answer:
    """Read what came of the VID."""
    status = text_at(item, "status", 32)
    if status == PROCESSED:
        token = text_at(item, "token", MAX_TOKEN)
        if not token:
            raise MalformedAnswer(_("token is missing (.output.token)"))
        if not item["token"].strip().isprintable():
            # Tokens that look alike must be alike, and none may be changed on the way.
            raise MalformedAnswer(_("token has characters that cannot be printed"))
        return Answer(reference, status, token, "", "")
    if status in (ERROR, INVALID):
        # Some of MTS's own codes come with underscores: AUT_BAS_001.
        code = text_at(item, "errorCode", MAX_CODE).replace("_", "-")
        if not code:
            raise MalformedAnswer(_("errorCode is missing (.output.errorCode)"))
        message = text_at(item, "errorMessage", None)[:MAX_MESSAGE]
        return Answer(reference, status, "", code, message)
    raise MalformedAnswer(_("status is none of processed, error, invalid (.output.status)"))


def text_at(item: dict, key: str, longest: Optional[int]) -> str:
    """Return a text without blanks around it; an empty one where there is none.

    :param longest: how many characters it may have; None for any number
    :raises MalformedAnswer: where it is longer, or no text
    """
    value = item.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise MalformedAnswer(_("%(key)s is no text"), key=key)
    if longest is not None and len(value) > longest:
        raise MalformedAnswer(_("%(key)s is too long"), key=key)
    return storable(value).strip()
