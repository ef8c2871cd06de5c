"""Cases and proposals of the lead, as rows: the questions the caseload guard asks, and its effects written down.

A unique index allows one open lead case for a person; whoever comes second is told so by ``LostError`` and is decided
again. Leaves out: which effect (``broker/leads.py``).
"""

import json
from collections.abc import Collection
from typing import Final, assert_never

from broker.caseloads import Case, Caseload, CaseState, Partners, Proposal
from broker.checks import Checked
from broker.leads import nobody_left
from broker.matching import index
from broker.matching.carried import presented
from broker.matching.score import Weights
from broker.outcome import Alert, CloseCases, CloseProposal, OpenCase, OpenProposal, RestoreLead, SwapLead
from broker.store.database import LostError, Work, new_token
from contracts.envelope import Header
from contracts.vocabulary import CaseRole, LeadReason

CaseEffect = OpenCase | CloseCases | RestoreLead | OpenProposal | CloseProposal | SwapLead

_CASES: Final = (
    "SELECT c.id, c.record, c.agency, r.reference, c.role, c.state, c.before, c.person FROM cases AS c "
    "JOIN record AS r ON r.id = c.record WHERE c.person = ANY(?) ORDER BY c.opened, c.id"
)
_PROPOSALS: Final = "SELECT id, lead, recipient, conversation, reason, state FROM proposal WHERE person = ?"
_OPEN: Final = (
    "INSERT INTO cases (id, person, record, agency, role, state, opened) VALUES (?, ?, ?, ?, ?, 'open', ?) "
    "ON CONFLICT DO NOTHING"
)
_CLOSE: Final = "UPDATE cases SET state = 'closed', closed = ?, why = ? WHERE id = ANY(?) AND state <> 'closed'"
_RESTORE: Final = "UPDATE cases SET state = 'open', before = NULL WHERE id = ? AND state = 'in_conflict'"
_CONFLICT: Final = "UPDATE cases SET before = state, state = 'in_conflict' WHERE id = ANY(?) AND state = 'open'"
_STAND_BACK: Final = (
    "UPDATE cases SET before = role, role = 'supplementary' WHERE id = ANY(?) AND role = ? AND state <> 'closed'"
)
_LEAD_NOW: Final = "UPDATE cases SET role = 'lead', before = NULL WHERE id = ? AND state = 'open'"
_PROPOSE: Final = (
    "INSERT INTO proposal (id, person, record, lead, recipient, reason, conversation, message, state, at, until) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'open', ?, ?) ON CONFLICT DO NOTHING"
)
_ANSWER: Final = "UPDATE proposal SET state = ?, answer = ?, answered_by = ? WHERE id = ? AND state = 'open'"
_STANDS: Final = "SELECT 1 FROM proposal WHERE (message = ? AND state = 'open') OR answered_by = ?"
_FALL: Final = "UPDATE proposal SET state = 'fallen' WHERE message = ANY(?) AND state IN ('open', 'suspended')"
_LAPSE: Final = (
    "UPDATE proposal SET state = 'fallen' WHERE state IN ('open', 'suspended') AND until <= ? RETURNING person, lead, recipient"
)
_SUSPEND: Final = "UPDATE proposal SET state = 'suspended' WHERE state = 'open' AND person = ANY(?)"
_FALL_WITH: Final = (
    "UPDATE proposal SET state = 'fallen' WHERE state = 'suspended' AND EXISTS (SELECT 1 FROM cases AS c "
    "WHERE c.id = ANY(?) AND c.role = 'lead' AND c.person = proposal.person AND c.agency = proposal.lead)"
)
_RESUME: Final = (
    "UPDATE proposal SET state = 'open' WHERE id = (SELECT p.id FROM proposal AS p JOIN cases AS c ON c.person = p.person "
    "AND c.agency = p.lead AND c.role = 'lead' AND c.state = 'open' WHERE p.person = ? AND p.state = 'suspended' AND "
    "NOT EXISTS (SELECT 1 FROM proposal AS o WHERE o.person = p.person AND o.state = 'open') ORDER BY p.at DESC, p.id LIMIT 1)"
)
_CHECKED: Final = "SELECT agency, at, tokens, named FROM checked WHERE message = ? AND answered = 1"


def cases_of(work: Work, people: Collection[str]) -> dict[str, list[Case]]:
    """Every case of these people, open or past, by person."""
    found: dict[str, list[Case]] = {}
    if people:
        for case, record, agency, reference, role, state, before, person in work.rows(_CASES, list(people)):
            led = role == CaseRole.SUPPLEMENTARY and before == CaseRole.LEAD
            found.setdefault(person, []).append(Case(case, record, agency, reference, CaseRole(role), CaseState(state), led))
    return found


