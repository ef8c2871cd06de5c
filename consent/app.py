"""The consent service's composition root: settings, keys, protocol, store, log, line. Nothing else wires."""

import asyncio
import signal
import time
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Final

import structlog
from aio_pika.exceptions import AMQPException
from faststream import FastStream
from faststream.rabbit import RabbitBroker
from faststream.specification import AsyncAPI
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from consent.answers import Answers
from consent.line import make_broker, refuse_unsafe_settings
from consent.migrations import bring_up_to_date
from consent.outcomes import Outcomes
from consent.reload import Reload
from consent.settings import Settings
from consent.start import check_log, load_keys
from consent.store import database_answers, open_store
from consent.taking_over import may_take_over, put_in_force
from consent.watch import Watch
from contracts.directory import load_directory
from contracts.health import start_health_page
from contracts.keyring import refuse_demonstration_keys

log = structlog.get_logger()

_FIRST_PAUSE: Final = 0.2
_LONGEST_PAUSE: Final = 5.0


async def serve(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT.

    1. Nothing is answered with keys, a protocol or a log that are not right: each says why, and the program ends.
    2. The page comes before the line, so that an operator can see what is waited for.
    3. Stop taking questions, finish the one at hand, then close.
    """
    # (1) On this thread: nobody waits for us yet.
    refuse_demonstration_keys(settings.keys, demonstration=settings.demonstration)
    now = time.time_ns() // 1_000_000
    directory = load_directory(settings.directory, now=now, demonstration=settings.demonstration)
    keys = load_keys(settings.keys, directory)
    engine = open_store(settings.database_url)
    bring_up_to_date(engine)
    entries = check_log(engine, directory)
    protocol, text = may_take_over(engine, settings.protocol, settings.approvals, directory, now)
    news = put_in_force(engine, protocol, text, keys.log, now)
    worker, watch = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store"), Watch()
    answers, outcomes = Answers(engine, directory, keys, protocol), Outcomes(engine, keys.log, directory)
    broker = make_broker(settings.amqp_url, answers, outcomes, worker, watch)
    refuse_unsafe_settings(broker)

    # (2) Before the first connection, which may take for ever.
    page = start_health_page(settings.health_port, lambda: _reasons(engine, watch), host=settings.health_host)
    log.info("consent.started", health_port=page.server_port, entries=entries, protocol=protocol.hash[:16], new_protocol=news)
    try:
        reload = Reload(engine, settings, directory, keys.log, answers, watch)
        await _until_told_to_stop(broker, watch, reload, worker)
    finally:
        # (3) In this order: the worker is the only one that uses the database.
        worker.shutdown(wait=True)
        engine.dispose()
        page.shutdown()
        log.info("consent.stopped")


def _reasons(engine: Engine, watch: Watch) -> list[str]:
    """Why not ready: whatever was met so far, and whether the database takes a write now."""
    try:
        database_answers(engine)
    except SQLAlchemyError as error:
        return [*watch.reasons(), f"database: does not answer ({type(error).__name__})"]
    return watch.reasons()


async def _until_told_to_stop(broker: RabbitBroker, watch: Watch, reload: Reload, worker: Executor) -> None:
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    app = FastStream(broker, logger=None, specification=AsyncAPI(title="Consent service", schema_version="3.0.0"))
    if not await _started(app, watch, stop):
        return
    watch.line_up()
    log.info("rabbitmq.connected")
    reloading = asyncio.create_task(reload.forever(worker))
    await stop.wait()
    reloading.cancel()
    await app.stop()


async def _started(app: FastStream, watch: Watch, stop: asyncio.Event) -> bool:
    """Connect the first time, slower and slower while it fails; afterwards aio-pika connects again by itself, for ever."""
    pause = _FIRST_PAUSE
    while not stop.is_set():
        try:
            await app.start()
        except (AMQPException, ConnectionError, OSError, TimeoutError) as error:
            watch.line_down(type(error).__name__)
            log.warning("rabbitmq.away", kind=type(error).__name__, retry_seconds=pause)
            await app.stop()
            _, pending = await asyncio.wait({asyncio.create_task(stop.wait())}, timeout=pause)
            for task in pending:
                task.cancel()
            pause = min(pause * 2, _LONGEST_PAUSE)
        else:
            return True
    return False
