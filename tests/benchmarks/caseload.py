"""The caseload check as an agency meets it: from the published question to the opened answer, through RabbitMQ.

Questions come at random moments (a fixed spacing would keep step with the broker's own tick and measure that). Nobody waits
for the one before: a slow answer does not thin out the questions. Leaves out filling the register (``run_caseload``).
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import aiormq
from aiormq.abc import AbstractChannel, DeliveredMessage

from contracts import topology
from contracts.identifiers import new_id
from contracts.kinds import Kind
from contracts.notices import CaseloadItem, open_caseload_answer, read_notice
from contracts.seal import Letter
from contracts.steps import CaseStep, CheckStep, RegisterStep
from contracts.vocabulary import CaseloadStatus, CaseMove, CaseRole, Presentation
from tests.benchmarks import queues
from tests.benchmarks.town import Town
from tests.factories import letter, person, seal_letter

ASKER = "cjit-ashby"
HOLDERS = ("drugs-ashby", "housing-ashby", "project-ashby")
_WARM_SECONDS = 3.0
_PATIENCE_SECONDS = 15.0


def holder(number: int) -> str:
    """Who registered a person."""
    return HOLDERS[number % len(HOLDERS)]


def state_of(number: int) -> CaseloadStatus:
    """Of ten people: four with an open case, one with a closed one, five known to an agency that has no case."""
    return {0: CaseloadStatus.KNOWN_NOT_ACTIVE}.get(
        number % 10, CaseloadStatus.ACTIVE if number % 10 < 5 else CaseloadStatus.NOT_KNOWN
    )


def population(people: int, now: int) -> Iterator[list[Letter]]:
    """The letters about each person in turn: registered, perhaps a case opened, perhaps closed again."""

    def written(kind: Kind, agency: str, reference: str, step: RegisterStep | CaseStep) -> Letter:
        return letter(kind, agency, created=now, reference=reference, step=step)

    for number in range(people):
        agency, reference, state = holder(number), new_id(), state_of(number)
        letters = [written(Kind.PERSON_REGISTERED, agency, reference, RegisterStep(tokens=person(number).tokens))]
        if state is not CaseloadStatus.NOT_KNOWN:
            opened = CaseStep(move=CaseMove.OPEN, role=CaseRole.SUPPLEMENTARY)
            letters.append(written(Kind.CASE_OPENED, agency, reference, opened))
        if state is CaseloadStatus.KNOWN_NOT_ACTIVE:
            closed = CaseStep(move=CaseMove.CLOSE, role=CaseRole.SUPPLEMENTARY)
            letters.append(written(Kind.CASE_CLOSED, agency, reference, closed))
        yield letters


def in_sequence() -> Callable[[Sequence[Letter]], list[Letter]]:
    """Numbers letters in the order in which each agency sends them."""
    sequences: Counter[str] = Counter()

    def numbered(letters: Sequence[Letter]) -> list[Letter]:
        done = []
        for each in letters:
            sequences[each.sender] += 1
            done.append(replace(each, sequence=sequences[each.sender]))
        return done

    return numbered


@dataclass
class Asked:
    """One question on its way."""

    number: int
    at: float
    warm: bool
    milliseconds: float | None = None
    status: CaseloadStatus | None = None


@dataclass
class Desk:
    """One agency that asks and waits for answers."""

    town: Town
    people: int
    seed: int
    asked: dict[str, Asked] = field(default_factory=dict)
    sequence: int = 0

    async def work(self, rate: float, seconds: float) -> list[Asked]:
        """Ask at this rate for so long, and wait a little for the last answers."""
        chance = random.Random(self.seed)
        async with queues.channel(self.town.account(ASKER)) as into, queues.channel(self.town.account(ASKER)) as out:
            await into.basic_qos(prefetch_count=200)
            await into.basic_consume(topology.inbox(ASKER), self._listen(into))
            began = time.perf_counter()
            due = 0.0
            asking: list[asyncio.Task[None]] = []
            while (due := due + chance.expovariate(rate)) < _WARM_SECONDS + seconds:
                await asyncio.sleep(max(0.0, began + due - time.perf_counter()))
                # One in five is a stranger to everyone.
                number = chance.randrange(self.people) if chance.random() < 0.8 else -1 - len(asking)
                asking.append(asyncio.create_task(self._ask(out, number, warm=due < _WARM_SECONDS)))
            await asyncio.gather(*asking)
            await queues.until(self._all_answered, seconds=_PATIENCE_SECONDS)
        return list(self.asked.values())

    async def _ask(self, out: AbstractChannel, number: int, *, warm: bool) -> None:
        self.sequence += 1
        tokens = person(number if number >= 0 else self.people - number).tokens
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
            notice = read_notice(message.body, self.town.keys.directory, agency=ASKER)
            for item in notice.items:
                if isinstance(item, CaseloadItem) and (asked := self.asked.get(item.message)):
                    opener = self.town.keys.opener(ASKER, "intake")
                    asked.status = open_caseload_answer(item.sealed, item.message, opener).status
                    asked.milliseconds = (time.perf_counter() - asked.at) * 1000
            delivery = message.delivery
            assert isinstance(delivery, aiormq.spec.Basic.Deliver)
            await into.basic_ack(delivery.delivery_tag or 0, wait=False)

        return receive

    async def _all_answered(self) -> bool:
        return all(asked.milliseconds is not None for asked in self.asked.values())


def truth(asked: Asked) -> CaseloadStatus:
    """What a full answer to a question would be."""
    return state_of(asked.number) if asked.number >= 0 else CaseloadStatus.NOT_KNOWN
