"""Broken glass as rows: who broke it for which message, whether anything went, and whether it was reviewed (clause G4).

The rows say when a review is late and what blocks the next one; the words of those who broke it are in the log, under a key
that can be destroyed. Leaves out: whether it may be broken (``clauses/glass``).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from consent.clauses.glass import REVIEW_WITHIN
from consent.draft import Draft
from consent.log.append import LogSigner, append
from consent.log.entry import Entry, EntryKind
from consent.new_rows import put
from consent.refused_acts import write_down
from consent.store import AnswerKind, rows_in
from contracts.directory import Directory
from contracts.statements import BreakGlass, Review, Statement, prove
from contracts.vocabulary import Office, Reason

_COLUMNS: Final = "message_id, statement_id, agency, person, rank, emergency, recipient, second, asked, released, log_index"
_KNOWN: Final = "SELECT message_id, released FROM glass WHERE message_id IN"
_ROW: Final = "SELECT * FROM glass WHERE message_id IN"
_OPEN: Final = "SELECT * FROM glass WHERE released IS NOT NULL AND reviewed IS NULL ORDER BY released"


@dataclass(frozen=True, slots=True)
class Unreviewed:
    """A broken glass that waits for its review. No person of hers is named, and nothing of what was passed on."""

    message: str
    agency: str
    person: str
    rank: str
    emergency: str
    recipient: str
    alone: bool
    released: int
    due: int


def keep_broken(connection: Connection, drafts: Iterable[Draft], now: int) -> None:
    """Write down the glass that was broken in this batch: asked for, or gone."""
    breaking = [
        draft for draft in drafts if draft.broken is not None and draft.answer in {AnswerKind.HELD, AnswerKind.PERMITTED}
    ]
    if not breaking:
        return
    known = {row.message_id: row for row in rows_in(connection, _KNOWN, [draft.asked.question.message for draft in breaking])}
    fresh = []
    for draft in breaking:
        message, gone = draft.asked.question.message, draft.answer is AnswerKind.PERMITTED
        row = known.get(message)
        if row is None:
            fresh.append(_row(draft, now, gone=gone))
        elif gone and row.released is None:
            _mark(connection, "released = {}, second = {}", (now, _second(draft)), message)
    put(connection, "glass", _COLUMNS, fresh)


def unreviewed(connection: Connection) -> list[Unreviewed]:
    """Every broken glass that nobody has reviewed, the longest waiting first: no month closes with one of these."""
    return [
        Unreviewed(
            row.message_id, row.agency, row.person, row.rank, row.emergency, row.recipient, not row.second, row.released,
            row.released + REVIEW_WITHIN,
        )
        for row in connection.exec_driver_sql(_OPEN)
    ]  # fmt: skip


def take_review(
    connection: Connection, statement: Statement, directory: Directory, signer: LogSigner, now: int
) -> int | Reason:
    """A governance officer's review: its place in the log, or why it does not count, which is written down as well."""
    done = _reviewed(connection, statement, directory, signer, now)
    if isinstance(done, Reason):
        write_down(connection, statement, done, directory, signer, now)
    return done


def _reviewed(connection: Connection, statement: Statement, directory: Directory, signer: LogSigner, now: int) -> int | Reason:
    """Take a review in. Nobody reviews what she did herself."""
    proven, said = prove(statement, directory), statement.said
    if proven.fault is not None or proven.officer is None:
        return proven.fault or Reason.UNKNOWN_KEY
    if not isinstance(said, Review) or not said.reason.strip():
        return Reason.MISSING_FIELD
    row = next(iter(rows_in(connection, _ROW, [said.message])), None)
    if row is None or row.released is None or row.reviewed is not None:
        return Reason.NOTHING_WAITS
    officer = proven.officer
    involved = {(row.agency, row.person), (row.agency, row.second)}
    if officer.office is not Office.GOVERNANCE_OFFICER or (officer.agency, officer.person) in involved:
        return Reason.APPROVER_NOT_ALLOWED
    told = {
        "message": said.message, "finding": said.finding, "by": officer.person, "of": officer.agency, "rank": officer.rank,
        "broken_by": row.person, "broken_at": row.agency, "late": now > row.released + REVIEW_WITHIN,
    }  # fmt: skip
    index = append(connection, [Entry(EntryKind.REVIEW, now, {}, told, {"reason": said.reason})], signer, now).first_index
    reviewed = "reviewed = {}, finding = {}, reviewed_by = {}"
    _mark(connection, reviewed, (now, said.finding.value, officer.person), said.message)
    return index


def _row(draft: Draft, now: int, *, gone: bool) -> tuple[object, ...]:
    broken, question, part = draft.broken, draft.asked.question, draft.asked.part
    assert broken is not None, "only these are written"
    assert broken.by is not None, "nothing is held or permitted on a glass that nobody is proven to have broken"
    assert part is not None, "only what was opened is judged"
    assert part.facts.glass is not None, "that is what was judged"
    said = part.facts.glass.statement.said
    assert isinstance(said, BreakGlass), "judged by G4"
    assert said.emergency is not None, "judged by G4"
    by = broken.by
    return (
        question.message, said.id, by.agency, by.person, by.rank, said.emergency.value, question.header.recipient,
        _second(draft), now, now if gone else None, draft.index,
    )  # fmt: skip


def _second(draft: Draft) -> str | None:
    """Who stood by: with the message, or by approving it while it waited."""
    assert draft.broken is not None, "only these are written"
    return draft.broken.second.person if draft.broken.second else draft.approved_by


def _mark(connection: Connection, what: str, values: tuple[object, ...], message: str) -> None:
    mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    # What is set is written above, in this file.
    statement = f"UPDATE glass SET {what.replace('{}', mark)} WHERE message_id = {mark}"  # noqa: S608
    connection.exec_driver_sql(statement, (*values, message))
