"""Every step that an agency can take, and everything that time, crashes and lost messages can do, in the small world.

A delay or another order is a step taken in a later state; a crash before the end is a step not taken; a crash after it, and
a message that comes twice, is the same step again. So all of these are covered by trying every step in every state.
"""

from collections.abc import Callable, Iterator
from functools import partial

from broker.checks import Checked
from broker.leads import Between, judge_case, judge_lead
from broker.prescriptions import Prescribers, Scripts, judge_script
from broker.store import cases, merges, scripts, undoing
from contracts.steps import CaseStep, LeadStep, Override, ScriptStep
from contracts.vocabulary import (
    CaseMove,
    CaseRole,
    CloseReason,
    LeadMove,
    LeadReason,
    OverrideReason,
    ScriptMove,
)
from tests.guards.world import CJIT, NOW, OTHER, PARTNERS, SHE, World, talk

Step = Callable[[World], bool]
"""Takes a step; whether anything was written."""
OVERRIDE = Override(by="dr_hazel", reason=OverrideReason.WITHDRAWAL_RISK)


def lapse(world: World) -> bool:
    """Nobody answered in time."""
    waited = world.work.one("SELECT 1 FROM proposal WHERE state IN ('open', 'suspended')") is not None
    cases.proposals_lapse(world.work, PARTNERS, NOW)
    return waited


def lead_steps(world: World) -> Iterator[tuple[str, Step]]:
    """Opening, closing, proposing, accepting, declining, and what time does to a proposal."""
    for agency in world.agencies:
        for role in CaseRole:
            yield f"{agency} opens as {role.value}", partial(_opens, agency=agency, role=role)
        yield f"{agency} closes", partial(_closes, agency=agency)
        for other in world.agencies:
            if other == agency:
                continue
            yield f"{agency} proposes {other}", partial(_leads, agency=agency, other=other, move=LeadMove.PROPOSE)
            if other == CJIT:
                keep = partial(_leads, agency=agency, other=other, move=LeadMove.PROPOSE, reason=LeadReason.NOBODY_CAN_TAKE)
                yield f"{agency} says nobody can take her", keep
            for move in (LeadMove.ACCEPT, LeadMove.DECLINE):
                yield f"{agency} {move.value}s {other}", partial(_leads, agency=agency, other=other, move=move)
            yield f"the proposal of {agency} to {other} never arrives", partial(_never_arrives, message=talk(agency, other))
    yield "proposals lapse", lapse


def script_steps(world: World) -> Iterator[tuple[str, Step]]:
    """Reserving, confirming, handing over, ending, in spite or at her word, and what time does to a reservation."""
    for agency in world.agencies:
        for move in ScriptMove:
            others = [other for other in world.agencies if other != agency]
            for other in others if move is ScriptMove.BEGIN_TRANSFER else others[:1]:
                step = ScriptStep(move=move, last_dose=True)
                yield f"{agency} {move.value} {other}", partial(_prescribes, agency=agency, other=other, step=step)
        for step in (
            ScriptStep(move=ScriptMove.RESERVE, override=OVERRIDE),
            ScriptStep(move=ScriptMove.RESERVE, check_refused=True),
        ):
            yield f"{agency} {step}", partial(_prescribes, agency=agency, other=agency, step=step)
        for other in world.agencies:
            yield f"the transfer of {agency} to {other} never arrives", partial(_transfer_falls, message=talk(agency, other))
    yield "a reservation lapses", lambda world: bool(scripts.release_lapsed(world.work, 1, NOW + 1))


def people_steps(world: World) -> Iterator[tuple[str, Step]]:
    """Two people turn out to be one, and turn out not to be."""
    if world.apart:
        yield "they are one person", _merge
        yield "they are not", _undo


def _opens(world: World, agency: str, role: CaseRole) -> bool:
    taker = world.taker(agency)
    check = Checked(agency, NOW, about_her=True)
    step = CaseStep(move=CaseMove.OPEN, role=role)
    judged = judge_case(step, taker, cases.caseload(world.work, taker.person), check, PARTNERS, NOW)
    return world.carry_out(judged, "m", "c")


def _closes(world: World, agency: str) -> bool:
    taker = world.taker(agency)
    step = CaseStep(move=CaseMove.CLOSE, role=CaseRole.LEAD, reason=CloseReason.HER_CHOICE)
    judged = judge_case(step, taker, cases.caseload(world.work, taker.person), None, PARTNERS, NOW)
    return world.carry_out(judged, "m", "c")


def _leads(
    world: World, agency: str, other: str, move: LeadMove, reason: LeadReason = LeadReason.BETTER_PLACED
) -> bool:  # fmt: skip
    taker = world.taker(agency)
    # An answer goes back the way the proposal came; its sender's record must still be the same person, or there is no answer.
    if world.person(other) != taker.person:
        return False
    conversation = talk(agency, other) if move is LeadMove.PROPOSE else talk(other, agency)
    between = Between(other, conversation, NOW)
    caseload = cases.caseload(world.work, taker.person)
    judged = judge_lead(LeadStep(move=move, reason=reason), taker, between, caseload, PARTNERS)
    return world.carry_out(judged, conversation, conversation)


def _never_arrives(world: World, message: str) -> bool:
    before = world.read()
    cases.proposals_fall(world.work, [message])
    return world.read() != before


def _prescribes(world: World, agency: str, other: str, step: ScriptStep) -> bool:
    taker = world.taker(agency)
    own = scripts.current(world.work, [taker.person])
    judged = judge_script(step, taker, other, Scripts(own), Prescribers(sender=True))
    return world.carry_out(judged, talk(agency, other), "c")


def _transfer_falls(world: World, message: str) -> bool:
    return bool(scripts.transfers_fall(world.work, [message]))


def _merge(world: World) -> bool:
    if world.work.one("SELECT 1 FROM merge WHERE undone_at IS NULL") is not None:
        return False
    merges.merge(world.work, OTHER, SHE, "tokens", None, NOW)
    return True


def _undo(world: World) -> bool:
    found = world.work.one("SELECT substr(id, 1, 32) FROM merge WHERE undone_at IS NULL")
    if found is None:
        return False
    return undoing.undo(world.work, found[0], "officer", "two people", NOW, until=None, partners=PARTNERS) is not None
