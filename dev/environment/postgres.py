# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The database server: the one that PGHOST names, or an embedded one in the cache folder."""

import fcntl
import os
import pwd
import secrets
import shutil
import subprocess
import sysconfig
from pathlib import Path
from typing import IO, List, NamedTuple, Optional, Tuple, Union

import psycopg2

from bootstrap.errors import SetupError
from bootstrap.locks import lock
from bootstrap.paths import cache_folder, require_space
from bootstrap.progress import step
from bootstrap.run import run

from .ports import free_port

ROLE = "odoo"
START_TRIES = 3
# What is in here can be made again at any time, so speed is worth more than surviving a
# power cut. Connections only over loopback, with a password: a socket file would need a
# path of less than 108 bytes, which a cache folder does not promise.
SERVER_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "30min",
    "max_parallel_workers_per_gather": "0",
    # Its default wants /dev/shm, which is small or absent in some containers.
    "dynamic_shared_memory_type": "mmap",
}


class Connection(NamedTuple):
    """How to reach the server."""

    host: str
    port: int
    user: str
    password: str

    def open(self, database: str = "postgres") -> "psycopg2.extensions.connection":
        """A connection in which each statement is its own transaction."""
        try:
            connection = psycopg2.connect(
                host=self.host,
                port=self.port,
                user=self.user,
                password=self.password,
                dbname=database,
                connect_timeout=10,
            )
        except psycopg2.OperationalError as error:
            raise SetupError(
                f"PostgreSQL at {self.host}:{self.port} cannot be used by '{self.user}': "
                f"{str(error).strip().splitlines()[0]}."
            ) from None
        connection.autocommit = True
        return connection


class ExternalServer:
    """A server that somebody else runs, named by PGHOST and its companions."""

    def acquire(self) -> Connection:
        """Check that the server lets us in, and that Odoo will accept it."""
        user = os.environ.get("PGUSER") or pwd.getpwuid(os.getuid()).pw_name
        if user == "postgres":
            raise SetupError(
                "Odoo refuses PostgreSQL's role 'postgres': create a role that may create "
                "databases and name it in PGUSER."
            )
        connection = Connection(
            os.environ["PGHOST"],
            int(os.environ.get("PGPORT") or 5432),
            user,
            os.environ.get("PGPASSWORD", ""),
        )
        connection.open().close()
        return connection

    def release(self) -> None:
        """Nothing of ours to stop."""


class EmbeddedServer:
    """PostgreSQL from the package `pgserver`, shared by all commands that run at a time.

    Each user of the server holds a shared lock, which the kernel takes back when the process
    ends, however it ends. Who leaves and finds no other user stops the server. A server that
    a crash left running is found by the next user and ends with that one.
    """

    def __init__(self) -> None:
        self.binaries = _package_folder() / "pginstall" / "bin"
        # Another version cannot read the data.
        self.root = cache_folder("postgres", _major_version(self.binaries))
        self.data = self.root / "data"
        self._users: Optional[IO[str]] = None

    def acquire(self) -> Connection:
        """Start the server unless it runs."""
        with lock("postgres"):
            if self._users is None:
                # Stays open, and with it the lock, until `release`.
                self._users = open(str(self.root / "users"), "w")  # noqa: SIM115
                fcntl.flock(self._users, fcntl.LOCK_SH)
            if not (self.data / "PG_VERSION").exists():
                self._create()
            if not self.running():
                self._start()
        return Connection("127.0.0.1", self._port(), ROLE, self._password_file().read_text())

    def release(self) -> None:
        """Stop the server when nobody else uses it."""
        if self._users is None:
            return
        with lock("postgres"):
            try:
                fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self.stop()
            except BlockingIOError:
                pass  # another command uses it and will stop it
            finally:
                self._users.close()
                self._users = None

    def running(self) -> bool:
        """Whether a server works on our data folder."""
        return self._control("status").returncode == 0

    def stop(self) -> None:
        """End the server and all its connections."""
        if self.running():
            self._control("-m", "fast", "-w", "stop")

    def _create(self) -> None:
        require_space(1000, "The database")
        shutil.rmtree(str(self.data), ignore_errors=True)
        self.data.mkdir(mode=0o700)
        password = self._password_file()
        password.touch(mode=0o600)
        password.write_text(secrets.token_hex(16))
        if os.geteuid() == 0:
            os.chown(str(self.data), *_unprivileged_ids())
        command = [self.binaries / "initdb", "-D", self.data, "-U", ROLE, "-E", "UTF8"]
        command += ["--no-locale", "--no-sync", "-A", "scram-sha-256"]
        with step("creating the embedded PostgreSQL's data folder"):
            try:
                run(
                    _as_unprivileged([*map(str, command), f"--pwfile={password}"]),
                    self.root / "initdb.log",
                    "The embedded PostgreSQL could not be set up",
                    timeout=120,
                )
            except BaseException:
                shutil.rmtree(str(self.data), ignore_errors=True)
                raise

    def _start(self) -> None:
        require_space(100, "The embedded PostgreSQL")
        for _attempt in range(START_TRIES):
            settings = dict(SERVER_SETTINGS, port=str(free_port()))
            options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
            started = self._control("-w", "-t", "60", "-l", self._log(), "-o", options, "start")
            if started.returncode == 0:
                return
        raise SetupError(
            f"The embedded PostgreSQL does not start, see {self._log()}: 'make clean' makes a "
            "new one; or name another server with PGHOST."
        )

    def _control(self, *arguments: object) -> "subprocess.CompletedProcess[bytes]":
        command = [self.binaries / "pg_ctl", "-D", self.data, "-s", *arguments]
        return subprocess.run(
            _as_unprivileged([str(part) for part in command]),
            stdin=subprocess.DEVNULL,
            # The server would hold a pipe of ours open for as long as it lives.
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            check=False,
        )

    def _port(self) -> int:
        # PostgreSQL writes it there; the fourth line is the port.
        return int((self.data / "postmaster.pid").read_text().splitlines()[3])

    def _log(self) -> Path:
        # Inside, because the unprivileged user may write nowhere else.
        return self.data / "server.log"

    def _password_file(self) -> Path:
        return self.root / "password"


def server() -> Union[ExternalServer, EmbeddedServer]:
    """The server of this machine."""
    return ExternalServer() if os.environ.get("PGHOST") else EmbeddedServer()


def _package_folder() -> Path:
    return Path(sysconfig.get_paths()["purelib"]) / "pgserver"


def _major_version(binaries: Path) -> str:
    said = subprocess.run(
        [str(binaries / "postgres"), "--version"], stdout=subprocess.PIPE, check=True
    )
    return said.stdout.decode().split()[-1].split(".")[0]


def _unprivileged_ids() -> Tuple[int, int]:
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def _as_unprivileged(command: List[str]) -> List[str]:
    """PostgreSQL refuses to run as root: then it runs as 'nobody'.

    That user keeps the right to pass through root's own folders, so that the cache can stay
    where it is and no folder's mode need be changed.
    """
    if os.geteuid() != 0:
        return command
    if shutil.which("setpriv") is None:
        raise SetupError(
            "PostgreSQL does not run as root, and 'setpriv' (util-linux) is not installed: run "
            "as an ordinary user, or name a server with PGHOST."
        )
    user, group = _unprivileged_ids()
    return [
        "setpriv",
        f"--reuid={user}",
        f"--regid={group}",
        "--clear-groups",
        "--inh-caps=+dac_read_search",
        "--ambient-caps=+dac_read_search",
        # access(2) forgets the right without this, and pg_ctl asks it.
        "--securebits=+no_setuid_fixup",
        *command,
    ]
