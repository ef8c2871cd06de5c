"""R11, R12, R22 and R23: what the police may receive, and what an attendance message may say."""

from typing import Final

from consent.clauses.asked import Asked, Spoke
from contracts.kinds import Kind
from contracts.vocabulary import AgencyKind, Engagement, Label, Reason

_POINTS_TO_HER: Final = frozenset({Label.IDENTITY, Label.CONTACT, Label.FREE_TEXT})


def nothing_by_default(asked: Asked, _: frozenset[Label]) -> Spoke | None:
    """R11. The police receive nothing about a client unless it is listed, and one item too many refuses it all."""
    if asked.recipient.kind is not AgencyKind.POLICE:
        return None
    may = asked.protocol.police.get(asked.purpose)
    if may is None:
        return Spoke("R11", Reason.NOT_FOR_POLICE)
    outside = asked.labels - may.labels
    role_fits = may.role is None or may.role == asked.header.role
    threshold_fits = may.threshold is None or may.threshold is asked.facts.threshold
    if (outside and not may.anonymous) or not role_fits or not threshold_fits:
        return Spoke("R11", Reason.NOT_FOR_POLICE, outside)
    return None


def anonymous_is_anonymous(asked: Asked, _: frozenset[Label]) -> Spoke | None:
    """R12. An anonymous report carries no way back to her: no identity, no reference, no thread to another message."""
    may = asked.protocol.police.get(asked.purpose)
    if asked.recipient.kind is not AgencyKind.POLICE or may is None or not may.anonymous:
        return None
    outside = asked.labels - may.labels
    if outside & _POINTS_TO_HER or asked.context.names_person or asked.header.in_reply_to is not None:
        return Spoke("R12", Reason.IDENTIFIES_HER, outside)
    return Spoke("R12", Reason.NOT_FOR_POLICE, outside) if outside else None


def outcome_only(asked: Asked, _: frozenset[Label]) -> Spoke | None:
    """R22. A compliance message says attended, not attended or completed, and nothing else."""
    is_compliance = asked.purpose in asked.protocol.outcome_only
    if is_compliance and (asked.labels != {Label.ATTENDANCE} or asked.header.kind is not Kind.ATTENDANCE_REPORTED):
        return Spoke("R22", Reason.OUTCOME_ONLY, asked.labels - {Label.ATTENDANCE})
    return None


def voluntary_is_not_compliance(asked: Asked, _: frozenset[Label]) -> Spoke | None:
    """R23. Where she takes part of her own choice, nobody is told whether she came."""
    tells_attendance = asked.purpose in asked.protocol.outcome_only or Label.ATTENDANCE in asked.labels
    if tells_attendance and asked.facts.engagement is Engagement.VOLUNTARY:
        return Spoke("R23", Reason.VOLUNTARY_IS_NOT_COMPLIANCE)
    return None
