"""Stores as they are before a run: people registered with their tokens, consents recorded. Filled once, copied for each run.

People are registered through the broker's own store, consents through both programs as they run in earnest; so every row
is one that the shipped code wrote. Leaves out the referrals.
"""

import os
import shutil
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from broker.budgets import brief
from broker.incoming import Examined
from broker.intake import examine
from broker.store import Store, open_store
from broker.store import checks as made
from contracts import topology
from contracts.identifiers import new_id
from contracts.notices import ReceiptItem
from contracts.vocabulary import Reason, ReceiptState
from tests.benchmarks import queues
from tests.benchmarks.children import Choices, services
from tests.benchmarks.letters import SENDERS
from tests.benchmarks.opened import notices
from tests.benchmarks.queues import Parcel
from tests.benchmarks.town import Town
from tests.factories import Partnership

_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Stores:
    """The addresses of both services' stores."""

    folder: Path
    broker: str
    consent: str


def empty_stores(town: Town, database: str, name: str) -> Stores:
    """Stores with nothing in them, on ``sqlite`` or ``postgresql``."""
    folder = town.folder / name
    folder.mkdir(parents=True)
    if database == "sqlite":
        return Stores(folder, f"sqlite:///{folder / 'broker.sqlite'}", f"sqlite:///{folder / 'consent.sqlite'}")
    assert town.postgres is not None
    return Stores(folder, town.postgres.create(f"{name}_broker"), town.postgres.create(f"{name}_consent"))


Check = tuple[str, str, int, str]
"""A row of the broker's table of checks: message, agency, when, tokens."""
_TAKEN_FOR_ANOTHER = (Reason.LEAD_ELSEWHERE, Reason.CASE_ALREADY_OPEN, Reason.NO_OPEN_CASE)


class Filling:
    """The broker's own store, opened in this process: takes submissions in batches, as if they had just come in.

    ``mistaken``: so many steps of a case may be refused because she was taken for another who has a case already: among a
    hundred thousand people that happens, and RuntimeError is for everything else.
    """

    def __init__(self, store: Store, keys: Partnership, mistaken: int) -> None:
        self._store, self._keys, self._allowed = store, keys, mistaken
        self.mistaken = 0
        """How many steps were refused so."""

    def take(self, parcels: Sequence[Parcel], checks: Sequence[Check] = ()) -> None:
        """Take them in, in their order; ``checks`` count as made before."""
        # Rows as the store writes them, without the questions that lead to them.
        rows = [(*one, brief(made.tokens_of(one[3])), "worker", 1, "[]") for one in checks]
        self._store._write(lambda work: work.many(made._KEEP, rows))
        for at in range(0, len(parcels), _AT_ONCE):
            self._batch(parcels[at : at + _AT_ONCE])

    def _batch(self, parcels: Sequence[Parcel]) -> None:
        now = time.time_ns() // 1_000_000
        batch = examine([(each.body, each.sender) for each in parcels], self._keys.directory, now)
        whom = self._store.who(batch, now)
        settled = self._store.settle(
            [Examined(incoming, who, None, asked=False) for incoming, who in zip(batch, whom, strict=True)], now
        )
        refused = sum(settled.counts.get(("refused", reason.value), 0) for reason in _TAKEN_FOR_ANOTHER)
        self.mistaken += refused
        done = sum(count for (state, _), count in settled.counts.items() if state == "done")
        if self.mistaken > self._allowed or done + refused != len(parcels):
            raise RuntimeError(f"not everything was taken: {settled.counts}, {self.mistaken} mistaken so far")
        # Their receipts are not what is measured: they count as published.
        self._store.sent([row.id for row in settled.rows], now)


@contextmanager
def open_for_filling(town: Town, stores: Stores, *, mistaken: int = 0) -> Iterator[Filling]:
    """Open the broker's store for filling, and close it at the end."""
    store = open_store(
        stores.broker,
        signing=town.keys.signing("broker"),
        directory=town.keys.directory,
        credit=1,
        process=new_id(),
    )
    try:
        yield Filling(store, town.keys, mistaken)
    finally:
        store.close()


async def record(town: Town, stores: Stores, consents: Sequence[Parcel], choices: Choices) -> None:
    """Record consents through both programs, and leave nothing of it in RabbitMQ."""
    inboxes = [topology.inbox(each) for each in SENDERS]
    running = services(town, stores.folder / "filling", stores.broker, stores.consent, choices)
    try:
        await queues.fill(town.account, consents)
        done: set[str | None] = set()
        limit = time.monotonic() + 120
        while len(done) < len(consents) and time.monotonic() < limit:
            for agency in SENDERS:
                for notice in await notices(town, agency):
                    done |= {
                        item.message
                        for item in notice.items
                        if isinstance(item, ReceiptItem) and item.state is ReceiptState.DELIVERED
                    }
        if len(done) < len(consents):
            raise RuntimeError(f"only {len(done)} of {len(consents)} consents were recorded")
    finally:
        running.stop()
    async with queues.channel(town.operator) as on:
        await queues.purge(on, inboxes)


def settle_down(town: Town, stores: Stores) -> None:
    """Write ahead logs folded in, statistics made: no run pays for the filling."""
    for url in (stores.broker, stores.consent):
        if url.startswith("sqlite"):
            with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            town.settle_database(url)


def copy_of(town: Town, stores: Stores, name: str) -> Stores:
    """The same stores again, for one run, on disk before it begins."""
    folder = town.folder / name
    folder.mkdir(parents=True)
    if stores.broker.startswith("sqlite"):
        made = []
        for url in (stores.broker, stores.consent):
            path = Path(url.removeprefix("sqlite:///"))
            shutil.copyfile(path, folder / path.name)
            made.append(f"sqlite:///{folder / path.name}")
        broker, consent = made
    else:
        broker, consent = town.copy_database(stores.broker), town.copy_database(stores.consent)
    os.sync()
    return Stores(folder, broker, consent)


def forget(town: Town, stores: Stores) -> None:
    """Remove the stores of a run that was looked at."""
    if not stores.broker.startswith("sqlite"):
        assert town.postgres is not None
        for url in (stores.broker, stores.consent):
            town.postgres.drop(url)
    shutil.rmtree(stores.folder, ignore_errors=True)
