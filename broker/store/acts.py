"""What named people do at the guards, told to the log: an override, and officers' signed words, whether they count or not.

Leaves out: whose word counts for what (``checks``, ``correcting``, ``looking``), and the log itself (the consent service's).
"""

from collections.abc import Iterable
from typing import Final, Literal

from broker.incoming import Settled
from broker.outcome import Alert, StartScript
from broker.store import outbox_rows
from broker.store.database import Work
from broker.store.house import House
from broker.store.notices import Notices
from contracts.consent_check import GuardAct
from contracts.directory import Directory, Officer
from contracts.envelope import Header
from contracts.statements import LiftChecks, RetireEpoch, ReviewOverride, Statement, UndoMerge, prove
from contracts.steps import Override
from contracts.vocabulary import Office, Reason

_SHOWN_WITHIN: Final = 10 * 60_000
"""A signed word counts when it is shown soon after it was given, not whenever someone finds it."""


class NotTheirsError(Exception):
    """An officer's word that does not count: why, in words for her, and the code for the log."""

    def __init__(self, why: str, code: Reason) -> None:
        super().__init__(why)
        self.code = code


def signer_of(statement: Statement, directory: Directory, now: int) -> Officer:
    """The governance officer whose word this is, given just now and with a reason. NotTheirsError where it is not."""
    proven = prove(statement, directory)
    officer = proven.officer
    if proven.fault is not None or officer is None:
        raise NotTheirsError("it is not the signed word of a person of the directory", proven.fault or Reason.UNKNOWN_KEY)
    if officer.office is not Office.GOVERNANCE_OFFICER:
        raise NotTheirsError("only a governance officer may decide this", Reason.APPROVER_NOT_ALLOWED)
    if not getattr(statement.said, "reason", "").strip():
        raise NotTheirsError("it says no reason", Reason.MISSING_FIELD)
    if abs(now - statement.said.made) > _SHOWN_WITHIN:
        raise NotTheirsError("it was not given just now", Reason.WRONG_TIME)
    return officer


def overridden(effect: StartScript, override: Override, header: Header) -> GuardAct:
    """A prescriber's going on in spite of the guard."""
    return GuardAct(
        act="override", id=header.id, agency=header.sender, person=override.by, about=effect.beside or "",
        why=override.reason.value, at=header.created,
    )  # fmt: skip


def tell(
    work: Work, house: House, statement: Statement, now: int, refused: Reason | None = None, alerts: Iterable[Alert] = ()
) -> Settled:
    """Tell the log of an officer's word, and the agencies what follows from it; the rows to publish."""
    notices = Notices(house.directory, now)
    if (act := _act(statement, refused)) is not None:
        notices.act(act)
    for alert in alerts:
        notices.alert(alert)
    # Whoever signs is no broker: what follows is for a running one to publish, and not only when a claim has run out.
    rows = outbox_rows.add(work, house.process, [], notices.mail(house.signing), now - outbox_rows.CLAIM)
    return Settled(rows, {("officer", "refused" if refused else "done"): 1})


def _act(statement: Statement, refused: Reason | None) -> GuardAct | None:
    said, why = statement.said, None
    act: Literal["checks_lifted", "merge_undone", "override_reviewed", "epoch_retired"]
    match said:
        case LiftChecks():
            act, about = "checks_lifted", f"{said.asker} {said.worker or 'all'}"
        case UndoMerge():
            act, about = "merge_undone", said.merge
        case ReviewOverride():
            act, about, why = "override_reviewed", said.message, said.finding.value
        case RetireEpoch():
            act, about = "epoch_retired", f"epoch {said.epoch}{', some left behind' if said.leave_behind else ''}"
        case _:
            # A word about something else: nothing here to write down.
            return None
    return GuardAct(
        act=act, id=said.id, agency=said.agency, person=said.person, about=about, why=why, refused=refused, at=said.made,
        statement=statement,
    )  # fmt: skip
