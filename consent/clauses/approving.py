"""I2 and A7-officer: whose word closes a hold. Never the word of whoever asked, and where two are wanted, of two people.

An approval speaks of the clauses that held the message when it was given, and of no other: what holds it anew waits anew.
Leaves out: taking an officer's act in (``consent/acts.py``).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from contracts.identifiers import AgencyId
from contracts.vocabulary import Approval, Label, Office, Reason

if TYPE_CHECKING:
    from consent.clauses.asked import Asked, Spoke
    from consent.protocol import Clause


@dataclass(frozen=True, slots=True)
class Act:
    """What one officer decided on one message, as it was taken in; her key still stands."""

    act: Literal["approve", "refuse"]
    clauses: frozenset[str]
    """What held the message when she looked at it."""
    agency: AgencyId
    person: str
    office: Office
    index: int = -1


@dataclass(frozen=True, slots=True)
class Parties:
    """Between whom, and who asked: the worker who sent it, and whoever broke the glass."""

    sender: AgencyId
    recipient: AgencyId
    requesters: frozenset[tuple[AgencyId, str]]


def may_act(act: Act, clause: "Clause", parties: Parties) -> bool:
    """I2. She did not ask for it herself, and holds an office that the clause names, at one of the two agencies.

    Where two agencies must agree, the second may be any agency of the partnership: the one whose record it may be.
    """
    if (act.agency, act.person) in parties.requesters or act.office not in clause.approvers:
        return False
    return clause.approval is Approval.TWO_AGENCIES or act.agency in {parties.sender, parties.recipient}


def approved(clause: "Clause", acts: Iterable[Act], parties: Parties) -> bool:
    """Whether enough of the right people approved what this clause holds."""
    if clause.approval is None:
        return False
    good = [act for act in acts if act.act == "approve" and clause.id in act.clauses and may_act(act, clause, parties)]
    people = {(act.agency, act.person) for act in good}
    agencies = {act.agency for act in good}
    match clause.approval:
        case Approval.ONE_PERSON:
            return bool(people)
        case Approval.TWO_PEOPLE:
            return len(people) > 1
        case Approval.TWO_AGENCIES:
            return len(agencies) > 1 and parties.sender in agencies


def refused_by_an_officer(asked: "Asked", _: frozenset[Label]) -> "Spoke | None":
    """A7-officer. One refusal is enough, and no later approval takes it back."""
    refused = any(act.act == "refuse" for act in asked.context.acts)
    return asked.spoke("A7-officer", Reason.OFFICER_REFUSED) if refused else None
