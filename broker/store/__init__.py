"""The broker's store: what it knows, asked and written in the words of the message's walk; one transaction a call.

Every method is synchronous and is called on one thread; several stores, in as many processes as wanted, share a database.
Leaves out: deciding (``broker/decide.py``) and publishing (the broker's shell).
"""

import time
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy.exc import OperationalError

from broker.budgets import Budgets, budgets_from
from broker.incoming import Examined, Incoming, OutRow, Settled, Who
from broker.matching.afresh import Seen
from broker.matching.index import load_weights
from broker.migrations import upgrade
from broker.store import (
    acts,
    afresh,
    asked,
    asking,
    checks,
    correcting,
    epochs,
    expiry,
    looking,
    messages,
    outbox_rows,
    queue,
    reopened,
    reviews,
    settling,
    standing,
    undoing,
    withdrawals,
)
from broker.store import coverage as presentations
from broker.store.database import Database, StoreUnavailableError, Work, what_is_wrong
from broker.store.delivery import Trust
from broker.store.house import House, furnish
from contracts.consent_check import Permitted
from contracts.directory import Directory
from contracts.keys import SigningKey
from contracts.offers import Service, ServiceDocument
from contracts.statements import Statement
from contracts.vocabulary import Reason

__all__ = ["BudgetsError", "Store", "StoreUnavailableError", "load_budgets", "open_store"]

T = TypeVar("T")


def load_budgets(path: Path | None = None) -> Budgets:
    """A partnership's own check budgets, or those that are shipped. BudgetsError says what is wrong with the file."""
    try:
        text = path.read_text() if path else (files("broker") / "check_budgets.toml").read_text()
        return budgets_from(tomllib.loads(text))
    except (OSError, ValueError) as error:
        raise BudgetsError(f"the check budgets cannot be used: {error}") from None


class BudgetsError(Exception):
    """The file with the check budgets cannot be used, and why."""


def open_store(
    url: str,
    *,
    signing: SigningKey,
    directory: Directory,
    credit: int,
    process: str,
    budgets: Budgets | None = None,
    services: ServiceDocument | None = None,
) -> "Store":
    """Open the database at ``url``, bring its tables up to date, and make a store on it.

    ``credit``: how many deliveries may lie in one inbox without a receipt. ``process``: this process's name in claims.
    ``budgets``: how much may be asked; those that are shipped if none are given.
    ``services``: what the agencies offer, where the partnership keeps a list.
    StoreUnavailableError when the database cannot be reached.
    """
    try:
        upgrade(url)
    except OperationalError as error:
        raise StoreUnavailableError(what_is_wrong(error.orig)) from error
    house = furnish(signing, directory, credit, process, load_weights(), budgets or load_budgets(), services)
    return Store(Database(url), house)


