"""The one thread on which the broker's store works, so that the loop never waits for a disk (design.md D11).

A store that cannot be reached is tried again, slower and slower, until it can: meanwhile nothing is acknowledged, so
nothing more is taken in. Leaves out: what is stored (``store``).
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

import structlog

from broker.store import StoreUnavailableError
from broker.watch import Watch

log = structlog.get_logger()
T = TypeVar("T")

_FIRST_PAUSE: Final = 0.2
_LONGEST_PAUSE: Final = 10.0


class StoreThread:
    """Runs the store's methods one after another, and waits for a store that is away."""

    def __init__(self, watch: Watch) -> None:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._watch = watch

    async def run(self, work: Callable[[], T]) -> T:
        """The result of one piece of work, however long the store is away. Safe to cancel: the work itself ends."""
        pause = _FIRST_PAUSE
        while True:
            try:
                result = await asyncio.get_running_loop().run_in_executor(self._executor, work)
            except StoreUnavailableError as error:
                self._watch.store_away(str(error), first=pause == _FIRST_PAUSE)
                log.error("store.away", reason=str(error), retry_seconds=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
            else:
                if pause > _FIRST_PAUSE:
                    self._watch.store_back()
                return result

    def stop(self) -> None:
        """Let the last piece of work end."""
        self._executor.shutdown(wait=True)
