# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The envelope that every MTS answer has."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any, Iterable

from werkzeug.wrappers import Response

VERSION = "1.1.0"


def json_response(value: Any, status: int = 200) -> Response:
    return Response(json.dumps(value), status=status, content_type="application/json")


def answer(
    response: dict | None, errors: Iterable[tuple[str, str]] = (), status: int = 200
) -> Response:
    """Wrap ``response`` and the ``(code, message)`` pairs; without errors the member is null."""
    now = datetime.now(timezone.utc)
    body = {
        "id": "mosip.token.seeder",
        "version": VERSION,
        "metadata": {},
        "responsetime": now.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
        "errors": [{"errorCode": code, "errorMessage": text} for code, text in errors] or None,
        "response": response,
    }
    return json_response(body, status)
