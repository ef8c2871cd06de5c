"""The bad messages, sent for real: through RabbitMQ, to a real broker and consent service, from agencies' own accounts.

Each is refused with its own code to whoever sent it; nothing stops, nothing is quoted, nothing is dead-lettered, and a good
referral still arrives. A sample by default; ``HOSTILE_ALL=1`` sends all twelve thousand.
"""

import asyncio
import os
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import aio_pika
import pytest
from aio_pika import DeliveryMode, Message
from aio_pika.abc import AbstractIncomingMessage, AbstractRobustConnection
from aio_pika.exceptions import AMQPError

from broker.local.postgres import PrivatePostgres
from broker.local.programs import Program
from contracts import topology
from contracts.canonical import MalformedError, to_base64
from contracts.envelope import check_addressee, check_signature, check_times, read_submission
from contracts.keyring import DIRECTORY_FILE
from contracts.kinds import Kind
from contracts.notices import ReceiptItem, read_notice
from contracts.opening import check_permit, open_delivery, read_delivery
from contracts.vocabulary import Label, Reason, ReceiptState
from tests.factories import AGENCIES, Partnership, consent_given, letter, make_demonstration, person, seal_letter
from tests.hostile.faults import CANARY, FAULTS
from tests.hostile.messages import MUTATED, SHAPED, Bad, Workshop, hostile_messages
from tests.integration.rabbitmq import Rabbit

pytestmark = pytest.mark.timeout(900)

SEED = 20261121
ALL = os.environ.get("HOSTILE_ALL") == "1"
COUNTS = (MUTATED, SHAPED) if ALL else (1_150, 350)


@dataclass
class House:
    """RabbitMQ with a broker and a consent service of its own; no adapters: the tests are the agencies."""

    rabbit: Rabbit
    keys: Partnership
    folder: Path
    programs: dict[str, Program]
    counts: tuple[int, int]
    """How many messages with changed bytes, and how many shaped by hand."""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, rabbitmq: Rabbit, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("hostile")
    asyncio.run(rabbitmq.purge())
    keys = make_demonstration(folder / "keys")
    databases = {name: f"sqlite:///{folder / name}.sqlite" for name in ("consent", "broker")}
    counts, server = COUNTS, None
    if request.param == "postgresql":
        server = cast(PrivatePostgres, request.getfixturevalue("postgres"))
        databases = {name: server.create() for name in databases}
        # The bytes were read alike; what differs is how a refusal is written down.
        counts = COUNTS if ALL else (50, COUNTS[1])
    programs = {name: _program(name, rabbitmq, folder, databases[name]) for name in databases}
    for program in programs.values():
        program.start()
    try:
        for program in programs.values():
            program.wait_ready(timeout=60)
        yield House(rabbitmq, keys, folder, programs, counts)
    finally:
        for name in ("broker", "consent"):
            programs[name].stop()
        if server:
            for url in databases.values():
                server.drop(url)
        asyncio.run(rabbitmq.purge())


def _program(name: str, rabbit: Rabbit, folder: Path, database: str) -> Program:
    prefix = name.upper()
    env = {
        f"{prefix}_AMQP_URL": rabbit.url(name),
        f"{prefix}_DATABASE_URL": database,
        f"{prefix}_KEYS": str(folder / "keys" / name),
        f"{prefix}_DIRECTORY": str(folder / "keys" / DIRECTORY_FILE),
        "DEMONSTRATION": "1",
    }
    return Program(name, name, env, folder / f"{name}.log", health_setting=f"{prefix}_HEALTH_PORT")


@dataclass
class Desk:
    """What the agencies were told, and what arrived."""

    keys: Partnership
    receipts: defaultdict[str, list[ReceiptItem]] = field(default_factory=lambda: defaultdict(list))
    deliveries: list[tuple[str, bytes]] = field(default_factory=list)
    last: float = field(default_factory=time.monotonic)

    async def take(self, agency: str, message: AbstractIncomingMessage) -> None:
        self.last = time.monotonic()
        if message.headers.get(topology.WHAT_HEADER) == topology.WHAT_DELIVERY:
            self.deliveries.append((agency, message.body))
        else:
            notice = read_notice(message.body, self.keys.directory, agency=agency)
            self.receipts[agency] += [item for item in notice.items if isinstance(item, ReceiptItem)]
        await message.ack()

    def answers(self) -> Counter[tuple[str, str]]:
        """How often each agency was refused, or told of a repeat, for each reason."""
        return Counter(
            (agency, receipt.reason.value)
            for agency, receipts in self.receipts.items()
            for receipt in receipts
            if receipt.reason and (receipt.state is ReceiptState.REFUSED or receipt.reason is Reason.REPLAYED)
        )


