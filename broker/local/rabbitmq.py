"""A private RabbitMQ node: own ports, own folder, own epmd, gone without a trace. Leaves out what runs on it.

The package's wrapper in /usr/sbin changes user and drops the environment, so the server's own script is
started instead. Everything below that looks like too many settings is one: each unset one reads a file of
the system's, or listens where others can reach it.
"""

import json
import os
import secrets
import socket
import subprocess
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from broker.local.installed import epmd, rabbitmq_folder
from broker.local.ports import LOOPBACK, free_ports
from broker.local.processes import Process, ProgramDiedError, last_lines

_STARTS = 4
_HELLO = b"AMQP\x00\x00\x09\x01"


def answers(host: str, port: int, *, timeout: float = 2.0) -> bool:
    """Whether a RabbitMQ is ready there: it opens its listener last, after its definitions are read."""
    try:
        with socket.create_connection((host, port), timeout) as connection:
            connection.settimeout(timeout)
            connection.sendall(_HELLO)
            return connection.recv(1) == b"\x01"
    except OSError:
        return False


class PortTakenError(ProgramDiedError):
    """Another program took one of the node's ports between choosing and using it."""


@dataclass(frozen=True)
class Ports:
    """What the node listens on; all on loopback."""

    amqp: int
    distribution: int
    epmd: int

    @classmethod
    def found(cls) -> Self:
        return cls(*free_ports(3))


