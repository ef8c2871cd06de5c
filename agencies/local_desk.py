"""What every record of an agency's own system may say, and those that a desk writes beside a check: she came, why no check,
whether two records are one person. Read strictly like all others (``local_records``).
"""

from typing import Annotated, Literal

from pydantic import Field

from agencies.local_fields import Basis, LocalId
from contracts.assurances import (
    DrugTest,
    Duty,
    Ending,
    EnforcementStep,
    Linked,
    Notice,
    PoliceRequest,
    Relation,
    RiskConference,
    Told,
)
from contracts.facts import Approval
from contracts.frozen import Frozen
from contracts.identifiers import MessageId, Reference
from contracts.messages.compartments import Coded
from contracts.offers import Circumstances
from contracts.statements import Glass
from contracts.vocabulary import (
    AgeBand,
    Capacity,
    Engagement,
    NoCheck,
    Presentation,
    Purpose,
    ReviewAnswer,
    Threshold,
    WatchMove,
    WatchReason,
)


class Written(Frozen):
    """What every record a worker wrote may say about how it came about. All of it has defaults."""

    id: LocalId
    worker: Coded = "worker"
    age_band: AgeBand | None = None
    capacity: Capacity = Capacity.NOT_ASSESSED
    threshold: Threshold = Threshold.NOT_RELIED_ON
    engagement: Engagement | None = None
    presentation: Presentation | None = None
    approvals: Annotated[tuple[Approval, ...], Field(max_length=4)] = ()
    basis: Basis | None = None
    glass: Glass | None = None
    """Only to save life or limb: what ./run glass break printed, signed by whoever breaks it."""
    consents: Annotated[tuple[LocalId, ...], Field(max_length=12)] = ()
    relation: Relation = Relation.NOT_STATED
    privacy_notice: Notice = Notice.NOT_STATED
    told: Told = Told.NOT_STATED
    given_for: Purpose | None = None
    linked_to_him: Annotated[tuple[Linked, ...], Field(max_length=12)] = ()
    order_completed: bool = False
    police_request: PoliceRequest | None = None
    drug_test: DrugTest | None = None
    risk_conference: RiskConference | None = None
    duty: Duty = Duty.NONE
    ending: Ending | None = None
    enforcement: EnforcementStep | None = None
    wanted_within_seconds: Annotated[int, Field(ge=5, le=14 * 86_400)] | None = None


class PresentationOpened(Written):
    """A person came. It says where, and nothing of who: it ends with a check, or with a record that says why not."""

    type: Literal["presentation_opened"]
    presentation: Presentation


class PresentationClosed(Written):
    """No check was made, and why. ``opened`` is the id of the record that said she came."""

    type: Literal["presentation_closed"]
    opened: LocalId
    presentation: Presentation
    why_not: NoCheck


class Watch(Written):
    """This agency wants to hear when she comes to another, for some days; or does not want to any more (W05)."""

    type: Literal["watch"]
    person: LocalId
    move: WatchMove = WatchMove.SET
    reason: WatchReason = WatchReason.FOLLOW_UP
    days: Annotated[int, Field(ge=1, le=180)] = 90


class NewReference(Written):
    """She is to have a new reference, because the one she has was seen where it should not have been (T16).

    ``reference``: which, where this agency has several for her; otherwise the one that it uses.
    """

    type: Literal["new_reference"]
    person: LocalId
    reference: Reference | None = None


class Need(Written):
    """What she needs, and of her only what a service asks about: is there one for her? Names nobody (W08)."""

    type: Literal["need"]
    circumstances: Circumstances


class Review(Written):
    """The answer to a review: are two records one person? ``review`` is the id that the notice gave."""

    type: Literal["review_answer"]
    review: MessageId
    answer: ReviewAnswer
