# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What stands in front of several Odoo servers, as a proxy does in a data centre."""

import contextlib
import itertools
import socket
import socketserver
import threading
from typing import Any, Sequence


class Balancer:
    """Gives each connection to the next of the servers that runs; used with `with`."""

    def __init__(self, ports: Sequence[int]) -> None:
        turns = itertools.cycle(ports)

        def connect() -> socket.socket:
            for _server in ports[1:]:
                with contextlib.suppress(ConnectionRefusedError):
                    return socket.create_connection(("127.0.0.1", next(turns)))
            return socket.create_connection(("127.0.0.1", next(turns)))

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with connect() as odoo:
                    there = threading.Thread(target=_pump, args=(self.request, odoo), daemon=True)
                    there.start()
                    _pump(odoo, self.request)
                    there.join()

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> "Balancer":
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_exception: Any) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64


def _pump(source: socket.socket, target: socket.socket) -> None:
    """Pass on what comes until there is no more."""
    try:
        while True:
            data = source.recv(65536)
            if not data:
                break
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        # One of the two has gone; the other learns it from its closed connection.
        target.close()
