"""Which RabbitMQ the system uses: the one it was given, a private node, or a container; in that order.

All three end with the same thing, an address for each account. One that was given is never started or
stopped. Leaves out what the node must hold (`broker/definitions.py`).
"""

import asyncio
import base64
import json
import os
import secrets
import shutil
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import aio_pika

from broker.definitions import OPERATOR, accounts, definitions
from broker.local.installed import rabbitmq_folder
from broker.local.ports import LOOPBACK, free_ports
from broker.local.programs import ROOT
from broker.local.rabbitmq import PrivateNode
from contracts import topology

COMPOSE_FILE = ROOT / "docker" / "rabbitmq-only.yml"
MANAGEMENT_PORT = 15672


class NoRabbitError(RuntimeError):
    """There is no RabbitMQ to use, with what to do about it."""


class Messaging(Protocol):
    """A RabbitMQ with the partnership's accounts in it."""

    def start(self) -> None:
        """Make it ready for connections."""

    def stop(self) -> None:
        """End it, if it is ours to end."""

    def runs(self) -> bool:
        """Whether there is anything of ours to end."""

    def url(self, user: str) -> str:
        """The address with which this account connects."""

    def saved(self) -> dict[str, Any]:
        """What the state file must remember."""


class Accounts:
    """One password for each account, made once and kept, and the definitions that give them."""

    def __init__(self, folder: Path, agencies: Sequence[str], passwords: dict[str, str] | None) -> None:
        self.agencies = tuple(agencies)
        self.passwords = passwords or {each: secrets.token_urlsafe(18) for each in [*accounts(self.agencies), OPERATOR]}
        self.file = folder / "definitions.json"

    def write(self, *, operator: str = OPERATOR, mode: int = 0o600) -> Path:
        self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.file.write_text(json.dumps(definitions(self.agencies, passwords=self.passwords, operator=operator)))
        self.file.chmod(mode)
        return self.file


class PrivateRabbit:
    """A node of our own on free ports of this machine."""

    def __init__(self, folder: Path, account: Accounts, node: PrivateNode | None = None) -> None:
        self.account = account
        self.node = node or PrivateNode(folder / "rabbitmq")

    def start(self) -> None:
        if not self.node.alive():
            self.node.definitions = self.account.write()
            self.node.start()

    def stop(self) -> None:
        self.node.stop()

    def runs(self) -> bool:
        return self.node.alive()

    def url(self, user: str) -> str:
        return self.node.url(user, self.account.passwords[user], topology.VHOST)

    def saved(self) -> dict[str, Any]:
        return {"kind": "private", "passwords": self.account.passwords, "node": self.node.saved()}


class GivenRabbit:
    """The one that AMQP_URL names. Its account gives the partnership's accounts their rights, once."""

    def __init__(self, folder: Path, account: Accounts, address: str) -> None:
        self.account = account
        self.address = urllib.parse.urlsplit(address)
        self.folder = folder

    def start(self) -> None:
        if self._lets_in(topology.BROKER_USER):
            return
        operator = urllib.parse.unquote(self.address.username or "guest")
        file = self.account.write(operator=operator)
        if not self._imported(file) or not self._lets_in(topology.BROKER_USER):
            raise NoRabbitError(
                f"The RabbitMQ at {self.address.hostname} does not know the partnership's accounts yet, and its "
                f"management page could not be reached to add them. On that machine, as its administrator:\n"
                f"  rabbitmqctl import_definitions {file}\nand start again."
            )

    def stop(self) -> None:
        """Not ours to stop."""

    def runs(self) -> bool:
        return False

    def url(self, user: str) -> str:
        if user == OPERATOR:
            user, password = self.address.username or "guest", self.address.password or "guest"
        else:
            password = self.account.passwords[user]
        port = f":{self.address.port}" if self.address.port else ""
        host = f"{self.address.hostname}{port}"
        return f"{self.address.scheme}://{user}:{password}@{host}/{topology.VHOST}?heartbeat=10"

    def saved(self) -> dict[str, Any]:
        return {"kind": "given", "passwords": self.account.passwords, "address": self.address.geturl()}

    def _lets_in(self, user: str) -> bool:
        async def connect() -> None:
            await (await aio_pika.connect(self.url(user), timeout=10)).close()

        try:
            asyncio.run(connect())
        except (aio_pika.exceptions.AMQPError, OSError, TimeoutError):
            return False
        return True

    def _imported(self, file: Path) -> bool:
        default = f"http://{self.address.hostname}:{MANAGEMENT_PORT}"
        page = os.environ.get("AMQP_MANAGEMENT_URL", default).rstrip("/") + "/api/definitions"
        known = f"{self.address.username or 'guest'}:{self.address.password or 'guest'}"
        login = base64.b64encode(urllib.parse.unquote(known).encode()).decode()
        headers = {"Authorization": f"Basic {login}", "Content-Type": "application/json"}
        request = urllib.request.Request(page, file.read_bytes(), headers, method="POST")  # noqa: S310  # the operator's own address
        try:
            with urllib.request.urlopen(request, timeout=15) as answer:  # noqa: S310  # as above
                return bool(answer.status < 300)
        except (urllib.error.URLError, OSError):
            return False


