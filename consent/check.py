"""May this message pass, and which of its compartments? The decision, as a numbered walk over the clauses.

Pure: it is told what is agreed, what she said and what time it is. Leaves out: what becomes of the decision (``answers``).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from consent.clauses.approving import approved
from consent.clauses.asked import Asked, Context, Judge, Spoke
from consent.clauses.checks import may_be_named
from consent.clauses.glass import GLASS, SECOND
from consent.clauses.register import CONSENT, FORM, MINIMUM, WHOLE_MESSAGE
from consent.consents import Consents
from consent.protocol import Agency, Protocol
from contracts.envelope import Header
from contracts.identifiers import AgencyId
from contracts.locks import ToConsent
from contracts.vocabulary import Label, Reason, Verdict

_A_YES_MAY_CHANGE: Final = frozenset({"R15", "R15-part", "R16", "C3"})


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


@dataclass(frozen=True, slots=True)
class NotYetKnown:
    """Nothing is wrong, but something it names has not arrived: ask again later."""

    reason: Reason


def check(
    header: Header, part: ToConsent | None, protocol: Protocol, consents: Consents, context: Context, now: int
) -> Decided | NotYetKnown:
    """Check one message.

    1. It is sound, and we know who both parties are.
    2. Nothing forbids it as a whole: who she is, who receives it, what was agreed, on what basis.
    3. What the recipient does not need, or she did not agree to by name, is withheld.
    4. What she said about the rest allows it; or the right people approved it; or the glass was broken, whole.
    5. The most severe clause wins. If nothing is left to say, it is refused.
    """
    # (1) A message that is not what it says it is gets no further: nothing in it can be believed.
    asked = _asked(header, part, protocol, consents, context, now)
    if asked is None:
        return _not_sound(context.fault or Reason.UNKNOWN_RECIPIENT)
    found = _hear(FORM, asked, asked.labels)
    if found:
        return _conclude(asked, found, asked.labels, {})

    # (2) Before consent: nobody can be asked to consent a rule away.
    found = _hear(WHOLE_MESSAGE, asked, asked.labels)

    # (3) Before consent, too: what is not going to be shared needs no yes.
    left = asked.labels
    for judge in MINIMUM:
        if withheld := judge.judge(asked, left):
            found.append(withheld)
            left -= withheld.labels

    # (4) Judged now, not when sent, so that a withdrawal stops a message on its way.
    said = _hear(CONSENT, asked, left)
    excused = _excused(asked, found + said)
    left = left.difference(*(one.labels for one in said if one.clause == "R15-part" and one.clause not in excused))

    # (5) Once, over everything that spoke: no clause lowers another, and what excuses one is written into it.
    return _conclude(asked, found + said, left, excused)


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


def _hear(judges: tuple[Judge, ...], asked: Asked, left: frozenset[Label]) -> list[Spoke]:
    return [spoke for judge in judges if (spoke := judge.judge(asked, left)) is not None]


def _excused(asked: Asked, found: list[Spoke]) -> dict[str, str]:
    """The clauses that spoke and do not count, each by an exception that stands in it."""
    context, clauses = asked.context, asked.protocol.clauses
    if not context.acts and context.glass is None:
        return {}
    parties = asked.parties()
    excused = {one.clause: "approved" for one in found if approved(clauses[one.clause], context.acts, parties)}
    in_the_way = {GLASS, SECOND} - excused.keys()
    if context.glass is not None and in_the_way.isdisjoint([one.clause for one in found]):
        excused |= {one.clause: "glass" for one in found if clauses[one.clause].unless_glass and one.clause not in excused}
    return excused


def _conclude(asked: Asked, found: list[Spoke], left: frozenset[Label], excused: dict[str, str]) -> Decided | NotYetKnown:
    weighed = [(_weigh(asked, one, left), one) for one in found if one.clause not in excused]
    # A yes that is on its way may change what these say, and nothing else.
    certain = max((verdict for verdict, one in weighed if one.clause not in _A_YES_MAY_CHANGE), default=Verdict.ROUTE)
    if asked.consents.missing and asked.labels and certain < Verdict.HOLD:
        return NotYetKnown(Reason.UNKNOWN_CONSENT)
    worst = max((verdict for verdict, _ in weighed), default=Verdict.ROUTE)
    first = next((one for verdict, one in weighed if verdict is worst), None)
    spoke, told = tuple(found), tuple(excused.items())
    if worst is Verdict.HOLD:
        return _held(asked, weighed, spoke, told)
    if worst is Verdict.REFUSE:
        assert first is not None, "something refused it"
        return Decided(worst, (), spoke, first.reason, excused=told)
    slots = tuple(sorted(opening.slot for opening in asked.openings if opening.label in left))
    return Decided(worst, slots, spoke, first.reason if first else None, excused=told)


def _weigh(asked: Asked, one: Spoke, left: frozenset[Label]) -> Verdict:
    """How severe a finding is. A message that loses what it is about, or everything, is refused and not hollowed out."""
    verdict = asked.protocol.clauses[one.clause].verdict
    if verdict is Verdict.ROUTE_MINIMISED and (not left or one.labels & asked.protocol.essential):
        return Verdict.REFUSE
    return verdict


def _held(
    asked: Asked, weighed: list[tuple[Verdict, Spoke]], spoke: tuple[Spoke, ...], excused: tuple[tuple[str, str], ...]
) -> Decided:
    holds = [asked.protocol.clauses[one.clause] for verdict, one in weighed if verdict is Verdict.HOLD]
    first = next(one for verdict, one in weighed if verdict is Verdict.HOLD)
    until = asked.context.held_until
    if until is not None and asked.now >= until:
        # Silence is never a yes: a deadline that passes refuses.
        late = Spoke("A7", Reason.HOLD_DEADLINE_PASSED)
        return Decided(Verdict.REFUSE, (), (*spoke, late), late.reason, excused=excused)
    soonest = asked.now + min(clause.within for clause in holds)
    deadline = min(soonest if until is None else until, asked.header.not_after - 1)
    return Decided(Verdict.HOLD, (), spoke, first.reason, holds[0].owner, deadline, excused)
