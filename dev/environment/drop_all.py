# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Drops all of this cache folder's databases on the server that PGHOST names."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

from bootstrap.paths import cache_root  # noqa: E402
from environment.databases import Databases  # noqa: E402
from environment.postgres import ExternalServer  # noqa: E402

if __name__ == "__main__":
    Databases(ExternalServer().acquire(), cache_root() / "data").drop_all()
