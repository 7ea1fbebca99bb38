"""`clean`: stop the embedded database server and remove the cache folder."""

import os
import shutil
from typing import List

from bootstrap.paths import cache_root
from bootstrap.progress import say, step
from environment import postgres
from environment.databases import Databases


def run(_arguments: List[str]) -> int:
    """Remove all that the commands here have made, and nothing else."""
    root = cache_root()
    if os.environ.get("PGHOST"):
        connection = postgres.ExternalServer().acquire()
        Databases(connection, root / "data").drop_all()
    postgres.stop_embedded()
    with step(f"removing {root}"):
        shutil.rmtree(str(root))
    say("Clean.")
    return 0
