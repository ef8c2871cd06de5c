"""What she said about sharing, and how it stands at a moment, label by label (R15, R16, design.md D9).

A yes counts only from records that are the same person, a no also from records that may be. The latest word stands; a yes
that was taken back never stands again. Leaves out: where consents are kept (``store``).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256
from typing import Final

from contracts.identifiers import AgencyId, ConsentId, Reference
from contracts.kinds import SKEW
from contracts.vocabulary import AgeBand, Capacity, ConsentAnswer, Gillick, Interpreter, Label, Purpose

_ABLE: Final = frozenset({Capacity.PRESENT, Capacity.NOT_ASSESSED})
_NEVER: Final = -1


class Standing(Enum):
    """How things stand for one label, one purpose, one recipient."""

    NOT_ASKED = "not_asked"
    GIVEN = "given"
    DOUBTED = "doubted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    MAY_BE_REFUSED = "may_be_refused"
    """Someone who may be the same person said no."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """How she was asked: what clauses C4, C6 and H7 look at. Many consents share one."""

    wording: str
    language: str
    interpreter: Interpreter
    taken_by: str
    """The role of whoever asked her."""
    how: str
    setting: str
    alone: bool
    freely: bool | None
    limits_shown: bool
    age_band: AgeBand
    """As the worker knew it then."""
    gillick: Gillick
    notice: str | None
    no_notice: str | None


@dataclass(frozen=True, slots=True)
class Consent:
    """One recorded answer, by the record it was given under."""

    id: ConsentId
    record: Reference
    taker: AgencyId
    """The agency that asked her."""
    answer: ConsentAnswer
    purpose: Purpose
    recipient: AgencyId
    labels: frozenset[Label]
    taken_at: int
    review: int
    capacity: Capacity
    circumstances: Circumstances
    withdrawn_at: int | None = None


@dataclass(frozen=True, slots=True)
class Consents:
    """The consents that a question is about."""

    same: tuple[Consent, ...] = ()
    possible: tuple[Consent, ...] = ()
    missing: bool = False
    """The message names a consent that is not recorded."""
    restricted: frozenset[Purpose | None] = frozenset()
    """What she objects to; None among them: nothing is to be shared for now (H2)."""

    def restrict(self, purpose: Purpose) -> bool:
        """Whether a restriction or objection of hers stands against a purpose."""
        return not self.restricted.isdisjoint((None, purpose))

    def version(self) -> str:
        """Names this state of affairs: whatever is recorded or taken back changes it."""
        told = sorted(f"{c.id}{c.withdrawn_at is not None}" for c in self.same)
        doubts = sorted(f"{c.id}{c.withdrawn_at is not None}" for c in self.possible)
        if not (told or doubts or self.missing or self.restricted):
            return ""
        stops = sorted(str(purpose) for purpose in self.restricted)
        return sha256(f"{told}{doubts}{self.missing}{stops or ''}".encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Telling:
    """Who would tell whom, and why: what a consent must be about to count."""

    purpose: Purpose
    sender: AgencyId
    recipient: AgencyId


def standing(label: Label, telling: Telling, consents: Consents, separate: frozenset[Label], now: int) -> Standing:
    """How things stand for one label at ``now``: the latest word, and a no before a yes of the same moment."""
    said_yes, doubted, taken_back = _NEVER, False, False
    said_no, no = _NEVER, Standing.REFUSED
    for consent in consents.same:
        if consent.purpose is not telling.purpose:
            continue
        refused_at = _no_at(consent, label, telling)
        if refused_at > said_no:
            said_no = refused_at
            no = Standing.REFUSED if consent.answer is ConsentAnswer.REFUSED else Standing.WITHDRAWN
        taken_back = taken_back or (consent.withdrawn_at is not None and _took_request_back(consent, label, telling, separate))
        if _is_yes(consent, label, telling, separate, now):
            doubted = doubted or consent.capacity not in _ABLE
            if consent.capacity in _ABLE and consent.taken_at > said_yes:
                said_yes = consent.taken_at
    may_have_said_no = _NEVER
    for one in consents.possible:
        if one.purpose is telling.purpose:
            may_have_said_no = max(may_have_said_no, _no_at(one, label, telling))
    if said_no > _NEVER and said_no >= said_yes:
        return no
    if may_have_said_no > _NEVER and may_have_said_no >= said_yes:
        return Standing.MAY_BE_REFUSED
    if said_yes > _NEVER:
        return Standing.GIVEN
    if taken_back:
        return Standing.WITHDRAWN
    return Standing.DOUBTED if doubted else Standing.NOT_ASKED


def any_refused(telling: Telling, consents: Iterable[Consent]) -> bool:
    """Whether anyone of these said no to this telling, whatever the label: for a check, which shares no compartment."""
    return any(
        one.purpose is telling.purpose
        and one.recipient == telling.recipient
        and (one.answer is ConsentAnswer.REFUSED or one.withdrawn_at is not None)
        for one in consents
    )


def _is_yes(consent: Consent, label: Label, telling: Telling, separate: frozenset[Label], now: int) -> bool:
    stands = (
        consent.answer is ConsentAnswer.GIVEN
        and consent.withdrawn_at is None
        and consent.review > now
        and consent.taken_at <= now + SKEW
    )
    if not stands:
        return False
    if label in separate:
        # An item of its own: a list of things, agreed to together, does not carry it (C3).
        return consent.recipient == telling.recipient and consent.labels == {label}
    if not consent.labels - separate:
        return False
    if label is Label.OUTCOME and consent.taker == telling.recipient and consent.recipient == telling.sender:
        # A yes to a referral is a yes to its answer, in codes, to whoever asked her.
        return True
    # A yes to a referral carries the request itself.
    return consent.recipient == telling.recipient and (label in consent.labels or label in {Label.REQUEST, Label.OUTCOME})


def _no_at(consent: Consent, label: Label, telling: Telling) -> int:
    """When this consent last said no to the label; ``_NEVER`` if it does not."""
    if consent.recipient != telling.recipient:
        return _NEVER
    if consent.answer is ConsentAnswer.REFUSED:
        # Taking a refusal back opens nothing: only a new yes does.
        return consent.taken_at if label in consent.labels else _NEVER
    if consent.withdrawn_at is not None and label in consent.labels:
        return max(consent.taken_at, consent.withdrawn_at)
    return _NEVER


def _took_request_back(consent: Consent, label: Label, telling: Telling, separate: frozenset[Label]) -> bool:
    """What was taken back carried the request unnamed; so the request goes with it, unless another yes carries it."""
    carried = label is Label.REQUEST and consent.recipient == telling.recipient and bool(consent.labels - separate)
    return carried and consent.answer is ConsentAnswer.GIVEN
