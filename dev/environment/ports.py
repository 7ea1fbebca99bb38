# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Ports on the loopback interface."""

import random
import socket

from bootstrap.errors import SetupError

# Below those that the system gives to clients: while a server is restarted on its port, no
# client's connection may take it.
PORTS = range(20000, 32000)


def free_port() -> int:
    """A port that is free now."""
    for port in random.sample(PORTS, len(PORTS)):
        if is_free(port):
            return port
    raise SetupError(f"No port from {PORTS[0]} to {PORTS[-1]} is free: end what uses them.")


def is_free(port: int) -> bool:
    """Whether a server could listen there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
