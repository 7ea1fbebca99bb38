# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What MTS answers when it does not take a batch."""

from __future__ import annotations


class Refused(Exception):
    """A refusal: the HTTP status and the ``(code, message)`` pairs of the envelope."""

    status = 400

    def __init__(self, *errors: tuple[str, str]) -> None:
        super().__init__(*errors)
        self.errors = list(errors)


class CheckFailed(Refused):
    """MTS's own checks: HTTP 400 with a code of its own."""


class SchemaMismatch(Refused):
    """The body does not fit the JSON schema: HTTP 422, always ``ATS-REQ-102``."""

    status = 422

    def __init__(self, *messages: str) -> None:
        super().__init__(*(("ATS-REQ-102", "Invalid Input. " + message) for message in messages))


class BatchFailed(Refused):
    """One record that MTS cannot handle fails the whole batch: HTTP 500, nothing is stored."""

    status = 500

    def __init__(self, message: str) -> None:
        super().__init__(("ATS-REQ-100", message))


class Echo(Refused):
    """An error that quotes what it stumbled over, which is all of the request."""

    def __init__(self, text: str, status: int) -> None:
        super().__init__(("ATS-REQ-100", text))
        self.status = status


class UnknownRequest(Refused):
    """The status of a request that MTS does not know (any more): HTTP 404."""

    status = 404

    def __init__(self) -> None:
        super().__init__(("ATS-REQ-016", "there is no request with this identifier"))