class Store:
    """One process's door to the database. StoreUnavailableError from any method: nothing was written, try again later."""

    def __init__(self, database: Database, house: House) -> None:
        self._database = database
        self._house = house
        # Confirms are written with the next transaction: a row that is published again is known by its message id, so that
        # a confirm may be lost, and a transaction of its own for each batch is saved.
        self._confirmed: list[int] = []
        self._trust = Trust()

    def who(self, batch: Sequence[Incoming], now: int) -> list[Who]:
        """Whom each message is about. Mints a reference for a recipient that has none."""
        return asking.who(self._database, self._house, batch, now)

    def settle(self, batch: Sequence[Examined], now: int) -> Settled:
        """Decide a batch and write down all that follows; the rows that come back are this process's to publish."""
        self._note_protocol(batch)
        return self._write(lambda work: settling.settle(work, self._house, batch, now))

    def due(self, limit: int, now: int) -> list[Incoming]:
        """Messages to be asked about again, each at its next attempt; nobody else gets them for half a minute."""
        return self._write(lambda work: messages.due(work, limit, now))

    def claim(self, limit: int, now: int) -> list[OutRow]:
        """What is to be published and nobody publishes: left by a process that died, put off, or waiting for credit."""
        return self._write(lambda work: queue.claim(work, self._house, limit, now, self._trust))

    def trust_since(self, moment: int) -> None:
        """Permits up to then are asked about again instead of being sent on: keys or protocol may have changed since (V6)."""
        self._trust = replace(self._trust, since=moment)

    def sent(self, ids: Sequence[int], now: int) -> None:  # noqa: ARG002 - part of the agreed interface
        """RabbitMQ confirmed these rows; written with the next transaction."""
        self._confirmed.extend(ids)

    def postponed(self, ids: Sequence[int], until: int) -> None:
        """These rows could not be published; anyone may claim them from ``until`` on."""
        self._write(lambda work: outbox_rows.postpone(work, ids, until))

    def reclaim(self, now: int) -> None:
        """On a new line: what this process was publishing on the lost one is published again at once."""
        self._write(lambda work: outbox_rows.release(work, self._house.process, now))

    def expire(self, limit: int, now: int) -> Settled:
        """End what is past its time."""
        return self._write(lambda work: expiry.expire(work, self._house, limit, now))

    def asked_lists(self, now: int) -> Settled:
        """Each agency's weekly list of who was asked about, where its week is over."""
        return self._write(lambda work: asked.due(work, self._house, now))

    def send_asked_lists(self, now: int) -> list[str]:
        """The same before its time; the agencies it goes to."""
        return self._write(lambda work: asked.send_now(work, self._house, now))

    def lead_questions(self, now: int) -> Settled:
        """Whoever leads for want of another is told of a service that is new, or has a place again."""
        return self._write(lambda work: reopened.reopen(work, self._house, now))

    def overview(self) -> dict[str, Any]:
        """Where everything stands, in counts."""
        return self._write(standing.overview)

    def holds(self) -> list[dict[str, Any]]:
        """What waits, the most pressing first."""
        return self._database.read(standing.holds)

    def trace(self, message: str) -> list[dict[str, Any]]:
        """The way of one message; empty when it never came."""
        return self._database.read(lambda work: standing.trace(work, message))

    def ask_now(self, message: str, *, now: int | None = None) -> bool:
        """What waits is asked about again now, by whichever broker looks next; whether anything of that id waits."""
        at = time.time_ns() // 1_000_000 if now is None else now
        return self._write(lambda work: standing.ask_now(work, message, at))

    def call_back(self, index: int, records: Sequence[str], *, now: int) -> int:
        """An officer restricted what is shared of her: nothing that was permitted before goes; how many waited to go."""
        return self._write(lambda work: len(withdrawals.stop(work, records, index, now, Reason.RESTRICTED)))

    # --- checks, reviews and merges, for people

    @property
    def directory(self) -> Directory:
        """Who takes part, as this store was told."""
        return self._house.directory

    def coverage(self, since: int) -> presentations.Coverage:
        """Every presentation opened since then, by agency and hour, and how it ended."""
        return self._database.read(lambda work: presentations.coverage(work, self._house, since))

    def check_holds(self) -> list[dict[str, Any]]:
        """Whose caseload checks wait for an officer, and what was lifted by whom."""
        return self._database.read(checks.holds)

    def lift_checks(self, statement: Statement, *, now: int) -> bool:
        """An officer of another agency lifts a hold on checks, signed; False when none stands. NotTheirsToLiftError."""
        return self._by_name(statement, now, lambda work: checks.lift(work, self._house, statement, now))

    def reviews(self) -> list[dict[str, Any]]:
        """Every review, the open ones first."""
        return self._database.read(reviews.listed)

    def merges(self, agency: str | None = None, reference: str | None = None) -> list[dict[str, Any]]:
        """Merges that people decided or took back; or all those of the person of one agency's reference."""
        return self._database.read(lambda work: undoing.listed(work, agency, reference))

    def undo_merge(self, statement: Statement, *, now: int) -> Settled | None:
        """An officer takes a merge back, signed, with the rows to publish; None when there is none. NotTheirsToUndoError."""
        return self._by_name(statement, now, lambda work: correcting.undo_merge(work, self._house, statement, now))

    def look_afresh(self, now: Callable[[], int], shown: Callable[[int, int], None]) -> afresh.Afresh:
        """Everyone who was met once is looked up again, and their agencies asked; and who may have been taken for another."""

        def ask(each: Seen) -> bool:
            return self._write(lambda work: afresh.ask(work, self._house, each, now())) is not None

        return afresh.look(self._database.read, ask, self._house, shown)

    def review_override(self, statement: Statement, *, now: int) -> bool:
        """An officer looked at an override, signed; False when none of that id waits. NotTheirsError."""
        return self._by_name(statement, now, lambda work: looking.review_override(work, self._house, statement, now))

    def retire_epoch(self, statement: Statement, *, now: int) -> dict[str, int]:
        """An officer ends an epoch of the linkage key, signed; by agency, who carries nothing newer, and then it has not ended.

        NotTheirsError. ``epoch_ended`` tells the log, once nobody came in the very moment.
        """
        return self._by_name(statement, now, lambda work: epochs.retire(work, self._house, statement, now))

    def leave_behind(self, statement: Statement, *, now: int) -> int:
        """The same although some are left behind; how many of them are active, and then it has not."""
        return self._by_name(statement, now, lambda work: epochs.leave_behind(work, self._house, statement, now))

    def epoch_ended(self, statement: Statement, *, now: int) -> None:
        """Nobody came in the very moment: it is told to the log."""
        self._write(lambda work: acts.tell(work, self._house, statement, now))

    @property
    def hidden(self) -> frozenset[str]:
        """The agencies whose caseload is never spoken of."""
        return self._house.hidden

    @property
    def contributors(self) -> tuple[str, ...]:
        """The agencies whose caseloads are asked about."""
        return self._house.contributors

    @property
    def services_version(self) -> int:
        """Of the list of services that counts; 0 where there is none."""
        return self._house.services_version

    def offer(self, services: ServiceDocument) -> None:
        """From now on the agencies offer this."""
        self._house = self._house.offering(services)

    @property
    def offered(self) -> tuple[Service, ...]:
        """What the agencies offer, as this store was told."""
        return self._house.offered

    def look(self, question: Callable[[Work], T]) -> T:
        """Ask one of the questions of ``looking``."""
        return self._database.read(question)

    def write_down(self, task: Callable[[Work], T]) -> T:
        """Write down what looking found."""
        return self._write(task)

    def close(self) -> None:
        """Write what is left and give the database back."""
        if self._confirmed:
            self._write(lambda _: None)
        self._database.close()

    def _by_name(self, statement: Statement, now: int, task: Callable[[Work], T]) -> T:
        """An officer's act; one that does not count changes nothing here and is told to the log all the same."""
        try:
            return self._write(task)
        except acts.NotTheirsError as error:
            code = error.code
            self._write(lambda work: acts.tell(work, self._house, statement, now, refused=code))
            raise

    def _note_protocol(self, batch: Sequence[Examined]) -> None:
        """By which protocol is decided now: what was permitted by another and still waits for room is asked about again."""
        for each in batch:
            if isinstance(each.answer, Permitted):
                protocol = each.answer.permit.decision.protocol
                if protocol != self._trust.protocol:
                    self._trust = replace(self._trust, protocol=protocol)

    def _write(self, task: Callable[[Work], T]) -> T:
        confirmed = list(self._confirmed)

        def whole(work: Work) -> T:
            outbox_rows.sent(work, confirmed)
            return task(work)

        result = self._database.write(whole)
        del self._confirmed[: len(confirmed)]
        return result
