"""D1, R29, R16 and C3: what is withheld from a recipient that may otherwise have the message.

A recipient is never told that something was withheld: a slot that is empty and one that is withheld look the same.
"""

from consent.clauses.asked import ASKS_TO_ACT, Asked, Spoke
from consent.consents import Standing
from contracts.vocabulary import CaseRole, Label, Reason


def needed(asked: Asked, left: frozenset[Label]) -> Spoke | None:
    """D1. A recipient gets what it needs for the purpose; prose only where the need table names it."""
    extra = left if asked.need is None else left - asked.need.labels
    return Spoke("D1", Reason.NOT_NEEDED_BY_RECIPIENT, extra) if extra else None


def role_in_case(asked: Asked, left: frozenset[Label]) -> Spoke | None:
    """R29. A supplementary agency learns less than the lead; one with no role learns outcomes only, unless asked to act."""
    if asked.context.role is CaseRole.LEAD:
        return None
    if asked.context.role is CaseRole.SUPPLEMENTARY:
        extra = left - (asked.need.supplementary if asked.need else frozenset())
    else:
        extra = frozenset() if asked.header.kind in ASKS_TO_ACT else left - asked.protocol.informed
    return Spoke("R29", Reason.ROLE_IN_CASE, extra) if extra else None


def involvement_is_hers_to_tell(asked: Asked, left: frozenset[Label]) -> Spoke | None:
    """R16. Involvement is withheld unless she said yes to exactly that item, for this purpose and recipient."""
    if Label.INVOLVEMENT in left and asked.standing(Label.INVOLVEMENT) is not Standing.GIVEN:
        return Spoke("R16", Reason.INVOLVEMENT_WITHHELD, frozenset({Label.INVOLVEMENT}))
    return None


def own_consent(asked: Asked, left: frozenset[Label]) -> Spoke | None:
    """C3. Some things are withheld unless a consent names them, whatever else she agreed to."""
    without = frozenset(
        label
        for label in left - {Label.INVOLVEMENT}
        if asked.protocol.needs_own_consent(label, asked.recipient.kind) and asked.standing(label) is not Standing.GIVEN
    )
    return Spoke("C3", Reason.SEPARATE_CONSENT_NEEDED, without) if without else None
