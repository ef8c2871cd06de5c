"""The broker's batched publish on a real node: the bytes it writes itself are the ones the library would have written."""

import asyncio
import secrets
from collections.abc import AsyncIterator

import pytest

from broker.incoming import OutRow
from broker.rabbit import LINE_LOST, Line
from contracts import topology
from tests.integration.rabbitmq import Rabbit

CJIT, PROJECT = "cjit-ashby", "project-ashby"


@pytest.fixture
async def line(rabbitmq: Rabbit) -> AsyncIterator[Line]:
    opened = await Line.open(rabbitmq.url(topology.BROKER_USER), lambda: None)
    yield opened
    await opened.close()
    await rabbitmq.purge()


def row(number: int, to: str = PROJECT, body: bytes = b"{}", *, exchange: str = topology.INBOX) -> OutRow:
    return OutRow(number, exchange, to, body, topology.WHAT_DELIVERY, secrets.token_hex(16), 0)


async def taken(rabbitmq: Rabbit, agency: str, count: int) -> list:
    connection = await rabbitmq.connect(agency)
    async with connection:
        queue = await (await connection.channel()).get_queue(topology.inbox(agency), ensure=False)
        found = [await queue.get(timeout=5, no_ack=True) for _ in range(count)]
        assert await queue.get(fail=False, timeout=5) is None
        return found


SIZES = {"nothing": 0, "one byte": 1, "a usual delivery": 10_000, "one frame, exactly": 131_064, "three frames": 300_000}


async def test_a_batch_arrives_whole_in_order_and_as_the_broker_whatever_its_size(line: Line, rabbitmq: Rabbit) -> None:
    rows = [row(number, body=secrets.token_bytes(size)) for number, size in enumerate(SIZES.values())]
    assert await line.publish(rows) == [each.id for each in rows]
    found = await taken(rabbitmq, PROJECT, len(rows))
    assert [each.body for each in found] == [each.body for each in rows]
    assert [each.message_id for each in found] == [each.message_id for each in rows]
    for each in found:
        assert (each.user_id, each.content_type, each.delivery_mode) == ("broker", "application/json", 2)
        assert each.headers[topology.WHAT_HEADER] == topology.WHAT_DELIVERY


async def test_batches_side_by_side_are_each_confirmed(line: Line, rabbitmq: Rabbit) -> None:
    batches = [[row(100 * batch + number, to=(CJIT, PROJECT)[number % 2]) for number in range(50)] for batch in range(6)]
    confirmed = await asyncio.gather(*(line.publish(batch) for batch in batches))
    assert confirmed == [[each.id for each in batch] for batch in batches]
    assert len(await taken(rabbitmq, CJIT, 150)) + len(await taken(rabbitmq, PROJECT, 150)) == 300


async def test_an_empty_batch_is_done_at_once(line: Line) -> None:
    assert await line.publish([]) == []


async def test_what_no_queue_takes_is_named_and_the_others_arrive(line: Line, rabbitmq: Rabbit) -> None:
    rows = [row(1), row(2, to="nobody-ashby"), row(3)]
    assert await line.publish(rows) == [1, 3]
    assert len(await taken(rabbitmq, PROJECT, 2)) == 2
    assert await line.publish([row(4)]) == [4]


async def test_an_exchange_that_is_not_there_costs_its_batch_and_not_the_next(line: Line, rabbitmq: Rabbit) -> None:
    assert await line.publish([row(1, exchange="not-there")]) == []
    assert await line.publish([row(2)]) == [2]
    assert [each.body for each in await taken(rabbitmq, PROJECT, 1)] == [b"{}"]


async def test_on_a_closed_line_nothing_counts_as_published(line: Line) -> None:
    await line.close()
    try:
        confirmed = await line.publish([row(1)])
    except LINE_LOST:
        confirmed = []
    assert confirmed == []
