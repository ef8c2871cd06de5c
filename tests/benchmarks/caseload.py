"""The caseload check as an agency meets it: from the published question to the opened answer, through RabbitMQ.

Questions come at random moments (a fixed spacing would keep step with the broker's own tick and measure that). Nobody waits
for the one before: a slow answer does not thin out the questions. Leaves out filling the register (``run_caseload``).
"""

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import aiormq
from aiormq.abc import AbstractChannel, DeliveredMessage

from agencies.identity import details_of
from contracts import topology
from contracts.kinds import Kind
from contracts.notices import CaseloadItem, ReceiptItem, open_caseload_answer, read_notice
from contracts.steps import CaseStep, CheckStep, RegisterStep
from contracts.vocabulary import CaseloadStatus, CaseMove, CaseRole, CloseReason, Presentation
from tests.benchmarks import queues
from tests.benchmarks.letters import submission
from tests.benchmarks.people import number_in, reference, token_maker, woman
from tests.benchmarks.prepared import Check
from tests.benchmarks.queues import Parcel
from tests.benchmarks.town import Town
from tests.factories import Partnership, letter, seal_letter

ASKER = "cjit-ashby"
HOLDERS = ("drugs-ashby", "housing-ashby", "project-ashby")
WARM_SECONDS = 3.0
_PATIENCE_SECONDS = 15.0


def holder(number: int) -> str:
    """Who registered a person."""
    return HOLDERS[number % len(HOLDERS)]


def state_of(number: int) -> CaseloadStatus:
    """Of ten people: four with an open case, one with a closed one, five known to an agency that has no case."""
    place = number // len(HOLDERS) % 10
    if place == 0:
        return CaseloadStatus.KNOWN_NOT_ACTIVE
    return CaseloadStatus.ACTIVE if place < 5 else CaseloadStatus.NOT_KNOWN


@dataclass(frozen=True, slots=True)
class ToWrite:
    """One letter about one person, before anyone has written it: what it is, and its number in its sender's sequence."""

    kind: Kind
    number: int
    sequence: int


def everything_about(people: int) -> Iterator[ToWrite]:
    """Everyone is registered; then cases are opened, then some closed: each agency's letters in its own order."""
    sequences: Counter[str] = Counter()
    for kind, concerned in (
        (Kind.PERSON_REGISTERED, lambda _: True),
        (Kind.CASE_OPENED, lambda number: state_of(number) is not CaseloadStatus.NOT_KNOWN),
        (Kind.CASE_CLOSED, lambda number: state_of(number) is CaseloadStatus.KNOWN_NOT_ACTIVE),
    ):
        for number in filter(concerned, range(people)):
            sequences[holder(number)] += 1
            yield ToWrite(kind, number, sequences[holder(number)])


def written(keys: Partnership, letters: Sequence[ToWrite]) -> list[tuple[Parcel, Check | None]]:
    """The letters, sealed; with each registration the caseload check that her case will name (R01), as the broker keeps it."""
    done: list[tuple[Parcel, Check | None]] = []
    for each in letters:
        agency, check = holder(each.number), reference(each.number, "check")
        step: RegisterStep | CaseStep
        kept: Check | None = None
        if each.kind is Kind.PERSON_REGISTERED:
            # Once for both: tokens are most of what writing costs.
            tokens = token_maker(keys.folder, agency).tokens(details_of(woman(each.number)))
            step = RegisterStep(tokens=tokens)
            if state_of(each.number) is not CaseloadStatus.NOT_KNOWN:
                kept = (check, agency, keys.now, json.dumps([[1, tokens]]))
        elif each.kind is Kind.CASE_OPENED:
            step = CaseStep(move=CaseMove.OPEN, role=CaseRole.LEAD, check=check)
        else:
            step = CaseStep(move=CaseMove.CLOSE, role=CaseRole.LEAD, reason=CloseReason.HER_CHOICE)
        made = letter(
            each.kind,
            agency,
            created=keys.now,
            reference=reference(each.number),
            sequence=each.sequence,
            step=step,
        )
        done.append((submission(made, seal_letter(made, keys=keys)), kept))
    return done


@dataclass(frozen=True, slots=True)
class OnTheLine:
    """One notice as whoever watches the line sees it: when, since the question and by the clock; how large; of how much."""

    milliseconds: float
    clock: float
    size: int
    items: int


@dataclass
class Asked:
    """One question on its way."""

    number: int
    at: float
    warm: bool
    milliseconds: float | None = None
    status: CaseloadStatus | None = None
    line: list[OnTheLine] = field(default_factory=list)
    """Everything the broker said of it, as it passed on the asker's line."""