class ContainerRabbit:
    """RabbitMQ in a container, where there is Docker and no server installed."""

    def __init__(self, folder: Path, account: Accounts, port: int | None = None) -> None:
        self.account = account
        self.folder = folder
        self.port = port or free_ports(1)[0]

    def start(self) -> None:
        # The server in the container is another user. The file holds hashes, no passwords.
        self.account.write(mode=0o644)
        self._compose("up", "--detach", "--wait")

    def stop(self) -> None:
        self._compose("stop")

    def runs(self) -> bool:
        return True

    def url(self, user: str) -> str:
        password = self.account.passwords[user]
        return f"amqp://{user}:{password}@{LOOPBACK}:{self.port}/{topology.VHOST}?heartbeat=10"

    def saved(self) -> dict[str, Any]:
        return {"kind": "container", "passwords": self.account.passwords, "port": self.port}

    def _compose(self, *arguments: str) -> None:
        environment = os.environ | {"RELAY_AMQP_PORT": str(self.port), "RELAY_DEFINITIONS": str(self.account.file)}
        command = ["docker", "compose", "--project-name", f"relay-{self.folder.name}", "--file", str(COMPOSE_FILE)]
        done = subprocess.run([*command, *arguments], env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NoRabbitError(f"docker compose could not {arguments[0]} RabbitMQ:\n{done.stderr.strip()}")


def has_compose() -> bool:
    """Whether Docker is here, with its compose command."""
    if shutil.which("docker") is None:
        return False
    return subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode == 0


def choose(folder: Path, agencies: Sequence[str], remembered: dict[str, Any] | None) -> Messaging:
    """The RabbitMQ to use, with the accounts it had before."""
    remembered = remembered or {}
    account = Accounts(folder, agencies, remembered.get("passwords"))
    if address := os.environ.get("AMQP_URL"):
        return GivenRabbit(folder, account, address)
    if rabbitmq_folder():
        node = PrivateNode.from_saved(remembered["node"]) if remembered.get("node") else None
        return PrivateRabbit(folder, account, node)
    if has_compose():
        return ContainerRabbit(folder, account, remembered.get("port"))
    raise NoRabbitError(
        "There is no RabbitMQ here. One of these cures it:\n"
        "  apt-get install --no-install-recommends rabbitmq-server   (./run demo does this by itself)\n"
        "  AMQP_URL=amqp://administrator:password@host:5672/         a server that you already have\n"
        "  Docker with its compose command"
    )


def reopened(folder: Path, agencies: Sequence[str], remembered: dict[str, Any]) -> Messaging:
    """The RabbitMQ of a system that was started before, whatever the environment says now."""
    account = Accounts(folder, agencies, remembered["passwords"])
    match remembered["kind"]:
        case "given":
            return GivenRabbit(folder, account, remembered["address"])
        case "container":
            return ContainerRabbit(folder, account, remembered["port"])
        case _:
            return PrivateRabbit(folder, account, PrivateNode.from_saved(remembered["node"]))
