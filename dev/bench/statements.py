# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The statements that Odoo sends to PostgreSQL, from its log."""

import re
from pathlib import Path
from typing import List

#: Has Odoo log every statement.
LOG_STATEMENTS = {"extra_args": ["--log-handler=odoo.sql_db:DEBUG"]}
_ENTRY = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ \d+ ", re.MULTILINE)
_QUERY = re.compile(r"DEBUG \S+ odoo\.sql_db: query: (.*)", re.DOTALL)


class StatementLog:
    """What comes into the log from now on."""

    def __init__(self, log_file: Path) -> None:
        self._log_file = log_file
        self._offset = log_file.stat().st_size

    def statements(self) -> List[str]:
        """All statements since the last look, that is at most since this was made."""
        with open(self._log_file, "rb") as log:
            log.seek(self._offset)
            text = log.read().decode(errors="replace")
            self._offset = log.tell()
        found = (_QUERY.search(entry) for entry in _ENTRY.split(text))
        return [match.group(1).strip() for match in found if match]
