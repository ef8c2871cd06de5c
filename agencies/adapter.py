"""The adapter as it runs: five small loops between the local system, the store and RabbitMQ.

Collect what a worker did, keep the line, hand over what arrived, tell what became of it, send receipts. Every step is
recorded before it is promised, and every loop picks up where a kill -9 left it. The store has one thread, the local system
another, so that a slow local system holds up nobody. Leaves out: what each step does (``sending``, ``receiving``, ``line``).
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

import structlog

from agencies.case_system import CaseSystem, CaseSystemDownError, LocalRecord
from agencies.checkpoints import Checkpoints, ForkError
from agencies.condition import COLLECTED, HANDED_OVER, IN, OUT, TOLD, WAITING, Condition
from agencies.drafts import Rejected
from agencies.handing_over import give
from agencies.inbox import Inbox
from agencies.line import Line
from agencies.outbox import Outbox, Queued
from agencies.party import Party
from agencies.receiving import Parcel, Receiving
from agencies.rekeying import Rekeying
from agencies.renewing import Renewing
from agencies.sending import Sending, Taken
from agencies.store import Store
from agencies.unanswered import Unanswered

log = structlog.get_logger()

_P = ParamSpec("_P")
_T = TypeVar("_T")
_BATCH = 50
_LONGEST_WAIT_S = 5.0
_LOOK_AGAIN_S = 10


class Adapter:
    """One agency's adapter, from its parts."""

    def __init__(
        self,
        party: Party,
        store: Store,
        case_system: CaseSystem,
        urls: Sequence[str],
        *,
        clock: Callable[[], int],
        prefetch: int = 200,
        poll_ms: int = 50,
        patience_ms: int = 15_000,
    ) -> None:
        self._store = store
        self._case = case_system
        self._clock = clock
        self._poll = poll_ms / 1000
        self._outbox = Outbox(store)
        self._inbox = Inbox(store)
        self._checkpoints = Checkpoints(store)
        self._rekeying = Rekeying(party, store, self._inbox, clock)
        self._renewing = Renewing(store)
        self._sending = Sending(party, store, self._outbox, self._inbox, clock)
        self._receiving = Receiving(party, store, self._outbox, self._inbox, self._checkpoints, clock)
        self._unanswered = Unanswered(store, self._inbox, clock, patience_ms)
        self._store_thread = ThreadPoolExecutor(1, "store")
        self._case_thread = ThreadPoolExecutor(1, "case-system")
        self._arrivals = asyncio.Event()
        self._owed = asyncio.Event()
        self._news = asyncio.Event()
        self.line = Line(urls, party.id, prefetch, self)
        self.condition = Condition(self.line)

    async def run(self) -> None:
        """Until cancelled. With two stories of the log in hand it stops at once, stays stopped, and says so."""
        self.condition.alarm = await self._stored(self._checkpoints.evidence)
        try:
            if self.condition.alarm is None:
                async with asyncio.TaskGroup() as tasks:
                    for loop in (
                        self.line.run,
                        self._collect,
                        self._hand_over,
                        self._tell,
                        self._receipts,
                        self._rekey,
                        self._count,
                    ):
                        tasks.create_task(loop(), name=loop.__name__)
        except* ForkError as forks:
            self.condition.alarm = str(_first_of(forks))
        finally:
            self._case_thread.shutdown(wait=True, cancel_futures=True)
            self._store_thread.shutdown(wait=True, cancel_futures=True)
        log.error("adapter.stopped", why=self.condition.alarm)
        await asyncio.Event().wait()

    # --- what the line asks

    async def queued(self, limit: int) -> list[Queued]:
        """What to publish next; what is past its time is told instead of sent."""
        due = await self._stored(self._sending.due, limit)
        self._news.set()
        return due

    async def confirmed(self, ids: list[str]) -> None:
        """RabbitMQ has these."""
        await self._stored(self._outbox.confirmed, ids)
        OUT.inc(len(ids))

    async def arrived(self, parcels: list[Parcel]) -> set[int]:
        """Store a batch, then wake those who deal with it."""
        tally = await self._stored(self._receiving.take, parcels)
        for outcome, number in tally.outcomes.items():
            IN.labels(outcome).inc(number)
        self.condition.refused += tally.outcomes.get("refused", 0) + tally.outcomes.get("unreadable", 0)
        self._arrivals.set()
        self._news.set()
        self._owed.set()
        return tally.dead

    # --- the loops

    async def _collect(self) -> None:
        """Take what a worker did."""
        while True:
            found = await self._asked(self._case.outgoing, _BATCH)
            if found:
                results = await self._stored(self._sending.take_all, found)
                self.line.to_send.set()
                await self._asked_each(self._answer, list(zip(found, results, strict=True)))
            else:
                await asyncio.sleep(self._poll)

    def _answer(self, about: tuple[LocalRecord, Taken | Rejected]) -> None:
        """Tell the local system what became of a record that it gave."""
        record, result = about
        if isinstance(result, Rejected):
            self._case.rejected(record.id, result.code, result.sentence)
            COLLECTED.labels("rejected").inc()
            log.warning("record.rejected", code=result.code)
            return
        self._case.taken(record.id, result.message)
        if result.kind is not None:
            COLLECTED.labels("taken").inc()
            log.info("record.taken", message=result.message, kind=result.kind)

    async def _hand_over(self) -> None:
        """Give the local system what arrived, in order, until it has it."""
        while True:
            self._arrivals.clear()
            records = await self._stored(self._receiving.to_hand_over, _BATCH)
            left = deque(records)
            while left:
                given = await self._asked(give, self._case, left, self._receiving.may_be_given)
                await self._stored(self._inbox.all_handed_over, given)
                for _, refused in given:
                    HANDED_OVER.labels("refused" if refused else "taken").inc()
                self._owed.set()
            if not records:
                # What she took back meanwhile was ended without being handed over.
                self._owed.set()
                await self._arrivals.wait()

    async def _tell(self) -> None:
        """Tell the local system what it is owed."""
        while True:
            self._news.clear()
            notices = await self._stored(self._inbox.to_tell, _BATCH)
            if notices:
                await self._asked_each(self._case.told, notices)
                await self._stored(self._inbox.told, [notice.id for notice in notices])
                TOLD.inc(len(notices))
                # Some of them are acknowledged now.
                self._owed.set()
            else:
                await self._news.wait()

    async def _receipts(self) -> None:
        """Send what receipts are owed: what is there, never a wait for more."""
        while True:
            self._owed.clear()
            if await self._stored(self._sending.bundle_receipts):
                self.line.to_send.set()
            else:
                await self._owed.wait()

    async def _rekey(self) -> None:
        """Where there is a new linkage key, have the local system give its people again, a few at a time."""
        while True:
            epoch = await self._stored(self._rekeying.newest)
            asked = await self._stored(self._rekeying.ask)
            if asked:
                log.info("people.asked_for_again", people=asked)
                self._news.set()
            self.condition.to_give_again = await self._stored(self._rekeying.left)
            WAITING.labels("giving_again").set(self.condition.to_give_again)
            for _ in range(1 if asked else _LOOK_AGAIN_S):
                await asyncio.sleep(1)
                # To look for a key costs nothing, to look for people does.
                if await self._stored(self._rekeying.newest) != epoch:
                    break

    async def _count(self) -> None:
        """Keep the figures of the health page; and whoever waits for an answer that does not come is told so."""
        while True:
            await self._stored(self._renewing.forget, self._clock())
            if await self._stored(self._unanswered.tell):
                self._news.set()
            self.condition.to_send = await self._stored(self._outbox.depth)
            arrivals, notices = await self._stored(self._inbox.waiting)
            for what, number in (("sending", self.condition.to_send), ("hand_over", arrivals), ("telling", notices)):
                WAITING.labels(what).set(number)
            await asyncio.sleep(1)

    # --- the two threads

    async def _stored(self, step: Callable[_P, _T], *args: _P.args, **named: _P.kwargs) -> _T:
        """Run a step of the store on its thread, whole: being cancelled does not stop it half way."""
        return await asyncio.get_running_loop().run_in_executor(self._store_thread, partial(step, *args, **named))

    async def _asked_each(self, question: Callable[[_T], None], about: Sequence[_T]) -> None:
        """Ask of each in turn, in one go; after an outage, from where it stopped."""
        left = deque(about)

        def ask() -> None:
            while left:
                question(left[0])
                left.popleft()

        await self._asked(ask)

    async def _asked(self, question: Callable[_P, _T], *args: _P.args, **named: _P.kwargs) -> _T:
        """Ask the local system, again and again while it is down."""
        wait = self._poll
        while True:
            try:
                call = partial(question, *args, **named)
                answer = await asyncio.get_running_loop().run_in_executor(self._case_thread, call)
            except CaseSystemDownError as down:
                self.condition.case_system = f"the local system does not answer: {down}"
            except Exception as fault:  # noqa: BLE001  # an integrator's own code: its faults must not stop the other loops
                log.error("case_system.fault", kind=type(fault).__name__)
                self.condition.case_system = f"the local system's code failed with {type(fault).__name__}"
            else:
                self.condition.case_system = None
                return answer
            await asyncio.sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT_S)


def _first_of(group: BaseExceptionGroup[BaseException]) -> BaseException:
    first = group.exceptions[0]
    return _first_of(first) if isinstance(first, BaseExceptionGroup) else first