class Agencies:
    """The connections of all six agencies: each publishes as itself and reads its own inbox."""

    def __init__(self, house: House) -> None:
        self.house, self.desk = house, Desk(house.keys)
        self._open: dict[str, AbstractRobustConnection] = {}
        self._submit: dict[str, aio_pika.abc.AbstractExchange] = {}

    async def __aenter__(self) -> "Agencies":
        for agency in AGENCIES:
            connection = await aio_pika.connect_robust(self.house.rabbit.url(agency))
            channel = await connection.channel()
            await channel.set_qos(100)
            self._open[agency] = connection
            self._submit[agency] = await channel.get_exchange(topology.SUBMIT, ensure=False)
            queue = await channel.get_queue(topology.inbox(agency), ensure=False)

            async def take(message: AbstractIncomingMessage, agency: str = agency) -> None:
                await self.desk.take(agency, message)

            await queue.consume(take)
        return self

    async def __aexit__(self, *_: object) -> None:
        for connection in self._open.values():
            await connection.close()

    async def send(self, body: bytes, user: str | None) -> None:
        """Publish as RabbitMQ lets an agency do. Without a user the connection is still somebody's, but proves nothing."""
        account = user or "cjit-ashby"
        message = Message(body, delivery_mode=DeliveryMode.PERSISTENT, user_id=user)
        await self._submit[account].publish(message, account, mandatory=True, timeout=30)

    async def until(self, what: str, done: Callable[[], object], *, patience: float = 60) -> None:
        """Wait until something is so; while anything is still told, patience starts again."""
        while not done():
            quiet = time.monotonic() - self.desk.last
            assert quiet < patience, f"{what}: nothing for {quiet:.0f} s; told so far {sum(self.desk.answers().values())}"
            await asyncio.sleep(0.05)


def expected_code(bad: Bad, keys: Partnership) -> Reason | None:
    """The code for a message whose bytes were changed by chance: what the contracts say of these bytes."""
    if bad.code is not None:
        return bad.code
    try:
        received = read_submission(bad.body)
    except MalformedError as error:
        return error.reason
    header, now = received.header, time.time_ns() // 1_000_000
    if header.sender != bad.user:
        return Reason.SENDER_MISMATCH
    return check_signature(received, keys.directory) or check_times(header, now) or check_addressee(header, keys.directory)


async def send_all(agencies: Agencies) -> tuple[Counter[tuple[str, str]], dict[str, Reason]]:
    """Send every bad message; what each agency must be told, and the codes of those that still have a readable number."""
    keys = agencies.house.keys
    told: Counter[tuple[str, str]] = Counter()
    numbered: dict[str, Reason] = {}
    waiting: list[asyncio.Task[None]] = []
    mutants, faults = agencies.house.counts
    now = time.time_ns() // 1_000_000
    for bad in hostile_messages(SEED, keys=keys, now=now, mutants=mutants, faults=faults):
        if bad.where in {"good", "replay"}:
            # The first of two comes before the second, whatever else is under way.
            await asyncio.gather(*waiting)
            waiting.clear()
            await agencies.send(bad.body, bad.user)
        else:
            waiting.append(asyncio.create_task(agencies.send(bad.body, bad.user)))
        if len(waiting) >= 100:
            await asyncio.gather(*waiting)
            waiting.clear()
        if bad.where == "good":
            continue
        code = expected_code(bad, keys)
        assert code is not None, bad.name
        if bad.user is not None:
            told[(bad.user, code.value)] += 1
            numbered |= _number_of(bad, code)
    await asyncio.gather(*waiting)
    return told, numbered


def _number_of(bad: Bad, code: Reason) -> dict[str, Reason]:
    try:
        return {read_submission(bad.body).header.id: code}
    except MalformedError:
        return {}


async def count_of(rabbit: Rabbit, queue: str) -> int:
    connection = await rabbit.connect("operator")
    async with connection:
        channel = await connection.channel()
        declared = await channel.declare_queue(queue, passive=True)
        return declared.declaration_result.message_count or 0


