"""Who leads: opening, closing and handing over a case, each step judged against the states (R02-R04, W02).

Never two leads, and never none while a case is open: the old lead stands until the new one accepts. The database has the
last word; a judgement that comes second is made again. Leaves out: the caseload check (``checks``), and consent.
"""

from dataclasses import dataclass
from typing import Final, assert_never

from broker.caseloads import Case, Caseload, CaseState, Partners, Proposal, Standing, Taker
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
from contracts.notices import AlertName
from contracts.steps import CaseStep, LeadStep
from contracts.vocabulary import CaseMove, CaseRole, LeadMove, LeadReason, Reason

# What an agency's word may change, by where it stands. What is not here is refused, and ``_MISFITS`` says how.
CASE_MOVES: Final[dict[Standing, dict[tuple[CaseMove, CaseRole], Standing]]] = {
    Standing.NONE: {
        (CaseMove.OPEN, CaseRole.LEAD): Standing.LEAD,
        (CaseMove.OPEN, CaseRole.SUPPLEMENTARY): Standing.SUPPLEMENTARY,
        (CaseMove.OPEN, CaseRole.INFORMED): Standing.INFORMED,
    },
    Standing.INFORMED: {
        (CaseMove.CLOSE, CaseRole.INFORMED): Standing.NONE,
        (CaseMove.CLOSE, CaseRole.SUPPLEMENTARY): Standing.NONE,
        (CaseMove.CLOSE, CaseRole.LEAD): Standing.NONE,
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
class Between:
    """Where a step of a handover is taken: to whom, in which conversation, and until when a proposal stands."""

    recipient: str
    conversation: str
    until: int


def judge_case(step: CaseStep, taker: Taker, caseload: Caseload, check: Checked | None, partners: Partners, now: int) -> Judged:
    """Judge the opening or closing of a case.

    1. The move fits where the agency stands.  2. To close: the lead does not leave others without one, and says why.
    3. To open: a check came first (R01), or, to join, she was referred.  4. Beside a lead there is one.
    5. As lead: nobody leads (R02). The lead is named only where the check named it.
    """
    standing = caseload.standing(taker.agency)
    if (step.move, step.role) not in CASE_MOVES[standing]:
        return not_cleared(_MISFITS[step.move])
    if step.move is CaseMove.CLOSE:
        return _close(step, taker, caseload, standing, partners)
    # (3) An unchecked opening would itself tell whether somebody leads.
    checked = check is not None and check.opens_the_way(taker.agency, now)
    if not checked and (step.role is not CaseRole.SUPPLEMENTARY or not taker.referred):
        return not_cleared(Reason.CHECK_NEEDED_FIRST)
    leads = caseload.leads()
    # (4) R04: an open case that nobody leads is the state this guard exists to prevent.
    if step.role is not CaseRole.LEAD and not leads:
        return not_cleared(Reason.NO_LEAD)
    # (5) Never two.
    if step.role is CaseRole.LEAD and leads:
        named = check.named if check else frozenset()
        return not_cleared(Reason.LEAD_ELSEWHERE, next((lead.agency for lead in leads if lead.agency in named), None))
    told = headlines("case_opened", taker.agency, caseload, partners)
    return Judged(CLEARED, (OpenCase(taker.person, taker.record, taker.agency, step.role),), told)


def judge_lead(step: LeadStep, taker: Taker, between: Between, caseload: Caseload, partners: Partners) -> Judged:
    """Judge one step of a handover. Both agencies agree, with a reason (R03); only the acceptance changes the lead."""
    proposal = caseload.proposal
    match step.move:
        case LeadMove.PROPOSE:
            return _propose(step, taker, between, caseload, partners)
        case LeadMove.ACCEPT | LeadMove.DECLINE:
            if proposal is None or (proposal.to, proposal.lead, proposal.conversation) != (
                taker.agency,
                between.recipient,
                between.conversation,
            ):
                return not_cleared(Reason.NO_PROPOSAL)
            if step.move is LeadMove.ACCEPT:
                return _accept(step, taker, proposal, caseload, partners)
            # R04: where nobody else can take her, she is not passed round again.
            if proposal.reason is LeadReason.NOBODY_CAN_TAKE:
                return not_cleared(Reason.CJIT_KEEPS)
            closed = CloseProposal(proposal.id, "declined", step.reason)
            return Judged(CLEARED, (closed,), nobody_left(caseload, proposal.lead, partners, taker.agency))
        case _:
            assert_never(step.move)


def heir(caseload: Caseload, partners: Partners) -> Case | None:
    """Who leads when a lead is taken from under the others: whoever led, else the CJIT, else the one that is there longest."""
    if not caseload.carried or caseload.leads():
        return None
    return min(caseload.carried, key=lambda case: (not case.led_before, case.agency not in partners.keepers))


def nobody_left(caseload: Caseload, lead: str, partners: Partners, now_declined: str) -> tuple[Alert, ...]:
    """Whoever leads is told when the last agency that she could ask has declined, or did not answer: then she stays (R04, W02).

    The keepers are not counted: they are asked last, and may not decline.
    """
    others = partners.leaders - partners.keepers - partners.hidden - {lead}
    case = next((case for case in caseload.leads() if case.agency == lead), None)
    if case is None or now_declined not in others or not others <= caseload.declined | {now_declined}:
        return ()
    return (Alert(lead, "lead_nobody_takes", case.reference),)


def headlines(
    alert: AlertName, agency: str, caseload: Caseload, partners: Partners, besides: frozenset[str] = frozenset()
) -> tuple[Alert, ...]:
    """That something changed, and with whom: to everyone who has a part in her case, and never what (W06, R29).

    A hidden agency is neither named nor told.
    """
    if agency in partners.hidden:
        return ()
    silent = partners.hidden | besides | {agency}
    return tuple(Alert(case.agency, alert, case.reference, agency) for case in caseload.current if case.agency not in silent)


def _propose(step: LeadStep, taker: Taker, between: Between, caseload: Caseload, partners: Partners) -> Judged:
    if caseload.standing(taker.agency) is not Standing.LEAD:
        return not_cleared(Reason.NOT_THE_LEAD)
    if caseload.proposal is not None:
        return not_cleared(Reason.PROPOSAL_OPEN)
    last_resort = between.recipient in partners.keepers and bool(caseload.declined - {between.recipient})
    if step.reason is LeadReason.NOBODY_CAN_TAKE and not last_resort:
        return not_cleared(Reason.NOT_FOR_THIS_AGENCY)
    proposed = OpenProposal(taker.person, taker.record, taker.agency, between.recipient, step.reason, between.until)
    return Judged(CLEARED, (proposed,))


def _close(step: CaseStep, taker: Taker, caseload: Caseload, standing: Standing, partners: Partners) -> Judged:
    own = tuple(case.id for case in caseload.current if case.agency == taker.agency)
    others = [case for case in caseload.carried if case.agency != taker.agency]
    other_leads = [case for case in others if case.role is CaseRole.LEAD]
    leads = standing in {Standing.LEAD, Standing.IN_CONFLICT}
    if leads and others and not other_leads:
        return not_cleared(Reason.LEAD_MUST_HAND_OVER)
    if leads and step.reason is None:
        return not_cleared(Reason.CLOSING_REASON_NEEDED)
    # With the last case ends what the informed were to hear of.
    informed = tuple(case.id for case in caseload.current if not others and case.role is CaseRole.INFORMED)
    proposal = caseload.proposal
    falls = proposal.id if proposal and proposal.lead == taker.agency else None
    effects: tuple[GuardEffect, ...] = (CloseCases(tuple(dict.fromkeys((*own, *informed))), falls, step.reason),)
    if standing is Standing.IN_CONFLICT and len(other_leads) == 1:
        effects += (RestoreLead(other_leads[0].id),)
    return Judged(CLEARED, effects, headlines("case_closed", taker.agency, caseload, partners))


def _accept(step: LeadStep, taker: Taker, proposal: Proposal, caseload: Caseload, partners: Partners) -> Judged:
    old = next((case for case in caseload.leads() if case.agency == proposal.lead), None)
    if old is None or old.state is not CaseState.OPEN:
        return not_cleared(Reason.NO_PROPOSAL)
    own = next((case.id for case in caseload.current if case.agency == taker.agency), None)
    effects = (
        SwapLead(old.id, own, taker.person, taker.record, taker.agency),
        CloseProposal(proposal.id, "accepted", step.reason),
    )
    alerts = (
        Alert(proposal.lead, "lead_changed", old.reference, taker.agency),
        Alert(taker.agency, "lead_changed", taker.reference, proposal.lead),
        *headlines("lead_changed", taker.agency, caseload, partners, besides=frozenset({proposal.lead})),
    )
    return Judged(CLEARED, effects, alerts)
