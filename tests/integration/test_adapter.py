"""Adapters on real RabbitMQ: a referral goes across and is receipted, and an outage loses nothing and doubles nothing.

The broker and the consent service are stood in for by a few lines; only the adapters are under test.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aio_pika import DeliveryMode, Message

from agencies.adapter import Adapter
from agencies.store import Store
from contracts import topology
from contracts.canonical import canonical
from contracts.envelope import read_submission
from contracts.identifiers import new_id
from contracts.kinds import SHAPES, Goes, Kind
from contracts.notices import Notice, ReceiptItem, write_notice
from contracts.steps import Receipt, ReceiptsStep
from contracts.vocabulary import ReceiptState
from tests.factories import Partnership, delivery_bytes, partnership, sealed
from tests.integration.rabbitmq import Rabbit
from tests.unit.agencies.town import IDENTITY, Drawer, GrowingLog, party


def clock() -> int:
    return time.time_ns() // 1_000_000


class StandIn:
    """Broker and consent service in a few lines: lets everything pass, once, and keeps the receipts."""

    def __init__(self, keys: Partnership) -> None:
        self.keys = keys
        self.log = GrowingLog(keys)
        self.seen: list[str] = []
        self.kinds: list[Kind] = []
        self.receipts: list[Receipt] = []
        self.times = 1

    async def run(self, rabbit: Rabbit) -> None:
        connection = await rabbit.connect("broker")
        async with connection:
            channel = await connection.channel()
            inboxes = await channel.get_exchange(topology.INBOX, ensure=False)
            queue = await channel.get_queue(topology.INTAKE_QUEUE, ensure=False)

            async def publish(to: str, what: str, body: bytes) -> None:
                message = Message(
                    body, delivery_mode=DeliveryMode.PERSISTENT, headers={topology.WHAT_HEADER: what}, message_id=new_id()
                )
                await inboxes.publish(message, to)

            async with queue.iterator() as messages:
                async for message in messages:
                    received = read_submission(message.body)
                    header = received.header
                    assert message.user_id == header.sender
                    if header.id not in self.seen:
                        self.seen.append(header.id)
                        self.kinds.append(header.kind)
                        step = received.submission.for_broker.step
                        if isinstance(step, ReceiptsStep):
                            self.receipts += step.receipts
                        else:
                            state = ReceiptState.RECEIVED
                            item = ReceiptItem(message=header.id, conversation=header.conversation, state=state)
                            notice = Notice(notice=new_id(), to=header.sender, created=clock(), items=(item,))
                            signed = write_notice(notice, self.keys.signing("broker"))
                            await publish(header.sender, topology.WHAT_NOTICE, signed)
                        if SHAPES[header.kind].goes is Goes.TO_AGENCY:
                            delivery = self.log.deliver(message.body, decided=clock(), valid_until=clock() + 600_000)
                            for _ in range(self.times):
                                await publish(header.recipient, topology.WHAT_DELIVERY, delivery_bytes(delivery))
                    await message.ack()


async def until(true: Callable[[], object], seconds: float = 20) -> None:
    limit = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < limit, "it did not come to that in time"
        await asyncio.sleep(0.02)


@pytest.fixture
async def stand_in(rabbitmq: Rabbit) -> AsyncIterator[StandIn]:
    await rabbitmq.purge()
    stand_in = StandIn(partnership())
    task = asyncio.create_task(stand_in.run(rabbitmq))
    yield stand_in
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def running(agency: str, case: Drawer, rabbit: Rabbit, folder: Path) -> AsyncIterator[Adapter]:
    store = Store(folder / agency / "adapter.sqlite", agency)
    adapter = Adapter(party(agency), store, case, [rabbit.url(agency)], clock=clock, poll_ms=10)
    task = asyncio.create_task(adapter.run())
    try:
        await until(lambda: task.done() or not adapter.condition.ready())
        yield adapter
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        store.close()


def refer(case: Drawer, number: int = 1) -> str:
    case.do(
        type="referral", id=f"r-{number}", to="project-ashby", purpose="support_referral", identity=IDENTITY,
        request={"needs": ["support"]}, age_band="adult",
    )  # fmt: skip
    return f"r-{number}"


async def test_a_referral_is_handed_over_once_and_its_receipt_comes_back(rabbitmq, stand_in, tmp_path) -> None:
    stand_in.times = 2
    cjit, project = Drawer(), Drawer()
    async with running("cjit-ashby", cjit, rabbitmq, tmp_path), running("project-ashby", project, rabbitmq, tmp_path):
        name = refer(cjit)
        await until(lambda: stand_in.receipts)
        await until(lambda: cjit.heard)
    assert [record.id for record in project.handed] == [cjit.took[name]]
    assert project.handed[0].fields["identity"]["surname"] == IDENTITY["surname"]
    assert {receipt.result for receipt in stand_in.receipts} == {"delivered"}
    assert [notice.fields["state"] for notice in cjit.heard] == ["received"]
    assert cjit.heard[0].fields["record"] == name


async def test_what_a_worker_sends_while_rabbitmq_is_away_goes_in_order_when_it_is_back(rabbitmq, tmp_path) -> None:
    await rabbitmq.purge()
    cjit, project = Drawer(), Drawer()
    async with (
        running("cjit-ashby", cjit, rabbitmq, tmp_path) as adapter,
        running("project-ashby", project, rabbitmq, tmp_path),
    ):
        rabbitmq.node.stop()
        await until(lambda: not adapter.line.connected, 40)
        assert "RabbitMQ cannot be reached" in adapter.condition.ready()[0]
        names = [refer(cjit, number) for number in range(1, 61)]
        await until(lambda: len(cjit.took) == len(names))
        rabbitmq.node.start()
        stand_in = StandIn(partnership())
        task = asyncio.create_task(stand_in.run(rabbitmq))
        try:
            await until(lambda: len(project.handed) >= len(names), 60)
            await until(lambda: len(stand_in.receipts) >= len(names))
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
    assert [record.id for record in project.handed] == [cjit.took[name] for name in names]
    assert not adapter.condition.refused


async def test_a_slow_case_system_holds_up_neither_sending_nor_what_is_stored(rabbitmq, stand_in, tmp_path) -> None:
    cjit, project = Drawer(), Drawer()
    async with (
        running("cjit-ashby", cjit, rabbitmq, tmp_path),
        running("project-ashby", project, rabbitmq, tmp_path) as adapter,
    ):
        project.down = True
        refer(cjit)
        await until(lambda: adapter.condition.case_system)
        await asyncio.sleep(0.3)
        assert not stand_in.receipts, "nothing is receipted before the local system has it"
        project.down = False
        await until(lambda: stand_in.receipts)
    assert len(project.handed) == 1


async def test_bytes_that_are_no_message_of_ours_become_a_dead_letter_and_stop_nobody(rabbitmq, stand_in, tmp_path) -> None:
    cjit, project = Drawer(), Drawer()
    async with (
        running("cjit-ashby", cjit, rabbitmq, tmp_path),
        running("project-ashby", project, rabbitmq, tmp_path) as adapter,
    ):
        async with await rabbitmq.connect("broker") as connection:
            channel = await connection.channel()
            inboxes = await channel.get_exchange(topology.INBOX, ensure=False)
            for headers, body in (([(topology.WHAT_HEADER, "delivery")], b"{}"), ([], canonical({"what": "is this"}))):
                await inboxes.publish(Message(body, headers=dict(headers), message_id=new_id()), "project-ashby")
        refer(cjit)
        await until(lambda: project.handed)
        await until(lambda: adapter.condition.refused == 2)
    async with await rabbitmq.connect("operator") as connection:
        dead = await (await connection.channel()).get_queue(topology.DEAD_QUEUE, ensure=False)
        assert await dead.get(timeout=5)
        assert await dead.get(timeout=5)


async def test_an_adapter_that_is_shown_two_stories_of_the_log_stops_and_stays_stopped(rabbitmq, stand_in, tmp_path) -> None:
    project = Drawer()
    bodies = [sealed(), sealed(), sealed()]
    deliveries = [GrowingLog().deliver(body, decided=clock(), valid_until=clock() + 600_000) for body in bodies]
    async with running("project-ashby", project, rabbitmq, tmp_path) as adapter:
        async with await rabbitmq.connect("broker") as connection:
            inboxes = await (await connection.channel()).get_exchange(topology.INBOX, ensure=False)
            for delivery in deliveries:
                message = Message(
                    delivery_bytes(delivery), headers={topology.WHAT_HEADER: topology.WHAT_DELIVERY}, message_id=new_id()
                )
                await inboxes.publish(message, "project-ashby")
        await until(lambda: adapter.condition.alarm)
        assert not adapter.line.connected
        assert "stopped: two roots for one size" in adapter.condition.ready()[0]
    store = Store(tmp_path / "project-ashby" / "adapter.sqlite", "project-ashby")
    again = Adapter(party("project-ashby"), store, project, [rabbitmq.url("project-ashby")], clock=clock)
    task = asyncio.create_task(again.run())
    await until(lambda: again.condition.alarm)
    await asyncio.sleep(0.5)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    store.close()
    assert not again.line.connected
    assert len(project.handed) <= 1, "nothing of the other story is handed over"
