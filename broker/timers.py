"""What happens by itself: a message whose time has come is asked about again, one past its time expires (design.md D5).

The deadlines are rows in the store, so a broker that was down goes on where it stopped. Leaves out: how long anything waits
(``decide``).
"""

import asyncio
import time
from functools import partial
from typing import Final

from broker.intake import Intake
from broker.outbox import Outbox
from broker.store import Store, looking
from broker.store_thread import StoreThread
from broker.watch import Watch

_AT_A_TIME: Final = 50
_LOOK_SECONDS: Final = 0.1
_EXPIRE_EVERY: Final = 10
_COUNT_EVERY: Final = 600


class Timers:
    """The broker's clockwork. One for each line."""

    def __init__(self, intake: Intake, outbox: Outbox, *, store: Store, thread: StoreThread, watch: Watch) -> None:
        self._intake = intake
        self._outbox = outbox
        self._store = store
        self._thread = thread
        self._watch = watch

    async def run(self) -> None:
        """Until cancelled."""
        round_number = 0
        while True:
            due = await self._thread.run(lambda: self._store.due(_AT_A_TIME, _now()))
            if due:
                settled = await self._intake.settle(due)
                await self._outbox.publish(settled.rows)
            if round_number % _EXPIRE_EVERY == 0:
                expired = await self._thread.run(lambda: self._store.expire(_AT_A_TIME, _now()))
                self._watch.settled(expired.counts, 0.0)
                await self._outbox.publish(expired.rows)
            if round_number % _COUNT_EVERY == 0:
                for told in (self._store.asked_lists, self._store.lead_questions):
                    found = await self._thread.run(partial(told, _now()))
                    self._watch.settled(found.counts, 0.0)
                    await self._outbox.publish(found.rows)
                self._watch.overdue(
                    await self._thread.run(lambda: self._store.look(lambda work: looking.overdue(work, _now())))
                )
            round_number += 1
            if len(due) < _AT_A_TIME:
                await asyncio.sleep(_LOOK_SECONDS)


def _now() -> int:
    return time.time_ns() // 1_000_000
