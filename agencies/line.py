"""The line to RabbitMQ: connected whenever that can be had, publishing with confirms, acknowledging only what is stored.

It declares nothing, because an agency may configure nothing (design.md D3). The client's own reconnecting is not used: it
knows one address, and hides that messages in flight were lost (messaging.md §5). Leaves out: what is sent and received.
"""

import asyncio
import contextlib
import itertools
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import aio_pika
import structlog
from aio_pika import DeliveryMode, Message
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage
from aio_pika.exceptions import AMQPException, ChannelClosed, ChannelInvalidStateError, DeliveryError, MessageProcessError
from yarl import URL

from agencies.outbox import Queued
from agencies.receiving import Parcel
from contracts.topology import SUBMIT, WHAT_HEADER, inbox

log = structlog.get_logger()

_HEARTBEAT_S = 10
_PUBLISH_S = 15
_SLOW_S = 3.0
_CONNECT_S = 10
_SET_UP_S = 5
_LEAVE_S = 2
_IN_FLIGHT = 50
_LONGEST_WAIT_S = 5.0


class LineLostError(Exception):
    """The connection or one of its channels is gone."""


class Work(Protocol):
    """What the line asks of the adapter."""

    async def queued(self, limit: int) -> list[Queued]:
        """What to publish next, in order."""

    async def confirmed(self, ids: list[str]) -> None:
        """RabbitMQ has these."""

    async def arrived(self, parcels: list[Parcel]) -> set[int]:
        """Store a batch; the places of those that cannot be read. ForkError stops the line."""


class Line:
    """One agency's connection, remade until it is stopped."""

    def __init__(self, urls: Sequence[str], agency: str, prefetch: int, work: Work) -> None:
        self._urls = itertools.cycle([_with_heartbeat(url) for url in urls])
        self._agency = agency
        self._prefetch = prefetch
        self._work = work
        self.connected = False
        self.slow = False
        """RabbitMQ has taken nothing for seconds, as it does under an alarm for memory or disk."""
        self.to_send = asyncio.Event()
        self._tries = itertools.count()

    async def run(self) -> None:
        """Stay connected until cancelled. Ends by itself only with a ForkError."""
        wait = 0.1
        while True:
            try:
                connection = await aio_pika.connect(next(self._urls), timeout=_CONNECT_S)
                try:
                    wait = 0.1
                    await self._serve(connection)
                finally:
                    await _leave(connection)
            except* (AMQPException, LineLostError, OSError, TimeoutError) as lost:
                log.warning("line.lost", why=sorted({type(one).__name__ for one in _leaves(lost)}), wait_s=wait)
            finally:
                self.connected = False
            await asyncio.sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT_S)

    async def _serve(self, connection: AbstractConnection) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_until_closed(connection.closed))
            tasks.create_task(self._receive(connection))
            tasks.create_task(self._send(connection))

    # --- sending

    async def _send(self, connection: AbstractConnection) -> None:
        while True:
            # A channel that saw a nack is not used again: on a queue whose leader changed it would be nacked for ever.
            channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
            try:
                await self._send_on(channel)
            except DeliveryError as error:
                log.warning("line.not_taken", why=type(error).__name__)
                await asyncio.sleep(0.2)
            finally:
                await channel.close()

    async def _send_on(self, channel: AbstractChannel) -> None:
        exchange = await channel.get_exchange(SUBMIT, ensure=False)
        while True:
            self.to_send.clear()
            batch = await self._work.queued(_IN_FLIGHT)
            if not batch:
                await self.to_send.wait()
                continue
            sent = [exchange.publish(self._message(one), self._agency, mandatory=True, timeout=_PUBLISH_S) for one in batch]
            slow = asyncio.get_running_loop().call_later(_SLOW_S, self._found_slow)
            try:
                results = await asyncio.gather(*sent, return_exceptions=True)
            finally:
                slow.cancel()
            self.slow = False
            done = [one.id for one, result in zip(batch, results, strict=True) if not isinstance(result, BaseException)]
            await self._work.confirmed(done)
            # Only now: what was confirmed beside a failure is not published twice.
            failures = [result for result in results if isinstance(result, BaseException)]
            if failures:
                raise failures[0]

    def _found_slow(self) -> None:
        self.slow = True

    def _message(self, queued: Queued) -> Message:
        return Message(
            queued.body,
            delivery_mode=DeliveryMode.PERSISTENT,
            user_id=self._agency,
            # Returned messages are told apart by this id alone, so a second try has another one than the first.
            message_id=f"{queued.id}.{next(self._tries)}",
            content_type="application/json",
        )

    # --- receiving

    async def _receive(self, connection: AbstractConnection) -> None:
        waiting: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
        # Asked before the queue of a restarted node has its leader, RabbitMQ 3.10 answers after 60 s, with an error: so we
        # hang up and call again (measured).
        async with asyncio.timeout(_SET_UP_S):
            channel = await connection.channel(publisher_confirms=False)
            await channel.set_qos(prefetch_count=self._prefetch)
            queue = await channel.get_queue(inbox(self._agency), ensure=False)
            await queue.consume(waiting.put)
        self.connected = True
        log.info("line.connected")
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_until_closed(channel.closed))
            tasks.create_task(self._store_all(waiting))

    async def _store_all(self, waiting: asyncio.Queue[AbstractIncomingMessage]) -> None:
        while True:
            batch = [await waiting.get()]
            while len(batch) < _IN_FLIGHT and not waiting.empty():
                batch.append(waiting.get_nowait())
            dead = await self._work.arrived([Parcel(_what(one), one.body) for one in batch])
            try:
                for place in dead:
                    # Not a message of ours: it goes to the dead letters, where a person looks.
                    await batch[place].reject(requeue=False)
                alive = [one for place, one in enumerate(batch) if place not in dead]
                if alive:
                    await alive[-1].ack(multiple=True)
            except (ChannelClosed, ChannelInvalidStateError, MessageProcessError):
                raise LineLostError from None


async def _leave(connection: AbstractConnection) -> None:
    """Close, but not for ever: a peer that is gone never says goodbye."""
    with contextlib.suppress(TimeoutError, AMQPException, OSError):
        await asyncio.wait_for(connection.close(), _LEAVE_S)


async def _until_closed(closed: Callable[[], Awaitable[object]]) -> None:
    await closed()
    raise LineLostError


def _what(message: AbstractIncomingMessage) -> str:
    what = message.headers.get(WHAT_HEADER, "")
    return what if isinstance(what, str) else ""


def _with_heartbeat(url: str) -> URL:
    return URL(url).update_query(heartbeat=_HEARTBEAT_S)


def _leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    return [leaf for one in group.exceptions for leaf in (_leaves(one) if isinstance(one, BaseExceptionGroup) else [one])]
