"""What she said about sharing, recorded; taken back; and what was told of her wrongly, put right (R15, trust.md C1-C9, H1, H6).

Sealed to the consent service alone.
"""

from typing import Annotated, ClassVar, Final

from pydantic import Field

from contracts.frozen import Frozen
from contracts.identifiers import AgencyId, ConsentId, Digest, MessageId, Moment
from contracts.kinds import Kind
from contracts.messages.compartments import Coded
from contracts.vocabulary import Capacity, ConsentAnswer, Gillick, Interpreter, Label, Purpose

ASKED_ALONE: Final = frozenset({Label.INVOLVEMENT, Label.SEXUAL_ASSAULT})
"""A yes to one of these names nothing else: never in one breath with other things (R16, W29, C3)."""


class ConsentRecorded(Frozen):
    """One answer to one question: this purpose, this recipient, these labels (anchors.md §5). Her age band is in the facts.

    What she must not be asked for in one breath with anything else (involvement, assault) is a record of its own.
    """

    KIND: ClassVar[Kind] = Kind.CONSENT_RECORDED
    consent: ConsentId
    answer: ConsentAnswer
    purpose: Purpose
    recipient: AgencyId
    labels: Annotated[tuple[Label, ...], Field(min_length=1, max_length=20)]
    wording: Coded
    language: Coded
    interpreter: Interpreter = Interpreter.NOT_NEEDED
    taken_at: Moment
    taken_by: Coded
    how: Coded
    setting: Coded = "not_noted"
    alone: bool
    freely: bool | None = None
    """Whether the worker believes that nobody pressed her; None when it was not noted."""
    capacity: Capacity
    gillick: Gillick = Gillick.NOT_NEEDED
    limits_shown: bool
    notice: Coded | None = None
    """The version of the privacy notice that she was given (H7)."""
    no_notice: Coded | None = None
    """Why she was given none."""
    evidence: Digest | None = None
    """The hash of the signed form or recording, which stays with the agency."""
    replaces: ConsentId | None = None
    review: Moment


class ConsentWithdrawn(Frozen):
    """She takes a consent back, or only some of what she agreed to. From now on nothing is released on it."""

    KIND: ClassVar[Kind] = Kind.CONSENT_WITHDRAWN
    consent: ConsentId
    labels: Annotated[tuple[Label, ...], Field(max_length=20)] = ()
    """Only these of its labels; the rest of her yes stands. None named: all of it."""
    withdrawn_at: Moment
    taken_by: Coded
    how: Coded = "face_to_face"


class CorrectionRecorded(Frozen):
    """Something that this agency told was wrong. Everyone it told the same is told so; what is right follows as a message.

    ``message`` is one of the agency's own in which it stood, ``labels`` the compartments it stood in.
    """

    KIND: ClassVar[Kind] = Kind.CORRECTION_RECORDED
    message: MessageId
    labels: Annotated[tuple[Label, ...], Field(min_length=1, max_length=15)]
    why: Coded
    found_at: Moment
    taken_by: Coded


ForConsent = ConsentRecorded | ConsentWithdrawn | CorrectionRecorded
"""What agencies say to the consent service itself."""
