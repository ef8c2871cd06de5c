"""The broker's line to RabbitMQ: start, publish a batch, acknowledge through, and ask a question.

On aiormq, because a FastStream handler for each message costs five times the CPU (gate-cost.md); batch-shaped, so that a
leaner codec can replace it. Every default that loses messages is stated: confirms, mandatory, persistent, bounded prefetch.
One ``Line`` is one connection: when it is lost everything unacknowledged comes back on the next.
Leaves out: reconnecting (``app``) and what anything means (``intake``).
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import aiormq
import structlog
from aiormq.abc import AbstractChannel, AbstractConnection, ChannelFrame, DeliveredMessage
from aiormq.channel import Channel
from pamqp.commands import Basic

from broker.frames import publishes
from broker.incoming import OutRow
from contracts import topology

log = structlog.get_logger()

CONFIRM_TIMEOUT: Final = 30.0
_HEARTBEAT: Final = 10
_SET_UP_SECONDS: Final = 5.0
_SLOW_SECONDS: Final = 3.0

# Everything by which a lost or refused connection shows itself; anything else is a fault of ours and ends the program.
LINE_LOST: Final = (
    aiormq.exceptions.AMQPError,
    # aiormq's word for a channel that closed meanwhile; it is no AMQPError.
    aiormq.exceptions.ChannelInvalidStateError,
    ConnectionError,
    OSError,
    TimeoutError,
)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message as RabbitMQ handed it over. ``user`` is whom RabbitMQ proved; None where the publisher left it out."""

    body: bytes
    user: str | None
    tag: int


