"""R15, C2 and C5: what she agreed to, refused, took back, or could not decide. Judged now, never as of sending."""

from typing import Final

from consent.clauses.asked import Asked, Spoke
from consent.consents import Standing
from contracts.vocabulary import AgeBand, Capacity, Confidence, Label, Purpose, Reason

_UNABLE: Final = frozenset({Capacity.DOUBTED, Capacity.FLUCTUATING})


def she_said_no(asked: Asked, left: frozenset[Label]) -> Spoke | None:
    """C2. What she refused or took back is not passed on, on whatever basis it is sent."""
    return None if asked.purpose is Purpose.SAFEGUARDING else _no(asked, left, "C2")


def said_no_at_risk(asked: Asked, left: frozenset[Label]) -> Spoke | None:
    """C2-risk. An adult at risk may be spoken about against her word, but never by a program (clause G2)."""
    # A child's safety does not wait for a yes (G1).
    at_risk = asked.purpose is Purpose.SAFEGUARDING and asked.facts.age_band is AgeBand.ADULT
    return _no(asked, left, "C2-risk") if at_risk else None


def may_have_said_no(asked: Asked, left: frozenset[Label]) -> Spoke | None:
    """C2-maybe. A no of someone who may be the same person waits for the two agencies to look."""
    maybe = _standing_at(asked, left, Standing.MAY_BE_REFUSED)
    child_at_risk = asked.purpose is Purpose.SAFEGUARDING and asked.facts.age_band is not AgeBand.ADULT
    return Spoke("C2-maybe", Reason.MAY_BE_ANOTHER_PERSON, maybe) if maybe and not child_at_risk else None


def essential_without_consent(asked: Asked, left: frozenset[Label]) -> Spoke | None:
    """R15. Where consent is relied on, it stands now and is for this purpose, this recipient and what is sent."""
    without = _without_consent(asked, left) & asked.protocol.essential
    return Spoke("R15", Reason.NO_CONSENT, without) if without else None


def rest_without_consent(asked: Asked, left: frozenset[Label]) -> Spoke | None:
    """R15-part. Of what is sent on her consent, what it does not name is withheld."""
    without = _without_consent(asked, left) - asked.protocol.essential
    return Spoke("R15-part", Reason.NO_CONSENT, without) if without else None


def consent_of_an_able_person(asked: Asked, left: frozenset[Label]) -> Spoke | None:
    """C5. While her capacity to agree is in doubt nothing moves on her word: a worker asks her again."""
    doubted = _standing_at(asked, left, Standing.DOUBTED)
    relied = asked.facts.confidence is Confidence.EXPLICIT_CONSENT
    if (asked.facts.capacity in _UNABLE and asked.purpose is not Purpose.SAFEGUARDING) or (doubted and relied):
        return Spoke("C5", Reason.CAPACITY_DOUBTED, doubted)
    return None


def _no(asked: Asked, left: frozenset[Label], clause: str) -> Spoke | None:
    refused, withdrawn = _standing_at(asked, left, Standing.REFUSED), _standing_at(asked, left, Standing.WITHDRAWN)
    if not refused and not withdrawn:
        return None
    return Spoke(clause, Reason.CONSENT_WITHDRAWN if withdrawn else Reason.CONSENT_REFUSED, refused | withdrawn)


def _without_consent(asked: Asked, left: frozenset[Label]) -> frozenset[Label]:
    relied = asked.facts.confidence is Confidence.EXPLICIT_CONSENT
    return _standing_at(asked, left, Standing.NOT_ASKED) if relied else frozenset()


def _standing_at(asked: Asked, left: frozenset[Label], wanted: Standing) -> frozenset[Label]:
    return asked.standing_at(wanted) & left
