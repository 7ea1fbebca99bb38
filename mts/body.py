# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What somebody answers, whoever it is."""

import time

import requests


def body_of(answer: requests.Response, deadline: float, longest: int) -> bytes:
    """Return what was answered, as far as it is short and comes in time.

    :param deadline: by ``time.monotonic()``
    """
    body = bytearray()
    # Byte by byte, since more are waited for without a look at the deadline.
    for byte in answer.iter_content(1):
        body += byte
        if len(body) > longest or time.monotonic() > deadline:
            break
    return bytes(body)