class Line:
    """One connection with three channels, so that a refused publish never takes the consumer with it."""

    def __init__(self, connection: AbstractConnection, on_slow: Callable[[], None]) -> None:
        self._connection = connection
        self._on_slow = on_slow
        self._waiting: dict[str, asyncio.Future[bytes]] = {}
        self._consumer: AbstractChannel
        self._publisher: Channel
        self._asker: AbstractChannel

    @classmethod
    async def open(cls, url: str, on_slow: Callable[[], None]) -> "Line":
        """Connect; one of ``LINE_LOST`` when that fails. ``on_slow`` is called when a publish waits for seconds."""
        separator = "&" if "?" in url else "?"
        async with asyncio.timeout(_SET_UP_SECONDS):
            connection = await aiormq.connect(f"{url}{separator}heartbeat={_HEARTBEAT}&name=broker")
            line = cls(connection, on_slow)
            try:
                await line._open_channels()
            except BaseException:
                await line.close()
                raise
        return line

    async def _open_channels(self) -> None:
        connection = self._connection
        self._consumer = await connection.channel(publisher_confirms=False)
        self._publisher = await _confirming_channel(connection)
        self._asker = await connection.channel(publisher_confirms=False)
        await self._asker.basic_consume(topology.DIRECT_REPLY, self._on_reply, no_ack=True)

    async def start(self, on_message: Callable[[Arrival], Awaitable[None]], prefetch: int) -> None:
        """Begin to take messages from the intake queue, at most ``prefetch`` unacknowledged."""

        async def receive(message: DeliveredMessage) -> None:
            delivery = message.delivery
            assert isinstance(delivery, Basic.Deliver), "a consumer is given deliveries"
            await on_message(Arrival(message.body, message.header.properties.user_id, delivery.delivery_tag or 0))

        # A queue of a node that just came back has no leader yet, and RabbitMQ 3.10 answers only after a minute: hang up
        # and call again.
        async with asyncio.timeout(_SET_UP_SECONDS):
            await self._consumer.basic_qos(prefetch_count=prefetch)
            await self._consumer.basic_consume(topology.INTAKE_QUEUE, receive, no_ack=False)

    async def publish(self, rows: Sequence[OutRow]) -> list[int]:
        """Publish all, wait for every confirm, and return the ids that RabbitMQ has; the others are tried again later."""
        slow = asyncio.get_running_loop().call_later(_SLOW_SECONDS, self._on_slow)
        try:
            results = await self._publish_all(rows)
        finally:
            slow.cancel()
        failed = [result for result in results if result is not None]
        if failed:
            log.warning("outbox.unconfirmed", failed=len(failed), kind=type(failed[0]).__name__)
            # After a nack or a return the channel may go on refusing for ever (messaging.md §2): take a fresh one.
            await self._reopen_publisher()
        return [row.id for row, result in zip(rows, results, strict=True) if result is None]

    async def ack_through(self, tag: int) -> None:
        """Acknowledge every message up to this one; on a lost line they come back, and are known by then."""
        try:
            await self._consumer.basic_ack(tag, multiple=True)
        except LINE_LOST as error:
            log.info("intake.ack_lost", kind=type(error).__name__)

    async def ask(self, question: str, body: bytes, seconds: float) -> bytes | None:
        """Put a question to the consent service. None when no answer came within ``seconds``."""
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting[question] = answer
        properties = Basic.Properties(
            content_type="application/json",
            correlation_id=question,
            reply_to=topology.DIRECT_REPLY,
            expiration=str(int(seconds * 1000)),
            user_id=topology.BROKER_USER,
            message_id=question,
        )
        try:
            async with asyncio.timeout(seconds):
                await self._asker.basic_publish(
                    body, exchange=topology.ASK, routing_key=topology.QUESTION_KEY, properties=properties
                )
                return await answer
        except TimeoutError:
            return None
        finally:
            del self._waiting[question]

    async def lost(self) -> None:
        """Wait until the connection or one of its channels is gone."""
        ends = [self._connection.closing, self._consumer.closing, self._asker.closing]
        watching = [asyncio.create_task(_ended(end)) for end in ends]
        try:
            done, _ = await asyncio.wait(watching, return_when=asyncio.FIRST_COMPLETED)
            for why in {one.result() for one in done}:
                log.warning("rabbitmq.closed", kind=why)
        finally:
            for one in watching:
                one.cancel()

    async def close(self) -> None:
        """Close without waiting for a dead peer."""
        try:
            async with asyncio.timeout(3):
                await self._connection.close()
        except LINE_LOST:
            return

    async def _publish_all(self, rows: Sequence[OutRow]) -> list[BaseException | None]:
        """One write for the batch, then what RabbitMQ said to each: None when it has the message."""
        try:
            waiting = await self._write(rows)
        except LINE_LOST as error:
            # The channel closed since the last batch: none of these was written, and the caller takes a fresh one.
            return [error for _ in rows]
        try:
            done, _ = await asyncio.wait(waiting, timeout=CONFIRM_TIMEOUT) if waiting else (set(), set())
        finally:
            for row in rows:
                self._publisher.message_id_delivery_tag.pop(row.message_id, None)
        return [_said(each) if each in done else TimeoutError() for each in waiting]

    async def _write(self, rows: Sequence[OutRow]) -> list["asyncio.Future[Any]"]:
        channel = self._publisher
        async with channel.lock:
            waiting = [channel.create_future() for _ in rows]
            tags = range(channel.delivery_tag + 1, channel.delivery_tag + 1 + len(rows))
            # Confirms and returns are the library's to receive: it finds a confirm by its tag, a return by its message id.
            channel.confirmations.update(zip(tags, waiting, strict=True))
            channel.message_id_delivery_tag.update((row.message_id, tag) for row, tag in zip(rows, tags, strict=True))
            channel.delivery_tag += len(rows)
            frames = publishes(rows, channel.number, channel.max_content_size)
            await channel.write_queue.put(ChannelFrame(frames, should_close=False))
        return waiting

    async def _reopen_publisher(self) -> None:
        old = self._publisher
        self._publisher = await _confirming_channel(self._connection)
        try:
            await old.close()
        except LINE_LOST:
            return

    async def _on_reply(self, message: DeliveredMessage) -> None:
        waiting = self._waiting.get(message.header.properties.correlation_id or "")
        if waiting is not None and not waiting.done():
            waiting.set_result(message.body)


async def _confirming_channel(connection: AbstractConnection) -> Channel:
    """A channel on which an unroutable message raises, and every publish waits for its confirm."""
    try:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
    except RuntimeError as error:
        # So says aiormq when the whole connection closed meanwhile; uncaught, a killed node ended the broker too.
        raise ConnectionError("the connection closed") from error
    # Its own class takes ``wait``: a batch need not drain the socket after each of its messages.
    assert isinstance(channel, Channel)
    return channel


def _said(confirm: "asyncio.Future[Any]") -> BaseException | None:
    return asyncio.CancelledError() if confirm.cancelled() else confirm.exception()


async def _ended(end: "asyncio.Future[object]") -> str:
    """How it ended: the library's word for it, which names what RabbitMQ would not take."""
    try:
        await asyncio.shield(end)
    except (*LINE_LOST, asyncio.CancelledError) as error:
        return type(error).__name__
    return "closed"
