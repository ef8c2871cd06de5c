"""Clauses A5, B1 and B6: an agreement in force when it was sent, that covers the purpose and everything sent, on a basis."""

from collections.abc import Iterable
from itertools import chain

from consent.clauses.asked import Asked, Spoke
from consent.protocol import Share
from contracts.vocabulary import Label, Reason


def in_force(asked: Asked, _: frozenset[Label]) -> Iterable[Spoke]:
    """A5. Judged as of sending, so that a slow queue cannot bring a message under an agreement that was signed later."""
    if _standing_shares(asked):
        return
    if asked.shares:
        yield Spoke("A5", Reason.NO_AGREEMENT)
    elif asked.protocol.binds(asked.sender, asked.recipient):
        yield Spoke("A5", Reason.PURPOSE_NOT_COVERED)
    else:
        yield Spoke("A5", Reason.NO_AGREEMENT)


def reviewed(asked: Asked, _: frozenset[Label]) -> Iterable[Spoke]:
    """A5-review. Past its review date an agreement holds for the days of grace: only a person can say it still stands."""
    standing = _standing_shares(asked)
    if standing and all(share.review <= asked.header.created for share in standing):
        yield Spoke("A5-review", Reason.AGREEMENT_UNDER_REVIEW)


def covers_labels(asked: Asked, _: frozenset[Label]) -> Iterable[Spoke]:
    """B1. Purpose, sender, recipient and label are one row of the agreement; purposes are not interchangeable."""
    standing = _standing_shares(asked)
    outside = asked.labels.difference(chain.from_iterable(share.labels for share in standing))
    if standing and outside:
        yield Spoke("B1", Reason.LABEL_NOT_COVERED, outside)


def basis_fits(asked: Asked, _: frozenset[Label]) -> Iterable[Spoke]:
    """B6. The five basis fields are each among those the partnership allows for the purpose."""
    basis, facts = asked.protocol.bases.get(asked.purpose), asked.facts
    fits = (
        basis is not None
        and facts.article_6 in basis.article_6
        and facts.article_9_or_10 in basis.article_9_or_10
        and facts.confidence in basis.confidence
        and facts.gateway in basis.gateway
    )
    if not fits:
        yield Spoke("B6", Reason.BASIS_NOT_ALLOWED)


def _standing_shares(asked: Asked) -> list[Share]:
    sent, grace = asked.header.created, asked.protocol.grace
    return [share for share in asked.shares if share.in_force(sent) and sent < share.review + grace]
