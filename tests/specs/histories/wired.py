"""The same world with RabbitMQ in it: what is sent, asked, answered, published, picked up and acknowledged goes over its wires.

In one process, so that its clock can be set: the broker's own line, intake and outbox; two consent services on their own
lines; the project's adapter from its receiving to its receipts. What is put into a queue is waited for.
Leaves out: loops that only look again after a while, which are done by hand at the moments that a history names.
"""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import aio_pika
import pytest
from aio_pika.abc import AbstractConnection, AbstractIncomingMessage
from faststream.rabbit import RabbitBroker

import broker.intake
import broker.outbox
from broker.consent_client import ConsentClient
from broker.incoming import Incoming, OutRow
from broker.intake import Intake, examine
from broker.outbox import Outbox
from broker.rabbit import LINE_LOST, Arrival, Line
from broker.watch import Watch
from consent.answers import Answers
from consent.line import make_broker
from consent.outcomes import Outcomes
from consent.watch import Watch as ConsentWatch
from contracts import topology
from contracts.consent_check import AnswerBatch
from contracts.directory import Directory
from contracts.permit import Delivery
from contracts.vocabulary import Reason
from tests.integration.rabbitmq import Rabbit
from tests.specs.histories.desk import Desk
from tests.specs.histories.letters import CJIT, PROJECT
from tests.specs.histories.world import World, directories

_CONSENT_SERVICES: Final = 2
_PATIENCE: Final = 30.0
_NOBODY_THERE: Final = 0.25
T = TypeVar("T")


class _Here:
    """Where the broker's store works: here, because between two beats the history looks at it too."""

    async def run(self, work: Callable[[], T]) -> T:
        return work()


@dataclass
class _AtItsClock:
    """One consent service, by the world's clock; the world hears what it answers."""

    world: "WiredWorld"
    answers: Answers
    outcomes: Outcomes

    def answer(self, body: bytes, _: int) -> Any:
        found = self.answers.answer(body, self.world.now)
        self.world.answers_now += AnswerBatch.model_validate_json(found[0].batch).answers
        return found

    def write(self, body: bytes, _: int) -> int:
        return self.outcomes.write(body, self.world.now)


