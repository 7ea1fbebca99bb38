# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A running Odoo."""

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import IO, Dict, List, Optional

import psutil
import requests

from bootstrap.errors import SetupError

from . import lifeline
from .ports import is_free
from .rpc import RpcClient

READY_SECONDS = 120
STOP_SECONDS = 20
KILL_SECONDS = 10
POLL_SECONDS = 0.1
TAIL_LINES = 30


class OdooServer:
    """One Odoo process with its workers; `with` starts it, waits for it and stops it."""

    def __init__(
        self,
        command: List[str],
        environment: Dict[str, str],
        database: str,
        port: int,
        log_file: Path,
    ) -> None:
        self.command = command
        self.environment = environment
        self.database = database
        self.port = port
        self.log_file = log_file
        self.url = f"http://127.0.0.1:{port}"
        self._process: Optional[subprocess.Popen[bytes]] = None
        self._lifeline: Optional[IO[bytes]] = None

    def __enter__(self) -> "OdooServer":
        self.start()
        try:
            self.wait_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The process's number."""
        if self._process is None:
            raise RuntimeError("this Odoo was not started")
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the process; `wait_ready` tells when it answers."""
        if not is_free(self.port):
            raise SetupError(
                f"Port {self.port} is taken by another program: end that or choose another port."
            )
        with open(str(self.log_file), "ab") as log:
            self._process, self._lifeline = lifeline.start(
                self.command,
                self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # A group of its own: Ctrl-C is for us to handle, and the workers can be
                # ended together with it.
                start_new_session=True,
            )

    def wait_ready(self) -> None:
        """Wait until the web server answers and the database's models are loaded."""
        deadline = time.monotonic() + READY_SECONDS
        while not self._answers(max(1.0, deadline - time.monotonic())):
            if not self.running:
                raise SetupError(f"Odoo ended while starting, see {self.log_file}:\n{self.tail()}")
            if time.monotonic() > deadline:
                raise SetupError(
                    f"Odoo did not answer within {READY_SECONDS} s, see {self.log_file}:\n"
                    + self.tail()
                )
            time.sleep(POLL_SECONDS)

    def stop(self) -> None:
        """Ask the process to end, and end it by force when it does not."""
        if self._process is None:
            return
        if self.running:
            self._process.terminate()
            # What does not end in time is killed below.
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_SECONDS)
        self.kill()

    def kill(self) -> None:
        """End the process and its workers at once, as a crash would (SIGKILL)."""
        if self._process is None:
            return
        group = self._process.pid
        # Nothing may be left of the group.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)
        self._process.wait()
        self._wait_until_gone(group)
        if self._lifeline is not None:
            self._lifeline.close()
            self._lifeline = None

    def restart(self) -> None:
        """Stop, start on the same port, and wait."""
        self.stop()
        self.start()
        self.wait_ready()

    def rpc(self, login: str = "admin", password: str = "admin") -> RpcClient:  # noqa: S107 (Odoo's default)
        """A client that is logged in."""
        return RpcClient(self.url, self.database, login, password)

    def tail(self) -> str:
        """The last lines of the log."""
        return "\n".join(self.log_file.read_text(errors="replace").splitlines()[-TAIL_LINES:])

    def _wait_until_gone(self, group: int) -> None:
        """Wait for a killed group's workers and for the port, so that a start may follow."""
        deadline = time.monotonic() + KILL_SECONDS
        # A killed process counts as gone a moment before the last of its threads is, which
        # still holds the port.
        while _is_alive(group) or not is_free(self.port):
            if time.monotonic() > deadline:
                break
            time.sleep(POLL_SECONDS / 10)

    def _answers(self, timeout: float) -> bool:
        # Any route makes Odoo load the models of its one database before it answers.
        body = {"jsonrpc": "2.0", "method": "call", "params": {}}
        route = self.url + "/web/webclient/version_info"
        try:
            answer = requests.post(route, json=body, timeout=timeout)
            return "result" in answer.json()
        except (requests.RequestException, ValueError):
            return False


def _is_alive(group: int) -> bool:
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, ProcessLookupError):
            if os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE:
                return True
    return False