async def a_good_referral(agencies: Agencies) -> None:
    """Register her, record her consent, refer her: it arrives at the project and opens."""
    keys, her, now = agencies.house.keys, person(7), time.time_ns() // 1_000_000
    reference, consent = "5a" * 16, "c7" * 16
    labels = (Label.IDENTITY, Label.CONTACT, Label.REQUEST, Label.SAFETY)
    said = consent_given(consent=consent, recipient="project-ashby", labels=labels, taken_at=now)
    named = {"about": her, "created": now, "reference": reference, "facts_changes": {"consents": (consent,)}}
    referral = letter(Kind.REFERRAL_MADE, **named)  # type: ignore[arg-type]
    letters = (
        letter(Kind.PERSON_REGISTERED, about=her, created=now, reference=reference),
        letter(Kind.CONSENT_RECORDED, said=said, **named),  # type: ignore[arg-type]
        referral,
    )
    for each in letters:
        await agencies.send(seal_letter(each, keys=keys), "cjit-ashby")
    agencies.desk.last = time.monotonic()
    await agencies.until("the good referral", lambda: agencies.desk.deliveries)
    ((agency, body),) = agencies.desk.deliveries
    delivery = read_delivery(body)
    check_permit(delivery, keys.directory, agency=agency, now=time.time_ns() // 1_000_000)
    opened = open_delivery(delivery, keys.opener(agency))
    assert (agency, opened.header.id) == ("project-ashby", referral.id)
    assert opened.compartments[Label.IDENTITY] == her.identity


async def test_every_bad_message_is_refused_with_its_own_code_and_nothing_else_happens(house: House) -> None:
    pids = {name: program.process and program.process.pid for name, program in house.programs.items()}
    async with Agencies(house) as agencies:
        told, numbered = await send_all(agencies)
        desk = agencies.desk
        await agencies.until("all refusals", lambda: sum(desk.answers().values()) >= sum(told.values()))
        assert desk.answers() == told
        # Where the number could still be read, the receipt carries it.
        by_number = {
            receipt.message: receipt.reason
            for receipts in desk.receipts.values()
            for receipt in receipts
            if receipt.message in numbered and receipt.reason is not None
        }
        assert {number: by_number.get(number) for number in numbered} == numbered
        # Nothing that was bad reached anyone, and what is good still does.
        assert desk.deliveries == []
        await a_good_referral(agencies)
    assert {name: program.process and program.process.pid for name, program in house.programs.items()} == pids
    assert [name for name, program in house.programs.items() if not program.health().ready] == []
    assert await count_of(house.rabbit, topology.DEAD_QUEUE) == 0
    assert await count_of(house.rabbit, topology.INTAKE_QUEUE) == 0
    assert quoted_in(house) == []


def quoted_in(house: House) -> list[str]:
    """The logs and stores in which a name of a bad message, or any of its sealed parts, stands in the open."""
    node = Path(house.rabbit.node.folder)
    places = [*house.folder.glob("*.log"), *house.folder.glob("*.sqlite*"), *node.rglob("*.log")]
    assert {place.name for place in places} >= {"broker.log", "consent.log"}
    # The search is no use in an empty log.
    assert "batch.settled" in (house.folder / "broker.log").read_text()
    forename, surname = CANARY.encode().split()
    return [place.name for place in places if any(name in place.read_bytes() for name in (forename, surname, b"Marisol"))]


async def test_many_large_messages_at_once_are_each_refused_and_the_line_stays_up(house: House) -> None:
    """What they seal to the consent service is more than RabbitMQ carries in one question: it is asked in pieces."""
    workshop = Workshop(house.keys, time.time_ns() // 1_000_000)
    # Of a kind that names nobody: a name that was never registered is waited for.
    drafts = [workshop.draft(Kind.CASELOAD_CHECK) for _ in range(100)]
    for draft in drafts:
        draft.value["to_consent"] = to_base64(os.urandom(37_500))
    lost_before = (house.folder / "broker.log").read_text().count("rabbitmq.closed")
    async with Agencies(house) as agencies:
        await asyncio.gather(*[agencies.send(draft.bytes(), draft.user) for draft in drafts])
        agencies.desk.last = time.monotonic()
        await agencies.until("all refusals", lambda: sum(agencies.desk.answers().values()) >= len(drafts))
        assert agencies.desk.answers() == {(drafts[0].user, Reason.CANNOT_OPEN.value): len(drafts)}
        assert agencies.desk.deliveries == []
    assert (house.folder / "broker.log").read_text().count("rabbitmq.closed") == lost_before
    assert await count_of(house.rabbit, topology.INTAKE_QUEUE) == 0


async def test_a_forged_account_is_refused_by_rabbitmq_itself(house: House) -> None:
    connection = await aio_pika.connect(house.rabbit.url("cjit-ashby"))
    async with connection:
        channel = await connection.channel()
        exchange = await channel.get_exchange(topology.SUBMIT, ensure=False)
        with pytest.raises(AMQPError):
            await exchange.publish(Message(b"{}", user_id="sarc-ashby"), "cjit-ashby", mandatory=True, timeout=10)


async def test_an_agency_cannot_submit_under_another_agencys_key(house: House) -> None:
    connection = await aio_pika.connect(house.rabbit.url("cjit-ashby"))
    async with connection:
        channel = await connection.channel()
        exchange = await channel.get_exchange(topology.SUBMIT, ensure=False)
        with pytest.raises(AMQPError):
            await exchange.publish(Message(b"{}", user_id="cjit-ashby"), "sarc-ashby", mandatory=True, timeout=10)


def test_the_sample_holds_every_fault() -> None:
    assert COUNTS[1] >= len(FAULTS)
