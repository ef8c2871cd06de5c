"""A private PostgreSQL for tests and benchmarks: own folder, own port, own password. Leaves out the tables.

Production has its own server. This one exists so that the same tests run on both databases on any machine,
with durable commits as in earnest: a figure measured with fsync off would be a lie.
"""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg
from psycopg import sql

from broker.local.installed import postgres_folder
from broker.local.ports import LOOPBACK, free_ports
from broker.local.processes import Process, ProgramDiedError, last_lines

_OWNER = "relay"
_STARTS = 4


class PrivatePostgres:
    """One disposable server. `start` it, `create` databases on it, `stop` it and it is gone."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._password = secrets.token_urlsafe(18)
        self._port = 0
        self._server: Process | None = None

    def start(self, *, timeout: float = 60) -> None:
        programs = postgres_folder()
        if programs is None:
            raise FileNotFoundError("PostgreSQL is not installed: apt-get install postgresql")
        # Under the temporary folder, not under var/: as root it runs as somebody else, who may not be
        # allowed to walk into the folder this project lies in.
        self._folder = Path(tempfile.mkdtemp(prefix="relay-postgres-"))
        user = _unprivileged()
        if user:
            shutil.chown(self._folder, user)
        self._make_cluster(programs, user)
        for attempt in range(1, _STARTS + 1):
            self._port = free_ports(1)[0]
            if self._start_once(programs, user, timeout):
                return
            if attempt == _STARTS:
                raise ProgramDiedError(f"PostgreSQL ended while starting:\n{last_lines(self._log)}")

    def stop(self) -> None:
        """End it and remove every trace. SIGINT is its 'fast': clients are cut off, files are closed."""
        if self._server:
            self._server.stop(20, number=signal.SIGINT)
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def kill(self) -> None:
        """kill -9, as a power cut would; `restart` finds the same databases."""
        if self._server:
            self._server.kill()

    def create(self, name: str | None = None) -> str:
        """A fresh, empty database, as an SQLAlchemy URL."""
        name = name or f"t_{secrets.token_hex(6)}"
        self._do(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return f"postgresql+psycopg://{_OWNER}:{self._password}@{LOOPBACK}:{self._port}/{name}"

    def drop(self, url: str) -> None:
        name = url.rsplit("/", 1)[1]
        self._do(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    # --- how it is made

    @property
    def _log(self) -> Path:
        assert self._folder is not None
        return self._folder / "postgres.log"

    def _do(self, statement: sql.Composed) -> None:
        with psycopg.connect(self._server_url(), autocommit=True) as connection:
            connection.execute(statement)

    def _server_url(self) -> str:
        return f"postgresql://{_OWNER}:{self._password}@{LOOPBACK}:{self._port}/postgres?connect_timeout=5"

    def _make_cluster(self, programs: Path, user: str | None) -> None:
        assert self._folder is not None
        password = self._folder / "password"
        password.touch(mode=0o600)
        password.write_text(self._password)
        if user:
            shutil.chown(password, user)
        arguments: list[str | Path] = [
            programs / "initdb",
            "--pgdata",
            self._folder / "data",
            "--username",
            _OWNER,
        ]
        arguments += [
            "--no-sync",
            "--auth",
            "scram-sha-256",
            "--pwfile",
            password,
            "--encoding",
            "UTF8",
            "--no-locale",
        ]
        # Only the making of the empty cluster is not synced; the server's own commits are.
        done = subprocess.run(
            arguments,
            cwd=self._folder,
            env=_environment(),
            capture_output=True,
            text=True,
            user=user,
            group=pwd.getpwnam(user).pw_gid if user else None,
            extra_groups=[] if user else None,
            check=False,
        )
        password.unlink()
        if done.returncode:
            raise ProgramDiedError(f"initdb failed:\n{done.stderr}")

    def _start_once(self, programs: Path, user: str | None, timeout: float) -> bool:
        assert self._folder is not None
        settings = {
            "port": str(self._port),
            "listen_addresses": LOOPBACK,
            "unix_socket_directories": "",
            "fsync": "on",
            "synchronous_commit": "on",
            "max_connections": "100",
            "shared_buffers": "128MB",
        }
        arguments: list[str | Path] = [programs / "postgres", "-D", self._folder / "data"]
        for key, value in settings.items():
            arguments += ["-c", f"{key}={value}"]
        self._server = Process.start(arguments, env=_environment(), folder=self._folder, output=self._log, user=user)
        limit = time.monotonic() + timeout
        while self._server.alive():
            try:
                psycopg.connect(self._server_url()).close()
            except psycopg.OperationalError:
                if time.monotonic() > limit:
                    self._server.kill()
                    raise
                time.sleep(0.05)
            else:
                return True
        return False


def _unprivileged() -> str | None:
    """PostgreSQL refuses to run as root: then as its own user, or as nobody in particular."""
    if os.geteuid() != 0:
        return None
    known = {each.pw_name for each in pwd.getpwall()}
    return next((each for each in ("postgres", "nobody") if each in known), None)


def _environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith("PG")} | {"LC_ALL": "C"}
