"""A caseload kept in memory: the guard's judgement carried out without a database, for specs and properties."""

from dataclasses import dataclass, field, replace
from itertools import count

from broker.caseloads import Case, Caseload, CaseState, Partners, Proposal, Taker
from broker.checks import Checked
from broker.leads import Between, judge_case, judge_lead
from broker.outcome import (
    CloseCases,
    CloseProposal,
    GuardEffect,
    Judged,
    OpenCase,
    OpenProposal,
    RestoreLead,
    SwapLead,
)
from contracts.steps import CaseStep, LeadStep
from contracts.vocabulary import CaseMove, CaseRole, CloseReason, LeadMove, LeadReason

NOW = 1_800_000_000_000
TALK = "a0" * 16
PARTNERS = Partners(hidden=frozenset({"sarc-ashby"}), keepers=frozenset({"cjit-ashby"}))


def taker(agency: str) -> Taker:
    return Taker(agency, f"record of {agency}", "she", f"reference of {agency}")


@dataclass
class Book:
    """One person's cases, and the steps agencies take."""

    caseload: Caseload = field(default_factory=Caseload)
    numbers: "count[int]" = field(default_factory=count)

    def opens(self, agency: str, role: CaseRole, *, check: Checked | None = None) -> Judged:
        step = CaseStep(move=CaseMove.OPEN, role=role)
        made = check or Checked(agency, NOW, about_her=True, named=frozenset(one.agency for one in self.caseload.leads()))
        return self.carry_out(judge_case(step, taker(agency), self.caseload, made, PARTNERS, NOW))

    def closes(self, agency: str, reason: CloseReason | None = CloseReason.HER_CHOICE) -> Judged:
        step = CaseStep(move=CaseMove.CLOSE, role=CaseRole.LEAD, reason=reason)
        return self.carry_out(judge_case(step, taker(agency), self.caseload, None, PARTNERS, NOW))

    def lead(
        self, move: LeadMove, agency: str, other: str, *, conversation: str = TALK, reason: LeadReason = LeadReason.HER_CHOICE
    ) -> Judged:
        step = LeadStep(move=move, reason=reason)
        return self.carry_out(judge_lead(step, taker(agency), Between(other, conversation, NOW + 1), self.caseload, PARTNERS))

    def carry_out(self, judged: Judged) -> Judged:
        if judged.refusal is None:
            for effect in judged.effects:
                self._write(effect)
        return judged

    def _write(self, effect: GuardEffect) -> None:
        cases, proposal = {case.id: case for case in self.caseload.cases}, self.caseload.proposal
        declined = self.caseload.declined
        match effect:
            case OpenCase():
                new = self._case(effect.agency, effect.role)
                cases[new.id] = new
            case CloseCases():
                for one in effect.cases:
                    cases[one] = replace(cases[one], state=CaseState.CLOSED)
                proposal = None if proposal and proposal.id == effect.proposal else proposal
            case RestoreLead():
                cases[effect.case] = replace(cases[effect.case], state=CaseState.OPEN)
            case OpenProposal():
                proposal = Proposal(f"proposal {next(self.numbers)}", effect.lead, effect.to, TALK, effect.reason)
            case CloseProposal():
                assert proposal is not None
                declined = declined | {proposal.to} if effect.state == "declined" else frozenset()
                proposal = None
            case SwapLead():
                cases[effect.old] = replace(cases[effect.old], role=CaseRole.SUPPLEMENTARY)
                new = replace(cases[effect.new], role=CaseRole.LEAD) if effect.new else self._case(effect.agency, CaseRole.LEAD)
                cases[new.id] = new
            case _:
                raise AssertionError("not an effect of this guard")
        self.caseload = Caseload(tuple(cases.values()), proposal, declined)

    def _case(self, agency: str, role: CaseRole) -> Case:
        return Case(f"case {next(self.numbers)}", f"record of {agency}", agency, f"reference of {agency}", role, CaseState.OPEN)
