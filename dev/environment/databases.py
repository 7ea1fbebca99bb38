# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Create, copy and drop databases, with the files that belong to them."""

import os
import re
import shutil
import socket
from pathlib import Path
from typing import Any, List, Tuple

import psycopg2
from psycopg2 import sql

from bootstrap.errors import SetupError
from bootstrap.paths import cache_root, checkout_key, digest

from .postgres import Connection


class Databases:
    """The databases of this machine's cache folder on one server.

    All names begin alike, so that nothing else on a shared server is ever touched.
    """

    def __init__(self, connection: Connection, data_dir: Path) -> None:
        self.connection = connection
        self.filestore = data_dir / "filestore"

    def names(self, beginning: str) -> List[str]:
        """The databases whose name begins so."""
        query = "SELECT datname FROM pg_database WHERE starts_with(datname, %s) ORDER BY 1"
        return [row[0] for row in self._execute(query, (beginning,))]

    def exists(self, name: str) -> bool:
        return name in self.names(name)

    def create_empty(self, name: str) -> None:
        self._execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(
                sql.Identifier(name)
            )
        )

    def copy(self, source: str, target: str) -> None:
        """Copy a database that nobody is connected to, and its files."""
        self._execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(target), sql.Identifier(source)
            )
        )
        if (self.filestore / source).exists():
            # Odoo names these files after their content and never writes into one again.
            shutil.copytree(
                str(self.filestore / source), str(self.filestore / target), copy_function=os.link
            )

    def rename(self, source: str, target: str) -> None:
        self._execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                sql.Identifier(source), sql.Identifier(target)
            )
        )
        if (self.filestore / source).exists():
            # A database of this name may have been lost without its files.
            shutil.rmtree(str(self.filestore / target), ignore_errors=True)
            (self.filestore / source).rename(self.filestore / target)

    def drop(self, name: str) -> None:
        """Drop a database with its files, also while somebody is connected."""
        self._execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )
        shutil.rmtree(str(self.filestore / name), ignore_errors=True)

    def drop_left_behind(self) -> None:
        """Drop what runs that were killed could not drop."""
        for name in self.names(owner_prefix()):
            if _is_left_behind(name):
                self.drop(name)

    def drop_all(self) -> None:
        """Drop every database of this cache folder."""
        for name in self.names(owner_prefix()):
            self.drop(name)

    def _execute(self, query: Any, parameters: Tuple[Any, ...] = ()) -> List[Any]:
        connection = self.connection.open()
        try:
            with connection.cursor() as cursor:
                cursor.execute(query, parameters)
                return cursor.fetchall() if cursor.description else []
        except psycopg2.Error as error:
            # Such as a full disk, or a role that may not create databases.
            raise SetupError(f"PostgreSQL refuses: {str(error).splitlines()[0]}.") from None
        finally:
            connection.close()


def owner_prefix() -> str:
    """How the databases of this machine's cache folder begin."""
    return f"mts_{digest(socket.gethostname(), str(cache_root()))[:6]}_"


def checkout_prefix() -> str:
    """How the databases of this checkout begin."""
    return f"{owner_prefix()}{checkout_key()[:6]}_"


def run_database(name: str, series: str) -> str:
    """A name for a database of this process; ends with the process's number."""
    return f"{checkout_prefix()}{_plain(name)}_{_plain(series)}_p{os.getpid()}"


def _plain(text: str) -> str:
    return re.sub(r"\W", "", text)


def _is_left_behind(name: str) -> bool:
    process = re.search(r"_p(\d+)$", name)
    if not process:
        return False
    try:
        os.kill(int(process.group(1)), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
