"""What each account may do on a real node, and what a queue does with what cannot be handled."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aio_pika
import pytest
from aio_pika import DeliveryMode, Message
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage
from aiormq.exceptions import ChannelAccessRefused, ChannelPreconditionFailed, PublishError

from broker.definitions import OPERATOR
from contracts import topology
from tests.integration.rabbitmq import AGENCIES, Rabbit

CJIT, DRUGS = AGENCIES[:2]

Attempt = Callable[[AbstractChannel], Awaitable[object]]


@pytest.fixture
async def as_user(rabbitmq: Rabbit) -> AsyncIterator[Callable[[str], Awaitable[AbstractChannel]]]:
    """Open a channel as one of the accounts; all closed afterwards, and every queue emptied."""
    connections: list[AbstractConnection] = []

    async def channel(user: str) -> AbstractChannel:
        connections.append(await rabbitmq.connect(user))
        return await connections[-1].channel(on_return_raises=True)

    yield channel
    for each in connections:
        await each.close()
    await rabbitmq.purge()


def publish(exchange: str, key: str, **properties: str) -> Attempt:
    async def attempt(channel: AbstractChannel) -> object:
        to = channel.default_exchange if not exchange else await channel.get_exchange(exchange, ensure=False)
        message = Message(b"{}", delivery_mode=DeliveryMode.PERSISTENT, **properties)  # type: ignore[arg-type]
        return await to.publish(message, key, timeout=10)

    return attempt


def consume(queue: str) -> Attempt:
    async def attempt(channel: AbstractChannel) -> object:
        async def ignore(message: AbstractIncomingMessage) -> None:
            """Nothing comes: the queue is empty."""

        return await (await channel.get_queue(queue, ensure=False)).consume(ignore)

    return attempt


def declare(queue: str) -> Attempt:
    async def attempt(channel: AbstractChannel) -> object:
        arguments: Any = dict(topology.QUORUM)  # aio-pika spells its own, narrower type
        return await channel.declare_queue(queue, durable=True, arguments=arguments)

    return attempt


ALLOWED: dict[str, tuple[str, Attempt]] = {
    "an agency submits under its own id": (CJIT, publish(topology.SUBMIT, CJIT, user_id=CJIT)),
    "an agency reads its own inbox": (CJIT, consume(topology.inbox(CJIT))),
    "the broker reads what was submitted": (topology.BROKER_USER, consume(topology.INTAKE_QUEUE)),
    "the broker writes to an inbox": (topology.BROKER_USER, publish(topology.INBOX, CJIT)),
    "the broker asks for consent": (topology.BROKER_USER, publish(topology.ASK, topology.QUESTION_KEY)),
    "the broker reports outcomes": (topology.BROKER_USER, publish(topology.ASK, topology.OUTCOME_KEY)),
    "the consent service reads its questions": (topology.CONSENT_USER, consume(topology.QUESTIONS_QUEUE)),
    "the consent service reads outcomes": (topology.CONSENT_USER, consume(topology.OUTCOMES_QUEUE)),
}

REFUSED: dict[str, tuple[str, Attempt]] = {
    "an agency submits under another's id": (CJIT, publish(topology.SUBMIT, DRUGS)),
    "an agency writes to another's inbox": (CJIT, publish(topology.INBOX, DRUGS)),
    "an agency writes to its own inbox": (CJIT, publish(topology.INBOX, CJIT)),
    "an agency goes round through the default exchange": (CJIT, publish("", topology.inbox(DRUGS))),
    "an agency asks the consent service itself": (CJIT, publish(topology.ASK, topology.QUESTION_KEY)),
    "an agency reads another's inbox": (CJIT, consume(topology.inbox(DRUGS))),
    "an agency reads what others submitted": (CJIT, consume(topology.INTAKE_QUEUE)),
    "an agency reads the dead letters": (CJIT, consume(topology.DEAD_QUEUE)),
    "an agency declares its own inbox again": (CJIT, declare(topology.inbox(CJIT))),
    "an agency declares a queue": (CJIT, declare("mine")),
    "the broker reads an inbox": (topology.BROKER_USER, consume(topology.inbox(CJIT))),
    "the broker declares a queue": (topology.BROKER_USER, declare("mine")),
    "the consent service reads what was submitted": (topology.CONSENT_USER, consume(topology.INTAKE_QUEUE)),
    "the consent service submits": (topology.CONSENT_USER, publish(topology.SUBMIT, CJIT)),
    "the consent service writes to an inbox": (topology.CONSENT_USER, publish(topology.INBOX, CJIT)),
}


@pytest.mark.parametrize("case", ALLOWED)
async def test_an_account_may(case: str, as_user) -> None:
    user, attempt = ALLOWED[case]
    await attempt(await as_user(user))


@pytest.mark.parametrize("case", REFUSED)
async def test_an_account_may_not(case: str, as_user) -> None:
    user, attempt = REFUSED[case]
    channel = await as_user(user)
    with pytest.raises(ChannelAccessRefused):
        await attempt(channel)


async def test_a_forged_user_id_is_refused_and_nothing_is_left_behind(as_user, rabbitmq: Rabbit) -> None:
    channel = await as_user(CJIT)
    with pytest.raises(ChannelPreconditionFailed):
        await publish(topology.SUBMIT, CJIT, user_id=DRUGS)(channel)
    assert await waiting(rabbitmq, topology.INTAKE_QUEUE) == 0


async def test_the_broker_sees_who_really_sent(as_user) -> None:
    await publish(topology.SUBMIT, CJIT, user_id=CJIT)(await as_user(CJIT))
    intake = await (await as_user(topology.BROKER_USER)).get_queue(topology.INTAKE_QUEUE, ensure=False)
    message = await intake.get(timeout=5)
    assert message.user_id == CJIT
    await message.ack()


async def test_direct_replies_reach_the_broker_though_it_may_configure_nothing(as_user) -> None:
    asker, answerer = await as_user(topology.BROKER_USER), await as_user(topology.CONSENT_USER)
    answers: asyncio.Queue[bytes] = asyncio.Queue()

    async def keep(message: AbstractIncomingMessage) -> None:
        answers.put_nowait(message.body)

    async def answer(message: AbstractIncomingMessage) -> None:
        assert message.reply_to is not None
        await answerer.default_exchange.publish(Message(b"yes"), message.reply_to)
        await message.ack()

    await (await asker.get_queue(topology.DIRECT_REPLY, ensure=False)).consume(keep, no_ack=True)
    await (await answerer.get_queue(topology.QUESTIONS_QUEUE, ensure=False)).consume(answer)
    ask = publish(topology.ASK, topology.QUESTION_KEY, reply_to=topology.DIRECT_REPLY)
    await ask(asker)
    assert await asyncio.wait_for(answers.get(), 5) == b"yes"


async def test_what_no_queue_takes_is_returned_to_its_sender(as_user) -> None:
    channel = await as_user(topology.BROKER_USER)
    with pytest.raises(PublishError):
        await publish(topology.INBOX, "nobody-ashby")(channel)


async def test_too_many_connections_of_one_account_are_refused(rabbitmq: Rabbit) -> None:
    limit = next(each.max_connections for each in topology.rights(AGENCIES) if each.user == CJIT)
    held = [await rabbitmq.connect(CJIT) for _ in range(limit)]
    try:
        with pytest.raises(aio_pika.exceptions.AMQPError):
            await rabbitmq.connect(CJIT)
    finally:
        for each in held:
            await each.close()


@pytest.mark.parametrize(("user", "password"), [("guest", "guest"), (CJIT, "wrong"), (CJIT, "")])
async def test_nobody_comes_in_without_the_right_password(user: str, password: str, rabbitmq: Rabbit) -> None:
    with pytest.raises(aio_pika.exceptions.AMQPError):
        await aio_pika.connect(rabbitmq.node.url(user, password, topology.VHOST))


async def test_a_message_that_is_returned_too_often_becomes_a_dead_letter(as_user, rabbitmq: Rabbit) -> None:
    await publish(topology.SUBMIT, CJIT, message_id="m1")(await as_user(CJIT))
    channel = await as_user(topology.BROKER_USER)
    intake = await channel.get_queue(topology.INTAKE_QUEUE, ensure=False)
    handed_over = 0
    while (message := await intake.get(fail=False, timeout=5)) is not None:
        handed_over += 1
        await message.nack(requeue=True)
    dead = await channel.get_queue(topology.DEAD_QUEUE, ensure=False)
    letter = await comes_to(dead)
    assert (letter.message_id, handed_over) == ("m1", topology.DELIVERY_LIMIT + 1)
    assert letter.headers["x-first-death-queue"] == topology.INTAKE_QUEUE
    assert letter.headers["x-first-death-reason"] == "delivery_limit"
    await letter.ack()
    assert await waiting(rabbitmq, topology.INTAKE_QUEUE) == 0


async def test_a_dead_letter_is_never_dropped_however_often_it_is_put_back(as_user) -> None:
    await publish(topology.SUBMIT, CJIT)(await as_user(CJIT))
    channel = await as_user(topology.BROKER_USER)
    intake = await channel.get_queue(topology.INTAKE_QUEUE, ensure=False)
    await (await comes_to(intake)).reject(requeue=False)
    dead = await channel.get_queue(topology.DEAD_QUEUE, ensure=False)
    for _ in range(topology.DELIVERY_LIMIT + 5):
        await (await comes_to(dead)).nack(requeue=True)
    await (await comes_to(dead)).ack()


async def test_messages_and_accounts_outlive_a_kill_of_the_node(as_user, rabbitmq: Rabbit) -> None:
    channel = await as_user(CJIT)
    for number in range(20):
        await publish(topology.SUBMIT, CJIT, message_id=str(number))(channel)
    port = rabbitmq.node.port
    rabbitmq.node.kill()
    await asyncio.to_thread(rabbitmq.node.restart)
    assert rabbitmq.node.port == port
    # A queue that is still choosing its leader counts nothing, so ask for the messages themselves.
    connection = await rabbitmq.connect(topology.BROKER_USER)
    async with connection:
        intake = await (await connection.channel()).get_queue(topology.INTAKE_QUEUE, ensure=False)
        found = [await comes_to(intake) for _ in range(20)]
    assert [each.message_id for each in found] == [str(number) for number in range(20)]


def test_the_node_has_the_queues_of_the_topology_and_no_more(rabbitmq: Rabbit) -> None:
    listing = rabbitmq.node.control("list_queues", "-p", topology.VHOST, "name", "type", "arguments", "--formatter", "json")
    found = {each["name"]: each["type"] for each in json.loads(listing)}
    wanted = {each.name: each.arguments.get("x-queue-type", "classic") for each in topology.queues(AGENCIES)}
    assert found == wanted


async def comes_to(queue: aio_pika.abc.AbstractQueue) -> AbstractIncomingMessage:
    """The next message; dead-lettering takes a moment."""
    for _ in range(200):
        if (message := await queue.get(fail=False, timeout=5)) is not None:
            return message
        await asyncio.sleep(0.05)
    raise AssertionError(f"nothing came to {queue.name}")


async def waiting(rabbitmq: Rabbit, queue: str) -> int:
    connection = await rabbitmq.connect(OPERATOR)
    async with connection:
        channel = await connection.channel()
        declared = (await channel.declare_queue(queue, passive=True)).declaration_result
        return declared.message_count or 0
