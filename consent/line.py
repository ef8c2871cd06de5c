"""The service's line to RabbitMQ, on FastStream, with every default stated that would lose a message (messaging.md §5).

A question is worth nothing after its asker stopped waiting: it is acknowledged whatever became of it, and never redelivered.
An outcome is told until we have it. Leaves out: what is answered (``answers``) and written (``outcomes``).
"""

import asyncio
import time
from concurrent.futures import Executor
from typing import Final

import structlog
from aio_pika.exceptions import AMQPException
from faststream import AckPolicy
from faststream.exceptions import RejectMessage
from faststream.message import StreamMessage
from faststream.rabbit import Channel, RabbitBroker, RabbitQueue
from faststream.rabbit.annotations import RabbitMessage
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from consent.answers import Answers
from consent.log.append import LogClockError, LogConflictError
from consent.log.read import LogDamagedError, NotInLogError
from consent.outcomes import Outcomes
from consent.watch import Watch
from contracts import topology

log = structlog.get_logger()

# Questions wait in RabbitMQ, where they expire and where whoever is free takes the next; not here, where they would be
# answered too late.
_QUESTIONS_AT_ONCE: Final = 1
_OUTCOMES_AT_ONCE: Final = 8
_REPLY_TIMEOUT: Final = 5.0
_STOP_TIMEOUT: Final = 15.0
_RETRY_SECONDS: Final = 2.0

# The store or the log cannot be used just now; what is wrong with a message is a value and never one of these.
STORE_AWAY: Final = (SQLAlchemyError, LogConflictError, LogClockError, LogDamagedError, NotInLogError)


class UnsafeSettingsError(Exception):
    """A setting would lose messages; the service does not start with it."""


async def _as_it_came(message: StreamMessage[object]) -> StreamMessage[object]:
    """No decoding: FastStream would log a bad message's contents."""
    return message


def make_broker(url: str, answers: Answers, outcomes: Outcomes, worker: Executor, watch: Watch) -> RabbitBroker:
    """The line, not yet connected. Database work is done by ``worker``, one thread, so strictly one after another."""
    broker = RabbitBroker(
        f"{url}{'&' if '?' in url else '?'}heartbeat=10&name=consent",
        reconnect_interval=1.0,
        # It only publishes; but of two channels that are described alike FastStream makes one.
        default_channel=Channel(prefetch_count=2, on_return_raises=True),
        ack_policy=AckPolicy.NACK_ON_ERROR,
        graceful_timeout=_STOP_TIMEOUT,
        apply_types=False,
        decoder=_as_it_came,
        logger=None,
        on_close=[lambda *_: watch.line_down("closed")],
        on_reconnected=[lambda *_: watch.line_up()],
    )
    _take_questions(broker, answers, worker, watch)
    _take_outcomes(broker, outcomes, worker, watch)
    return broker


def _take_questions(broker: RabbitBroker, answers: Answers, worker: Executor, watch: Watch) -> None:
    @broker.subscriber(
        RabbitQueue(topology.QUESTIONS_QUEUE, declare=False, durable=True),
        channel=Channel(prefetch_count=_QUESTIONS_AT_ONCE, on_return_raises=True),
        ack_policy=AckPolicy.ACK,
        no_reply=True,
        title="questions",
    )
    async def questions(message: RabbitMessage) -> None:
        if message.raw_message.user_id != topology.BROKER_USER or not message.reply_to:
            log.warning("question.not_from_the_broker")
            return
        answered = await _answer(message.body, answers, worker, watch)
        if answered is not None:
            await _reply(broker, message, answered)


def _take_outcomes(broker: RabbitBroker, outcomes: Outcomes, worker: Executor, watch: Watch) -> None:
    @broker.subscriber(
        RabbitQueue(topology.OUTCOMES_QUEUE, declare=False, durable=True),
        channel=Channel(prefetch_count=_OUTCOMES_AT_ONCE, on_return_raises=True),
        ack_policy=AckPolicy.NACK_ON_ERROR,
        no_reply=True,
        title="outcomes",
    )
    async def told(message: RabbitMessage) -> None:
        if message.raw_message.user_id != topology.BROKER_USER:
            log.warning("outcome.not_from_the_broker")
            raise RejectMessage
        await _write(message.body, outcomes, worker, watch)


