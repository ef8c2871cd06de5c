"""The partnership's protocol as the program uses it: agreements, need table, bases and clauses, in frozen tables.

Everything here was written by officers (``clauses/*.yaml``) and checked at the start (``clauses/compile.py``).
Leaves out: judging a message by it (``check``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from typing import Protocol as Form

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
    """One line of an agreement: what may be sent, one way, for one purpose, in which years, between whom."""

    agreement: str
    version: int
    since: int
    until: int | None
    review: int
    labels: frozenset[Label]
    parties: frozenset[AgencyId] | None = None
    """The agencies that signed it. None while a protocol is tried out, drawn or proved: then any of the kinds it names."""
    ended: int | None = None
    """From when on nothing passes under it, whenever it was sent: a party ended it, and that is never late."""

    def in_force(self, sent: int, now: int) -> bool:
        """Whether the agreement stood when a message was sent, and was not ended since; its review is another question."""
        if self.ended is not None and self.ended <= now:
            return False
        return self.since <= sent and (self.until is None or sent < self.until)

    def binds(self, *agencies: AgencyId) -> bool:
        """Whether all of these are party to it."""
        return self.parties is None or self.parties.issuperset(agencies)


Condition = Mapping[str, tuple[str, ...]]
"""Names of factors, each with the words one of which it must have."""


@dataclass(frozen=True, slots=True)
class Dates:
    """From when, and until when, a row of a table stands. Law and names change, so every row carries them (R58)."""

    since: int | None = None
    until: int | None = None

    def hold(self, moment: int) -> bool:
        """Whether the row stands at a moment."""
        return (self.since is None or self.since <= moment) and (self.until is None or moment < self.until)


_ALWAYS = Dates()


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause, in the words of the officers: when it speaks, and what follows when it does."""

    id: str
    text: str
    source: str
    codes: frozenset[Reason]
    verdict: Verdict
    owner: str | None = None
    within: int = 0
    """For a hold: how long the owner has, in milliseconds."""
    applies: Condition = field(default_factory=dict)
    """Empty where the program judges it (``clauses/register``)."""
    unless: tuple[Condition, ...] = ()
    sees_all: bool = False
    """It also sees what a clause before it withheld."""
    dates: Dates = _ALWAYS
    approval: Approval | None = None
    """For a hold: whose approval lets the message go on; None where none does."""
    approvers: frozenset[Office] = frozenset()
    unless_glass: bool = False
    """Excused where the glass was broken, whole (G4)."""
    approved_by: tuple[str, ...] = ()
    """The officers who signed the table it stands in; empty where a protocol is not in service."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A clause that is kept by another part of the house, and which."""

    id: str
    text: str
    source: str
    enforced_by: str
    by: tuple[str, ...] = ()
    """The clauses that keep it, where it is kept by others."""
    shown_by: tuple[str, ...] = ()
    """The tests that show that it is kept."""
    because: str | None = None
    """Why nothing here keeps it, where nothing does."""


@dataclass(frozen=True, slots=True)
class Need:
    """What a recipient needs for a purpose; the rest is withheld. A supplementary agency may need less (R29)."""

    labels: frozenset[Label]
    supplementary: frozenset[Label]
    coarse: frozenset[Label] = frozenset()
    """Where a coarser form is enough: these are withheld (D3)."""
    dates: Dates = _ALWAYS


@dataclass(frozen=True, slots=True)
class Basis:
    """Bases on which a purpose may stand, that fit each other (design.md D7): one of each list."""

    article_6: frozenset[Article6]
    article_9_or_10: frozenset[Article9Or10]
    confidence: frozenset[Confidence]
    gateway: frozenset[Gateway]
    dates: Dates = _ALWAYS


@dataclass(frozen=True, slots=True)
class PoliceMay:
    """One thing the police may receive, and on what terms (pathways.md 2.5)."""

    labels: frozenset[Label]
    anonymous: bool
    """Nothing may point to her."""
    role: RoleName | None
    threshold: Threshold | None
    dates: Dates = _ALWAYS


class _Dated(Form):
    @property
    def dates(self) -> Dates: ...


Row = TypeVar("Row", bound=_Dated)


def _standing(rows: Sequence[Row], now: int) -> Row | None:
    return next((row for row in rows if row.dates.hold(now)), None)


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
    """In the order in which they are judged."""
    elsewhere: Mapping[str, Elsewhere]
    shares: Mapping[tuple[Party, Party, Purpose], tuple[Share, ...]]
    needs: Mapping[tuple[AgencyKind, Purpose], tuple[Need, ...]]
    bases: Mapping[Purpose, tuple[Basis, ...]]
    police: Mapping[Purpose, tuple[PoliceMay, ...]]
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
    public_authorities: frozenset[AgencyKind]
    """Those to whom legitimate interests are not open for their tasks (B2)."""
    relevant_authorities: frozenset[AgencyKind]
    """Those to whom section 115 of the Crime and Disorder Act 1998 lets anybody disclose (B5)."""
    caution_needs_two: bool
    """Whether a conditional caution needs two agencies' yes here (R44)."""
    policy_document: int | None
    """Until when the appropriate policy document stands, or None: there is none (B3)."""
    kept_for: int
    """How long a message may wait before it is too old to be passed on, in milliseconds (H5)."""
    approved_by: Mapping[str, tuple[str, ...]] = field(default_factory=dict, compare=False)
    """Who signed what: each version of an agreement, such as ``support/1``, and ``tables``. Empty when not in service."""
    memo: dict[Any, Any] = field(default_factory=dict, init=False, compare=False, repr=False)
    """What was worked out from these tables, so that it is worked out once (``clauses/walk``)."""

    def need_of(self, kind: AgencyKind, purpose: Purpose, now: int) -> Need | None:
        """What such a recipient needs for the purpose, as the table stands now."""
        return _standing(self.needs.get((kind, purpose), ()), now)

    def bases_of(self, purpose: Purpose, now: int) -> list[Basis]:
        """The rows of the table of bases that stand now for a purpose."""
        return [row for row in self.bases.get(purpose, ()) if row.dates.hold(now)]

    def police_may(self, purpose: Purpose, now: int) -> PoliceMay | None:
        """What the police may receive for the purpose, as the list stands now."""
        return _standing(self.police.get(purpose, ()), now)

    def shares_between(self, sender: Agency, recipient: Agency, purpose: Purpose) -> list[Share]:
        """Every line of an agreement that speaks of this way and purpose, in force or not."""
        shares = self.shares
        found = [
            *shares.get((sender.kind, recipient.kind, purpose), ()),
            *shares.get((sender.kind, recipient.id, purpose), ()),
            *shares.get((sender.id, recipient.kind, purpose), ()),
            *shares.get((sender.id, recipient.id, purpose), ()),
        ]
        return [one for one in found if one.binds(sender.id, recipient.id)]

    def shares_towards(self, recipient: Agency, purpose: Purpose) -> list[Share]:
        """Every line of an agreement under which this agency is told something for the purpose, whoever tells it."""
        names = (recipient.kind, recipient.id)
        found = (shares for (_, to, why), shares in self.shares.items() if to in names and why is purpose)
        return [one for shares in found for one in shares if one.binds(recipient.id)]

    def binds(self, sender: Agency, recipient: Agency) -> bool:
        """Whether any agreement at all speaks of this way."""
        return any(self.shares_between(sender, recipient, purpose) for purpose in Purpose)

    def needs_own_consent(self, label: Label, recipient: AgencyKind) -> bool:
        """Whether a label is withheld unless a consent names it."""
        return label in self.separate or label in self.named.get(recipient, frozenset())
