"""What the consent service must know to decide, sealed to it alone: purpose, basis, actor, the state of the person.

A closed schema (design.md D4). Five basis fields, never one (D7). Leaves out: what is shared; only labels are told.
"""

from typing import Annotated

from pydantic import Field

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
from contracts.frozen import Frozen
from contracts.identifiers import AgencyId, ConsentId
from contracts.messages.compartments import Coded
from contracts.statements import Glass
from contracts.vocabulary import (
    AgeBand,
    Article6,
    Article9Or10,
    Capacity,
    Confidence,
    Engagement,
    Gateway,
    Presentation,
    Purpose,
    Threshold,
)


class Approval(Frozen):
    """A person who approved this before it was sent. Nobody approves what she sends herself (I2)."""

    agency: AgencyId
    role: Coded
    by: Coded | None = None
    """Her own code, as ``actor`` is the sender's; without it she is not known to be somebody else."""


class Facts(Frozen):
    """The inputs of the decision, as the sending worker states them."""

    purpose: Purpose
    article_6: Article6
    article_9_or_10: Article9Or10
    confidence: Confidence
    gateway: Gateway = Gateway.NOT_NEEDED
    actor: Coded
    presentation: Presentation | None = None
    age_band: AgeBand
    capacity: Capacity = Capacity.NOT_ASSESSED
    threshold: Threshold = Threshold.NOT_RELIED_ON
    engagement: Engagement = Engagement.VOLUNTARY
    approvals: Annotated[tuple[Approval, ...], Field(max_length=4)] = ()
    consents: Annotated[tuple[ConsentId, ...], Field(max_length=12)] = ()
    glass: Glass | None = None
    """Only to save life or limb: who breaks the glass, why and how far (clause G4)."""
    relation: Relation = Relation.NOT_STATED
    privacy_notice: Notice = Notice.NOT_STATED
    told: Told = Told.NOT_STATED
    free_text_read_by: Coded | None = None
    """Who at the sender read the prose (D2). Nobody: it is withheld."""
    given_for: Purpose | None = None
    """What she, or whoever told it, gave this for, where that is another purpose (F9)."""
    linked_to_him: Annotated[tuple[Linked, ...], Field(max_length=12)] = ()
    order_completed: bool = False
    """The conviction behind the offence is off the record: the order was completed (R46)."""
    police_request: PoliceRequest | None = None
    drug_test: DrugTest | None = None
    risk_conference: RiskConference | None = None
    duty: Duty = Duty.NONE
    ending: Ending | None = None
    enforcement: EnforcementStep | None = None
