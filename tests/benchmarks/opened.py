"""What came out of a run, looked at as those who receive it: every delivery counted, a good many opened, every receipt read."""

import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from aiormq.abc import DeliveredMessage

from contracts import topology
from contracts.canonical import MalformedError
from contracts.notices import Notice, ReceiptItem, read_notice
from contracts.opening import Opened, OpeningError, check_permit, open_delivery, read_delivery
from contracts.permit import Delivery
from contracts.vocabulary import ReceiptState
from tests.benchmarks import queues
from tests.benchmarks.letters import LABELS, RECIPIENTS, SENDERS
from tests.benchmarks.queues import Parcel
from tests.benchmarks.town import Town

OPENED_AT_LEAST = 300


@dataclass(frozen=True, slots=True)
class Seen:
    """One delivery that its recipient opened, and when."""

    agency: str
    at: int
    opened: Opened


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found in the inboxes after one run."""

    delivered: int
    delivered_twice: int
    not_ours: int
    received_receipts: int
    other_receipts: int
    opened: int
    failed_to_open: int
    left_in_intake: int
    notices: int
    seen: tuple[Seen, ...]

    def complaints(self, messages: int) -> list[str]:
        """What is not as it must be; nothing is the good answer."""
        wanted = {
            "delivered": (self.delivered, messages),
            "delivered twice": (self.delivered_twice, 0),
            "delivered but never sent": (self.not_ours, 0),
            "receipts that say received": (self.received_receipts, messages),
            "receipts that say anything else": (self.other_receipts, 0),
            "deliveries that did not open": (self.failed_to_open, 0),
            "left in the intake queue": (self.left_in_intake, 0),
        }
        found = [f"{what}: {count:,}, not {right:,}" for what, (count, right) in wanted.items() if count != right]
        if self.opened < min(messages, OPENED_AT_LEAST):
            found.append(f"only {self.opened} deliveries were opened")
        return found


async def look(town: Town, parcels: Sequence[Parcel], *, seed: int) -> Looked:
    """Empty the inboxes as their owners and check what was in them."""
    async with queues.channel(town.operator) as on:
        left = await queues.depth(on, topology.INTAKE_QUEUE)
        waiting = {agency: await queues.depth(on, topology.inbox(agency)) for agency in RECIPIENTS}
    delivered: Counter[str] = Counter()
    seen: list[Seen] = []
    failed = 0
    for agency in RECIPIENTS:
        taken = await queues.take_all(town.account(agency), topology.inbox(agency), want=waiting[agency])
        sample = set(_sample(len(taken), seed=seed))
        for number, message in enumerate(taken):
            delivery = _delivery(message)
            if delivery is None:
                failed += 1
                continue
            delivered[delivery.header.id] += 1
            if number in sample and (one := _opened(delivery, town, agency)):
                seen.append(one)
            failed += number in sample and not (seen and seen[-1].opened.header.id == delivery.header.id)
    states: Counter[tuple[str | None, ReceiptState]] = Counter()
    told = [(agency, notice) for agency in SENDERS for notice in await notices(town, agency)]
    for _, notice in told:
        states.update((item.message, item.state) for item in notice.items if isinstance(item, ReceiptItem))
    ours = {each.message_id for each in parcels}
    return Looked(
        delivered=len(delivered.keys() & ours),
        delivered_twice=sum(count - 1 for count in delivered.values()),
        not_ours=len(delivered.keys() - ours),
        received_receipts=sum(1 for (message, state) in states if state is ReceiptState.RECEIVED and message in ours),
        other_receipts=sum(n for (_, state), n in states.items() if state is not ReceiptState.RECEIVED),
        opened=len(seen),
        failed_to_open=failed,
        left_in_intake=left,
        notices=len(told),
        seen=tuple(seen),
    )


async def notices(town: Town, agency: str) -> list[Notice]:
    """Every notice that waits for an agency, read and verified as its adapter would."""
    async with queues.channel(town.operator) as on:
        waiting = await queues.depth(on, topology.inbox(agency))
    taken = await queues.take_all(town.account(agency), topology.inbox(agency), want=waiting)
    return [
        read_notice(message.body, town.keys.directory, agency=agency)
        for message in taken
        if (message.header.properties.headers or {}).get(topology.WHAT_HEADER) == topology.WHAT_NOTICE
    ]


def _sample(count: int, *, seed: int) -> list[int]:
    return random.Random(seed).sample(range(count), min(count, OPENED_AT_LEAST))


def _delivery(message: DeliveredMessage) -> Delivery | None:
    try:
        return read_delivery(message.body)
    except MalformedError:
        return None


def _opened(delivery: Delivery, town: Town, agency: str) -> Seen | None:
    """Permit, proof, both locks and all four compartments. Permits stand for a while only, so the clock is the real one."""
    now = time.time_ns() // 1_000_000
    try:
        check_permit(delivery, town.keys.directory, agency=agency, now=now)
        found = open_delivery(delivery, town.keys.opener(agency, delivery.header.role))
    except OpeningError:
        return None
    return Seen(agency, now, found) if set(found.compartments) == set(LABELS) else None
