"""Where the time goes: the gate's parts timed one by one, in this process, on the messages that are sent through it.

CPU time of the one thread, so that waiting for a disk or for a neighbour does not count. Leaves out the event loop and
whatever runs beside; the programs' totals hold those.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import consent.answers
import consent.permits
import consent.questions
from broker.consent_client import ConsentClient, _must_be_asked, _question
from broker.incoming import Examined, Incoming, OutRow, Who
from broker.rabbit import Arrival, Line
from broker.store import open_store
from broker.watch import Watch
from consent.answers import Answers
from consent.protocol_file import load_protocol
from consent.start import load_keys
from consent.store import open_store as open_consent_store
from contracts import topology
from contracts.consent_check import Answer, QuestionBatch
from contracts.envelope import check_addressee, check_signature, check_times, read_submission
from contracts.identifiers import new_id
from contracts.keys import SigningKey
from tests.benchmarks import prepared, queues
from tests.benchmarks.children import Choices
from tests.benchmarks.gate import INBOXES, Load
from tests.benchmarks.prepared import Stores
from tests.benchmarks.queues import Parcel
from tests.benchmarks.town import Town

Part = tuple[str, str, float]
BROKER, CONSENT = "broker", "consent"
_BATCH = 50
_MOST = 1000


class Meter:
    """Adds up CPU time by name."""

    def __init__(self) -> None:
        self.spent: defaultdict[tuple[str, str], float] = defaultdict(float)

    @contextmanager
    def timed(self, where: str, what: str) -> Iterator[None]:
        began = time.thread_time()
        try:
            yield
        finally:
            self.spent[where, what] += time.thread_time() - began

    def wrapped(self, function: Callable[..., Any], where: str, what: str) -> Callable[..., Any]:
        def call(*arguments: object, **named: object) -> Any:
            with self.timed(where, what):
                return function(*arguments, **named)

        return call


# Functions of the consent service that are timed where they stand, without their callers knowing.
_INSIDE_CONSENT: tuple[tuple[Any, str, str], ...] = (
    (consent.questions, "_check_signature", "verify the sender's signature"),
    (consent.questions, "open_all_for_consent", "open what is sealed to it (HPKE)"),
    (consent.answers, "check", "decide: every clause"),
    (consent.answers, "append", "log: commit, grow the tree, sign its head"),
    (consent.answers, "put_answers", "store the answers"),
    (consent.permits, "lock_shares", "lock the released shares"),
    (consent.permits, "permit_hash", "hash the permit"),
    (SigningKey, "sign", "sign each permit and the batch"),
    (consent.answers, "answers_text", "write the answers"),
)


async def measure_parts(town: Town, load: Load, template: Stores, choices: Choices) -> list[Part]:
    """Each part's place, name and microseconds for one message. Runs on copies of the stores."""
    stores = prepared.copy_of(town, template, "parts")
    meter = Meter()
    parcels = load.measured[:_MOST]
    rows = _through(town, parcels, stores, choices, meter)
    await _messaging(town, parcels, rows, meter)
    prepared.forget(town, stores)
    each = 1_000_000 / len(parcels)
    inside = sum(spent for (where, what), spent in meter.spent.items() if where == CONSENT and what != _WHOLE)
    rest = meter.spent.pop((CONSENT, _WHOLE)) - inside
    parts = [(where, what, spent * each) for (where, what), spent in meter.spent.items()]
    parts.append((CONSENT, "the rest: read the questions, look up, commit, sign", rest * each))
    totals = [(where, "all of these", sum(spent for at, _, spent in parts if at == where)) for where in (BROKER, CONSENT)]
    return sorted(parts, key=lambda part: part[0]) + totals


_WHOLE = "answer a batch"


