"""An officer's act on a message that waits: proven, allowed, written into the log, kept; then the message is asked again.

Her act decides nothing by itself. It is among the inputs of the next decision, which may still refuse (design.md D5). Leaves
out: asking again, which is the broker's (``./run holds act`` does both), and the review of a broken glass (``broken``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection

from consent.clauses.approving import Act, Parties, may_act
from consent.log.append import LogSigner, append
from consent.log.entry import Entry, EntryKind
from consent.log.read import entries_at
from consent.new_rows import put
from consent.protocol import Clause, Protocol
from consent.refused_acts import write_down
from consent.store import Answered, AnswerKind, asked_before
from contracts.directory import Directory
from contracts.kinds import SKEW
from contracts.statements import HoldAct, Statement, prove
from contracts.vocabulary import Reason, Verdict

_COLUMNS: Final = "statement_id, message_id, act, clauses, agency, person, office, key, taken, log_index"
_SEEN: Final = "SELECT count(*) FROM act WHERE statement_id = "


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that waits for a person: what holds it, and between whom."""

    header: str
    clauses: tuple[Clause, ...]
    parties: Parties


def waiting(connection: Connection, message: str, protocol: Protocol, now: int) -> Waiting | None:
    """What holds a message just now; None when nothing does, or its deadline has passed."""
    attempts = asked_before(connection, [message]).get(message)
    newest = attempts[max(attempts)] if attempts else None
    if newest is None or newest.answer is not AnswerKind.HELD or (newest.deadline or 0) <= now:
        return None
    (entry,) = entries_at(connection, [newest.index], subjects=True)
    return _waiting(newest, entry.skeleton, entry.subject.fields if entry.subject else {}, protocol)


def take_act(
    connection: Connection, statement: Statement, directory: Directory, protocol: Protocol, signer: LogSigner, now: int
) -> int | Reason:
    """Take one act in: its place in the log, or why it does not count, which is written down as well."""
    done = _taken(connection, statement, directory, protocol, signer, now)
    if isinstance(done, Reason):
        write_down(connection, statement, done, directory, signer, now)
    return done


def _taken(
    connection: Connection, statement: Statement, directory: Directory, protocol: Protocol, signer: LogSigner, now: int
) -> int | Reason:
    """Take one act in.

    1. It is hers: signed, and she is who she says.  2. That very message waits, and its deadline has not passed.
    3. An approval can close it.  4. She may decide it (I2).  5. It is written down, with what held the message.
    """
    proven, said = prove(statement, directory), statement.said
    if proven.fault is not None or proven.officer is None:
        return proven.fault or Reason.UNKNOWN_KEY
    if not isinstance(said, HoldAct) or not said.reason.strip():
        return Reason.MISSING_FIELD
    held = waiting(connection, said.message, protocol, now)
    if held is None or held.header != said.header:
        return Reason.NOTHING_WAITS
    if abs(now - said.made) > SKEW:
        return Reason.WRONG_TIME
    if _seen(connection, said.id):
        return Reason.REPLAYED
    if said.act == "approve" and not any(clause.approval for clause in held.clauses):
        return Reason.NO_APPROVAL_HELPS
    officer = proven.officer
    names = frozenset(clause.id for clause in held.clauses)
    act = Act(said.act, names, officer.agency, officer.person, officer.office)
    if not _allowed(act, held):
        return Reason.APPROVER_NOT_ALLOWED
    told = {
        "message": said.message, "act": said.act, "clauses": sorted(names), "by": officer.person, "of": officer.agency,
        "office": officer.office, "rank": officer.rank, "statement": said.id, "made": said.made,
    }  # fmt: skip
    index = append(connection, [Entry(EntryKind.HOLD_CLOSED, now, {}, told, {"reason": said.reason})], signer, now).first_index
    row = (
        said.id, said.message, said.act, " ".join(sorted(names)), officer.agency, officer.person, officer.office.value,
        statement.key, now, index,
    )  # fmt: skip
    put(connection, "act", _COLUMNS, [row])
    return index


def _allowed(act: Act, held: Waiting) -> bool:
    """An approval must help one of the clauses; a refusal may come from any officer of the two agencies: it only stops."""
    if act.act == "refuse":
        return act.agency in {held.parties.sender, held.parties.recipient}
    return any(clause.approval is not None and may_act(act, clause, held.parties) for clause in held.clauses)


def _waiting(newest: Answered, skeleton: Mapping[str, Any], subject: Mapping[str, Any], protocol: Protocol) -> Waiting:
    names = [one["clause"] for one in skeleton["clauses"]]
    clauses = [protocol.clauses[name] for name in names if name in protocol.clauses]
    asked_for = {(skeleton["sender"], skeleton["actor"])}
    by = subject.get("context", {}).get("glass", {}).get("by")
    if by:
        asked_for.add((by["agency"], by["person"]))
    return Waiting(
        newest.header,
        tuple(clause for clause in clauses if clause.verdict is Verdict.HOLD),
        Parties(skeleton["sender"], skeleton["recipient"], frozenset(asked_for)),
    )


def _seen(connection: Connection, statement: str) -> bool:
    mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    return bool(connection.exec_driver_sql(_SEEN + mark, (statement,)).scalar_one())
