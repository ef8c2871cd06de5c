"""Look now and then whether officers put another protocol or other signatures in place, and go on by it: no restart.

So a tightening counts within seconds. What is on the disk and may not take over is said by the health page and in the
program's log, and what is in force goes on. Leaves out: what may take over (``taking_over``).
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from consent.answers import Answers
from consent.clauses.fitting import ProtocolError
from consent.log.append import LogClockError, LogConflictError, LogSigner
from consent.protocol import Protocol
from consent.settings import Settings
from consent.taking_over import may_take_over, put_in_force
from consent.watch import Watch
from contracts.directory import Directory

log = structlog.get_logger()

# What may not take over today may do so on its day, with no file changed: it is read again this often.
_TRY_AGAIN_AFTER: Final = 30
Stamp = tuple[tuple[str, int, int], ...]


class Reload:
    """Watches the files of the protocol and of its signatures."""

    def __init__(
        self, engine: Engine, settings: Settings, directory: Directory, signer: LogSigner, answers: Answers, watch: Watch
    ) -> None:
        self._engine, self._settings, self._directory, self._signer = engine, settings, directory, signer
        self._answers, self._watch = answers, watch
        self._seen = stamp(settings.protocol, settings.approvals)
        self._refused_for = 0

    async def forever(self, worker: Executor) -> None:
        """Look, for as long as the service runs. The files are read beside the worker, which alone uses the database."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self._settings.reload_seconds)
            if self.is_due():
                try:
                    made = await asyncio.to_thread(self._read)
                except (ProtocolError, SQLAlchemyError, OSError) as error:
                    self._refused(error)
                else:
                    await loop.run_in_executor(worker, self._go_on(made))

    def is_due(self) -> bool:
        """Whether a file changed, or it is time to try again what was refused."""
        now = stamp(self._settings.protocol, self._settings.approvals)
        changed, self._seen = now != self._seen, now
        self._refused_for += bool(self._refused_for)
        return changed or self._refused_for > _TRY_AGAIN_AFTER

    def _read(self) -> tuple[Protocol, bytes]:
        settings = self._settings
        return may_take_over(self._engine, settings.protocol, settings.approvals, self._directory, _now())

    def _go_on(self, made: tuple[Protocol, bytes]) -> Callable[[], None]:
        def go_on() -> None:
            protocol, text = made
            try:
                news = put_in_force(self._engine, protocol, text, self._signer, _now())
            except (SQLAlchemyError, LogConflictError, LogClockError) as error:
                # Nothing is decided by a protocol that the log does not have.
                self._refused(error)
                return
            self._answers.follow(protocol)
            self._refused_for = 0
            self._watch.protocol_taken()
            log.info("protocol.in_force", protocol=protocol.hash[:16], new_protocol=news)

        return go_on

    def _refused(self, error: Exception) -> None:
        self._refused_for = 1
        # A protocol names no person, so its words may be quoted; a database's may not.
        why = str(error) if isinstance(error, ProtocolError) else type(error).__name__
        self._watch.protocol_refused(why)
        log.error("protocol.refused", why=why)


def stamp(protocol: Path, approvals: Path) -> Stamp:
    """What tells whether any of the files was changed: the protocol, what may be included in it, and the signatures."""
    found = []
    for file in (*sorted(protocol.parent.glob("*.yaml")), approvals):
        try:
            told = file.stat()
        except OSError:
            continue
        found.append((str(file), told.st_mtime_ns, told.st_size))
    return tuple(found)


def _now() -> int:
    return time.time_ns() // 1_000_000