class PrivateNode:
    """One disposable node. Its folder is its identity: a new object on the same folder is the same node."""

    def __init__(
        self, folder: Path, *, definitions: Path | None = None, plugins: Sequence[str] = (), settings: Sequence[str] = ()
    ) -> None:
        self.folder = folder.absolute()
        self._plugins = tuple(plugins)
        self._more_settings = tuple(settings)
        self.definitions = definitions.absolute() if definitions else None
        self.ports: Ports | None = None
        self.server: Process | None = None
        self.epmd: Process | None = None

    # --- its life

    def start(self, *, timeout: float = 180) -> None:
        """Start it and wait until it takes connections. Ports once given out are kept."""
        kept = self.ports
        for attempt in range(1, _STARTS + 1):
            self.ports = kept or Ports.found()
            self._prepare()
            try:
                self._start_once(timeout)
            except PortTakenError:
                # Seen free a moment ago, taken by now: the one failure that another try can cure.
                self.kill_all()
                if attempt == _STARTS:
                    raise
                time.sleep(1 if kept else 0)
            else:
                return

    def stop(self, *, timeout: float = 60) -> None:
        """Let it close its files, then end it and its epmd."""
        if self.server:
            self.server.stop(timeout)
        if self.epmd:
            self.epmd.kill()

    def kill(self) -> None:
        """kill -9 the server, as a power cut would. epmd and the files stay."""
        if self.server:
            self.server.kill()

    def kill_all(self) -> None:
        for each in (self.server, self.epmd):
            if each:
                each.kill()

    def restart(self, *, timeout: float = 180) -> None:
        """Start it again on the same ports and the same files, after a stop or a kill."""
        if self.server and self.server.alive():
            self.server.stop(60)
        self.start(timeout=timeout)

    def alive(self) -> bool:
        return self.server is not None and self.server.alive()

    @property
    def port(self) -> int:
        if self.ports is None:
            raise RuntimeError("the node was never started, so it has no port yet")
        return self.ports.amqp

    def url(self, user: str, password: str, vhost: str) -> str:
        return f"amqp://{user}:{password}@{LOOPBACK}:{self.port}/{vhost}?heartbeat=10"

    # --- asking it things

    def control(self, *arguments: str, timeout: float = 60) -> str:
        """rabbitmqctl, on this node. Costs a second each time: never poll with it."""
        folder = rabbitmq_folder()
        if folder is None:
            raise FileNotFoundError("rabbitmqctl is not installed")
        done = subprocess.run(
            [folder / "rabbitmqctl", "-q", "-n", self._name, *arguments],
            env=self._environment(),
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=True,
        )
        return done.stdout

    def status(self) -> dict[str, Any]:
        """Version, alarms, disk and memory, as the node itself reports them."""
        answer: dict[str, Any] = json.loads(self.control("status", "--formatter", "json"))
        return answer

    # --- the state file

    def saved(self) -> dict[str, Any]:
        return {
            "folder": str(self.folder),
            "definitions": str(self.definitions) if self.definitions else None,
            "ports": asdict(self.ports) if self.ports else None,
            "server": [self.server.pid, self.server.started] if self.server else None,
            "epmd": [self.epmd.pid, self.epmd.started] if self.epmd else None,
        }

    @classmethod
    def from_saved(cls, saved: dict[str, Any]) -> Self:
        node = cls(Path(saved["folder"]), definitions=Path(saved["definitions"]) if saved["definitions"] else None)
        node.ports = Ports(**saved["ports"]) if saved["ports"] else None
        node.server = Process(*saved["server"]) if saved["server"] else None
        node.epmd = Process(*saved["epmd"]) if saved["epmd"] else None
        return node

    # --- how it is made

    @property
    def _name(self) -> str:
        return "relay@localhost"

    def _start_once(self, timeout: float) -> None:
        folder = rabbitmq_folder()
        if folder is None:
            raise FileNotFoundError("rabbitmq-server is not installed")
        assert self.ports is not None
        log = self.folder / "stdout.log"
        log.unlink(missing_ok=True)
        environment = self._environment()
        if self.epmd is None or not self.epmd.alive():
            # Ours, or the server would start one that outlives it and answers to everyone on this machine.
            arguments = [epmd(), "-port", str(self.ports.epmd), "-address", LOOPBACK]
            self.epmd = Process.start(arguments, env=environment, folder=self.folder, output=log)
        self.server = Process.start([folder / "rabbitmq-server"], env=environment, folder=self.folder, output=log)
        limit = time.monotonic() + timeout
        while not answers(LOOPBACK, self.ports.amqp):
            if not self.server.alive():
                raise self._why_it_ended(log)
            if time.monotonic() > limit:
                self.kill_all()
                raise TimeoutError(f"RabbitMQ was not ready after {timeout:.0f} s; see {log}")
            time.sleep(0.05)

    def _why_it_ended(self, log: Path) -> ProgramDiedError:
        self.kill_all()
        end = last_lines(log, 40)
        kind = PortTakenError if "eaddrinuse" in end.lower() else ProgramDiedError
        return kind(f"RabbitMQ ended while starting:\n{end}")

    def _prepare(self) -> None:
        assert self.ports is not None
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "env.conf").write_text("")
        # Erlang asks who localhost is. A bare machine may have no /etc/hosts, and a name server may never answer.
        (self.folder / "inetrc").write_text('{host, {127,0,0,1}, ["localhost"]}.\n{lookup, [file, native]}.\n')
        (self.folder / "enabled_plugins").write_text(f"[{','.join(self._plugins)}].\n")
        (self.folder / "rabbitmq.conf").write_text(self._settings())
        cookie = self.folder / ".erlang.cookie"
        if not cookie.exists():
            cookie.touch(mode=0o600)
            cookie.write_text(secrets.token_hex(16))
            cookie.chmod(0o400)  # Erlang refuses to start with any other mode

    def _settings(self) -> str:
        assert self.ports is not None
        lines = [
            f"listeners.tcp.1 = {LOOPBACK}:{self.ports.amqp}",
            "log.console = false",
            "log.file.level = info",
            "heartbeat = 10",
            "disk_free_limit.absolute = 64MB",
            "vm_memory_high_watermark.absolute = 1GB",
            "max_message_size = 1048576",
            "raft.wal_max_size_bytes = 134217728",
        ]
        # With definitions the `guest` account is never made.
        if self.definitions:
            lines.append(f"load_definitions = {self.definitions}")
        return "\n".join([*lines, *self._more_settings]) + "\n"

    def _environment(self) -> dict[str, str]:
        assert self.ports is not None
        at = self.folder
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(("RABBITMQ_", "ERL_", "NOTIFY_"))}
        return inherited | {
            "HOME": str(at),
            "LANG": "C.UTF-8",
            "LC_ALL": "C.UTF-8",
            # Then the script becomes the server instead of waiting for it: the pid we hold is the server's.
            "RUNNING_UNDER_SYSTEMD": "true",
            "RABBITMQ_CONF_ENV_FILE": str(at / "env.conf"),
            "RABBITMQ_NODENAME": self._name,
            "RABBITMQ_USE_LONGNAME": "false",
            "RABBITMQ_NODE_PORT": str(self.ports.amqp),
            "RABBITMQ_NODE_IP_ADDRESS": LOOPBACK,
            "RABBITMQ_DIST_PORT": str(self.ports.distribution),
            "RABBITMQ_CONFIG_FILE": str(at / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(at / "advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(at / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(at / "db"),
            "RABBITMQ_LOG_BASE": str(at / "log"),
            "RABBITMQ_GENERATED_CONFIG_DIR": str(at / "generated"),
            "RABBITMQ_SCHEMA_DIR": str(at / "schema"),
            "RABBITMQ_PID_FILE": str(at / "pid"),
            "RABBITMQ_FEATURE_FLAGS_FILE": str(at / "feature_flags"),
            "RABBITMQ_QUORUM_DIR": str(at / "quorum"),
            "RABBITMQ_STREAM_DIR": str(at / "stream"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "ERL_INETRC": str(at / "inetrc"),
            "ERL_EPMD_PORT": str(self.ports.epmd),
            "ERL_EPMD_ADDRESS": LOOPBACK,
            "ERL_CRASH_DUMP": "/dev/null",
        }
