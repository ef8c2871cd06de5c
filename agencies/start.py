"""Start one adapter from its settings: the only place where its parts are put together."""

import asyncio
import signal
import sys
import time

import structlog
from pydantic import ValidationError

from agencies.adapter import Adapter
from agencies.case_system import CaseSystem
from agencies.drop_folder import DropFolder
from agencies.mapping import Mapping
from agencies.party import PartyError, load_party
from agencies.settings import Settings
from agencies.simulated.office import NotADemonstrationError, Office
from agencies.store import Store, StoreError
from contracts.directory import DirectoryError
from contracts.health import start_health_page
from contracts.keyring import KeyringError

log = structlog.get_logger()


def clock() -> int:
    """Now, in whole milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000


def start(mapping: Mapping) -> int:
    """Run until told to stop: 0 then, 2 when it must not start, with the reason."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    try:
        settings = Settings()
        structlog.contextvars.bind_contextvars(program=f"adapter {settings.agency}")
        adapter = build(settings, mapping)
    except ValidationError as error:
        names = sorted({str(one["loc"][0]) for one in error.errors(include_input=False)})
        return _not_started(f"these settings are missing or wrong: {', '.join(names)}")
    except (DirectoryError, KeyringError, PartyError, StoreError, NotADemonstrationError, ValueError, OSError) as error:
        return _not_started(str(error))
    start_health_page(settings.health_port, adapter.condition.ready, notes=adapter.condition.notes)
    log.info("adapter.starting", agency=settings.agency, kind=mapping.kind.value, health_port=settings.health_port)
    asyncio.run(_until_stopped(adapter))
    log.info("adapter.ended")
    return 0


def build(settings: Settings, mapping: Mapping) -> Adapter:
    """The adapter of these settings, whole and not yet running."""
    party = load_party(
        settings.agency,
        mapping,
        settings.keys,
        settings.directory,
        now=clock(),
        demonstration=settings.demonstration,
    )
    return Adapter(
        party,
        Store(settings.data / "adapter.sqlite", settings.agency),
        _case_system(settings),
        settings.urls,
        clock=clock,
        prefetch=settings.prefetch,
        poll_ms=settings.poll_ms,
        patience_ms=settings.answer_patience_seconds * 1000,
    )


def _case_system(settings: Settings) -> CaseSystem:
    if settings.case_system_kind == "drop-folder":
        return DropFolder(settings.case_system_path, clock)
    return Office(settings.case_system_path, clock, demonstration=settings.demonstration)


async def _until_stopped(adapter: Adapter) -> None:
    task = asyncio.create_task(adapter.run())
    loop = asyncio.get_running_loop()
    for one in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(one, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        log.info("adapter.stopping")


def _not_started(why: str) -> int:
    log.error("adapter.not_started", why=why)
    return 2
