"""Who has a case open, who leads, and what may be said about it: the caseload and lead guards (R01-R04, W01, W02).

Never two leads, and never none while a case is open: the old lead stands until the new one accepts. The database has the
last word; a judgement that comes second is made again. Leaves out: finding the person (``matching``), and consent.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, assert_never

from broker.outcome import (
    CLEARED,
    Alert,
    CloseCases,
    CloseProposal,
    GuardEffect,
    Judged,
    OpenCase,
    OpenProposal,
    RestoreLead,
    SwapLead,
    not_cleared,
)
from contracts.notices import CaseloadAnswer
from contracts.steps import CaseStep, LeadStep
from contracts.vocabulary import CaseloadStatus, CaseMove, CaseRole, LeadMove, Reason

CHECK_STANDS_FOR: Final = 24 * 3_600_000
"""How long a caseload check opens the way to a case (R01)."""
_NAMED: Final = 12


class CaseState(StrEnum):
    """Where a case stands. In conflict: a merge showed a second lead, so it stands outside the index until one yields."""

    OPEN = "open"
    IN_CONFLICT = "in_conflict"
    CLOSED = "closed"


class Standing(StrEnum):
    """What one agency is to a person's case."""

    NONE = "none"
    SUPPLEMENTARY = "supplementary"
    LEAD = "lead"
    IN_CONFLICT = "in_conflict"


# What an agency's word may change, by where it stands. What is not here is refused, and ``_MISFITS`` says how.
CASE_MOVES: Final[dict[Standing, dict[tuple[CaseMove, CaseRole], Standing]]] = {
    Standing.NONE: {
        (CaseMove.OPEN, CaseRole.LEAD): Standing.LEAD,
        (CaseMove.OPEN, CaseRole.SUPPLEMENTARY): Standing.SUPPLEMENTARY,
    },
    Standing.SUPPLEMENTARY: {
        (CaseMove.CLOSE, CaseRole.SUPPLEMENTARY): Standing.NONE,
        (CaseMove.CLOSE, CaseRole.LEAD): Standing.NONE,
    },
    Standing.LEAD: {
        (CaseMove.CLOSE, CaseRole.SUPPLEMENTARY): Standing.NONE,
        (CaseMove.CLOSE, CaseRole.LEAD): Standing.NONE,
    },
    Standing.IN_CONFLICT: {
        (CaseMove.CLOSE, CaseRole.SUPPLEMENTARY): Standing.NONE,
        (CaseMove.CLOSE, CaseRole.LEAD): Standing.NONE,
    },
}
_MISFITS: Final = {CaseMove.OPEN: Reason.CASE_ALREADY_OPEN, CaseMove.CLOSE: Reason.NO_OPEN_CASE}


@dataclass(frozen=True, slots=True)
class Case:
    """One agency's case, open or past. ``reference`` is that agency's own for the person."""

    id: str
    record: str
    agency: str
    reference: str
    role: CaseRole
    state: CaseState


@dataclass(frozen=True, slots=True)
class Proposal:
    """An open proposal of the lead to another agency."""

    id: str
    lead: str
    to: str
    conversation: str


@dataclass(frozen=True, slots=True)
class Caseload:
    """Everything the partnership has on its caseloads about one person."""

    cases: tuple[Case, ...] = ()
    proposal: Proposal | None = None

    @property
    def current(self) -> tuple[Case, ...]:
        """The cases that are not closed."""
        return tuple(case for case in self.cases if case.state is not CaseState.CLOSED)

    def leads(self) -> tuple[Case, ...]:
        """The lead; two only while a merge has put two in conflict."""
        return tuple(case for case in self.current if case.role is CaseRole.LEAD)

    def standing(self, agency: str) -> Standing:
        """What the agency is to her case."""
        own = [case for case in self.current if case.agency == agency]
        if any(case.state is CaseState.IN_CONFLICT for case in own):
            return Standing.IN_CONFLICT
        if any(case.role is CaseRole.LEAD for case in own):
            return Standing.LEAD
        return Standing.SUPPLEMENTARY if own else Standing.NONE


@dataclass(frozen=True, slots=True)
class Checked:
    """A caseload check that was made: by whom, when, and whether with this person's tokens."""

    agency: str
    at: int
    about_her: bool


@dataclass(frozen=True, slots=True)
class Taker:
    """The agency that takes a step, and the person as it knows her."""

    agency: str
    record: str
    person: str
    reference: str


def judge_case(
    step: CaseStep, taker: Taker, caseload: Caseload, check: Checked | None, hidden: frozenset[str], now: int
) -> Judged:
    """Judge the opening or closing of a case.

    1. The move fits where the agency stands.  2. To close: the lead does not leave others without one.
    3. To open beside a lead: there is one.  4. To open as lead: a check came first (R01), and nobody leads (R02).
    """
    standing = caseload.standing(taker.agency)
    if (step.move, step.role) not in CASE_MOVES[standing]:
        return not_cleared(_MISFITS[step.move])
    if step.move is CaseMove.CLOSE:
        return _close(taker, caseload, standing)
    opened = Judged(CLEARED, (OpenCase(taker.person, taker.record, taker.agency, step.role),))
    leads = caseload.leads()
    # (3) R04: an open case that nobody leads is the state this guard exists to prevent.
    if step.role is CaseRole.SUPPLEMENTARY:
        return opened if leads else not_cleared(Reason.NO_LEAD)
    if not _check_stands(check, taker.agency, now):
        return not_cleared(Reason.CHECK_NEEDED_FIRST)
    if leads:
        return not_cleared(Reason.LEAD_ELSEWHERE, _to_ring(leads[0].agency, hidden))
    return opened