def caseload(work: Work, person: str) -> Caseload:
    """Everything on the partnership's caseloads about one person."""
    every = tuple(cases_of(work, [person]).get(person, ()))
    leads = {case.agency for case in every if case.role is CaseRole.LEAD and case.state is not CaseState.CLOSED}
    standing, declined = None, set()
    for one, lead, to, conversation, reason, state in work.rows(_PROPOSALS, person):
        if state == "open":
            standing = Proposal(one, lead, to, conversation, LeadReason(reason))
        elif state in {"declined", "fallen"} and lead in leads:
            declined.add(to)
    return Caseload(every, standing, frozenset(declined))


def apply(work: Work, effect: CaseEffect, header: Header, now: int) -> None:
    """Write an effect of the guard, or raise LostError where another was first."""
    match effect:
        case OpenCase():
            _one(work.run(_OPEN, new_token(), effect.person, effect.record, effect.agency, effect.role.value, now))
        case CloseCases():
            _one(work.run(_CLOSE, now, effect.reason.value if effect.reason else None, list(effect.cases)))
            work.run(_FALL_WITH, list(effect.cases))
            if effect.proposal is not None:
                work.run(_ANSWER, "fallen", None, None, effect.proposal)
        case RestoreLead():
            _one(work.run(_RESTORE, effect.case))
            ((person,),) = work.rows("SELECT person FROM cases WHERE id = ?", effect.case)
            proposal_goes_on(work, person)
        case OpenProposal():
            who = (effect.person, effect.record, effect.lead, effect.to, effect.reason.value)
            _one(work.run(_PROPOSE, new_token(), *who, header.conversation, header.id, now, effect.until))
        case CloseProposal():
            _one(work.run(_ANSWER, effect.state, effect.reason.value, header.id, effect.proposal))
        case SwapLead():
            _one(stand_back(work, [effect.old], CaseRole.LEAD))
            own = (effect.person, effect.record, effect.agency, CaseRole.LEAD.value)
            _one(work.run(_LEAD_NOW, effect.new) if effect.new else work.run(_OPEN, new_token(), *own, now))
        case _:
            assert_never(effect)


def put_in_conflict(work: Work, cases: list[str]) -> None:
    """Take leads out of the index: a merge showed that there are two."""
    work.run(_CONFLICT, cases)


def stand_back(work: Work, cases: list[str], role: CaseRole) -> int:
    """Make a lead supplementary; how many were."""
    return work.run(_STAND_BACK, cases, role.value)


def end_informed(work: Work, cases: Collection[str]) -> None:
    """There is nothing left to be informed of."""
    if cases:
        work.run("UPDATE cases SET state = 'closed' WHERE id = ANY(?) AND role = 'informed'", list(cases))


def proposals_fall(work: Work, messages: Collection[str]) -> None:
    """Close the proposals whose message never arrived."""
    if messages:
        work.run(_FALL, list(messages))


def proposals_wait(work: Work, people: Collection[str]) -> None:
    """A merge showed two leads: what either proposed waits until it is undone, or its time is over."""
    work.run(_SUSPEND, list(people))


def proposal_goes_on(work: Work, person: str) -> None:
    """One agency leads again: what it had proposed before the merge stands again."""
    work.run(_RESUME, person)


def step_stands(work: Work, message: str) -> bool:
    """Whether this very message proposed, accepted or declined already, at an earlier attempt."""
    return work.one(_STANDS, message, message) is not None


def proposals_lapse(work: Work, partners: Partners, now: int) -> tuple[Alert, ...]:
    """Close the proposals that nobody answered in time; whoever leads on is told so, and may ask again (W02)."""
    alerts: list[Alert] = []
    for person, lead, asked in work.rows(_LAPSE, now):
        hers = caseload(work, person)
        leading = next((case for case in hers.leads() if case.agency == lead), None)
        if leading is not None:
            alerts += [Alert(lead, "lead_unanswered", leading.reference, asked), *nobody_left(hers, lead, partners, asked)]
    return tuple(alerts)


def check_for(work: Work, message: str, person: str, weights: Weights) -> Checked | None:
    """The check that a case is opened with, and whether it asked about this person."""
    found = work.one(_CHECKED, message)
    if found is None:
        return None
    agency, at, kept, named = found
    keyed = [presented(tokens, epoch) for epoch, tokens in json.loads(kept)]
    return Checked(agency, at, index.is_about(work, keyed, person, weights), frozenset(json.loads(named)))


def _one(touched: int) -> None:
    if touched < 1:
        raise LostError
