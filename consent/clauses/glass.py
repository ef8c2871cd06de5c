"""G4, breaking the glass: life or limb is in danger now, and her consent cannot be had. It counts only whole.

Whoever breaks it is a named person of the sending agency with her own key and a rank; she says why, in a code and in words, to
whom, which labels, and until when. A second person stands by, or has not answered in the time of G4-second. It excuses only
clauses that the protocol marks, which are about her consent: never form, age, the police, an agreement or a basis.
Leaves out: who was told, and the review (``consent/glass.py``).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from contracts.identifiers import AgencyId
from contracts.kinds import SHAPES, SKEW, Goes
from contracts.statements import BreakGlass
from contracts.vocabulary import Label, Office, Reason

if TYPE_CHECKING:
    from consent.clauses.asked import Asked, Spoke

LONGEST: Final = 24 * 3_600_000
REVIEW_WITHIN: Final = 72 * 3_600_000
MOST_UNREVIEWED: Final = 2
"""So many may wait for their review at once; the next one is blocked even before one of them is late (T27)."""
GLASS: Final = "G4"
SECOND: Final = "G4-second"
_MAY_BREAK: Final = frozenset({Office.DUTY_LEAD, Office.SAFEGUARDING_LEAD})


@dataclass(frozen=True, slots=True)
class Named:
    """A person whose signature was checked, as the directory has her."""

    agency: AgencyId
    person: str
    rank: str
    office: Office


@dataclass(frozen=True, slots=True)
class Broken:
    """What is known of a broken glass beside what is said in it: who is proven to have said it, and what came before."""

    by: Named | None
    """None when the statement is not proven to be hers."""
    second: Named | None = None
    second_fits: bool = True
    """False when a second person is named, and is not proven to have stood beside this very statement."""
    used_before: bool = False
    """The statement was used for another message."""
    blocked: bool = False
    """An earlier one of the agency is late for its review, or too many wait for theirs."""
    asked_at: int | None = None
    """When a second person was first asked for."""


def whole(asked: "Asked", _: frozenset[Label]) -> "Spoke | None":
    """G4. Every part is there and right, or the message does not pass, whatever else would allow it."""
    if asked.facts.glass is None or (why := _what_is_wrong(asked, asked.context.glass)) is None:
        return None
    return asked.spoke(GLASS, why)


def a_second_person(asked: "Asked", _: frozenset[Label]) -> "Spoke | None":
    """G4-second. Another person stands by, or was asked and did not answer in the time that the clause gives her."""
    found = asked.context.glass
    if found is None or found.second is not None:
        return None
    answered_by_silence = found.asked_at is not None and asked.now >= found.asked_at + asked.protocol.clauses[SECOND].within
    return None if answered_by_silence else asked.spoke(SECOND, Reason.SECOND_PERSON_AWAITED)


def scope(asked: "Asked", left: frozenset[Label]) -> "Spoke | None":
    """G4-scope. Nothing goes that whoever broke the glass did not name."""
    found = asked.context.glass
    if found is None or (said := said_in(asked)) is None:
        return None
    return asked.spoke("G4-scope", Reason.BREAK_GLASS, left.difference(said.labels))


def said_in(asked: "Asked") -> BreakGlass | None:
    """What whoever broke the glass said, if that is what the facts carry."""
    glass = asked.facts.glass
    return glass.statement.said if glass is not None and isinstance(glass.statement.said, BreakGlass) else None


def _what_is_wrong(asked: "Asked", found: Broken | None) -> Reason | None:
    said, header = said_in(asked), asked.header
    if said is None:
        return Reason.BREAK_GLASS_PART_MISSING
    if not (said.emergency and said.reason.strip() and said.person and said.rank and said.recipient and said.labels):
        return Reason.BREAK_GLASS_PART_MISSING
    by = found.by if found is not None else None
    if found is None or by is None or by.agency != header.sender or by.office not in _MAY_BREAK or not found.second_fits:
        return Reason.BREAK_GLASS_NOT_PROVEN
    if not (said.made - SKEW <= asked.now < said.until and said.made < said.until <= said.made + LONGEST):
        return Reason.BREAK_GLASS_OUT_OF_TIME
    in_scope = said.recipient == header.recipient and not asked.labels.isdisjoint(said.labels)
    if not in_scope or SHAPES[header.kind].goes is not Goes.TO_AGENCY:
        return Reason.BREAK_GLASS_OUT_OF_SCOPE
    if found.used_before:
        return Reason.BREAK_GLASS_USED
    return Reason.BREAK_GLASS_UNREVIEWED if found.blocked else None
