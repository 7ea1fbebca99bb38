# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What must not get out, and where it is looked for."""

from pathlib import Path
from typing import Any, Dict, Iterable, List, Set, Tuple

from psycopg2 import sql

VID, TOKEN, NAME, EMAIL, PHONE, ADDRESS, BIRTH = (
    *("VID", "token", "name", "e-mail", "phone", "address", "birth date"),
)
PASSWORD, OLD_PASSWORD, BEARER, KEY = "password", "former password", "bearer secret", "HMAC key"


class Secrets:
    """Texts by kind. Each is made so that it does not occur by chance."""

    def __init__(self) -> None:
        self._texts: Dict[str, Set[str]] = {}

    def add(self, kind: str, *texts: str) -> None:
        self._texts.setdefault(kind, set()).update(text.casefold() for text in texts if text)

    def items(self) -> Iterable[Tuple[str, Set[str]]]:
        return self._texts.items()

    def count(self, kind: str) -> int:
        return len(self._texts.get(kind, ()))

    def found_in(self, text: str) -> Set[str]:
        """The kinds of which something is in the text."""
        text = text.casefold()
        return {kind for kind, texts in self.items() if any(each in text for each in texts)}


def lines_with(secrets: Secrets, log: Path) -> List[str]:
    """The lines of a log that say too much, with the kinds of what they say."""
    text = log.read_text(errors="replace")
    if not secrets.found_in(text):
        return []
    found = ((secrets.found_in(line), line) for line in text.splitlines())
    return [f"{sorted(kinds)}: {line[:300]}" for kinds, line in found if kinds]


def columns_with(secrets: Secrets, connection: Any) -> Dict[str, Set[str]]:
    """Where in the database there is something: kind to ``table.column``."""
    places: Dict[str, Set[str]] = {}
    for table, column, text in _columns(connection):
        for kind in secrets.found_in(text):
            places.setdefault(kind, set()).add(f"{table}.{column}")
    return places


def files_with(secrets: Secrets, folder: Path) -> List[str]:
    """The attachments that say too much."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [str(path) for path in files if secrets.found_in(path.read_text(errors="replace"))]


def _columns(connection: Any) -> Iterable[Tuple[str, str, str]]:
    """Each column of each table, all its values in one text."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT schemaname, tablename FROM pg_tables "
            "WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        )
        for schema, table in cursor.fetchall():
            cursor.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(schema, table)))
            names = [column[0] for column in cursor.description]
            for name, values in zip(names, zip(*cursor.fetchall())):
                yield table, name, "\n".join(_text(value) for value in values)


def _text(value: Any) -> str:
    if isinstance(value, memoryview):
        return bytes(value).decode(errors="replace")
    return str(value)
