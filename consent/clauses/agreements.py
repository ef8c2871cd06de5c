"""Clauses A5, B1 and B6: an agreement in force when it was sent, that covers the purpose and everything sent, on a basis."""

from consent.clauses.asked import Asked, Spoke
from contracts.vocabulary import Label, Reason


def in_force(asked: Asked, _: frozenset[Label]) -> Spoke | None:
    """A5. Judged as of sending, so that a slow queue cannot bring a message under an agreement that was signed later."""
    if asked.standing_shares:
        return None
    other_purposes = not asked.shares and asked.protocol.binds(asked.sender, asked.recipient)
    return Spoke("A5", Reason.PURPOSE_NOT_COVERED if other_purposes else Reason.NO_AGREEMENT)


def reviewed(asked: Asked, _: frozenset[Label]) -> Spoke | None:
    """A5-review. Past its review date an agreement holds for the days of grace: only a person can say it still stands."""
    sent, standing = asked.header.created, asked.standing_shares
    if standing and all(share.review <= sent for share in standing):
        return Spoke("A5-review", Reason.AGREEMENT_UNDER_REVIEW)
    return None


def covers_labels(asked: Asked, _: frozenset[Label]) -> Spoke | None:
    """B1. Purpose, sender, recipient and label are one row of the agreement; purposes are not interchangeable."""
    standing = asked.standing_shares
    outside = asked.labels.difference(*[share.labels for share in standing])
    return Spoke("B1", Reason.LABEL_NOT_COVERED, outside) if standing and outside else None


def basis_fits(asked: Asked, _: frozenset[Label]) -> Spoke | None:
    """B6. The five basis fields are each among those the partnership allows for the purpose."""
    basis, facts = asked.protocol.bases.get(asked.purpose), asked.facts
    fits = (
        basis is not None
        and facts.article_6 in basis.article_6
        and facts.article_9_or_10 in basis.article_9_or_10
        and facts.confidence in basis.confidence
        and facts.gateway in basis.gateway
    )
    return None if fits else Spoke("B6", Reason.BASIS_NOT_ALLOWED)