def _through(town: Town, parcels: Sequence[Parcel], stores: Stores, choices: Choices, meter: Meter) -> list[OutRow]:
    """The whole way of every message but RabbitMQ, batch by batch; the rows that would be published."""
    directory = town.keys.directory
    store = open_store(
        stores.broker,
        signing=town.keys.signing("broker"),
        directory=directory,
        credit=choices.credit,
        process=new_id(),
    )
    engine = open_consent_store(stores.consent)
    protocol, _ = load_protocol(Path(choices.protocol))
    answers = Answers(engine, directory, load_keys(town.keys.folder / "consent", directory), protocol)
    client = ConsentClient(None, directory, Watch(), 1.0)  # type: ignore[arg-type]  # it only reads here
    rows: list[OutRow] = []
    try:
        for at in range(0, len(parcels), _BATCH):
            now = time.time_ns() // 1_000_000
            batch = [_taken(parcel, town, now, meter) for parcel in parcels[at : at + _BATCH]]
            with meter.timed(BROKER, "store: whom it is about"):
                whom = store.who(batch, now)
            told = _asked(batch, whom, answers, client, now, meter)
            examined = [Examined(one, who, told[one.message or ""], asked=True) for one, who in zip(batch, whom, strict=True)]
            with meter.timed(BROKER, "store: guards, decide, record, write the delivery"):
                settled = store.settle(examined, now)
            store.sent([row.id for row in settled.rows], now)
            rows += settled.rows
    finally:
        store.close()
        engine.dispose()
    return rows


def _taken(parcel: Parcel, town: Town, now: int, meter: Meter) -> Incoming:
    directory = town.keys.directory
    with meter.timed(BROKER, "read the submission strictly"):
        received = read_submission(parcel.body)
    with meter.timed(BROKER, "verify the sender's signature"):
        refused = check_signature(received, directory)
    with meter.timed(BROKER, "times and addressee"):
        refused = refused or check_times(received.header, now) or check_addressee(received.header, directory)
    return Incoming(parcel.sender, parcel.body, received, refused, received.header.id, 1, now, known=False)


def _asked(
    batch: Sequence[Incoming],
    whom: Sequence[Who],
    answers: Answers,
    client: ConsentClient,
    now: int,
    meter: Meter,
) -> dict[str, Answer]:
    with meter.timed(BROKER, "write the consent question"):
        pairs = [(one, who) for one, who in zip(batch, whom, strict=True) if _must_be_asked(one, who)]
        question = QuestionBatch(id=new_id(), asked=now, questions=tuple(_question(one, who) for one, who in pairs))
        body = question.model_dump_json().encode()
    with _watched(meter), meter.timed(CONSENT, _WHOLE):
        signed, _ = answers.answer(body, now)
        reply = signed.model_dump_json().encode()
    with meter.timed(BROKER, "read the answers"):
        read = client._read(reply, question.id)
    return {answer.message: answer for answer in read.answers}


@contextmanager
def _watched(meter: Meter) -> Iterator[None]:
    with ExitStack() as stack:
        for module, name, what in _INSIDE_CONSENT:
            timed = meter.wrapped(getattr(module, name), CONSENT, what)
            stack.enter_context(patch.object(module, name, timed))
        yield


async def _messaging(town: Town, parcels: Sequence[Parcel], rows: Sequence[OutRow], meter: Meter) -> None:
    """The broker's own line: take what was submitted, publish what was settled."""
    async with queues.channel(town.operator) as on:
        await queues.purge(on, [topology.INTAKE_QUEUE, *INBOXES])
        await queues.fill(town.account, parcels)
    line = await Line.open(town.account(topology.BROKER_USER), lambda: None)
    last = 0
    enough = asyncio.Event()
    seen = 0

    async def take(arrival: Arrival) -> None:
        nonlocal last, seen
        last, seen = arrival.tag, seen + 1
        if seen % _BATCH == 0:
            await line.ack_through(last)
        if seen >= len(parcels):
            enough.set()

    try:
        with meter.timed(BROKER, "RabbitMQ: take and acknowledge"):
            await line.start(take, 200)
            await enough.wait()
        await line.ack_through(last)
        with meter.timed(BROKER, "RabbitMQ: publish, with confirms"):
            for at in range(0, len(rows), _BATCH):
                await line.publish(rows[at : at + _BATCH])
    finally:
        await line.close()
    async with queues.channel(town.operator) as on:
        await queues.purge(on, INBOXES)
