"""What lies beside the messages of a batch: the decision before, officers' acts, a refusal on another basis, the broken glass.

Asked only for messages that were answered before or that break the glass, so an ordinary message costs one look-up a batch.
Leaves out: writing any of it (``acts``, ``broken``).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection

from consent.clauses.approving import Act
from consent.clauses.glass import MOST_UNREVIEWED, REVIEW_WITHIN, SECOND, Broken, Named
from consent.log.read import entries_at
from consent.questions import Opened
from consent.refused_before import on_another_basis
from consent.store import Answered, rows_in
from consent.then_and_now import Then
from contracts.directory import Directory
from contracts.statements import BreakGlass, Glass, Proven, Second, prove, said_hash
from contracts.vocabulary import Office

_ACTS: Final = "SELECT * FROM act WHERE message_id IN"
_BY_AGENCY: Final = "SELECT * FROM glass WHERE agency IN"
_BY_STATEMENT: Final = "SELECT * FROM glass WHERE statement_id IN"


@dataclass(frozen=True, slots=True)
class Beside:
    """For one message."""

    acts: tuple[Act, ...] = ()
    glass: Broken | None = None
    then: Then | None = None
    refused: bool = False
    """The same was refused before, on another lawful basis (B7)."""


NOTHING: Final = Beside()


def look_beside(
    connection: Connection,
    opened: Sequence[Opened],
    before: Mapping[str, Mapping[int, Answered]],
    directory: Directory,
    now: int,
) -> dict[str, Beside]:
    """What is known beside each message that has anything beside it."""
    asked_before = [one for one in opened if before.get(one.question.message)]
    breaking = [one for one in opened if _glass(one) is not None]
    refused = on_another_basis(connection, opened, now)
    if not asked_before and not breaking and not refused:
        return {}
    acts = acts_on(connection, [one.question.message for one in asked_before], directory)
    thens = _thens(connection, [before[one.question.message] for one in asked_before])
    glass = _broken(connection, breaking, before, directory, now) if breaking else {}
    names = refused.union(one.question.message for one in (*asked_before, *breaking))
    return {name: Beside(tuple(acts.get(name, ())), glass.get(name), thens.get(name), name in refused) for name in names}


def acts_on(connection: Connection, messages: Iterable[str], directory: Directory) -> dict[str, list[Act]]:
    """What officers decided on these messages. An act whose key was revoked since is nobody's."""
    found: defaultdict[str, list[Act]] = defaultdict(list)
    for row in rows_in(connection, _ACTS, messages):
        if directory.officer(row.key) is not None:
            clauses = frozenset(row.clauses.split())
            found[row.message_id].append(Act(row.act, clauses, row.agency, row.person, Office(row.office), row.log_index))
    return found


def _thens(connection: Connection, answered: Sequence[Mapping[int, Answered]]) -> dict[str, Then]:
    newest = {row.message: row.index for attempts in answered for row in (attempts[max(attempts)],)}
    entries = {entry.index: entry for entry in entries_at(connection, newest.values(), subjects=True)}
    found: dict[str, Then] = {}
    for message, index in newest.items():
        # A consent told again keeps the place of the first telling, whose entry is another message's.
        if (entry := entries.get(index)) is not None and entry.message_id == message:
            found[message] = Then(index, entry.skeleton, entry.subject.fields if entry.subject else {})
    return found


def _broken(
    connection: Connection,
    breaking: Sequence[Opened],
    before: Mapping[str, Mapping[int, Answered]],
    directory: Directory,
    now: int,
) -> dict[str, Broken]:
    statements = {one.question.message: glass.statement.said.id for one in breaking if (glass := _glass(one)) is not None}
    used = {row.statement_id: row.message_id for row in rows_in(connection, _BY_STATEMENT, statements.values())}
    rows = list(rows_in(connection, _BY_AGENCY, [one.question.header.sender for one in breaking]))
    found: dict[str, Broken] = {}
    # What is broken in this very batch counts for the next one in it, as if it had come a moment earlier.
    here: Counter[str] = Counter()
    for one in breaking:
        message, glass = one.question.message, _glass(one)
        assert glass is not None, "only these are looked at"
        sender = one.question.header.sender
        first = used.setdefault(statements[message], message)
        by, second = prove(glass.statement, directory), glass.second
        beside = prove(second, directory) if second is not None else None
        found[message] = Broken(
            by=_named(by),
            second=_named(beside) if beside else None,
            second_fits=beside is None or _stood_by(beside, by),
            used_before=first != message,
            blocked=_blocked([row for row in rows if row.agency == sender], message, here[sender], now),
            asked_at=_first_asked(before.get(message, {})),
        )
        here[sender] += not _went(rows, message)
    return found


def _went(rows: Sequence[Any], message: str) -> bool:
    return any(row.message_id == message and row.released is not None for row in rows)


def _glass(one: Opened) -> Glass | None:
    return one.part.facts.glass if one.part is not None else None


def _named(proven: Proven) -> Named | None:
    officer = proven.officer
    if officer is None or proven.fault is not None:
        return None
    return Named(officer.agency, officer.person, officer.rank, officer.office)


def _stood_by(second: Proven, by: Proven) -> bool:
    """Another person of the same agency, beside this very statement."""
    one, other = second.officer, by.officer
    if second.fault is not None or one is None or other is None or not isinstance(second.said, Second):
        return False
    names_it = isinstance(by.said, BreakGlass) and second.said.of == said_hash(by.said).hex()
    return names_it and one.agency == other.agency and one.person != other.person


def _blocked(rows: Sequence[Any], message: str, beside: int, now: int) -> bool:
    waiting = [row for row in rows if row.released is not None and row.reviewed is None and row.message_id != message]
    return len(waiting) + beside >= MOST_UNREVIEWED or any(now >= row.released + REVIEW_WITHIN for row in waiting)


def _first_asked(attempts: Mapping[int, Answered]) -> int | None:
    return min((row.decided for row in attempts.values() if SECOND.lower() in row.clauses), default=None)
