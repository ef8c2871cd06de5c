"""One live prescription for a person: reserved, confirmed, transferred, ended; every transition in one table (W03, R05).

The guard advises a prescriber and records; it never refuses care: an override goes on, named and told to the other.
Leaves out: who is a prescriber (the directory), and two at the same moment (the database's unique index decides).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from broker.caseloads import Taker
from broker.outcome import CLEARED, Alert, GuardEffect, GuardReply, Judged, MoveScript, StartScript, not_cleared
from contracts.steps import ScriptStep
from contracts.vocabulary import GuardAnswer, Reason, ScriptMove, ScriptState

RESERVATION_STANDS_FOR: Final = 24 * 3_600_000
"""A reservation that nobody confirmed is released after this long, so that it never blocks the next prescriber for good."""
OVERRIDE_REVIEWED_WITHIN: Final = 72 * 3_600_000
"""By when somebody looks at an override: three days, whatever the day it was made."""
LIVE: Final = frozenset({ScriptState.RESERVED, ScriptState.ACTIVE, ScriptState.TRANSFERRING})


class Party(StrEnum):
    """What the agency that takes a step is to the prescription."""

    HOLDER = "holder"
    TRANSFEREE = "transferee"
    STRANGER = "stranger"


_H, _T, _S = Party.HOLDER, Party.TRANSFEREE, Party.STRANGER

MOVES: Final[dict[ScriptState, dict[tuple[Party, ScriptMove], ScriptState]]] = {
    ScriptState.NONE: {(_S, ScriptMove.RESERVE): ScriptState.RESERVED},
    ScriptState.RESERVED: {
        (_H, ScriptMove.CONFIRM): ScriptState.ACTIVE,
        (_H, ScriptMove.RELEASE): ScriptState.ENDED,
        (_H, ScriptMove.END): ScriptState.ENDED,
    },
    ScriptState.ACTIVE: {
        (_H, ScriptMove.BEGIN_TRANSFER): ScriptState.TRANSFERRING,
        (_H, ScriptMove.END): ScriptState.ENDED,
    },
    ScriptState.TRANSFERRING: {
        (_T, ScriptMove.CONFIRM): ScriptState.ACTIVE,
        (_T, ScriptMove.RELEASE): ScriptState.ACTIVE,
        (_H, ScriptMove.RELEASE): ScriptState.ACTIVE,
        (_H, ScriptMove.END): ScriptState.ENDED,
    },
    ScriptState.IN_CONFLICT: {
        (_H, ScriptMove.CONFIRM): ScriptState.IN_CONFLICT,
        (_H, ScriptMove.RELEASE): ScriptState.ENDED,
        (_H, ScriptMove.END): ScriptState.ENDED,
    },
    ScriptState.UNCHECKED: {
        (_H, ScriptMove.CONFIRM): ScriptState.UNCHECKED,
        (_H, ScriptMove.RELEASE): ScriptState.ENDED,
        (_H, ScriptMove.END): ScriptState.ENDED,
    },
    ScriptState.ENDED: {},
}
_NOT_CHECKED: Final = GuardReply(GuardAnswer.NOT_CHECKED, Reason.SHE_REFUSED_THE_CHECK)


@dataclass(frozen=True, slots=True)
class Script:
    """One prescription that is not ended. ``before``: what it was before it came into conflict."""

    id: str
    record: str
    agency: str
    reference: str
    state: ScriptState
    transferee: str | None = None
    before: ScriptState | None = None


@dataclass(frozen=True, slots=True)
class Scripts:
    """Every prescription of one person that is not ended, and those of people who may be she."""

    own: tuple[Script, ...] = ()
    possible: tuple[Script, ...] = ()

    def seen_by(self, agency: str) -> "Scripts":
        """Without what was not checked, at her word: that is its prescriber's alone to see."""
        mine = tuple(s for s in self.own if s.state is not ScriptState.UNCHECKED or s.agency == agency)
        return Scripts(mine, tuple(s for s in self.possible if s.state is not ScriptState.UNCHECKED))


@dataclass(frozen=True, slots=True)
class Prescribers:
    """Whether the two agencies concerned are prescribers in the directory."""

    sender: bool
    recipient: bool = True


def judge_script(step: ScriptStep, taker: Taker, recipient: str, scripts: Scripts, prescribers: Prescribers) -> Judged:
    """Judge one step of a prescription.

    1. Only prescribers.  2. A transfer tells the last dose first (W03).  3. Where she refused the check it is written
    down, and nobody else's prescription is looked at (E5).  4. A start is held against every prescription she has, and
    those she may have.  5. Any other step moves the agency's own prescription along the table.
    """
    if not prescribers.sender or (step.move is ScriptMove.BEGIN_TRANSFER and not prescribers.recipient):
        return not_cleared(Reason.NOT_A_PRESCRIBER)
    if step.move is ScriptMove.BEGIN_TRANSFER and not step.last_dose:
        return not_cleared(Reason.LAST_DOSE_MISSING)
    scripts = scripts.seen_by(taker.agency)
    if step.move is ScriptMove.RESERVE:
        return _unchecked(taker, scripts) if step.check_refused else _start(step, taker, scripts)
    script, party = _concerned(step.move, taker.agency, scripts.own)
    if script is None:
        return not_cleared(Reason.NO_SCRIPT)
    new = MOVES[script.state].get((party, step.move))
    if new is None:
        return not_cleared(_why_not(script, party, step.move))
    return _move(step.move, script, party, new, taker, recipient, scripts)


