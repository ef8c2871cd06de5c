"""E1, E2 and E3: the caseload check. Who may ask, when, and whose caseloads may be spoken of."""

from consent.clauses.asked import Asked, Spoke
from consent.consents import any_refused
from consent.protocol import Agency
from contracts.kinds import Kind
from contracts.vocabulary import AgencyKind, Label, Purpose, Reason


def inside_a_presentation(asked: Asked, _: frozenset[Label]) -> Spoke | None:
    """E1. A check is asked while she is there, and says where; it is asked for no other purpose."""
    is_check = asked.header.kind is Kind.CASELOAD_CHECK
    if is_check != (asked.purpose is Purpose.CASELOAD_CHECK) or (is_check and asked.facts.presentation is None):
        return Spoke("E1", Reason.NO_PRESENTATION if is_check else Reason.PURPOSE_NOT_COVERED)
    return None


def police_never_ask(asked: Asked, _: frozenset[Label]) -> Spoke | None:
    """E2. The police never ask, and are never answered."""
    if asked.header.kind is Kind.CASELOAD_CHECK and asked.recipient.kind is AgencyKind.POLICE:
        return Spoke("E2", Reason.POLICE_NEVER_ASK)
    return None


def may_be_named(asked: Asked, holder: Agency) -> bool:
    """E3. A holder is named to the asker under an agreement of theirs, never against her word, and a SARC never is."""
    if holder.kind in asked.protocol.never_contribute:
        return False
    if any_refused(asked.telling, (*asked.consents.same, *asked.consents.possible)):
        return False
    sent = asked.header.created
    return any(
        share.in_force(sent) and sent < share.review
        for share in asked.protocol.shares_between(holder, asked.recipient, Purpose.CASELOAD_CHECK)
    )
