"""E3: whose caseloads may be spoken of in answer to a caseload check. Leaves out who may ask, and when: E1 and E2 are rows."""

from consent.clauses.asked import Asked
from consent.consents import any_refused
from consent.protocol import Agency
from contracts.vocabulary import Purpose


def may_be_named(asked: Asked, holder: Agency) -> bool:
    """E3. A holder is named to the asker under an agreement of theirs, never against her word, and a SARC never is."""
    if holder.kind in asked.protocol.never_contribute:
        return False
    if any_refused(asked.telling, (*asked.consents.same, *asked.consents.possible)):
        return False
    sent = asked.header.created
    return any(
        share.in_force(sent, asked.now) and sent < share.review
        for share in asked.protocol.shares_between(holder, asked.recipient, Purpose.CASELOAD_CHECK)
    )
