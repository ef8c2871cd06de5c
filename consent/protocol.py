"""The partnership's protocol as the program uses it: agreements, need table, bases and clauses, in frozen tables.

Everything here was written by officers (``clauses/*.yaml``) and checked at the start (``clauses/compile.py``).
Leaves out: judging a message by it (``check``).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from contracts.identifiers import AgencyId, Digest, RoleName
from contracts.vocabulary import (
    AgencyKind,
    Approval,
    Article6,
    Article9Or10,
    Confidence,
    Gateway,
    Label,
    Office,
    Purpose,
    Reason,
    Threshold,
    Verdict,
)

Party = str
"""A kind of agency, or one agency by its id: agreements are written in either."""


@dataclass(frozen=True, slots=True)
class Agency:
    """Who one side of a message is, as the directory says."""

    id: AgencyId
    kind: AgencyKind
    prescriber: bool = False


@dataclass(frozen=True, slots=True)
class Share:
    """One line of an agreement: what may be sent, one way, for one purpose, in which years."""

    agreement: str
    since: int
    until: int | None
    review: int
    labels: frozenset[Label]

    def in_force(self, moment: int) -> bool:
        """Whether the agreement stood at a moment; its review date is another question."""
        return self.since <= moment and (self.until is None or moment < self.until)


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause, in the words of the officers, with what follows when it speaks."""

    id: str
    text: str
    source: str
    codes: frozenset[Reason]
    verdict: Verdict
    owner: str | None = None
    within: int = 0
    """For a hold: how long the owner has, in milliseconds."""
    approval: Approval | None = None
    """For a hold: whose approval lets the message go on; None where none does."""
    approvers: frozenset[Office] = frozenset()
    unless_glass: bool = False
    """Excused where the glass was broken, whole (G4)."""


@dataclass(frozen=True, slots=True)
class Need:
    """What a recipient needs for a purpose; the rest is withheld. A supplementary agency may need less (R29)."""

    labels: frozenset[Label]
    supplementary: frozenset[Label]


@dataclass(frozen=True, slots=True)
class Basis:
    """The bases on which a purpose may stand (design.md D7)."""

    article_6: frozenset[Article6]
    article_9_or_10: frozenset[Article9Or10]
    confidence: frozenset[Confidence]
    gateway: frozenset[Gateway]


@dataclass(frozen=True, slots=True)
class PoliceMay:
    """One thing the police may receive, and on what terms (pathways.md 2.5)."""

    labels: frozenset[Label]
    anonymous: bool
    """Nothing may point to her."""
    role: RoleName | None
    threshold: Threshold | None


@dataclass(frozen=True, slots=True)
class Protocol:
    """Everything a decision is made by. ``hash`` names the exact bytes that officers read."""

    title: str
    hash: Digest
    valid_for: int
    """How long a permit stands, in milliseconds."""
    grace: int
    """How long past its review date an agreement holds messages instead of refusing them, in milliseconds."""
    clauses: Mapping[str, Clause]
    shares: Mapping[tuple[Party, Party, Purpose], tuple[Share, ...]]
    needs: Mapping[tuple[AgencyKind, Purpose], Need]
    bases: Mapping[Purpose, Basis]
    police: Mapping[Purpose, PoliceMay]
    separate: frozenset[Label]
    """Asked about in a question of their own, whoever receives them (R16, C3)."""
    named: Mapping[AgencyKind, frozenset[Label]]
    """Released to that kind only where a consent names them."""
    essential: frozenset[Label]
    """Without these a message says nothing: they are not withheld, the message is refused."""
    informed: frozenset[Label]
    """What an agency without a role in her case learns of it (R29)."""
    open_to_under_18: frozenset[Purpose]
    prescribers_only: frozenset[Purpose]
    outcome_only: frozenset[Purpose]
    never_contribute: frozenset[AgencyKind]
    """Whose caseloads no check ever tells of (E3)."""

    def shares_between(self, sender: Agency, recipient: Agency, purpose: Purpose) -> list[Share]:
        """Every line of an agreement that speaks of this way and purpose, in force or not."""
        shares = self.shares
        return [
            *shares.get((sender.kind, recipient.kind, purpose), ()),
            *shares.get((sender.kind, recipient.id, purpose), ()),
            *shares.get((sender.id, recipient.kind, purpose), ()),
            *shares.get((sender.id, recipient.id, purpose), ()),
        ]

    def shares_towards(self, recipient: Agency, purpose: Purpose) -> list[Share]:
        """Every line of an agreement under which this agency is told something for the purpose, whoever tells it."""
        names = (recipient.kind, recipient.id)
        return [one for (_, to, why), shares in self.shares.items() if to in names and why is purpose for one in shares]

    def binds(self, sender: Agency, recipient: Agency) -> bool:
        """Whether any agreement at all speaks of this way."""
        return any(self.shares_between(sender, recipient, purpose) for purpose in Purpose)

    def needs_own_consent(self, label: Label, recipient: AgencyKind) -> bool:
        """Whether a label is withheld unless a consent names it."""
        return label in self.separate or label in self.named.get(recipient, frozenset())
