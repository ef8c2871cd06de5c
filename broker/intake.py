"""Take messages in, a batch at a time: ask, decide, record, and only then acknowledge (design.md §3, steps 3 to 13).

A crash after the record is stored brings the same messages again; the store has seen them by then. Batches are asked about
side by side and recorded in the order they came, so that one acknowledgement covers a batch.
Leaves out: what is decided (``decide``), what is kept (``store``).
"""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from typing import Final

import structlog

from broker.consent_client import ConsentClient
from broker.incoming import Incoming, Settled
from broker.outbox import Outbox
from broker.rabbit import Arrival, Line
from broker.store import Store
from broker.store_thread import StoreThread
from broker.watch import Watch
from contracts import topology
from contracts.canonical import MalformedError
from contracts.directory import Directory
from contracts.envelope import Received, check_addressee, check_signature, check_times, read_submission
from contracts.vocabulary import Reason

log = structlog.get_logger()

_NOBODY: Final = ""


class Intake:
    """The broker's way in. One for each line; what it has not acknowledged comes again on the next line."""

    def __init__(
        self,
        line: Line,
        *,
        store: Store,
        thread: StoreThread,
        consent: ConsentClient,
        outbox: Outbox,
        directory: Directory,
        watch: Watch,
        batch_size: int,
        in_flight: int,
    ) -> None:
        self._line = line
        self._store = store
        self._thread = thread
        self._consent = consent
        self._outbox = outbox
        self._directory = directory
        self._watch = watch
        self._batch_size = batch_size
        self._slots = asyncio.Semaphore(in_flight)
        self._arrived: deque[Arrival] = deque()
        self._something = asyncio.Event()

    async def take(self, arrival: Arrival) -> None:
        """Called for every message that RabbitMQ hands over."""
        self._arrived.append(arrival)
        self._something.set()

    async def run(self) -> None:
        """Until cancelled: take what is there, at most ``batch_size``, and see it through."""
        before: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        before.set_result(None)
        async with asyncio.TaskGroup() as tasks:
            while True:
                await self._slots.acquire()
                await self._something.wait()
                batch = [self._arrived.popleft() for _ in range(min(self._batch_size, len(self._arrived)))]
                if not self._arrived:
                    self._something.clear()
                done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                tasks.create_task(self._see_through(batch, before, done))
                before = done

    async def _see_through(self, arrivals: list[Arrival], before: "asyncio.Future[None]", done: "asyncio.Future[None]") -> None:
        now = _now()
        batch = examine([(arrival.body, arrival.user) for arrival in arrivals], self._directory, now)
        settled = await self.settle(batch, after=before)
        await self._line.ack_through(arrivals[-1].tag)
        done.set_result(None)
        self._slots.release()
        await self._outbox.publish(settled.rows)

    async def settle(self, batch: Sequence[Incoming], *, after: "asyncio.Future[None] | None" = None) -> Settled:
        """Ask whom it is about and whether it may pass; decide and record. Also the way of a stored message that is due."""
        began = time.monotonic()
        whom = await self._thread.run(lambda: self._store.who(batch, _now()))
        examined = await self._consent.examine(batch, whom, _now())
        if after is not None:
            await after
        settled = await self._thread.run(lambda: self._store.settle(examined, _now()))
        seconds = time.monotonic() - began
        self._watch.settled(settled.counts, seconds)
        log.info(
            "batch.settled",
            messages=len(batch),
            milliseconds=round(seconds * 1000, 1),
            outcomes={f"{state} {reason}".strip(): count for (state, reason), count in settled.counts.items()},
        )
        return settled


def examine(arrived: Sequence[tuple[bytes, str | None]], directory: Directory, now: int) -> list[Incoming]:
    """Step 3 for bodies and their proven users: form, sender, signature, times, addressee. What is wrong becomes a code.

    All are read before the first signature is checked: taken one after the other, each step finds its code cold.
    """
    read = [_read(body) for body, _ in arrived]
    return [_checked(body, user, each, directory, now) for (body, user), each in zip(arrived, read, strict=True)]


def _read(body: bytes) -> Received | Reason:
    try:
        return read_submission(body)
    except MalformedError as error:
        return error.reason


def _checked(body: bytes, user: str | None, read: Received | Reason, directory: Directory, now: int) -> Incoming:
    if isinstance(read, Reason):
        return Incoming(user or _NOBODY, body, None, read, None, 1, now, False)
    header = read.header
    # A dead letter that an operator sends back comes from our own account; its sender's signature still proves it.
    sender = header.sender if user == topology.BROKER_USER else user
    if sender is None:
        refused: Reason | None = Reason.SENDER_NOT_PROVEN
    elif sender != header.sender:
        refused = Reason.SENDER_MISMATCH
    else:
        refused = check_signature(read, directory) or check_times(header, now) or check_addressee(header, directory)
    return Incoming(sender or _NOBODY, body, read, refused, header.id, 1, now, False)


def _now() -> int:
    return time.time_ns() // 1_000_000
