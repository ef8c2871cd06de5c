"""Who manages her case: the lead proposed, accepted, declined (W02, R02, R03).

Opening and closing a case and the caseload check go to the broker alone and carry no compartments; see ``steps``.
"""

from typing import ClassVar

from contracts.kinds import Kind
from contracts.messages.compartments import AgeAndArea, FreeText, Identity, Outcome, Request
from contracts.messages.conversation import Said


class LeadProposed(Said):
    """The lead asks another agency to take the lead."""

    KIND: ClassVar[Kind] = Kind.LEAD_PROPOSED
    request: Request
    identity: Identity | None = None
    free_text: FreeText | None = None
    age_and_area: AgeAndArea | None = None


class LeadAccepted(Said):
    """The other agency takes the lead; only now does it change."""

    KIND: ClassVar[Kind] = Kind.LEAD_ACCEPTED
    outcome: Outcome


class LeadDeclined(Said):
    """The other agency does not take the lead; the old lead stays."""

    KIND: ClassVar[Kind] = Kind.LEAD_DECLINED
    outcome: Outcome
