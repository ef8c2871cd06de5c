"""May this message pass, and which of its compartments? The decision, as a numbered walk over the clauses.

Pure: it is told what is agreed, what she said and what time it is. Leaves out: what becomes of the decision (``answers``).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from consent.clauses.approving import approved
from consent.clauses.asked import Asked, Context, Spoke
from consent.clauses.checks import may_be_named
from consent.clauses.glass import GLASS
from consent.clauses.walk import Step, Walked, walked
from consent.consents import Consents
from consent.protocol import Agency, Protocol
from contracts.envelope import Header
from contracts.identifiers import AgencyId
from contracts.locks import ToConsent
from contracts.sentences import told_as
from contracts.vocabulary import Label, Reason, Verdict


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided, and every clause that spoke, in the order of the walk."""

    verdict: Verdict
    slots: tuple[int, ...] = ()
    spoke: tuple[Spoke, ...] = ()
    reason: Reason | None = None
    """What the sender is told: the first reason of the most severe clause."""
    owner: str | None = None
    deadline: int | None = None
    excused: tuple[tuple[str, str], ...] = ()
    """Clauses that spoke and do not count here, and why: ``approved`` by the right people, or the ``glass`` was broken."""

    @property
    def withheld(self) -> dict[str, frozenset[Label]]:
        """What each clause that counts keeps from the recipient. One that does not count keeps nothing from anybody."""
        excused = {clause for clause, _ in self.excused}
        return {one.clause: one.labels for one in self.spoke if one.labels and one.clause not in excused}


@dataclass(frozen=True, slots=True)
class NotYetKnown:
    """Nothing is wrong, but something it names has not arrived: ask again later."""

    reason: Reason


def check(
    header: Header,
    part: ToConsent | None,
    protocol: Protocol,
    consents: Consents,
    context: Context,
    now: int,
) -> Decided | NotYetKnown:
    """Check one message.

    1. We know who both parties are, and what it says was opened.
    2. Each clause that can speak of it is heard, in the order of the table: first whether it is sound, then what forbids it
       as a whole, then what the recipient does not need, then what she said about the rest, judged now and not when sent.
    3. What one clause withholds the next need not look at; a message that is not sound is not read any further. A clause that
       the right people approved, or that the broken glass excuses, has spoken and does not count.
    4. The most severe clause wins: no clause lowers another. If nothing is left to say, it is refused.
    """
    # (1) Nothing can be believed of a message that is not what it says it is.
    asked = _asked(header, part, protocol, consents, context, now)
    if asked is None:
        return _not_sound(context.fault or Reason.UNKNOWN_RECIPIENT)

    # (2, 3) A label is withheld once, by its first reason.
    heard = walked(asked, _walk)

    # (4) Once, over everything that spoke.
    return _conclude(asked, heard)


def _walk(asked: Asked, steps: tuple[Step, ...]) -> Walked:
    found: list[tuple[Step, Spoke]] = []
    excused: dict[str, str] = {}
    left = asked.labels
    for step in steps:
        if (spoke := step.judge(asked, asked.labels if step.clause.sees_all else left)) is None:
            continue
        found.append((step, spoke))
        if why := _excuse(asked, step, found, excused):
            excused[spoke.clause] = why
        elif step.ends:
            break
        elif step.withholds:
            left -= spoke.labels
    return Walked(tuple(found), left, excused)


def holders_to_name(
    header: Header,
    part: ToConsent,
    protocol: Protocol,
    consents: Consents,
    context: Context,
    holders: Iterable[Agency],
    now: int,
) -> tuple[AgencyId, ...]:
    """E3. Of the agencies that hold her, those that may be named to the asker of a caseload check."""
    asked = _asked(header, part, protocol, consents, context, now)
    return () if asked is None else tuple(holder.id for holder in holders if may_be_named(asked, holder))


def _asked(
    header: Header, part: ToConsent | None, protocol: Protocol, consents: Consents, context: Context, now: int
) -> Asked | None:
    if part is None or context.sender is None or context.recipient is None:
        return None
    return Asked(header, part, context, protocol, consents, now)


def _not_sound(fault: Reason) -> Decided:
    return Decided(Verdict.REFUSE, (), (Spoke("A1", fault),), fault)


def _excuse(asked: Asked, step: Step, found: list[tuple[Step, Spoke]], excused: dict[str, str]) -> str | None:
    """Why a clause that spoke does not count, by an exception that stands in it; None where it counts."""
    context, clause = asked.context, step.clause
    if context.acts and approved(clause, context.acts, asked.parties()):
        return "approved"
    if context.glass is None or not clause.unless_glass:
        return None
    # The clauses of the glass itself are heard before any that it could excuse (``fitting`` holds that).
    in_the_way = any(one.clause == GLASS and one.clause not in excused for _, one in found)
    return None if in_the_way else "glass"


def _conclude(asked: Asked, heard: Walked) -> Decided | NotYetKnown:
    found, left, excused = heard.found, heard.left, heard.excused
    if not found and not asked.consents.missing:
        return Decided(Verdict.ROUTE, tuple(sorted([opening.slot for opening in asked.openings])))
    weighed = [(_weigh(asked, step, one, left), step, one) for step, one in found if one.clause not in excused]
    # A yes that is on its way may change what these say, and nothing else.
    certain = max((verdict for verdict, step, _ in weighed if not step.awaits_a_yes), default=Verdict.ROUTE)
    if asked.consents.missing and asked.labels and certain < Verdict.HOLD:
        return NotYetKnown(Reason.UNKNOWN_CONSENT)
    worst = max((verdict for verdict, _, _ in weighed), default=Verdict.ROUTE)
    first = next((one.reason for verdict, _, one in weighed if verdict is worst), None)
    spoke, told = tuple(one for _, one in found), tuple(excused.items())
    if worst is Verdict.HOLD:
        return _held(asked, weighed, spoke, told)
    if worst is Verdict.REFUSE:
        assert first is not None, "something refused it"
        return Decided(worst, (), spoke, told_as(first), excused=told)
    slots = tuple(sorted(opening.slot for opening in asked.openings if opening.label in left))
    return Decided(worst, slots, spoke, first, excused=told)


def _weigh(asked: Asked, step: Step, one: Spoke, left: frozenset[Label]) -> Verdict:
    """How severe a finding is. A message that loses what it is about, or everything, is refused and not hollowed out."""
    if step.withholds and ((asked.labels and not left) or one.labels & asked.protocol.essential):
        return Verdict.REFUSE
    return step.clause.verdict


def _held(
    asked: Asked, weighed: list[tuple[Verdict, Step, Spoke]], spoke: tuple[Spoke, ...], excused: tuple[tuple[str, str], ...]
) -> Decided:
    holds = [(step.clause, one.reason) for verdict, step, one in weighed if verdict is Verdict.HOLD]
    first, reason = holds[0]
    until = asked.context.held_until
    if until is not None and asked.now >= until:
        # Silence is never a yes: a deadline that passes refuses.
        late = Spoke("A7", Reason.HOLD_DEADLINE_PASSED)
        return Decided(Verdict.REFUSE, (), (*spoke, late), late.reason, excused=excused)
    soonest = asked.now + min(clause.within for clause, _ in holds)
    deadline = min(soonest if until is None else until, asked.header.not_after - 1)
    return Decided(Verdict.HOLD, (), spoke, told_as(reason), first.owner, deadline, excused)
