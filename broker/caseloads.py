"""Who has a case open for a person, and who leads: the states, as the store reads them and the guards judge them.

Leaves out: what a step may change (``leads``), what may be said of it (``checks``), and finding the person (``matching``).
"""

from dataclasses import dataclass
from enum import StrEnum

from contracts.vocabulary import CaseRole, LeadReason


class CaseState(StrEnum):
    """Where a case stands. In conflict: a merge showed a second lead, so it stands outside the index until one yields."""

    OPEN = "open"
    IN_CONFLICT = "in_conflict"
    CLOSED = "closed"


class Standing(StrEnum):
    """What one agency is to a person's case."""

    NONE = "none"
    INFORMED = "informed"
    SUPPLEMENTARY = "supplementary"
    LEAD = "lead"
    IN_CONFLICT = "in_conflict"


@dataclass(frozen=True, slots=True)
class Case:
    """One agency's case, open or past. ``reference`` is that agency's own for the person."""

    id: str
    record: str
    agency: str
    reference: str
    role: CaseRole
    state: CaseState
    led_before: bool = False
    """Whether it led, until it stood back or two people turned out to be one."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """An open proposal of the lead to another agency."""

    id: str
    lead: str
    to: str
    conversation: str
    reason: LeadReason = LeadReason.BETTER_PLACED


@dataclass(frozen=True, slots=True)
class Caseload:
    """Everything the partnership has on its caseloads about one person."""

    cases: tuple[Case, ...] = ()
    proposal: Proposal | None = None
    declined: frozenset[str] = frozenset()
    """Who declined the lead, or let the question lapse, since the present lead leads."""

    watched: frozenset[str] = frozenset()
    """Who asked to hear when she comes to another agency; known for a caseload check alone."""

    @property
    def current(self) -> tuple[Case, ...]:
        """What is not closed, the informed among it."""
        return tuple(case for case in self.cases if case.state is not CaseState.CLOSED)

    @property
    def carried(self) -> tuple[Case, ...]:
        """The cases in which somebody does something for her: these are never without a lead (R02)."""
        return tuple(case for case in self.current if case.role is not CaseRole.INFORMED)

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
        if any(case.role is CaseRole.SUPPLEMENTARY for case in own):
            return Standing.SUPPLEMENTARY
        return Standing.INFORMED if own else Standing.NONE


@dataclass(frozen=True, slots=True)
class Taker:
    """The agency that takes a step, and the person as it knows her."""

    agency: str
    record: str
    person: str
    reference: str
    referred: bool = False
    """Whether she came to it by a message about her: then it need not ask whether anybody knows her."""


@dataclass(frozen=True, slots=True)
class Partners:
    """Who the agencies are to the guards. ``hidden``: whose caseload is never spoken of; ``keepers``: who keeps her (R04);
    ``leaders``: who has a caseload, and so may be asked to lead."""

    hidden: frozenset[str] = frozenset()
    keepers: frozenset[str] = frozenset()
    leaders: frozenset[str] = frozenset()
