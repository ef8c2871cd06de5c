"""R15, C2 and C5: what she agreed to, refused, took back, or could not decide. Judged now, never as of sending."""

from collections.abc import Iterable
from typing import Final

from consent.clauses.asked import Asked, Spoke
from consent.consents import Standing
from contracts.vocabulary import AgeBand, Capacity, Confidence, Label, Purpose, Reason

_UNABLE: Final = frozenset({Capacity.DOUBTED, Capacity.FLUCTUATING})


def she_said_no(asked: Asked, left: frozenset[Label]) -> Iterable[Spoke]:
    """C2. What she refused or took back is not passed on, on whatever basis it is sent; to keep her safe, people decide."""
    refused, withdrawn = _standing_at(asked, left, Standing.REFUSED), _standing_at(asked, left, Standing.WITHDRAWN)
    if not refused | withdrawn or _consent_is_not_asked(asked):
        return
    reason = Reason.CONSENT_WITHDRAWN if withdrawn else Reason.CONSENT_REFUSED
    # An adult at risk may be spoken about against her word, but never by a program (clause G2).
    yield Spoke("C2-risk" if asked.purpose is Purpose.SAFEGUARDING else "C2", reason, refused | withdrawn)


def may_have_said_no(asked: Asked, left: frozenset[Label]) -> Iterable[Spoke]:
    """C2-maybe. A no of someone who may be the same person waits for the two agencies to look."""
    maybe = _standing_at(asked, left, Standing.MAY_BE_REFUSED)
    if maybe and not _consent_is_not_asked(asked):
        yield Spoke("C2-maybe", Reason.MAY_BE_ANOTHER_PERSON, maybe)


def covered_by_consent(asked: Asked, left: frozenset[Label]) -> Iterable[Spoke]:
    """R15. Where consent is relied on, it stands now and is for this purpose, this recipient and each thing sent.

    What it does not cover is withheld; without what the message is about, it is refused.
    """
    if asked.facts.confidence is not Confidence.EXPLICIT_CONSENT:
        return
    without = _standing_at(asked, left, Standing.NOT_ASKED)
    if without & asked.protocol.essential:
        yield Spoke("R15", Reason.NO_CONSENT, without & asked.protocol.essential)
    if without - asked.protocol.essential:
        yield Spoke("R15-part", Reason.NO_CONSENT, without - asked.protocol.essential)


def consent_of_an_able_person(asked: Asked, left: frozenset[Label]) -> Iterable[Spoke]:
    """C5. While her capacity to agree is in doubt nothing moves on her word: a worker asks her again."""
    doubted = _standing_at(asked, left, Standing.DOUBTED)
    relied = asked.facts.confidence is Confidence.EXPLICIT_CONSENT
    if (asked.facts.capacity in _UNABLE and asked.purpose is not Purpose.SAFEGUARDING) or (doubted and relied):
        yield Spoke("C5", Reason.CAPACITY_DOUBTED, doubted)


def _standing_at(asked: Asked, left: frozenset[Label], wanted: Standing) -> frozenset[Label]:
    return frozenset([label for label in left if asked.standing(label) is wanted])


def _consent_is_not_asked(asked: Asked) -> bool:
    """A child's safety does not wait for a yes (G1)."""
    return asked.purpose is Purpose.SAFEGUARDING and asked.facts.age_band is not AgeBand.ADULT
