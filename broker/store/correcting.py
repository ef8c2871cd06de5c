"""A merge taken back by an officer: everything that follows, told and published as after any message.

Leaves out: a merge that the two agencies dispute themselves, which is the answer to a review (``merges.settle_review``).
"""

from typing import Final

from broker.incoming import Settled
from broker.store import acts, messages, undoing
from broker.store.acts import NotTheirsError
from broker.store.database import Work
from broker.store.house import House
from contracts.statements import Statement, UndoMerge
from contracts.vocabulary import Reason

_SIGNED: Final = "UPDATE merge SET undone_statement = ? WHERE substr(id, 1, 32) = ?"
_CONCERNED: Final = (
    "SELECT DISTINCT r.agency FROM merge AS m JOIN record AS r ON r.id = m.record OR r.person = m.new_person "
    "WHERE substr(m.id, 1, 32) = ?"
)


class NotTheirsToUndoError(NotTheirsError):
    """A merge is taken back by the signed word of a governance officer of an agency concerned, and why this is not one."""


def undo_merge(work: Work, house: House, statement: Statement, now: int) -> Settled | None:
    """Take it back, with who and why; what waits for these records is asked again. None when there is none to take back.

    NotTheirsToUndoError when it is not such an officer's word, or not about this.
    """
    said = _proven(work, house, statement, now)
    who = f"{said.agency}/{said.person}"
    undone = undoing.undo(
        work, said.merge, who, said.reason, now, until=now + house.budgets.different_ms, partners=house.partners
    )
    if undone is None:
        return None
    work.run(_SIGNED, statement.wire().decode(), said.merge)
    messages.wake(work, undone.records, now)
    return acts.tell(work, house, statement, now, alerts=undone.alerts)


def _proven(work: Work, house: House, statement: Statement, now: int) -> UndoMerge:
    said = statement.said
    try:
        officer = acts.signer_of(statement, house.directory, now)
    except NotTheirsError as error:
        raise NotTheirsToUndoError(str(error), error.code) from None
    if not isinstance(said, UndoMerge):
        raise NotTheirsToUndoError("it is about something else", Reason.NOTHING_WAITS)
    concerned = {agency for (agency,) in work.rows(_CONCERNED, said.merge)}
    # A merge that nobody knows of concerns nobody; that there is none is said by what is taken back.
    if concerned and officer.agency not in concerned:
        why = "only a governance officer of an agency that knows one of the two may take it back"
        raise NotTheirsToUndoError(why, Reason.APPROVER_NOT_ALLOWED)
    return said
