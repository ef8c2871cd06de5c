"""The consent service's database: questions asked of it, and rows put into it, a batch at a time.

Decisions are made elsewhere; the log has its own writer (``log/append``). A transaction here always takes the write lock
first: whoever reads what she said, decides on that and writes the decision down, does so alone.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.pool import QueuePool

from consent.consents import Circumstances, Consent
from consent.log.read import StoredCheckpoint, newest_checkpoint
from consent.new_rows import put
from contracts.vocabulary import AgeBand, Capacity, ConsentAnswer, Gillick, Interpreter, Label, Purpose, Reason

# Far below what SQLite and PostgreSQL take in one statement.
_MOST_IN_ONE: Final = 5_000
_ONE_WRITER: Final = 0x72656C6179  # "relay": the advisory lock's number, the same in every process


class AnswerKind(StrEnum):
    """What was answered, as it is stored."""

    PERMITTED = "permitted"
    RECORDED = "recorded"
    HELD = "held"
    REFUSED = "refused"
    NOT_YET = "not_yet"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer as it was given: a row of ``decision``."""

    message: str
    attempt: int
    header: str
    protocol: str
    consents: str
    answer: AnswerKind
    reason: Reason | None
    clauses: tuple[str, ...]
    owner: str | None
    deadline: int | None
    slots: tuple[int, ...]
    reference: str | None
    holders: tuple[str, ...]
    withdrawn: bool
    decided: int
    valid_until: int
    index: int
    record: str | None = None
    """From here on, of a release: about whom, between whom, for what, and which labels."""
    sender: str | None = None
    recipient: str | None = None
    purpose: str | None = None
    labels: str | None = None


@dataclass(frozen=True, slots=True)
class Recording:
    """A consent with the message that brought it and its place in the log."""

    consent: Consent
    message: str
    index: int
    withdrawn_index: int | None = None
    evidence: str | None = None
    replaces: str | None = None


