"""What the broker itself must read in a message: the guard step, and nothing of a person but keyed tokens.

Leaves out: everything about her; that is sealed (``seal``).
"""

from typing import Annotated, Literal

from pydantic import Field

from contracts.frozen import Frozen
from contracts.identifiers import Digest, MessageId, Moment, Reference, Token
from contracts.vocabulary import (
    CaseMove,
    CaseRole,
    CloseReason,
    LeadMove,
    LeadReason,
    NoCheck,
    OverrideReason,
    Presentation,
    Reason,
    ReviewAnswer,
    ScriptMove,
    WatchMove,
    WatchReason,
)

Tokens = Annotated[tuple[Token, ...], Field(min_length=1, max_length=192)]
Epoch = Annotated[int, Field(ge=1, le=9999)]
Worker = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,48}$")]
"""An agency's code for one of its workers, never a name."""


class Keyed(Frozen):
    """Tokens under one epoch of the linkage key: tokens of two epochs never agree."""

    epoch: Epoch
    tokens: Tokens


class _WithTokens(Frozen):
    """Tokens under one epoch or two: the newest first, and the one before it while the register is re-keyed."""

    epoch: Epoch = 1
    tokens: Tokens
    also: Keyed | None = None

    def keyed(self) -> tuple[Keyed, ...]:
        """Her tokens, epoch by epoch."""
        first = Keyed(epoch=self.epoch, tokens=self.tokens)
        return (first,) if self.also is None else (first, self.also)


class RegisterStep(_WithTokens):
    """The agency knows this person now, by this reference and these tokens."""

    step: Literal["register"] = "register"
    protected: bool = False
    """Whether anybody may learn from a check that she is known: True makes every check about her "cannot say" (E3)."""
    canary: bool = False
    """Planted: nobody has a reason to ask about this person, who does not exist (E4)."""


class ReferenceStep(Frozen):
    """From now on this agency knows her by a fresh reference; what is on its way under the former one still arrives.

    The reference of the message is the former one.
    """

    step: Literal["reference"] = "reference"
    fresh: Reference


class CheckStep(_WithTokens):
    """A caseload check: is someone with these tokens on a caseload? Registers nobody.

    ``opened`` names the presentation it is made in, if that was told of before; otherwise the check tells of its own.
    """

    step: Literal["check"] = "check"
    presentation: Presentation
    worker: Worker = "worker"
    opened: MessageId | None = None


class PresentationStep(Frozen):
    """A person came (opened), or a presentation ended without a check (closed, with the reason why not). Names nobody."""

    step: Literal["presentation"] = "presentation"
    presentation: Presentation
    worker: Worker = "worker"
    closes: MessageId | None = None
    why_not: NoCheck | None = None


class ReviewStep(Frozen):
    """An agency's answer to a review: whether two records are one person."""

    step: Literal["review"] = "review"
    review: MessageId
    answer: ReviewAnswer
    worker: Worker = "worker"


class CaseStep(Frozen):
    """A case opened or closed. Opening as lead names the caseload check that went before (R01); the lead says why it closes."""

    step: Literal["case"] = "case"
    move: CaseMove
    role: CaseRole
    check: MessageId | None = None
    reason: CloseReason | None = None


class WatchStep(Frozen):
    """An agency wants to hear when she comes to another, until a day and for a reason; or does not want to any more (W05)."""

    step: Literal["watch"] = "watch"
    move: WatchMove
    reason: WatchReason = WatchReason.FOLLOW_UP
    until: Moment = 0


class GapStep(Frozen):
    """A need that no service of the directory could meet, and what stood in the way: to be counted. Names nobody (W08)."""

    step: Literal["gap"] = "gap"
    needs: Annotated[tuple[Worker, ...], Field(min_length=1, max_length=12)]
    why: Annotated[tuple[Worker, ...], Field(max_length=17)] = ()


class LeadStep(Frozen):
    """A step of a handover of the lead."""

    step: Literal["lead"] = "lead"
    move: LeadMove
    reason: LeadReason


class Override(Frozen):
    """A prescriber goes on in spite of the guard: named, reasoned (design.md D10)."""

    by: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,48}$")]
    reason: OverrideReason


class ScriptStep(Frozen):
    """A step of a prescription."""

    step: Literal["script"] = "script"
    move: ScriptMove
    override: Override | None = None
    check_refused: bool = False
    """She does not want the other prescribers asked. It is written down, and refuses her nothing (clause E5)."""
    last_dose: bool = False
    """The sealed part names the date and the amount of the last dose. Without them no transfer begins (W03)."""


class Receipt(Frozen):
    """What a recipient's adapter did with one delivery; or that its agency was told something it was to acknowledge.

    For ``acknowledged``, ``message`` is the id that stood in the alert as ``telling``.
    """

    message: MessageId
    attempt: Annotated[int, Field(ge=1)]
    result: Literal["delivered", "stale", "refused", "acknowledged"]
    reason: Reason | None = None


class ReceiptsStep(Frozen):
    """An adapter tells what became of deliveries, many at once."""

    step: Literal["receipts"] = "receipts"
    receipts: Annotated[tuple[Receipt, ...], Field(min_length=1, max_length=200)]


Step = Annotated[
    RegisterStep
    | ReferenceStep
    | CheckStep
    | PresentationStep
    | ReviewStep
    | WatchStep
    | GapStep
    | CaseStep
    | LeadStep
    | ScriptStep
    | ReceiptsStep,
    Field(discriminator="step"),
]


class ForBroker(Frozen):
    """The part of a message that the broker reads: whose reference, and what step. Bound to the header by its hash."""

    reference: Reference | None
    salt: Digest
    step: Step | None = None
