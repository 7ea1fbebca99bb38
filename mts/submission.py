# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What our callback reads of a submission that MTS has fetched from ODK Central itself."""

from typing import Any, Dict, NamedTuple

from . import answer
from .answer import Answer, MalformedAnswer
from .errors import _

MAX_INSTANCE = 200
MAX_VID = 64


class Submission(NamedTuple):
    """``values`` are what the registrant shall get; ``answer`` is what came of the VID."""

    instance: str
    vid: str
    values: Dict[str, Any]
    answer: Answer


def parse(item: Any) -> Submission:
    """Read one result: an object, or an object within ``params``.

    :raises MalformedAnswer: where nobody could say which submission it is, or what it holds
    """
    item = answer.unwrapped(item)
    instance = answer.text_at(item, "instance", MAX_INSTANCE)
    if not instance:
        raise MalformedAnswer(_("instance is missing (.input.__id)"))
    values = item.get("values")
    if not isinstance(values, dict):
        raise MalformedAnswer(_("values is no object of the registrant's fields"))
    try:
        result = answer.result(item, instance)
    except MalformedAnswer as error:
        error.reference = instance
        result = answer.unusable(error)
    return Submission(instance, _vid(item), values, result)


def _vid(item: Dict[str, Any]) -> str:
    vid = item.get("vid")
    # A question may ask for it as a number.
    if isinstance(vid, int) and not isinstance(vid, bool):
        item = {**item, "vid": str(vid)}
    return answer.text_at(item, "vid", MAX_VID)