def rest_of_conflict(scripts: tuple[Script, ...], ended: str) -> tuple[MoveScript, ...]:
    """When one prescription ends and one in conflict is left alone, that one stands in the index again."""
    left = [script for script in scripts if script.id != ended and script.state is not ScriptState.UNCHECKED]
    if len(left) != 1 or left[0].state is not ScriptState.IN_CONFLICT:
        return ()
    only = left[0]
    return (MoveScript(only.id, ScriptState.IN_CONFLICT, only.before or ScriptState.RESERVED, transferee=only.transferee),)


def _start(step: ScriptStep, taker: Taker, scripts: Scripts) -> Judged:
    own = tuple(script for script in scripts.own if script.agency == taker.agency)
    if any(script.state is not ScriptState.UNCHECKED for script in own):
        return not_cleared(Reason.STEP_ALREADY_TAKEN)
    # She lets it be checked after all: what stood unchecked gives way to what is checked.
    instead = tuple(MoveScript(script.id, script.state, ScriptState.ENDED) for script in own)
    others = tuple(script for script in scripts.own if script.agency != taker.agency)
    if not others and not scripts.possible:
        return Judged(CLEARED, (*instead, _started(taker, ScriptState.RESERVED, step)))
    concerned = others or tuple(script for script in scripts.possible if script.agency != taker.agency)
    if step.override is not None:
        # Beside another's live row there is no place in the index, so the second one is written down outside it.
        state = ScriptState.IN_CONFLICT if others else ScriptState.RESERVED
        alerts = tuple(Alert(s.agency, "script_overridden", s.reference, taker.agency) for s in concerned)
        ring = concerned[0].agency if concerned else None
        started = _started(taker, state, step, beside=ring)
        return Judged(GuardReply(GuardAnswer.OVERRIDDEN, None, ring), (*instead, started), alerts)
    if others:
        conflict = any(script.state is ScriptState.IN_CONFLICT for script in others)
        return not_cleared(Reason.SCRIPT_IN_CONFLICT if conflict else Reason.SCRIPT_ELSEWHERE, others[0].agency)
    alerts = tuple(Alert(s.agency, "possible_match", s.reference, taker.agency) for s in concerned)
    ring = concerned[0].agency if concerned else taker.agency
    return Judged(GuardReply(GuardAnswer.POSSIBLE_MATCH, Reason.SCRIPT_POSSIBLE_MATCH, ring), (), alerts)


def _unchecked(taker: Taker, scripts: Scripts) -> Judged:
    if any(script.agency == taker.agency for script in scripts.own):
        return not_cleared(Reason.STEP_ALREADY_TAKEN)
    start: tuple[GuardEffect, ...] = (StartScript(taker.person, taker.record, taker.agency, ScriptState.UNCHECKED, None),)
    return Judged(_NOT_CHECKED, start)


def _move(
    move: ScriptMove, script: Script, party: Party, new: ScriptState, taker: Taker, recipient: str, scripts: Scripts
) -> Judged:
    if new is ScriptState.UNCHECKED:
        return Judged(_NOT_CHECKED)
    if new is ScriptState.IN_CONFLICT:
        confirmed = MoveScript(script.id, script.state, new, before=ScriptState.ACTIVE)
        return Judged(GuardReply(GuardAnswer.OVERRIDDEN), (confirmed,))
    if new is ScriptState.ENDED:
        ended = MoveScript(script.id, script.state, new)
        return Judged(CLEARED, (ended, *rest_of_conflict(scripts.own, script.id)))
    if party is Party.TRANSFEREE and move is ScriptMove.RELEASE:
        told = Alert(script.agency, "transfer_fell", script.reference, taker.agency)
        return Judged(CLEARED, (MoveScript(script.id, script.state, new),), (told,))
    if party is Party.TRANSFEREE:
        taken = MoveScript(script.id, script.state, new, holder=taker.agency, record=taker.record)
        told = Alert(script.agency, "script_transferred", script.reference, taker.agency)
        return Judged(CLEARED, (taken,), (told,))
    transferee = recipient if move is ScriptMove.BEGIN_TRANSFER else None
    return Judged(CLEARED, (MoveScript(script.id, script.state, new, transferee=transferee),))


def _concerned(move: ScriptMove, agency: str, scripts: tuple[Script, ...]) -> tuple[Script | None, Party]:
    """The prescription that a step of this agency is about, and what the agency is to it."""
    if move in _OF_TRANSFEREE and (script := next((s for s in scripts if s.transferee == agency), None)):
        return script, Party.TRANSFEREE
    return next((s for s in scripts if s.agency == agency), None), Party.HOLDER


def _why_not(script: Script, party: Party, move: ScriptMove) -> Reason:
    if script.state is ScriptState.IN_CONFLICT:
        return Reason.SCRIPT_IN_CONFLICT
    # A step whose end is where the prescription stands was taken before; any other has nothing to act on.
    taken = party is Party.HOLDER and _LEADS_TO.get(move) is script.state
    return Reason.STEP_ALREADY_TAKEN if taken else Reason.NO_SCRIPT


_OF_TRANSFEREE: Final = frozenset({ScriptMove.CONFIRM, ScriptMove.RELEASE})
_LEADS_TO: Final = {ScriptMove.CONFIRM: ScriptState.ACTIVE, ScriptMove.BEGIN_TRANSFER: ScriptState.TRANSFERRING}


def _started(taker: Taker, state: ScriptState, step: ScriptStep, beside: str | None = None) -> StartScript:
    return StartScript(taker.person, taker.record, taker.agency, state, step.override, beside)
