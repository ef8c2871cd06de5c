"""What an officer does about a right of hers: restriction, objection, the end of one, erasure. Each is an entry of the log.

One officer may stop sharing; to let it go on, or to erase, takes two different people (H2, H4). A no is kept, or erasing it
would let others be told. Leaves out: who asked, and the reply to her, which are the agency's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from consent.log.append import Appended, LogSigner, append
from consent.log.entry import Entry, EntryKind
from consent.log.erase import erase_subjects
from consent.new_rows import put
from consent.refused_acts import write_down
from consent.rights.about_her import entries_about_her
from consent.store import rows_in
from contracts.directory import Directory, Officer
from contracts.statements import RightsAct, Second, Statement, prove, said_hash
from contracts.vocabulary import Exemption, Office, Reason, Right

_TAKES_TWO: Final = frozenset({Right.LIFT, Right.ERASE})
_STOPPED: Final = "SELECT record, log_index FROM restriction WHERE lifted_at IS NULL AND statement_id IN"
_TAKEN: Final = "SELECT statement_id FROM restriction WHERE statement_id IN"
# A yes goes; a no, and a tombstone, stay to be obeyed, with nothing of how she was asked.
_FORGET: Final = (
    "DELETE FROM consent WHERE answer = 'given' AND consent_id NOT IN (SELECT consent_id FROM withdrawal) AND record = {0}",
    "UPDATE consent SET circumstances = '', evidence = NULL, replaces = NULL WHERE record = {0}",
    "UPDATE decision SET record = NULL, reference = NULL, labels = NULL WHERE record = {0}",
)


@dataclass(frozen=True, slots=True)
class NotDone:
    """Why nothing was done."""

    reason: Reason
    sentence: str


@dataclass(frozen=True, slots=True)
class DoneNow:
    """What was done, and where the log says so."""

    act: RightsAct
    index: int
    erased: int = 0


def take(
    connection: Connection, statement: Statement, second: Statement | None, directory: Directory, signer: LogSigner, now: int
) -> DoneNow | NotDone:
    """Carry out one signed act, in the caller's transaction; what does not count is written down as well."""
    done = _carried_out(connection, statement, second, directory, signer, now)
    if isinstance(done, NotDone):
        write_down(connection, statement, done.reason, directory, signer, now)
    return done


def stopped_by(connection: Connection, statement: str) -> tuple[int, tuple[str, ...]] | None:
    """Where the log says that sharing was restricted, and for which records: what the broker must call back."""
    rows = list(rows_in(connection, _STOPPED, [statement]))
    return (rows[0].log_index, tuple(row.record for row in rows)) if rows else None


def _carried_out(
    connection: Connection, statement: Statement, second: Statement | None, directory: Directory, signer: LogSigner, now: int
) -> DoneNow | NotDone:
    """Carry it out.

    1. A governance officer of the directory said it.  2. Where it takes two, another person stood beside this very statement.
    3. It was not carried out before.  4. It is done, and the log says so.
    """
    said = _proven(statement, directory)
    if isinstance(said, NotDone):
        return said
    act, officer = said
    beside = _beside(statement, second, officer, directory)
    if isinstance(beside, NotDone):
        return beside
    if list(rows_in(connection, _TAKEN, [act.id])):
        return NotDone(Reason.REPLAYED, "This statement was carried out before; that stands.")
    match act.right:
        case Right.RESTRICT | Right.OBJECT:
            return _restrict(connection, act, beside, signer, now)
        case Right.LIFT:
            return _lift(connection, act, beside, signer, now)
        case Right.ERASE:
            return _erase(connection, act, beside, signer, now)


def _proven(statement: Statement, directory: Directory) -> tuple[RightsAct, Officer] | NotDone:
    proven = prove(statement, directory)
    if proven.fault is not None or proven.officer is None:
        return NotDone(proven.fault or Reason.UNKNOWN_KEY, "The statement is not proven to be that person's.")
    if not isinstance(proven.said, RightsAct):
        return NotDone(Reason.PARTS_DO_NOT_FIT, "The statement is about something else.")
    if proven.officer.office is not Office.GOVERNANCE_OFFICER:
        return NotDone(Reason.APPROVER_NOT_ALLOWED, "Only an information governance officer decides this.")
    if not proven.said.reason:
        return NotDone(Reason.MISSING_FIELD, "Say why, in words.")
    return proven.said, proven.officer


