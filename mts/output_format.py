"""The output format: a jq expression that MTS applies to each result."""
from typing import Any, Dict, List

import jq

from .answer import Answer, MalformedAnswer, parse
from .message import REFERENCE_KEY, VID_KEY

# Exactly what our callback reads; the VID is there because integrators expect to find it.
DEFAULT = (
    "{params: {ref: .input.mts_ref, vid: .output.vid, token: .output.token, "
    "status: .output.status, errorCode: .output.errorCode, errorMessage: .output.errorMessage}}"
)

_REFERENCE = "1.1." + "0" * 64


class OutputFormatError(ValueError):
    """The expression cannot be used. ``str(error)`` is the reason."""


def compile_expression(expression: str) -> Any:
    """Return the compiled jq program.

    :raises OutputFormatError: where it is no valid jq
    """
    try:
        return jq.compile(expression)
    except ValueError as error:
        raise OutputFormatError(f"this is no valid jq: {_first_line(error)}") from error


def samples() -> List[Dict[str, Any]]:
    """Return one jq input for each status that MTS sets, as MTS would build it."""
    output = {"vid": "0000000000000000", "token": None, "errorCode": None, "errorMessage": None}
    record = {VID_KEY: output["vid"], REFERENCE_KEY: _REFERENCE}
    return [
        {"input": record, "output": {**output, "status": "processed", "token": "sample"}},
        {
            "input": record,
            "output": {**output, "status": "error", "errorCode": "IDA-DEA-001",
                       "errorMessage": "sample"},
        },
        {
            "input": record,
            "output": {**output, "status": "invalid", "errorCode": "ATS-REQ-003",
                       "errorMessage": "sample"},
        },
    ]


def check(expression: str) -> None:
    """Prove that our callback can use what the expression yields, for each status.

    :raises OutputFormatError: with the status and the reason
    """
    program = compile_expression(expression)
    for sample in samples():
        status = sample["output"]["status"]
        try:
            found = parse(_first_result(program, sample))
        except MalformedAnswer as error:
            raise OutputFormatError(
                f"our callback cannot use the result for status “{status}”: {error}"
            ) from error
        if found != _expected(sample):
            raise OutputFormatError(
                f"for status “{status}” the result carries other values than MTS gave: ref must be "
                ".input.mts_ref, and status, token, errorCode, errorMessage those of .output"
            )


def _expected(sample: Dict[str, Any]) -> Answer:
    output = sample["output"]
    return Answer(
        _REFERENCE,
        output["status"],
        output["token"] or "",
        output["errorCode"] or "",
        output["errorMessage"] or "",
    )


def _first_result(program: Any, sample: Dict[str, Any]) -> Any:
    """Return the first result, as MTS does; none is a null."""
    try:
        return program.input_value(sample).first()
    except StopIteration:
        return None
    except ValueError as error:
        raise OutputFormatError(
            f"jq fails for status “{sample['output']['status']}”: {_first_line(error)}"
        ) from error


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or ["unknown error"])[0]
