# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Starts Odoo: `python launcher.py <arguments of odoo-bin>`.

MTS_DEV_ODOO        the folder that holds the package `odoo`
MTS_DEV_CRON_POLL   seconds between two looks at the scheduled actions
MTS_DEV_LIFELINE    a pipe that closes when the command that started Odoo is gone
"""

import os
import signal
import sys
import threading
from typing import Optional


def main() -> None:
    """Set up the process as Odoo's own start script does, then hand over."""
    # The folder of this script holds modules of ours that Odoo must not find by name.
    sys.path[0] = os.environ["MTS_DEV_ODOO"]
    os.environ["TZ"] = "UTC"
    import odoo

    _poll_cron_every(os.environ.get("MTS_DEV_CRON_POLL"))
    # Gone from the environment for Odoo's own child processes, which do not have the pipe.
    _end_with_parent(os.environ.pop("MTS_DEV_LIFELINE", None))
    odoo.cli.main()


def _poll_cron_every(seconds: Optional[str]) -> None:
    if seconds:
        from odoo.service import server

        # Odoo 14 has no way to wake the scheduler, and looks only once a minute: too long to
        # wait in a test. It adds some seconds of its own for each further scheduler.
        server.SLEEP_INTERVAL = float(seconds)


def _end_with_parent(pipe: Optional[str]) -> None:
    """No server stays behind when the command that started it is killed."""
    if not pipe:
        return

    def wait() -> None:
        os.read(int(pipe), 1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, daemon=True, name="lifeline").start()


if __name__ == "__main__":
    main()
