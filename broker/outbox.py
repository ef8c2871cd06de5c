"""Committed rows → RabbitMQ, with confirms (design.md §3, step 14). At least once: receivers know what they have seen.

Fresh rows are published from memory straight after their commit; whatever a crash or an outage left is claimed again from
the store. Leaves out: which rows there are, credit and staleness (``store``).
"""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from typing import Final

from broker.incoming import OutRow
from broker.rabbit import LINE_LOST, Line
from broker.store import Store
from broker.store_thread import StoreThread
from broker.watch import Watch

_AT_A_TIME: Final = 100
_PAUSE_MS: Final = 2_000
_LOOK_SECONDS: Final = 0.05


class Outbox:
    """The broker's way out. One for each line."""

    def __init__(self, line: Line, *, store: Store, thread: StoreThread, watch: Watch) -> None:
        self._line = line
        self._store = store
        self._thread = thread
        self._watch = watch
        self._later: set[asyncio.Task[None]] = set()

    async def publish(self, rows: Sequence[OutRow]) -> None:
        """Publish rows that this process has claimed; those with a tick of their own leave on it."""
        now = _now()
        ready = [row for row in rows if row.not_before <= now]
        for moment in sorted({row.not_before for row in rows if row.not_before > now}):
            group = [row for row in rows if row.not_before == moment]
            task = asyncio.create_task(self._publish_at(moment, group))
            self._later.add(task)
            task.add_done_callback(self._later.discard)
        if ready:
            await self._publish_now(ready)

    async def run(self) -> None:
        """Until cancelled: publish what is waiting in the store and is nobody's just now."""
        while True:
            rows = await self._thread.run(lambda: self._store.claim(_AT_A_TIME, _now()))
            if rows:
                await self._publish_now(rows)
            if len(rows) < _AT_A_TIME:
                await asyncio.sleep(_LOOK_SECONDS)

    async def _publish_at(self, moment: int, rows: list[OutRow]) -> None:
        await asyncio.sleep(max(0, moment - _now()) / 1000)
        await self._publish_now(rows)

    async def _publish_now(self, rows: Sequence[OutRow]) -> None:
        try:
            confirmed = set(await self._line.publish(rows))
        except LINE_LOST:
            # The channel could not be opened again: the line is going, and what is unmarked is claimed on the next one.
            confirmed = set()
        if confirmed:
            sent = sorted(confirmed)
            await self._thread.run(lambda: self._store.sent(sent, _now()))
            self._watch.published(Counter(row.exchange for row in rows if row.id in confirmed))
        missed = [row.id for row in rows if row.id not in confirmed]
        if missed:
            self._watch.unconfirmed()
            await self._thread.run(lambda: self._store.postponed(missed, _now() + _PAUSE_MS))


def _now() -> int:
    return time.time_ns() // 1_000_000
