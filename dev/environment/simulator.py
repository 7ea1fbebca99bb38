# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The simulator of MTS as a process of its own."""

import contextlib
import subprocess
import sys
from typing import Any, Dict, List, Optional

import requests

from bootstrap.errors import SetupError
from bootstrap.paths import CHECKOUT

STOP_SECONDS = 10
TIMEOUT = 30


class SimulatorProcess:
    """Started with `with`; the settings are those of the simulator's README.

    :param workers: batches that it works on at the same time, which cannot be changed later
    """

    def __init__(self, workers: int = 1, **settings: Any) -> None:
        self.settings = settings
        self._workers = workers
        self.url = ""
        self._process: Optional[subprocess.Popen[str]] = None

    def __enter__(self) -> "SimulatorProcess":
        # It ends with its standard input, so it does not outlive us. A session of its own keeps
        # Ctrl-C away from it: we stop it.
        command = [sys.executable, str(CHECKOUT / "simulator"), "--quiet", "--until-eof"]
        command += ["--workers", str(self._workers)]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            self._wait_ready(self._process)
            self.configure(**self.settings)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End the process; what is under way there is given up."""
        if self._process is None:
            return
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_SECONDS)
        self._process.kill()
        self._process.communicate()
        self._process = None

    def configure(self, **settings: Any) -> None:
        """Change settings while it runs."""
        self._post("settings", settings)

    def add_fault(self, on: str, kind: str, **options: Any) -> None:
        self._post("faults", {"on": on, "kind": kind, **options})

    def release(self) -> None:
        """Let held callbacks, delays and hangs go."""
        self._post("release", {})

    def reset(self) -> None:
        """Back to the settings of the start; the ledger is empty then."""
        self._post("reset", {})
        self.configure(**self.settings)

    def idle(self) -> Dict[str, Any]:
        """`{"idle", "held"}`: whether nothing is in progress, how many batches are held."""
        return self._get("idle?timeout=0")

    def settings_now(self) -> Dict[str, Any]:
        return self._get("settings")

    def counts(self) -> Dict[str, int]:
        """What it has done so far, in numbers."""
        return self._get("ledger/counts")

    def ledger(self, part: str) -> List[Dict[str, Any]]:
        """What it has done so far: posts, results or callbacks."""
        return self._get(f"ledger/{part}")

    def _wait_ready(self, process: "subprocess.Popen[str]") -> None:
        line = process.stdout.readline() if process.stdout else ""
        if not line.startswith("simulator: http"):
            raise SetupError("The simulator of MTS did not start; its output is above.")
        self.url = line.split(" ", 1)[1].strip()

    def _get(self, path: str) -> Any:
        response = requests.get(f"{self.url}/simulator/{path}", timeout=TIMEOUT)
        response.raise_for_status()
        return response.json()

    def _post(self, path: str, body: Dict[str, Any]) -> None:
        response = requests.post(f"{self.url}/simulator/{path}", json=body, timeout=TIMEOUT)
        response.raise_for_status()
