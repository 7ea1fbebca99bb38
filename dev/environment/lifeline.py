# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Start Odoo so that it ends when the process that started it is gone."""

import os
import subprocess
from typing import IO, Any, Dict, List, Tuple


def start(
    command: List[str], environment: Dict[str, str], **options: Any
) -> "Tuple[subprocess.Popen[bytes], IO[bytes]]":
    """Start the launcher with a pipe whose other end closes, at the latest, when we are gone.

    Returns the process and our end of the pipe, to be closed when the process has ended.
    """
    watched, ours = os.pipe()
    try:
        process = subprocess.Popen(
            command,
            env=dict(environment, MTS_DEV_LIFELINE=str(watched)),
            pass_fds=(watched,),
            **options,
        )
    except BaseException:
        os.close(ours)
        raise
    finally:
        os.close(watched)
    return process, os.fdopen(ours, "wb")
