# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The development environment of one series."""

import atexit
import os
import platform
import re
import sys
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence

from bootstrap import oca_addons, odoo_source
from bootstrap.errors import SetupError
from bootstrap.locks import lock, use_cache
from bootstrap.paths import ADDON, CHECKOUT, DEV, cache_folder, checkout_folder, log_file
from bootstrap.progress import warn
from bootstrap.run import run

from . import addons, config, postgres
from .databases import Databases, run_database
from .ports import free_port
from .server import OdooServer
from .templates import Templates, data_dir_of

LAUNCHER = DEV / "environment" / "launcher.py"
INSTALL_SECONDS = 900
KEPT_LOGS = 30
TAIL_LINES = 40
NOTEWORTHY = re.compile(r"^\S+ \S+ \d+ (WARNING|ERROR|CRITICAL) ")


class Environment:
    """Odoo of one series with a database server: makes databases and runs servers.

    Use it with `with`, or call `close()`; at the latest it closes with the process. Closing
    drops the databases made here.

    :param with_oca: have the pinned addons of the OCA in the addons path
    """

    def __init__(self, source: odoo_source.OdooSource, with_oca: bool = False) -> None:
        use_cache()
        self.source = source
        self.series = source.series
        self.data_dir = data_dir_of(cache_folder(), source.series)
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self.addons_path: List[Path] = [*source.addons, addons.link_addons()]
        if with_oca:
            self.addons_path.append(oca_addons.ensure(source.series))
        self._server = postgres.server()
        self._made: List[str] = []
        self.connection = self._server.acquire()
        atexit.register(self.close)
        self.databases = Databases(self.connection, self.data_dir)
        self.databases.drop_left_behind()
        _remove_old_logs(checkout_folder("logs"))
        self._templates = Templates(source, self.databases, self.install)

    @classmethod
    def for_series(cls, series: Optional[str] = None, with_oca: bool = False) -> "Environment":
        """The environment of a series; without one, that of SERIES or the best there is."""
        return cls(odoo_source.find(series or os.environ.get("SERIES") or None), with_oca)

    def __enter__(self) -> "Environment":
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Drop the databases made here; stop the database server if nobody else uses it."""
        atexit.unregister(self.close)
        try:
            for database in list(self._made):
                self.drop_database(database)
        finally:
            self._server.release()

    def describe(self) -> str:
        """One line that says what all this runs on."""
        return (
            f"Odoo {self.series} (version {self.source.version}), "
            f"Python {platform.python_version()}, PostgreSQL {self._postgres_version()}"
        )

    def create_database(
        self, name: str, modules: Sequence[str] = (), before: Sequence[str] = ()
    ) -> str:
        """A new database with these addons of the checkout installed; returns its full name.

        :param before: addons of others that are installed before ours
        """
        database = run_database(name, self.series)
        self.databases.drop(database)
        self._made.append(database)
        self._templates.copy(database, list(modules), list(before))
        return database

    def drop_database(self, database: str) -> None:
        """Drop a database that was made here."""
        self.databases.drop(database)
        if database in self._made:
            self._made.remove(database)
        for path in checkout_folder("conf").glob(f"{database}.*conf"):
            path.unlink()

    def connect(self, database: str) -> Any:
        """A connection of psycopg2 to a database, in autocommit mode."""
        return self.connection.open(database)

    def config_file(self, database: str, **options: object) -> Path:
        """Odoo's configuration for a database; options come on top of the usual ones.

        Servers on the same database have a file each.
        """
        values = config.options_for(self.connection, database, self.addons_path, self.data_dir)
        port = options.get("http_port")
        name = f"{database}.{port}.conf" if port else f"{database}.conf"
        return config.write(checkout_folder("conf") / name, dict(values, **options))

    def process_environment(self, extra: Optional[Dict[str, str]] = None) -> Dict[str, str]:
        """Environment variables for a process that imports Odoo."""
        variables = {name: value for name, value in os.environ.items() if name != "ODOO_RC"}
        variables.update(MTS_DEV_ODOO=str(self.source.root), TZ="UTC", PYTHONUNBUFFERED="1")
        variables.update(extra or {})
        return variables

    def command(self, *arguments: str) -> List[str]:
        """The command line of Odoo with these arguments."""
        return [sys.executable, str(LAUNCHER), *arguments]

    def odoo(
        self,
        database: str,
        http_port: Optional[int] = None,
        workers: int = 0,
        extra_args: Sequence[str] = (),
        extra_env: Optional[Dict[str, str]] = None,
        log_file: Optional[Path] = None,
        cron_poll: float = 1,
        cron_threads: int = 1,
    ) -> OdooServer:
        """An Odoo server on a database; use it with `with`, or call start and wait_ready."""
        port = http_port or free_port()
        configuration = self.config_file(
            database,
            http_port=port,
            longpolling_port=free_port(),
            workers=workers,
            max_cron_threads=cron_threads,
        )
        variables = self.process_environment({"MTS_DEV_CRON_POLL": str(cron_poll)})
        variables.update(extra_env or {})
        return OdooServer(
            self.command("-c", str(configuration), *extra_args),
            variables,
            database,
            port,
            Path(log_file) if log_file else checkout_folder("logs") / f"{database}.log",
        )

    def install(self, database: str, modules: List[str], option: str = "-i") -> None:
        """Install addons into a database, and show what Odoo complains about.

        :param option: ``-u`` upgrades those that are installed
        """
        log = log_file(f"install-{self.series}")
        configuration = self.config_file(database)
        command = self.command("-c", str(configuration), option, ",".join(modules))
        command += ["--stop-after-init", "--no-http", "--max-cron-threads=0"]
        try:
            run(
                command,
                log,
                f"{', '.join(modules)} could not be installed",
                timeout=INSTALL_SECONDS,
                env=self.process_environment(),
            )
        except SetupError:
            warn("\n" + "\n".join(_lines(log)[-TAIL_LINES:]))
            raise
        finally:
            configuration.unlink()
        complaints = [line for line in _lines(log) if _concerns_us(line)]
        if complaints:
            warn("\n" + "\n".join(complaints))

    def _postgres_version(self) -> str:
        connection = self.connect("postgres")
        try:
            major, minor = divmod(connection.server_version, 10000)
            return f"{major}.{minor}"
        finally:
            connection.close()


def _remove_old_logs(folder: Path) -> None:
    """Keep those of the last runs, for a look at what went wrong."""
    with lock("logs"):
        logs = sorted(folder.glob("*.log"), key=lambda path: path.stat().st_mtime)
        for log in logs[:-KEPT_LOGS]:
            log.unlink()


def _lines(log: Path) -> List[str]:
    return log.read_text(errors="replace").splitlines()


def _concerns_us(line: str) -> bool:
    """Whether a line of Odoo's log is a complaint that is not about Odoo's own old code."""
    return bool(NOTEWORTHY.match(line)) and (" py.warnings: " not in line or ADDON in line)


def python_path() -> str:
    """Where the project's own packages are found outside Odoo: simulator, environment.

    MTS_DEV_BESIDE: a folder with others, which the present command wants to be there.
    """
    beside = os.environ.get("MTS_DEV_BESIDE")
    return os.pathsep.join([str(CHECKOUT), str(DEV), *([beside] if beside else [])])