def judge_lead(step: LeadStep, taker: Taker, recipient: str, conversation: str, caseload: Caseload, until: int) -> Judged:
    """Judge one step of a handover. Both agencies agree, with a reason (R03); only the acceptance changes the lead."""
    proposal = caseload.proposal
    match step.move:
        case LeadMove.PROPOSE:
            if caseload.standing(taker.agency) is not Standing.LEAD:
                return not_cleared(Reason.NOT_THE_LEAD)
            if proposal is not None:
                return not_cleared(Reason.PROPOSAL_OPEN)
            return Judged(CLEARED, (OpenProposal(taker.person, taker.record, taker.agency, recipient, step.reason, until),))
        case LeadMove.ACCEPT | LeadMove.DECLINE:
            if proposal is None or (proposal.to, proposal.lead, proposal.conversation) != (
                taker.agency,
                recipient,
                conversation,
            ):
                return not_cleared(Reason.NO_PROPOSAL)
            if step.move is LeadMove.DECLINE:
                return Judged(CLEARED, (CloseProposal(proposal.id, "declined"),))
            return _accept(taker, proposal, caseload)
        case _:
            assert_never(step.move)


def holders_of(caseload: Caseload, asker: str, hidden: frozenset[str]) -> tuple[str, ...]:
    """The agencies that have, or had, a case for her and may be asked about: never the asker, never a hidden one (SARC)."""
    return tuple(sorted({case.agency for case in caseload.cases} - hidden - {asker}))


def answer_check(
    *, known: bool, doubtful: bool, caseload: Caseload, asker: str, named: frozenset[str], hidden: frozenset[str],
    covers: tuple[str, ...], now: int,
) -> tuple[CaseloadAnswer, tuple[Alert, ...]]:  # fmt: skip
    """The answer to a caseload check, and whom it is told to (W01). ``named``: the holders that consent lets be named.

    1. A holder that may not be named is never passed over in silence: cannot say.  2. Active is said whenever it is
    certain.  3. Whoever may be another is doubt, and doubt is neither yes nor no.  4. Otherwise what is known.
    """
    holders = holders_of(caseload, asker, hidden)
    active = {case.agency for case in caseload.current}
    if not named.issuperset(holders):
        status = CaseloadStatus.CANNOT_SAY
    elif known and active.intersection(holders):
        status = CaseloadStatus.ACTIVE
    elif doubtful:
        status = CaseloadStatus.CANNOT_SAY
    else:
        status = CaseloadStatus.KNOWN_NOT_ACTIVE if holders else CaseloadStatus.NOT_KNOWN
    if status is CaseloadStatus.CANNOT_SAY:
        return cannot_say(now), ()
    ring = tuple(h for h in holders if h in active or status is not CaseloadStatus.ACTIVE)
    alerts = {
        case.agency: Alert(case.agency, "check_was_made", case.reference, asker)
        for case in caseload.cases
        if case.agency in holders
    }
    answer = CaseloadAnswer(status=status, agencies=ring[:_NAMED], covers=covers[:_NAMED], made=now)
    return answer, tuple(alerts.values())


def cannot_say(now: int) -> CaseloadAnswer:
    """The answer that tells nothing: the same for every cause."""
    return CaseloadAnswer(status=CaseloadStatus.CANNOT_SAY, made=now)


def _close(taker: Taker, caseload: Caseload, standing: Standing) -> Judged:
    own = tuple(case.id for case in caseload.current if case.agency == taker.agency)
    others = [case for case in caseload.current if case.agency != taker.agency]
    other_leads = [case for case in others if case.role is CaseRole.LEAD]
    if standing is not Standing.SUPPLEMENTARY and others and not other_leads:
        return not_cleared(Reason.LEAD_MUST_HAND_OVER)
    proposal = caseload.proposal
    falls = proposal.id if proposal and proposal.lead == taker.agency else None
    effects: tuple[GuardEffect, ...] = (CloseCases(own, falls),)
    if standing is Standing.IN_CONFLICT and len(other_leads) == 1:
        effects += (RestoreLead(other_leads[0].id),)
    return Judged(CLEARED, effects)


def _accept(taker: Taker, proposal: Proposal, caseload: Caseload) -> Judged:
    old = next((case for case in caseload.leads() if case.agency == proposal.lead), None)
    if old is None or old.state is not CaseState.OPEN:
        return not_cleared(Reason.NO_PROPOSAL)
    own = next((case.id for case in caseload.current if case.agency == taker.agency), None)
    effects = (
        SwapLead(old.id, own, taker.person, taker.record, taker.agency),
        CloseProposal(proposal.id, "accepted"),
    )
    alerts = (
        Alert(proposal.lead, "lead_changed", old.reference, taker.agency),
        Alert(taker.agency, "lead_changed", taker.reference, proposal.lead),
    )
    return Judged(CLEARED, effects, alerts)


def _check_stands(check: Checked | None, agency: str, now: int) -> bool:
    return check is not None and check.agency == agency and check.about_her and now - check.at <= CHECK_STANDS_FOR


def _to_ring(agency: str, hidden: frozenset[str]) -> str | None:
    return None if agency in hidden else agency