@dataclass
class Desk:
    """One agency that asks and waits for answers."""

    town: Town
    people: int
    seed: int
    strangers: float = 0.2
    """How often she asks about somebody whom nobody knows."""
    only: CaseloadStatus | None = None
    """Of the people who are known, ask only about those of whom this would be said."""
    left_out: frozenset[int] = frozenset()
    """Women about whom nobody is asked, strangers among them: whom a check would mean there, nobody knows."""
    asked: dict[str, Asked] = field(default_factory=dict)
    sequence: int = 0
    _strangers: int = 0
    on_answer: Callable[[], None] = lambda: None

    async def work(self, rate: float, seconds: float, *, warm: float = WARM_SECONDS) -> list[Asked]:
        """Ask at this rate for so long, after a while that does not count, and wait a little for the last answers."""
        chance = random.Random(self.seed)
        async with queues.channel(self.town.account(ASKER)) as into, queues.channel(self.town.account(ASKER)) as out:
            await into.basic_qos(prefetch_count=200)
            await into.basic_consume(topology.inbox(ASKER), self._listen(into))
            began = time.perf_counter()
            due = 0.0
            asking: list[asyncio.Task[None]] = []
            while (due := due + chance.expovariate(rate)) < warm + seconds:
                await asyncio.sleep(max(0.0, began + due - time.perf_counter()))
                asking.append(asyncio.create_task(self._ask(out, self._someone(chance), warm=due < warm)))
            await asyncio.gather(*asking)
            await queues.until(self._all_answered, seconds=_PATIENCE_SECONDS)
        return list(self.asked.values())

    async def ask_until(self, answered: int, *, at_once: int) -> list[Asked]:
        """Ask, so many questions at a time, until so many were answered in full: however long a busy machine takes for it."""
        chance, free = random.Random(self.seed), asyncio.Semaphore(at_once)
        self.on_answer = free.release
        async with queues.channel(self.town.account(ASKER)) as into, queues.channel(self.town.account(ASKER)) as out:
            await into.basic_qos(prefetch_count=200)
            await into.basic_consume(topology.inbox(ASKER), self._listen(into))
            # A check that came too late on a busy machine cannot say; so more are asked, but not without end.
            while sum(one.status is truth(one) for one in self.asked.values()) < answered and len(self.asked) < 4 * answered:
                await asyncio.wait_for(free.acquire(), _PATIENCE_SECONDS)
                await self._ask(out, self._someone(chance), warm=len(self.asked) < 2 * at_once)
            await queues.until(self._all_answered, seconds=_PATIENCE_SECONDS)
        return list(self.asked.values())

    def _someone(self, chance: random.Random) -> int:
        """Below nought: a stranger to everyone."""
        if chance.random() < self.strangers:
            self._strangers = next(n for n in count(self._strangers + 1) if number_in(-n, self.people) not in self.left_out)
            return -self._strangers
        while True:
            number = chance.randrange(self.people)
            if number not in self.left_out and (self.only is None or state_of(number) is self.only):
                return number

    async def _ask(self, out: AbstractChannel, number: int, *, warm: bool) -> None:
        self.sequence += 1
        tokens = token_maker(self.town.keys.folder, ASKER).tokens(details_of(woman(number_in(number, self.people))))
        made = letter(
            Kind.CASELOAD_CHECK,
            ASKER,
            created=time.time_ns() // 1_000_000,
            sequence=self.sequence,
            step=CheckStep(tokens=tokens, presentation=Presentation.CUSTODY),
        )
        body = seal_letter(made, keys=self.town.keys)
        self.asked[made.id] = Asked(number, time.perf_counter(), warm)
        properties = aiormq.spec.Basic.Properties(delivery_mode=2, message_id=made.id, user_id=ASKER)
        await out.basic_publish(body, exchange=topology.SUBMIT, routing_key=ASKER, properties=properties, mandatory=True)

    def _listen(self, into: AbstractChannel) -> Callable[[DeliveredMessage], Coroutine[Any, Any, None]]:
        async def receive(message: DeliveredMessage) -> None:
            at, clock = time.perf_counter(), time.time() * 1000
            notice = read_notice(message.body, self.town.keys.directory, agency=ASKER)
            for named in {item.message for item in notice.items if isinstance(item, CaseloadItem | ReceiptItem)}:
                if named and (about := self.asked.get(named)):
                    seen = OnTheLine((at - about.at) * 1000, clock, len(message.body), len(notice.items))
                    about.line.append(seen)
            for item in notice.items:
                if isinstance(item, CaseloadItem) and (asked := self.asked.get(item.message)):
                    opener = self.town.keys.opener(ASKER, "intake")
                    asked.status = open_caseload_answer(item.sealed, item.message, opener).status
                    asked.milliseconds = (time.perf_counter() - asked.at) * 1000
                    self.on_answer()
            delivery = message.delivery
            assert isinstance(delivery, aiormq.spec.Basic.Deliver)
            await into.basic_ack(delivery.delivery_tag or 0, wait=False)

        return receive

    async def _all_answered(self) -> bool:
        return all(asked.milliseconds is not None for asked in self.asked.values())


def truth(asked: Asked) -> CaseloadStatus:
    """What a full answer to a question would be."""
    return state_of(asked.number) if asked.number >= 0 else CaseloadStatus.NOT_KNOWN
