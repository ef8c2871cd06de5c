"""A private RabbitMQ node with the demonstration's accounts, for the tests that must not trust a double."""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path

import aio_pika
from aio_pika.abc import AbstractConnection

from broker.definitions import OPERATOR, accounts, definitions
from broker.local.rabbitmq import PrivateNode
from contracts import topology

AGENCIES = (
    "cjit-ashby",
    "drugs-ashby",
    "housing-ashby",
    "sarc-ashby",
    "police-ashby",
    "project-ashby",
)


@dataclass(frozen=True)
class Rabbit:
    """The node and how each account reaches it."""

    node: PrivateNode
    passwords: dict[str, str]

    def url(self, user: str) -> str:
        return self.node.url(user, self.passwords[user], topology.VHOST)

    async def connect(self, user: str) -> AbstractConnection:
        return await aio_pika.connect(self.url(user))

    async def purge(self, *queues: str) -> None:
        """Leave nothing of one test to the next."""
        connection = await self.connect(OPERATOR)
        async with connection:
            channel = await connection.channel()
            for name in queues or tuple(each.name for each in topology.queues(AGENCIES)):
                queue = await channel.get_queue(name, ensure=False)
                await queue.purge()


def start_rabbit(folder: Path) -> Rabbit:
    """Start it. Whoever starts it stops `node` again."""
    passwords = {each: secrets.token_urlsafe(18) for each in [*accounts(AGENCIES), OPERATOR]}
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "definitions.json"
    file.write_text(json.dumps(definitions(AGENCIES, passwords=passwords, operator=OPERATOR)))
    node = PrivateNode(folder / "node", definitions=file)
    node.start()
    return Rabbit(node, passwords)
