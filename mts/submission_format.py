# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The output format of what MTS fetches from ODK Central: jq that yields a registrant's values."""

import json
from functools import lru_cache
from typing import Any, Dict, List, Optional, Tuple

from .errors import _
from .odk import INSTANCE_KEY
from .output_format import OutputFormatError, evaluated, expected, read, samples
from .settings import shown
from .submission import Submission, parse

_RESULT = (
    "{{params: {{instance: .input.__id, vid: .output.vid, token: .output.token, "
    "status: .output.status, errorCode: .output.errorCode, errorMessage: .output.errorMessage, "
    "values: (.input | {{{values}}})}}}}"
)

_INSTANCE = "uuid:00000000-0000-0000-0000-000000000000"


def default(fields: List[str], computed: Dict[str, str]) -> str:
    """Return the format for a form whose questions are named as the registrant's fields.

    :param fields: the fields that have a question
    :param computed: jq for further fields
    """
    values = [*fields, *(f"{field}: {expression}" for field, expression in computed.items())]
    return _RESULT.format(values=", ".join(values))


def joined(questions: List[str]) -> str:
    """Return jq that puts the answers to these questions behind each other."""
    return f'([{", ".join("." + name for name in questions)} | strings] | join(" "))'


def check(expression: str, record: Dict[str, Any], allowed: List[str]) -> None:
    """Prove that our callback can use what the expression yields, for each status.

    :param record: a submission with an answer to each question that is known of
    :param allowed: the fields of a registrant that may be set
    :raises OutputFormatError: with the reason
    """
    _check(expression, json.dumps(record, sort_keys=True), tuple(allowed))


def trials(expression: str, record: Dict[str, Any]) -> List[Tuple[str, Any]]:
    """Return for each status what is delivered of a submission.

    :raises OutputFormatError: where it is no valid jq
    """
    inputs = samples({INSTANCE_KEY: _INSTANCE, **record})
    results = evaluated(expression, inputs)
    return [
        (sample["output"]["status"], result.get("value"))
        for sample, result in zip(inputs, results)
    ]


@lru_cache(maxsize=32)
def _check(expression: str, record: str, allowed: Tuple[str, ...]) -> None:
    inputs = samples({INSTANCE_KEY: _INSTANCE, **json.loads(record)})
    for sample, result in zip(inputs, evaluated(expression, inputs)):
        output = sample["output"]
        _check_result(output, read(parse, output["status"], result), allowed)


def _check_result(output: Dict[str, Any], found: Submission, allowed: Tuple[str, ...]) -> None:
    sent = (_INSTANCE, output["vid"], expected(output, _INSTANCE))
    if (found.instance, found.vid, found.answer) != sent:
        raise OutputFormatError(
            _(
                "for status “%(status)s” the result carries other values than MTS gave: instance "
                "must be .input.__id, and vid, status, token, errorCode, errorMessage those of "
                ".output"
            ),
            status=output["status"],
        )
    unknown: Optional[str] = next((name for name in found.values if name not in allowed), None)
    if unknown is not None:
        raise OutputFormatError(
            _("it sets “%(name)s”, which is not in the list of fields"), name=shown(unknown)
        )
