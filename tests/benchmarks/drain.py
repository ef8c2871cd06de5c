"""One measured drain: a queue is filled while the program that empties it is held still; then it is let go and timed.

The same for the gate and for the relays, so that none pays for starting up and each begins with its prefetch in hand.
Time runs from letting go until the last message is confirmed in its output queue, as the queues' own depths tell.
"""

import asyncio
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from tests.benchmarks import queues
from tests.benchmarks.children import paused
from tests.benchmarks.cpu import cpu_seconds, machine_ticks
from tests.benchmarks.queues import Parcel
from tests.benchmarks.town import Town

_LOOK_SECONDS = 0.05
_QUIET_SECONDS = 0.6
_STALLED_SECONDS = 60.0


class StalledError(RuntimeError):
    """Nothing moved for a minute. Says how far it came."""


@dataclass(frozen=True, slots=True)
class Drained:
    """How long one drain took, and what each program spent on it."""

    messages: int
    seconds: float
    cpu: dict[str, float]
    """CPU seconds per 1,000 messages, by program."""
    idle: float = 0.0
    """The share of all cores' time in which nothing ran, 0 to 1."""
    stolen: float = 0.0
    """The share that the hypervisor gave to other machines, 0 to 1: above a few hundredths a run says little."""

    @property
    def rate(self) -> float:
        """Messages a second."""
        return self.messages / self.seconds


async def drain(
    town: Town,
    parcels: Sequence[Parcel],
    *,
    held: int,
    programs: Mapping[str, Collection[int]],
    outputs: Sequence[str],
    answers: Sequence[str] = (),
) -> Drained:
    """Fill, let ``held`` go, and wait until ``outputs`` hold one message for each parcel and ``answers`` are quiet.

    What is counted as the end is the last moment at which any of these queues grew.
    """
    async with queues.channel(town.operator) as on:
        with paused(held):
            await queues.fill(town.account, parcels)
            before = cpu_seconds(programs)
            ticks = machine_ticks()
            began = time.perf_counter()
        seen, last, after, ticks_after = (0, 0), began, before, ticks
        while True:
            now = time.perf_counter()
            found = (await queues.depths(on, outputs), await queues.depths(on, answers))
            if found != seen:
                seen, last = found, now
                if found[0] >= len(parcels):
                    after, ticks_after = cpu_seconds(programs), machine_ticks()
            elif found[0] >= len(parcels) and now - last > _QUIET_SECONDS * bool(answers):
                break
            elif now - last > _STALLED_SECONDS:
                raise StalledError(f"{found[0]} of {len(parcels)} messages came through, {found[1]} notices")
            await asyncio.sleep(_LOOK_SECONDS if found[0] < 0.9 * len(parcels) else _LOOK_SECONDS / 5)
    thousands = len(parcels) / 1000
    spent = {name: round((after[name] - before[name]) / thousands, 4) for name in programs}
    whole, idle, stolen = (now - then for now, then in zip(ticks_after, ticks, strict=True))
    return Drained(len(parcels), last - began, spent, idle / max(whole, 1), stolen / max(whole, 1))
