"""The list of services, taken in anew whenever its signed file changes, without a restart (W08).

A list that cannot be trusted, or is older than the one that counts, changes nothing but the health page. Leaves out: what is
trusted (``contracts.offers``), and who is told of a new service (``store.reopened``).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final

import structlog

from broker.incoming import OutRow
from broker.store import Store
from broker.store_thread import StoreThread
from broker.watch import Watch
from contracts.directory import DirectoryError
from contracts.offers import SERVICES_FILE, load_services

log = structlog.get_logger()

Publish = Callable[[Sequence[OutRow]], Awaitable[None]]

_LOOK_SECONDS: Final = 2.0
_LOOK_AGAIN_MS: Final = 60_000
"""What is not taken in today may be in force tomorrow."""


class Offers:
    """What this broker knows of the services. ``keys``: the folder of the key directory, where the list lies too."""

    def __init__(self, keys: Path, *, store: Store, thread: StoreThread, publish: Publish, watch: Watch) -> None:
        self._keys = keys
        self._publish = publish
        self._store = store
        self._thread = thread
        self._watch = watch
        self._seen: tuple[int, int] | None = None
        self._look_again = 0

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self.look(_now())
            await asyncio.sleep(_LOOK_SECONDS)

    async def look(self, now: int) -> None:
        """Take in the list if its file is another than at the last look, or was not taken in a while ago.

        Whom a new service concerns is told at once, as ``Timers`` would a minute later.
        """
        stamp = _stamp(self._keys / SERVICES_FILE)
        if stamp == self._seen and not 0 < self._look_again <= now:
            return
        self._seen, self._look_again = stamp, 0
        if stamp is None and not self._store.services_version:
            return
        try:
            found = load_services(self._keys, now=now)
        except DirectoryError as error:
            self._look_again = now + _LOOK_AGAIN_MS
            self._not_taken(str(error))
            return
        if found is None:
            self._not_taken("its file is gone")
        elif found.version < self._store.services_version:
            self._not_taken(f"version {found.version} is older")
        else:
            await self._thread.run(lambda: self._store.offer(found))
            asked_again = await self._thread.run(lambda: self._store.lead_questions(now))
            await self._publish(asked_again.rows)
            self._watch.services(None)
            log.info("services.taken_in", version=found.version, services=len(found.services))

    def _not_taken(self, why: str) -> None:
        version = self._store.services_version
        self._watch.services(f"{why}; {f'version {version} goes on counting' if version else 'none counts'}")
        log.warning("services.not_taken_in", why=why)


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _now() -> int:
    return time.time_ns() // 1_000_000
