"""Who leads: opening, closing and handing over a case, each step judged against the states (R02-R04, W02).

Never two leads, and never none while a case is open: the old lead stands until the new one accepts. The database has the
last word; a judgement that comes second is made again. Leaves out: the caseload check (``checks``), and consent.
"""

from typing import Final, assert_never

from broker.caseloads import Caseload, CaseState, Proposal, Standing, Taker
from broker.checks import Checked
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
from contracts.steps import CaseStep, LeadStep
from contracts.vocabulary import CaseMove, CaseRole, LeadMove, Reason

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
    if not (check and check.opens_the_way(taker.agency, now)):
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


def _to_ring(agency: str, hidden: frozenset[str]) -> str | None:
    return None if agency in hidden else agency