async def _answer(body: bytes, answers: Answers, worker: Executor, watch: Watch) -> bytes | None:
    """The signed answers, or None: no answer is one, too, and the broker's messages wait."""
    began = time.perf_counter()
    loop = asyncio.get_running_loop()
    try:
        signed, drafts = await loop.run_in_executor(worker, lambda: answers.answer(body, time.time_ns() // 1_000_000))
    except ValidationError:
        log.error("question.malformed", bytes=len(body))
        return None
    except STORE_AWAY as error:
        watch.not_answered(type(error).__name__)
        log.error("question.not_answered", kind=type(error).__name__)
        return None
    except Exception as error:  # noqa: BLE001 - a fault of ours: FastStream would pass over it in silence
        watch.not_answered(type(error).__name__)
        log.critical("question.fault", kind=type(error).__name__)
        return None
    seconds = time.perf_counter() - began
    watch.answered(drafts, seconds)
    log.info("questions.answered", questions=len(drafts), milliseconds=round(seconds * 1000, 1))
    return signed.wire()


async def _reply(broker: RabbitBroker, message: RabbitMessage, answered: bytes) -> None:
    try:
        await broker.publish(
            answered,
            message.reply_to,
            correlation_id=message.correlation_id,
            content_type="application/json",
            persist=False,
            # RabbitMQ 3.10 returns a mandatory reply to a direct reply address as unroutable, although it delivers it.
            mandatory=False,
            timeout=_REPLY_TIMEOUT,
        )
    except (AMQPException, ConnectionError, TimeoutError) as error:
        # The asker is gone, or the line is. What was decided is written, and is found when it asks again.
        log.warning("answer.not_taken", kind=type(error).__name__)


async def _write(body: bytes, outcomes: Outcomes, worker: Executor, watch: Watch) -> None:
    """Try until it is written: giving it back at once would burn its deliveries while the database is away."""
    loop = asyncio.get_running_loop()
    while True:
        try:
            written = await loop.run_in_executor(worker, lambda: outcomes.write(body, time.time_ns() // 1_000_000))
        except ValidationError:
            log.error("outcome.malformed", bytes=len(body))
            raise RejectMessage from None
        except STORE_AWAY as error:
            watch.not_answered(type(error).__name__)
            log.error("outcome.not_written", kind=type(error).__name__)
            await asyncio.sleep(_RETRY_SECONDS)
            continue
        except Exception as error:  # noqa: BLE001 - a fault of ours: to the dead queue, where a person sees it
            watch.not_answered(type(error).__name__)
            log.critical("outcome.fault", kind=type(error).__name__)
            raise RejectMessage from None
        watch.written(written)
        return


def refuse_unsafe_settings(broker: RabbitBroker) -> None:
    """Raise UnsafeSettingsError unless every setting that decides over losing a message is as it must be.

    1. An unroutable publish raises.  2. Every subscriber has a channel of its own, with a bound.  3. Its acknowledgement policy
    is stated, and never acknowledges before the work nor drops what failed.  4. Nothing is declared or answered by itself.
    """
    problems: list[str] = []
    default = broker.config.channel_manager._ChannelManagerImpl__default_channel
    if not default.on_return_raises:
        problems.append("an unroutable answer would be lost without a word")
    channels = [default]
    allowed = {topology.QUESTIONS_QUEUE: AckPolicy.ACK, topology.OUTCOMES_QUEUE: AckPolicy.NACK_ON_ERROR}
    for one in broker.subscribers:
        name = one.queue.name  # type: ignore[attr-defined]
        if one.ack_policy is not allowed.get(name):
            problems.append(f"{name}: not the acknowledgement policy that was chosen for it")
        if one.channel is None or not one.channel.prefetch_count or one.channel in channels:  # type: ignore[attr-defined]
            problems.append(f"{name}: no bound, or not a channel of its own")
        if one.queue.declare or not one._no_reply:  # type: ignore[attr-defined]
            problems.append(f"{name}: would declare queues or answer by itself")
        channels.append(one.channel)  # type: ignore[attr-defined]
    if len(broker.subscribers) != len(allowed):
        problems.append("not exactly the two queues of the consent service")
    if problems:
        raise UnsafeSettingsError("; ".join(problems))
