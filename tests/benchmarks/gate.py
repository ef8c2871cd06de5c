"""The full gate beside relays that check nothing (design.md §6): the same bytes, the same node, one run after another.

Every run of the gate or of FastStream stands between two runs of the bare aio-pika relay, and is told as a ratio to their
mean: absolute rates of a shared machine swing by half. Leaves out how it is printed (``table``).
"""

import asyncio
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from contracts import topology
from tests.benchmarks import prepared, queues
from tests.benchmarks.audited import audit
from tests.benchmarks.children import Choices, pid_of, relay, services
from tests.benchmarks.drain import Drained, drain
from tests.benchmarks.letters import RECIPIENTS, SENDERS
from tests.benchmarks.opened import Looked, look
from tests.benchmarks.prepared import Stores
from tests.benchmarks.queues import Parcel
from tests.benchmarks.relays import RELAY_IN, RELAY_OUT
from tests.benchmarks.town import Town

AIO_PIKA, FASTSTREAM = "aio-pika", "faststream"
INBOXES = [topology.inbox(agency) for agency in (*SENDERS, *RECIPIENTS)]

_ACKNOWLEDGED_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Load:
    """What is sent: a few messages to warm each program up, and those that are measured."""

    warm: Sequence[Parcel]
    measured: Sequence[Parcel]


@dataclass(frozen=True, slots=True)
class Run:
    """One measured run."""

    what: str
    round: int
    drained: Drained
    looked: Looked | None = None
    complaints: tuple[str, ...] = ()
    ratio: float = 0.0
    """To the mean of the aio-pika runs before and after it; 0 for those themselves."""

    def as_json(self) -> dict[str, Any]:
        return {
            "what": self.what,
            "round": self.round,
            "messages_per_second": round(self.drained.rate, 1),
            "seconds": round(self.drained.seconds, 3),
            "cpu_seconds_per_1000": self.drained.cpu,
            "idle": round(self.drained.idle, 3),
            "stolen": round(self.drained.stolen, 3),
            "ratio_to_aio_pika": round(self.ratio, 4),
            "notices": self.looked.notices if self.looked else None,
            "opened": self.looked.opened if self.looked else None,
            "complaints": list(self.complaints),
        }


@dataclass
class Course:
    """All runs of one benchmark."""

    town: Town
    load: Load
    choices: Choices
    templates: dict[str, Stores]
    rounds: int
    runs: list[Run] = field(default_factory=list)

    async def run(self) -> list[Run]:
        """Every round; the order within a round moves on by one each time."""
        kinds = [f"gate {database}" for database in self.templates] + [FASTSTREAM]
        for number in range(1, self.rounds + 1):
            turn = (number - 1) % len(kinds)
            before = await self._relay(AIO_PIKA, number)
            for what in kinds[turn:] + kinds[:turn]:
                run = await (self._relay(what, number) if what == FASTSTREAM else self._gate(what, number))
                after = await self._relay(AIO_PIKA, number)
                ratio = run.drained.rate / statistics.mean([before.drained.rate, after.drained.rate])
                self._keep(Run(run.what, number, run.drained, run.looked, run.complaints, ratio))
                before = after
        return self.runs

    async def _relay(self, which: str, number: int) -> Run:
        async with queues.channel(self.town.operator) as on:
            await queues.make_afresh(on, RELAY_IN, RELAY_OUT)
        with relay(self.town, which) as pid:
            programs = {"relay": [pid], "rabbitmq": [self.town.rabbitmq_pid()]}
            outputs = [RELAY_OUT]
            await drain(self.town, _for_relay(self.load.warm), held=pid, programs=programs, outputs=outputs)
            async with queues.channel(self.town.operator) as on:
                await queues.purge(on, outputs)
            drained = await drain(self.town, _for_relay(self.load.measured), held=pid, programs=programs, outputs=outputs)
            # Not timed: it acknowledges a message only after that is confirmed, and is not to be stopped in between.
            await asyncio.sleep(_ACKNOWLEDGED_SECONDS)
        async with queues.channel(self.town.operator) as on:
            left = await queues.depth(on, RELAY_IN)
        complaints = (f"{left} left in the relay's queue",) if left else ()
        run = Run(which, number, drained, complaints=complaints)
        if which == AIO_PIKA:
            self._keep(run)
        return run

    async def _gate(self, what: str, number: int) -> Run:
        """Fresh copies of the stores, fresh processes, one drain, and then a look at everything that came of it."""
        template = self.templates[what.removeprefix("gate ")]
        stores = prepared.copy_of(self.town, template, f"{what.replace(' ', '_')}_{number}")
        async with queues.channel(self.town.operator) as on:
            await queues.purge(on, [topology.INTAKE_QUEUE, *INBOXES])
        running = services(self.town, stores.folder, stores.broker, stores.consent, self.choices)
        try:
            programs = {
                "broker": [pid_of(running.broker)],
                "consent": [pid_of(each) for each in running.consents],
                "rabbitmq": [self.town.rabbitmq_pid()],
            }
            if "postgresql" in what and (pid := self.town.postgres_pid()):
                programs["postgresql"] = [pid]
            await self._through(self.load.warm, programs)
            async with queues.channel(self.town.operator) as on:
                await queues.purge(on, INBOXES)
            drained = await self._through(self.load.measured, programs)
        finally:
            running.stop()
        looked = await look(self.town, self.load.measured, seed=number)
        complaints = looked.complaints(len(self.load.measured)) + audit(self.town, stores, looked.seen)
        if not complaints:
            prepared.forget(self.town, stores)
        return Run(what, number, drained, looked, tuple(complaints))

    async def _through(self, parcels: Sequence[Parcel], programs: dict[str, list[int]]) -> Drained:
        return await drain(
            self.town,
            parcels,
            held=programs["broker"][0],
            programs=programs,
            outputs=[topology.inbox(agency) for agency in RECIPIENTS],
            answers=[topology.inbox(agency) for agency in SENDERS],
        )

    def _keep(self, run: Run) -> None:
        self.runs.append(run)
        ratio = f", {run.ratio:.2f} of aio-pika" if run.ratio else ""
        self.town.progress.say(
            f"  {time.strftime('%H:%M:%S')} round {run.round} of {self.rounds}: {run.what:16}"
            f" {run.drained.rate:7,.0f} a second{ratio}" + "".join(f"\n    NOT RIGHT: {each}" for each in run.complaints)
        )


def _for_relay(parcels: Sequence[Parcel]) -> list[Parcel]:
    """The same bytes under the operator's account, straight into the relay's queue."""
    return [Parcel("operator", "", RELAY_IN, each.body, each.message_id) for each in parcels]


def of(runs: Sequence[Run], what: str) -> Iterator[Run]:
    """The runs of one kind."""
    return (run for run in runs if run.what == what)


def ratios_between(runs: Sequence[Run], what: str, other: str) -> list[float]:
    """Round by round, how two kinds compare, each first set against its own aio-pika neighbours."""
    by_round = {run.round: run.ratio for run in of(runs, other)}
    return [run.ratio / by_round[run.round] for run in of(runs, what) if by_round.get(run.round)]
