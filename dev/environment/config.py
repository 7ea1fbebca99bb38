# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Odoo's configuration file."""

import os
import secrets
from pathlib import Path
from typing import Dict, Sequence

from .postgres import Connection


def write(path: Path, options: Dict[str, object]) -> Path:
    """Write a file that only we can read: it holds the database's password."""
    lines = ["[options]"] + [f"{name} = {value}" for name, value in options.items()]
    descriptor = os.open(str(path), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        handle.write("\n".join(lines) + "\n")
    return path


def options_for(
    connection: Connection, database: str, addons_path: Sequence[Path], data_dir: Path
) -> Dict[str, object]:
    """What every Odoo process needs: one database, loopback, no demo data."""
    return {
        "db_host": connection.host,
        "db_port": connection.port,
        "db_user": connection.user,
        "db_password": connection.password or False,
        "db_name": database,
        "db_maxconn": 32,
        "list_db": False,
        "admin_passwd": secrets.token_hex(16),
        "addons_path": ",".join(str(path) for path in addons_path),
        "data_dir": data_dir,
        "http_interface": "127.0.0.1",
        "without_demo": "all",
    }
