# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What Odoo complains about in its log."""

import re
from pathlib import Path
from typing import List

ENTRY = re.compile(r"^\d{4}-\d\d-\d\d \S+ \d+ (?P<level>[A-Z]+) \S+ (?P<logger>\S+): ")
# Two transactions met. Odoo logs that as an error each time, also where the caller goes on to
# repeat the transaction; what the caller makes of it is in an entry of its own.
MET = ("ERROR: could not serialize access due to concurrent", "ERROR: deadlock detected")
# Two schedulers of Odoo wanted the same job, and one of them got it.
SCHEDULERS_MET = ("Exception in cron:", "_acquire_one_job", "SerializationFailure")


def complaints(log: Path, skipped: int = 0) -> List[str]:
    """The entries that tell of something that was not handled.

    :param skipped: so many bytes at the beginning are of no interest
    """
    return [entry for entry in entries(log, skipped) if _is_complaint(entry)]


def entries(log: Path, skipped: int = 0) -> List[str]:
    """The entries of a log, each with the lines that belong to it."""
    found: List[str] = []
    text = log.read_bytes()[skipped:].decode(errors="replace")
    for line in text.splitlines():
        if ENTRY.match(line) or not found:
            found.append(line)
        else:
            found[-1] += "\n" + line
    return found


def _is_complaint(entry: str) -> bool:
    start = ENTRY.match(entry)
    if not start:
        return False
    if start["logger"] == "odoo.sql_db" and any(words in entry for words in MET):
        return False
    if all(part in entry for part in SCHEDULERS_MET):
        return False
    return start["level"] in ("ERROR", "CRITICAL") or "Traceback" in entry
