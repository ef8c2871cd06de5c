"""What the consent service must know to decide, sealed to it alone: purpose, basis, actor, the state of the person.

A closed schema (design.md D4). Five basis fields, never one (D7). Leaves out: what is shared; only labels are told.
"""

from typing import Annotated

from pydantic import Field

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
    """A person who approved this before it was sent."""

    agency: AgencyId
    role: Coded


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
