"""RabbitMQ as a benchmark needs it: fill queues, count what waits, empty them. Leaves out what is measured."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiormq
from aiormq.abc import AbstractChannel, DeliveredMessage

from contracts import topology

_IN_FLIGHT = 400
_Properties = aiormq.spec.Basic.Properties


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message to be put in a queue: who publishes it, where to, and its bytes."""

    sender: str
    exchange: str
    routing_key: str
    body: bytes
    message_id: str


@asynccontextmanager
async def channel(url: str) -> AsyncIterator[AbstractChannel]:
    """A channel on a connection of its own, with confirms."""
    connection = await aiormq.connect(url)
    try:
        yield await connection.channel(on_return_raises=True)
    finally:
        await connection.close()


async def fill(url_of: Callable[[str], str], parcels: Sequence[Parcel]) -> None:
    """Publish all, each by its own sender's account, persistent, mandatory and confirmed."""
    by_sender: dict[str, list[Parcel]] = {}
    for each in parcels:
        by_sender.setdefault(each.sender, []).append(each)
    await asyncio.gather(*(_fill_as(url_of(sender), theirs) for sender, theirs in by_sender.items()))


async def _fill_as(url: str, parcels: Sequence[Parcel]) -> None:
    async with channel(url) as out:
        left = iter(parcels)

        async def publish() -> None:
            for each in left:
                await out.basic_publish(
                    each.body,
                    exchange=each.exchange,
                    routing_key=each.routing_key,
                    properties=_Properties(
                        delivery_mode=2,
                        message_id=each.message_id,
                        user_id=each.sender,
                        content_type="application/json",
                    ),
                    mandatory=True,
                )

        await asyncio.gather(*(publish() for _ in range(_IN_FLIGHT)))


async def depth(on: AbstractChannel, queue: str) -> int:
    """How many messages wait in a queue, asked of the queue itself."""
    return (await on.queue_declare(queue, passive=True)).message_count or 0


async def depths(on: AbstractChannel, names: Iterable[str]) -> int:
    """How many wait in several queues together."""
    return sum([await depth(on, name) for name in names])


async def make_afresh(on: AbstractChannel, *names: str) -> None:
    """Empty quorum queues of these names, whatever was there before."""
    for name in names:
        await on.queue_delete(name)
        arguments: Any = {"x-queue-type": "quorum", "x-delivery-limit": topology.DELIVERY_LIMIT}
        await on.queue_declare(name, durable=True, arguments=arguments)


async def purge(on: AbstractChannel, names: Iterable[str]) -> None:
    """Empty these queues."""
    for name in names:
        await on.queue_purge(name)


async def take_all(url: str, queue: str, *, want: int) -> list[DeliveredMessage]:
    """Take what waits in a queue, in order, until there are ``want`` or nothing came for two seconds."""
    taken: list[DeliveredMessage] = []
    if want == 0:
        return taken
    enough = asyncio.Event()
    last = time.monotonic()

    async with channel(url) as own:
        await own.basic_qos(prefetch_count=500)

        async def keep(message: DeliveredMessage) -> None:
            nonlocal last
            taken.append(message)
            last = time.monotonic()
            assert isinstance(message.delivery, aiormq.spec.Basic.Deliver)
            await own.basic_ack(message.delivery.delivery_tag or 0, wait=False)
            if len(taken) >= want:
                enough.set()

        await own.basic_consume(queue, keep)
        while not enough.is_set() and time.monotonic() - last < 2:
            try:
                await asyncio.wait_for(enough.wait(), 0.2)
            except TimeoutError:
                continue
    return taken


async def until(done: Callable[[], Awaitable[bool]], *, seconds: float, every: float = 0.05) -> bool:
    """Ask again and again; False when the time is up."""
    limit = time.monotonic() + seconds
    while not await done():
        if time.monotonic() > limit:
            return False
        await asyncio.sleep(every)
    return True


def busy() -> float:
    """The machine's load over the last minute, to be shown beside figures that others may have disturbed."""
    return os.getloadavg()[0]
