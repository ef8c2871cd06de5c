"""The broker's composition root: settings, keys, store, line. Nothing else wires, and nothing else reconnects."""

import asyncio
import signal
import time
from collections.abc import Coroutine
from typing import Any, Final

import structlog

from broker.consent_client import ConsentClient
from broker.intake import Intake
from broker.offers import Offers
from broker.outbox import Outbox
from broker.rabbit import LINE_LOST, Line
from broker.settings import Settings
from broker.store import Store, load_budgets, open_store
from broker.store_thread import StoreThread
from broker.timers import Timers
from broker.watch import Watch
from contracts.directory import Directory, load_directory
from contracts.health import start_health_page
from contracts.identifiers import new_id
from contracts.keyring import load_signing_key, refuse_demonstration_keys

log = structlog.get_logger()

_FIRST_PAUSE: Final = 0.2
_LONGEST_PAUSE: Final = 5.0


async def serve(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT. KeyringError and DirectoryError say why it may not start."""
    refuse_demonstration_keys(settings.keys, demonstration=settings.demonstration)
    signing = load_signing_key(settings.keys)
    directory = load_directory(settings.directory, now=time.time_ns() // 1_000_000, demonstration=settings.demonstration)
    budgets = load_budgets(settings.check_budgets)
    watch = Watch()
    page = start_health_page(settings.health_port, watch.reasons, notes=watch.notes, host=settings.health_host)
    thread = StoreThread(watch)
    store = await thread.run(
        lambda: open_store(
            settings.database_url,
            signing=signing,
            directory=directory,
            credit=settings.inbox_credit,
            process=new_id(),
            budgets=budgets,
        )
    )
    # Keys and protocol may have changed while this process was away: what was permitted before it began is asked about again.
    store.trust_since(time.time_ns() // 1_000_000)
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    log.info("broker.started", health_port=page.server_port, demonstration=settings.demonstration)
    try:
        await _keep_a_line(settings, store, thread, directory, watch, stop)
    finally:
        await thread.run(store.close)
        thread.stop()
        page.shutdown()
        log.info("broker.stopped")


async def _keep_a_line(
    settings: Settings, store: Store, thread: StoreThread, directory: Directory, watch: Watch, stop: asyncio.Event
) -> None:
    """Connect, work until the line is lost, and connect again, slower and slower while it fails."""
    pause = _FIRST_PAUSE
    while not stop.is_set():
        try:
            line = await Line.open(settings.amqp_url, watch.line_slow)
        except LINE_LOST as error:
            watch.line_down(type(error).__name__)
            log.warning("rabbitmq.away", kind=type(error).__name__, retry_seconds=pause)
            await _either(asyncio.sleep(pause), stop)
            pause = min(pause * 2, _LONGEST_PAUSE)
            continue
        pause = _FIRST_PAUSE
        try:
            await _work(line, settings, store, thread, directory, watch, stop)
        finally:
            watch.line_down("closed")
            await line.close()


async def _work(
    line: Line,
    settings: Settings,
    store: Store,
    thread: StoreThread,
    directory: Directory,
    watch: Watch,
    stop: asyncio.Event,
) -> None:
    """One line's worth of work: intake, outbox and timers side by side until the line is lost or we are told to stop."""
    await thread.run(lambda: store.reclaim(time.time_ns() // 1_000_000))
    consent = ConsentClient(line, directory, watch, settings.answer_timeout_seconds)
    outbox = Outbox(line, store=store, thread=thread, watch=watch)
    intake = Intake(
        line,
        store=store,
        thread=thread,
        consent=consent,
        outbox=outbox,
        directory=directory,
        watch=watch,
        batch_size=settings.batch_size,
        in_flight=settings.batches_in_flight,
    )
    offers = Offers(settings.directory.parent, store=store, thread=thread, publish=outbox.publish, watch=watch)
    timers = Timers(intake, outbox, store=store, thread=thread, watch=watch)
    await offers.look(time.time_ns() // 1_000_000)
    works = (line.lost(), intake.run(), outbox.run(), timers.run(), offers.run())
    tasks = [asyncio.create_task(work) for work in works]
    try:
        await line.start(intake.take, settings.prefetch)
        watch.line_up()
        log.info("rabbitmq.connected")
        await _either(asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED), stop)
    except LINE_LOST as error:
        log.warning("rabbitmq.lost", kind=type(error).__name__)
    finally:
        for task in tasks:
            task.cancel()
        _raise_faults(await asyncio.gather(*tasks, return_exceptions=True))


def _raise_faults(results: list[object]) -> None:
    """A lost line is expected; anything else is a fault of ours, which ends the program where an operator sees it."""
    for result in results:
        errors = result.exceptions if isinstance(result, BaseExceptionGroup) else (result,)
        for error in errors:
            if isinstance(error, BaseException) and not isinstance(error, (asyncio.CancelledError, *LINE_LOST)):
                raise error


async def _either(work: Coroutine[Any, Any, object], stop: asyncio.Event) -> None:
    """Wait for the work or for the order to stop, whichever is first."""
    working = asyncio.create_task(work)
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (working, stopping):
            task.cancel()
        await asyncio.gather(working, stopping, return_exceptions=True)
