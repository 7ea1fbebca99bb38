# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Sends bytes and reads what comes back."""

import contextlib
import json
import socket
from typing import Any, Dict, NamedTuple, Tuple

from .messages import Message

SECONDS = 60
KEYS = ({"error"}, {"accepted", "ignored", "malformed"})
LONGEST = 500


class Answer(NamedTuple):
    """``status`` is 0 where nothing came."""

    status: int
    data: bytes

    def content(self) -> Dict[str, Any]:
        """The JSON object in the body, or an empty one."""
        body = self.data.partition(b"\r\n\r\n")[2]
        try:
            content = json.loads(body)
        except ValueError:
            return {}
        return content if isinstance(content, dict) else {}

    def suits(self, message: Message) -> bool:
        """Whether it is one of the callback's own: short, and with counts or an error in it."""
        if message.data.startswith(b"HEAD "):
            return self.data.endswith(b"\r\n\r\n")
        return set(self.content()) in KEYS and len(self.data) < LONGEST


def send(address: Tuple[str, int], message: Message) -> Answer:
    """One connection for each message, as Odoo wants it."""
    data = b""
    with socket.create_connection(address, timeout=SECONDS) as connection:
        # Odoo may have answered, and gone, before it has read everything.
        with contextlib.suppress(OSError):
            connection.sendall(message.data)
            # It need not wait for what was promised and is not sent.
            connection.shutdown(socket.SHUT_WR)
        with contextlib.suppress(OSError):
            while True:
                part = connection.recv(65536)
                if not part:
                    break
                data += part
    return Answer(_status(data), data)


def _status(data: bytes) -> int:
    words = data.split(b"\r\n", 1)[0].split()
    return int(words[1]) if len(words) > 1 and words[1].isdigit() else 0
