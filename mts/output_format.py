# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The output format: a jq expression that MTS applies to each result."""

from functools import lru_cache
from typing import Any, Callable, Dict, List, NamedTuple, Optional, TypeVar

from .answer import Answer, MalformedAnswer, parse
from .errors import Explained, _
from .jq_process import JqError, evaluate
from .message import REFERENCE_KEY, VID_KEY

# Exactly what our callback reads; the VID is there because integrators expect to find it.
DEFAULT = (
    "{params: {ref: .input.mts_ref, vid: .output.vid, token: .output.token, "
    "status: .output.status, errorCode: .output.errorCode, errorMessage: .output.errorMessage}}"
)

_REFERENCE = "1.1." + "0" * 64

Found = TypeVar("Found")


class OutputFormatError(Explained):
    """The expression cannot be used. ``str(error)`` is the reason."""


class JqFails(OutputFormatError):
    """jq itself fails: MTS then delivers nothing, to whatever API."""


@lru_cache(maxsize=32)
def compile_expression(expression: str) -> None:
    """Prove that the expression is valid jq.

    :raises OutputFormatError: with the reason
    """
    evaluated(expression, [])


@lru_cache(maxsize=32)
def check(expression: str) -> None:
    """Prove that our callback can use what the expression yields, for each status.

    :raises OutputFormatError: with the status and the reason
    """
    inputs = samples()
    for sample, result in zip(inputs, evaluated(expression, inputs)):
        _check_result(sample, result)


class Trial(NamedTuple):
    """What becomes of one kind of result.

    ``delivered`` is what jq makes of it; where jq fails there is an ``error``. ``answer`` is what
    our callback reads from it; where it cannot, there is an ``error``, too.
    """

    status: str
    delivered: Any = None
    answer: Optional[Answer] = None
    error: Optional[Explained] = None


def trials(expression: str, record: Dict[str, Any]) -> List[Trial]:
    """Try the expression on each kind of result.

    :param record: what is sent of a registrant, beside the VID
    :raises OutputFormatError: where it is no valid jq
    """
    inputs = samples(record)
    return [_trial(*pair) for pair in zip(inputs, evaluated(expression, inputs))]


def _trial(sample: Dict[str, Any], result: Dict[str, Any]) -> Trial:
    trial = Trial(sample["output"]["status"], result.get("value"))
    try:
        return trial._replace(answer=read(parse, trial.status, result))
    except OutputFormatError as error:
        return trial._replace(error=error)


def samples(record: Optional[Dict[str, Any]] = None) -> List[Dict[str, Any]]:
    """Return one jq input for each status that MTS sets, as MTS would build it.

    :param record: what is sent of a registrant, beside the VID
    """
    output = {"vid": "0000000000000000", "token": None, "errorCode": None, "errorMessage": None}
    record = {**(record or {}), VID_KEY: output["vid"], REFERENCE_KEY: _REFERENCE}
    refused = {**output, "errorMessage": "sample of a message"}
    return [
        {"input": record, "output": {**output, "status": "processed", "token": "sample-token"}},
        {"input": record, "output": {**refused, "status": "error", "errorCode": "IDA-DEA-001"}},
        {"input": record, "output": {**refused, "status": "invalid", "errorCode": "ATS-REQ-003"}},
    ]


def evaluated(expression: str, inputs: List[Any]) -> List[Dict[str, Any]]:
    """Return for each input ``{"value": …}``, or ``{"error": …}`` where jq fails on it.

    :raises OutputFormatError: where it is no valid jq
    """
    try:
        return evaluate(expression, inputs)
    except JqError as error:
        raise OutputFormatError("%(reason)s", reason=error) from error


def _check_result(sample: Dict[str, Any], result: Dict[str, Any]) -> None:
    output = sample["output"]
    status = output["status"]
    if read(parse, status, result) != expected(output, _REFERENCE):
        raise OutputFormatError(
            _(
                "for status “%(status)s” the result carries other values than MTS gave: ref must "
                "be .input.mts_ref, and status, token, errorCode, errorMessage those of .output"
            ),
            status=status,
        )


def read(parser: Callable[[Any], Found], status: str, result: Dict[str, Any]) -> Found:
    """Return what our callback reads.

    :param parser: how it does so
    :param status: that of the sample
    :param result: what ``evaluated`` made of it
    :raises OutputFormatError: where there is nothing, or nothing of use
    """
    if "error" in result:
        raise JqFails(
            _("jq fails for status “%(status)s”: %(reason)s"),
            status=status,
            reason=result["error"],
        )
    try:
        # Where jq yields nothing MTS sends a null.
        return parser(result.get("value"))
    except MalformedAnswer as error:
        raise OutputFormatError(
            _("our callback cannot use the result for status “%(status)s”: %(reason)s"),
            status=status,
            reason=error,
        ) from error


def expected(output: Dict[str, Any], reference: str) -> Answer:
    """Return what our callback should read of a sample.

    :param output: that of the sample
    :param reference: by which it knows whose it is
    """
    return Answer(
        reference,
        output["status"],
        output["token"] or "",
        output["errorCode"] or "",
        output["errorMessage"] or "",
    )