@dataclass
class WiredWorld(World):
    """One partnership on a real node."""

    rabbit: Rabbit | None = None
    taken: list[Arrival] = field(default_factory=list)
    """What the broker has from its queue and has not acknowledged."""
    counted: dict[str, int] = field(default_factory=dict)
    """What went over which wire, for whoever wants to know that something did."""

    def __post_init__(self) -> None:
        self._patch = pytest.MonkeyPatch()
        for module in (broker.intake, broker.outbox):
            self._patch.setattr(module, "_now", lambda: self.now)
        self._folder = tempfile.TemporaryDirectory(prefix="relay-wired-")
        self._arrived: list[Arrival] = []
        self._line: Line | None = None
        self._services: list[tuple[RabbitBroker, ThreadPoolExecutor]] = []
        self._agencies: dict[str, AbstractConnection] = {}
        self._inboxes: dict[str, list[AbstractIncomingMessage]] = {CJIT: [], PROJECT: []}
        self._parcels: dict[str, AbstractIncomingMessage] = {}
        self.desk = Desk(Path(self._folder.name), lambda: self.now)
        super().__post_init__()
        self._run(self._open_inboxes())

    def close(self) -> None:
        self._run(self._hang_up())
        self._patch.undo()
        self.desk.close()
        super().close()
        self._folder.cleanup()

    # --- programs that start, die, go away

    def meet(self, directory: Directory) -> None:
        self._run(self._reconnect())
        self._directory = directory
        self.desk.start_again(directory)

    def start_consent_again(self) -> None:
        self._run(self._stop_consent())
        if not self.consent_away:
            self._run(self._start_consent())

    def leave(self, *, away: bool) -> None:
        if away != self.consent_away:
            super().leave(away=away)
            self.start_consent_again()

    def lost(self) -> list[OutRow]:
        """Everything that was not acknowledged comes again on the next line, and is known by then."""
        self._run(self._reconnect())
        if not self.taken:
            return []
        count, self.taken = len(self.taken), []
        return self._take(count)

    # --- the broker's beats

    def take_in(self, bodies: Sequence[bytes], user: str) -> list[OutRow]:
        self._run(self._submit(bodies, user))
        return self._take(len(bodies))

    def settle(self, batch: Sequence[Incoming]) -> list[OutRow]:
        return self._run(self._intake().settle(batch)).rows if batch else []

    def publish(self, rows: Iterable[OutRow]) -> list[Delivery]:
        rows = list(rows)
        wanted = {agency: sum(row.routing_key == agency for row in rows) for agency in self._inboxes}
        self._run(self._publish(rows, wanted))
        found = []
        for message in self._take_out(PROJECT):
            delivery = self.desk.read(_what(message), message.body)
            if delivery is None:
                self._run(message.ack())
                continue
            self._parcels[_key(delivery)] = message
            found.append(delivery)
        for message in self._take_out(CJIT):
            assert _what(message) == topology.WHAT_NOTICE
            self._run(message.ack())
        self.told += self.desk.heard()
        self.in_inbox += [(delivery, self.now) for delivery in found]
        return found

    # --- people

    def opens(self, delivery: Delivery) -> Reason | None:
        """What the adapter does with what it picked up; acknowledged once it is stored."""
        message = self._parcels.pop(_key(delivery))
        reason = self.desk.takes(message.body)
        self._run(message.ack())
        return reason

    def receipts(self, _: Sequence[tuple[Delivery, Any]]) -> list[OutRow]:
        bodies = self.desk.receipts()
        return self.take_in(bodies, PROJECT) if bodies else []

    # --- the wires

    def _run(self, work: Awaitable[T]) -> T:
        return self._loop.run_until_complete(work)

    def _take(self, count: int) -> list[OutRow]:
        """What came out of the intake queue, all of it."""
        self._run(_until(lambda: len(self._arrived) >= count, "the intake queue"))
        self.taken, self._arrived = self._arrived, []
        directory = directories()[self.directory]
        return self.settle(examine([(one.body, one.user) for one in self.taken], directory, self.now))

    def _intake(self) -> Intake:
        assert self._line is not None
        seconds = _NOBODY_THERE if self.consent_away else _PATIENCE
        client = ConsentClient(self._line, self._directory, Watch(), seconds)
        return Intake(
            self._line, store=self.store, thread=_Here(), consent=client, outbox=self._outbox(), directory=self._directory,  # type: ignore[arg-type]
            watch=Watch(), batch_size=100, in_flight=1,
        )  # fmt: skip

    def _outbox(self) -> Outbox:
        assert self._line is not None
        return Outbox(self._line, store=self.store, thread=_Here(), watch=Watch())  # type: ignore[arg-type]

    async def _submit(self, bodies: Sequence[bytes], user: str) -> None:
        connection = await self._connection(user)
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        exchange = await channel.get_exchange(topology.SUBMIT, ensure=False)
        for body in bodies:
            message = aio_pika.Message(body, user_id=user, delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
            await exchange.publish(message, user, mandatory=True, timeout=_PATIENCE)
        self._count("submitted", len(bodies))
        await channel.close()

    async def _publish(self, rows: Sequence[OutRow], wanted: dict[str, int]) -> None:
        assert self._line is not None
        if self.taken:
            await self._line.ack_through(self.taken[-1].tag)
            self.taken = []
        await self._outbox().publish(rows)
        for agency, count in wanted.items():
            self._count("put into inboxes", count)
            await _until(lambda a=agency, n=count: len(self._inboxes[a]) >= n, f"the inbox of {agency}")  # type: ignore[misc]

    def _take_out(self, agency: str) -> list[AbstractIncomingMessage]:
        found, self._inboxes[agency][:] = list(self._inboxes[agency]), []
        return found

    def _count(self, what: str, number: int) -> None:
        self.counted[what] = self.counted.get(what, 0) + number

    async def _connection(self, user: str) -> AbstractConnection:
        assert self.rabbit is not None
        if user not in self._agencies:
            self._agencies[user] = await self.rabbit.connect(user)
        return self._agencies[user]

    async def _open_inboxes(self) -> None:
        for agency, messages in self._inboxes.items():
            channel = await (await self._connection(agency)).channel(publisher_confirms=False)
            await channel.set_qos(prefetch_count=0)
            queue = await channel.get_queue(topology.inbox(agency), ensure=False)
            await queue.consume(partial(_keep, messages))

    async def _reconnect(self) -> None:
        assert self.rabbit is not None
        if self._line is None:
            await self.rabbit.purge()
        else:
            await self._line.close()
        while True:
            self._arrived = []
            try:
                self._line = await Line.open(self.rabbit.url(topology.BROKER_USER), lambda: None)
                await self._line.start(self._take_one, 200)
            except LINE_LOST:
                # A machine that is busy answers late; the program tries again, too.
                if self._line is not None:
                    await self._line.close()
            else:
                return

    async def _take_one(self, arrival: Arrival) -> None:
        self._arrived.append(arrival)

    async def _start_consent(self) -> None:
        assert self.rabbit is not None
        for _ in range(_CONSENT_SERVICES):
            ours = _AtItsClock(self, self.consent_service(), Outcomes(self.engine, self._signer, self._directory))
            worker = ThreadPoolExecutor(1)
            service = make_broker(self.rabbit.url(topology.CONSENT_USER), ours, ours, worker, ConsentWatch())  # type: ignore[arg-type]
            await service.start()
            self._services.append((service, worker))

    async def _stop_consent(self) -> None:
        services, self._services = self._services, []
        for service, worker in services:
            await service.stop()
            worker.shutdown()

    async def _hang_up(self) -> None:
        await self._stop_consent()
        for connection in self._agencies.values():
            await connection.close()
        if self._line is not None:
            await self._line.close()


async def _keep(messages: list[AbstractIncomingMessage], message: AbstractIncomingMessage) -> None:
    messages.append(message)


async def _until(happened: Callable[[], bool], what: str) -> None:
    async with asyncio.timeout(_PATIENCE):
        while not happened():
            await asyncio.sleep(0.001)


def _what(message: AbstractIncomingMessage) -> str:
    return str(message.headers.get(topology.WHAT_HEADER, ""))


def _key(delivery: Delivery) -> str:
    return f"{delivery.header.id} {delivery.permit.decision.attempt}"
