"""What RabbitMQ gave up handing over: list it, show where it came from, and send it back where it was going.

A message lands here after a hundred deliveries that nobody acknowledged, which a crash-looping program can do to innocent
messages (messaging.md §4). Sent back, it is decided anew like any other. Bodies are never shown: they are not ours to read.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from contracts import topology

_MOST: Final = 1000


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One message in the dead queue, without its body."""

    id: str
    queue: str
    reason: str
    exchange: str
    routing_key: str
    died: str
    size: int


async def list_dead(url: str) -> list[DeadLetter]:
    """Every dead letter, oldest first. They stay where they are."""
    async with _peek(url) as (_, messages):
        return [_described(message) async for message in messages]


async def send_back(url: str, wanted: str) -> int:
    """Publish the dead letter with that id (or ``all``) to where it was going, and only then remove it. How many."""
    returned = 0
    async with _peek(url) as (channel, messages):
        async for message in messages:
            letter = _described(message)
            if wanted not in (letter.id, "all"):
                continue
            exchange = await channel.get_exchange(letter.exchange, ensure=False)
            copy = aio_pika.Message(
                message.body,
                headers={k: v for k, v in message.headers.items() if not k.startswith("x-")},
                delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
                message_id=letter.id,
                user_id=topology.BROKER_USER,
                content_type=message.content_type,
            )
            await exchange.publish(copy, letter.routing_key, mandatory=True, timeout=30)
            await message.ack()
            returned += 1
    return returned


@asynccontextmanager
async def _peek(url: str) -> AsyncIterator[tuple[AbstractChannel, AsyncIterator[AbstractIncomingMessage]]]:
    """The dead queue's messages, unacknowledged: those not acknowledged inside go back when the connection closes."""
    connection = await aio_pika.connect(url, timeout=10)
    async with connection:
        channel = await connection.channel(on_return_raises=True)
        queue = await channel.get_queue(topology.DEAD_QUEUE, ensure=False)

        async def messages() -> AsyncIterator[AbstractIncomingMessage]:
            for _ in range(_MOST):
                message = await queue.get(fail=False, timeout=5)
                if message is None:
                    return
                yield message

        yield channel, messages()


def _described(message: AbstractIncomingMessage) -> DeadLetter:
    deaths: Any = message.headers.get("x-death") or [{}]
    # The oldest entry is the queue that first gave it up.
    death = deaths[-1]
    keys = death.get("routing-keys") or [message.routing_key or ""]
    when = death.get("time")
    return DeadLetter(
        id=message.message_id or "",
        queue=str(death.get("queue", "")),
        reason=str(death.get("reason", "")),
        exchange=str(death.get("exchange", "")),
        routing_key=str(keys[0]),
        died=when.astimezone(UTC).isoformat(timespec="seconds") if isinstance(when, datetime) else "",
        size=len(message.body),
    )
