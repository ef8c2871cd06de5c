"""What she said about sharing, recorded; and taken back (R15, trust.md C1-C9). Sealed to the consent service alone."""

from typing import Annotated, ClassVar

from pydantic import Field

from contracts.frozen import Frozen
from contracts.identifiers import AgencyId, ConsentId, Moment
from contracts.kinds import Kind
from contracts.messages.compartments import Coded
from contracts.vocabulary import Capacity, ConsentAnswer, Label, Purpose


class ConsentRecorded(Frozen):
    """One answer to one question: this purpose, this recipient, these labels."""

    KIND: ClassVar[Kind] = Kind.CONSENT_RECORDED
    consent: ConsentId
    answer: ConsentAnswer
    purpose: Purpose
    recipient: AgencyId
    labels: Annotated[tuple[Label, ...], Field(min_length=1, max_length=15)]
    wording: Coded
    language: Coded
    taken_at: Moment
    taken_by: Coded
    how: Coded
    alone: bool
    capacity: Capacity
    limits_shown: bool
    review: Moment


class ConsentWithdrawn(Frozen):
    """She takes a consent back. From now on nothing is released on it."""

    KIND: ClassVar[Kind] = Kind.CONSENT_WITHDRAWN
    consent: ConsentId
    withdrawn_at: Moment
    taken_by: Coded