def open_store(url: str) -> Engine:
    """The database, ready for short transactions of one writer at a time."""
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True, pool_size=4, max_overflow=2)
    engine = create_engine(url, poolclass=QueuePool, connect_args={"check_same_thread": False, "timeout": 30})

    @event.listens_for(engine, "connect")
    def _safe(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _lock_at_once(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


@contextmanager
def alone(engine: Engine) -> Iterator[Connection]:
    """A transaction that nobody else's overlaps, in any process: a withdrawal is either before a decision or after it."""
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (_ONE_WRITER,))
        yield connection


def log_head(engine: Engine) -> StoredCheckpoint | None:
    """The newest signed head: what a backup notes, so that a restore that is behind can be told."""
    with engine.begin() as connection:
        return newest_checkpoint(connection)


def asked_before(connection: Connection, messages: Iterable[str]) -> dict[str, dict[int, Answered]]:
    """Every answer given about these messages, by message and attempt."""
    found: defaultdict[str, dict[int, Answered]] = defaultdict(dict)
    for row in rows_in(connection, "SELECT * FROM decision WHERE message_id IN", messages):
        found[row.message_id][row.attempt] = Answered(
            message=row.message_id,
            attempt=row.attempt,
            header=row.header,
            protocol=row.protocol,
            consents=row.consents,
            answer=AnswerKind(row.answer),
            reason=Reason(row.reason) if row.reason else None,
            clauses=tuple(row.clauses.split()),
            owner=row.owner,
            deadline=row.deadline,
            slots=tuple(int(slot) for slot in row.slots),
            reference=row.reference,
            holders=tuple(row.holders.split()),
            withdrawn=bool(row.withdrawn),
            decided=row.decided,
            valid_until=row.valid_until,
            index=row.log_index,
        )
    return found


_CONSENT: Final = (
    "SELECT c.consent_id, c.record, c.taker, c.message_id, c.answer, c.purpose, c.recipient, c.labels, c.taken_at, c.review, "
    "c.capacity, c.log_index, c.circumstances, c.evidence, c.replaces, w.withdrawn_at, w.log_index FROM consent c "
    "LEFT JOIN withdrawal w ON w.consent_id = c.consent_id WHERE "
)


def consents_about(connection: Connection, records: Iterable[str], named: Iterable[str]) -> list[Recording]:
    """What was recorded under these records, and the consents of these ids."""
    # By their places: to look a column up by name takes longer than all else that is done with it.
    found = {row[0]: row for row in rows_in(connection, _CONSENT + "c.record IN", records)}
    missing = [one for one in named if one not in found]
    found.update({row[0]: row for row in rows_in(connection, _CONSENT + "c.consent_id IN", missing)})
    return [_recording(*row) for row in found.values()]


def told_before(connection: Connection, messages: Iterable[str]) -> set[tuple[str, str, int]]:
    """The outcomes of these messages that are already in the log."""
    rows = rows_in(connection, "SELECT message_id, state, attempt FROM outcome WHERE message_id IN", messages)
    return {(row.message_id, row.state, row.attempt) for row in rows}


def put_answers(connection: Connection, answers: Iterable[Answered]) -> None:
    """Write answers down; an attempt that is answered already is an IntegrityError."""
    columns = (
        "message_id, attempt, header, protocol, consents, answer, reason, clauses, owner, deadline, slots, reference, "
        "holders, withdrawn, decided, valid_until, log_index, record, sender, recipient, purpose, labels"
    )
    rows = [
        (
            a.message, a.attempt, a.header, a.protocol, a.consents, a.answer.value, a.reason.value if a.reason else None,
            " ".join(a.clauses), a.owner, a.deadline, "".join(map(str, a.slots)), a.reference, " ".join(a.holders),
            a.withdrawn, a.decided, a.valid_until, a.index, a.record, a.sender, a.recipient, a.purpose, a.labels,
        )
        for a in answers
    ]  # fmt: skip
    put(connection, "decision", columns, rows)


def put_consents(connection: Connection, recordings: Iterable[Recording]) -> None:
    """Write down what she said."""
    columns = (
        "consent_id, record, taker, message_id, answer, purpose, recipient, labels, taken_at, review, capacity, log_index, "
        "circumstances, evidence, replaces"
    )
    rows = [
        (
            c.id, c.record, c.taker, r.message, c.answer.value, c.purpose.value, c.recipient,
            " ".join(sorted(c.labels)), c.taken_at, c.review, c.capacity.value, r.index,
            json.dumps(asdict(c.circumstances), sort_keys=True), r.evidence, r.replaces,
        )
        for r in recordings
        for c in (r.consent,)
    ]  # fmt: skip
    put(connection, "consent", columns, rows)


def protocol_in_force(connection: Connection) -> str | None:
    """The hash of the protocol that was in force last."""
    row = connection.exec_driver_sql("SELECT hash FROM protocol ORDER BY log_index DESC LIMIT 1").first()
    return row.hash if row else None


def words_in_force(connection: Connection) -> bytes | None:
    """The words of that protocol."""
    row = connection.exec_driver_sql("SELECT text FROM protocol ORDER BY log_index DESC LIMIT 1").first()
    return row.text.encode() if row else None


def rows_in(connection: Connection, statement: str, values: Iterable[str]) -> Iterator[Any]:
    """The rows of a statement that ends in ``IN``, for these values; the statement is written in our own code."""
    wanted = list(dict.fromkeys(values))
    mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    for at in range(0, len(wanted), _MOST_IN_ONE):
        some = wanted[at : at + _MOST_IN_ONE]
        yield from connection.exec_driver_sql(f"{statement} ({','.join([mark] * len(some))})", tuple(some))


def _recording(
    name: str, record: str, taker: str, message: str, answer: str, purpose: str, recipient: str, labels: str, taken_at: int,
    review: int, capacity: str, index: int, circumstances: str, evidence: str | None, replaces: str | None,
    withdrawn_at: int | None, withdrawn_index: int | None,
) -> Recording:  # fmt: skip
    """Of a row of ``_CONSENT``, column by column."""
    consent = Consent(
        id=name,
        record=record,
        taker=taker,
        answer=ConsentAnswer(answer),
        purpose=Purpose(purpose),
        recipient=recipient,
        labels=_labels(labels),
        taken_at=taken_at,
        review=review,
        capacity=Capacity(capacity),
        circumstances=_circumstances(circumstances),
        withdrawn_at=withdrawn_at,
    )
    return Recording(consent, message, index, withdrawn_index, evidence, replaces)


@lru_cache(maxsize=1000)
def _labels(text: str) -> frozenset[Label]:
    return frozenset([Label(label) for label in text.split()])


# Erased, or from before it was kept: nothing is taken for granted.
_NOT_KEPT: Final = Circumstances(
    wording="not_kept", language="not_kept", interpreter=Interpreter.NEEDED_AND_ABSENT, taken_by="not_kept", how="not_kept",
    setting="not_kept", alone=False, freely=None, limits_shown=False, age_band=AgeBand.UNKNOWN, gillick=Gillick.NOT_ASSESSED,
    notice=None, no_notice=None,
)  # fmt: skip


@lru_cache(maxsize=4096)
def _circumstances(text: str) -> Circumstances:
    """Read once for all who were asked in the same way."""
    if not text or text == "{}":
        return _NOT_KEPT
    fields = json.loads(text)
    enums = {
        "interpreter": Interpreter(fields["interpreter"]),
        "age_band": AgeBand(fields["age_band"]),
        "gillick": Gillick(fields["gillick"]),
    }
    return Circumstances(**{**fields, **enums})


def database_answers(engine: Engine) -> None:
    """Take and leave the write lock; raises SQLAlchemyError when the database is away or read-only."""
    with alone(engine) as connection:
        connection.execute(text("SELECT 1"))