def _beside(
    statement: Statement, second: Statement | None, officer: Officer, directory: Directory
) -> tuple[str, ...] | NotDone:
    """Who approved: both names where it takes two."""
    assert isinstance(statement.said, RightsAct)
    if statement.said.right not in _TAKES_TWO:
        return (f"{officer.agency}/{officer.person}",)
    if second is None:
        return NotDone(Reason.SECOND_PERSON_AWAITED, "This takes two people: another officer signs beside it.")
    proven = prove(second, directory)
    same = isinstance(proven.said, Second) and proven.said.of == said_hash(statement.said).hex()
    if proven.fault is not None or proven.officer is None or not same:
        return NotDone(proven.fault or Reason.PARTS_DO_NOT_FIT, "The second statement does not stand beside this one.")
    if second.key == statement.key:
        return NotDone(Reason.APPROVER_NOT_ALLOWED, "Nobody is her own second.")
    return f"{officer.agency}/{officer.person}", f"{proven.officer.agency}/{proven.officer.person}"


def _restrict(connection: Connection, act: RightsAct, approved_by: Sequence[str], signer: LogSigner, now: int) -> DoneNow:
    appended = _note(connection, act, approved_by, signer, now)
    purpose = act.purpose.value if act.purpose else None
    rows = [(act.id, record, purpose, now, appended.first_index) for record in dict.fromkeys(act.records)]
    put(connection, "restriction", "statement_id, record, purpose, since, log_index", rows)
    return DoneNow(act, appended.first_index)


def _lift(connection: Connection, act: RightsAct, approved_by: Sequence[str], signer: LogSigner, now: int) -> DoneNow:
    index = _note(connection, act, approved_by, signer, now).first_index
    mark = _mark(connection)
    of_purpose = f" AND purpose = {mark}" if act.purpose else ""
    for record in dict.fromkeys(act.records):
        values = (now, index, record, *((act.purpose.value,) if act.purpose else ()))
        # The words are our own; only the values come from the statement.
        update = f"UPDATE restriction SET lifted_at = {mark}, lifted_index = {mark} WHERE record = {mark} AND lifted_at IS NULL"  # noqa: S608
        connection.exec_driver_sql(update + of_purpose, values)
    return DoneNow(act, index)


def _erase(
    connection: Connection, act: RightsAct, approved_by: Sequence[str], signer: LogSigner, now: int
) -> DoneNow | NotDone:
    if act.exemption is not Exemption.NONE_APPLIES:
        return NotDone(Reason.MISSING_FIELD, "An erasure says that no exemption applies, after looking at each of them.")
    indexes = [entry.index for entry in entries_about_her(connection, act.records)]
    if not indexes:
        return NotDone(Reason.UNKNOWN_REFERENCE, "The log says nothing about these records that is not erased already.")
    ground = f"{act.ground.value}; {act.exemption.value}; statement {act.id}"
    appended = erase_subjects(connection, indexes, ground=ground, approved_by=approved_by, signer=signer, now=now)
    for record in dict.fromkeys(act.records):
        for statement in _FORGET:
            connection.exec_driver_sql(statement.format(_mark(connection)), (record,))
    return DoneNow(act, appended.first_index, len(indexes))


def _note(connection: Connection, act: RightsAct, approved_by: Sequence[str], signer: LogSigner, now: int) -> Appended:
    skeleton = {
        "statement": act.id,
        "right": act.right,
        "purpose": act.purpose,
        "ground": act.ground,
        "approved_by": list(approved_by),
    }
    # One entry for each record, so that what is about her is found, and erased, by it.
    entries = [Entry(EntryKind.RIGHT, now, {}, skeleton, {"record": record}) for record in dict.fromkeys(act.records)]
    return append(connection, entries, signer, now)


def _mark(connection: Connection) -> str:
    return "?" if connection.dialect.paramstyle == "qmark" else "%s"
