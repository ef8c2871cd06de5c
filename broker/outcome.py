"""What becomes of one message, as data: five ways to go on, and what else must be written down with each.

The store carries these out in one transaction; nothing here does anything. Leaves out: how one is chosen (``decide``).
"""

from dataclasses import dataclass
from typing import Literal

from broker.effects import (
    CountGap,
    EndPresentation,
    EndWatch,
    HoldChecks,
    KeepCheck,
    OpenPresentation,
    ReplaceReference,
    SettleReview,
    SetWatch,
)
from contracts.consent_check import Telling
from contracts.notices import AlertName, CaseloadAnswer
from contracts.permit import Permit
from contracts.steps import Keyed, Override, Receipt
from contracts.vocabulary import CaseRole, CloseReason, GuardAnswer, LeadReason, Reason, ScriptState


@dataclass(frozen=True, slots=True)
class Alert:
    """Something an agency must know without having asked. ``about`` is the other agency, ``reference`` its own."""

    to: str
    alert: AlertName
    reference: str | None = None
    about: str | None = None
    message: str | None = None
    """A message of the agency's own that this is about."""
    telling: str | None = None
    """To be acknowledged by this id."""


@dataclass(frozen=True, slots=True)
class GuardReply:
    """What a guard says to the agency that took a step."""

    answer: GuardAnswer
    reason: Reason | None = None
    ring: str | None = None
    """The agency to ring."""


# --- effects: what is to be written, first come first served; those of checks and reviews are in ``effects``


@dataclass(frozen=True, slots=True)
class OpenCase:
    """The agency opens a case. Yields if another was first."""

    person: str
    record: str
    agency: str
    role: CaseRole


@dataclass(frozen=True, slots=True)
class CloseCases:
    """The agency closes its case; a proposal it made falls with it."""

    cases: tuple[str, ...]
    proposal: str | None
    reason: CloseReason | None = None


@dataclass(frozen=True, slots=True)
class RestoreLead:
    """Of two leads in conflict one is left: it leads alone again."""

    case: str


@dataclass(frozen=True, slots=True)
class OpenProposal:
    """The lead proposes another agency."""

    person: str
    record: str
    lead: str
    to: str
    reason: LeadReason
    until: int


@dataclass(frozen=True, slots=True)
class CloseProposal:
    """A proposal is answered, with a reason of the answerer's own (R03)."""

    proposal: str
    state: Literal["accepted", "declined"]
    reason: LeadReason


@dataclass(frozen=True, slots=True)
class SwapLead:
    """The new lead takes over in the moment the old one stands back: never two, never none."""

    old: str
    new: str | None
    """A case that the new lead has open already, or None to open one."""
    person: str
    record: str
    agency: str


@dataclass(frozen=True, slots=True)
class StartScript:
    """A prescriber begins: a reservation; beside another's, a row in conflict; or, at her word, one that is not checked.

    ``beside``: the agency that an override went past."""

    person: str
    record: str
    agency: str
    state: ScriptState
    override: Override | None
    beside: str | None = None


@dataclass(frozen=True, slots=True)
class MoveScript:
    """A prescription changes its state, and perhaps its holder."""

    script: str
    old: ScriptState
    new: ScriptState
    holder: str | None = None
    record: str | None = None
    transferee: str | None = None
    before: ScriptState | None = None


GuardEffect = (
    OpenCase | CloseCases | RestoreLead | OpenProposal | CloseProposal | SwapLead | StartScript | MoveScript
    | SetWatch | EndWatch | ReplaceReference
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Register:
    """The agency knows this person now. Protected: no check tells of her. Canary: planted, and never anyone's match."""

    reference: str
    keyed: tuple[Keyed, ...]
    protected: bool = False
    canary: bool = False


@dataclass(frozen=True, slots=True)
class TakeReceipts:
    """A recipient tells what became of deliveries."""

    receipts: tuple[Receipt, ...]


@dataclass(frozen=True, slots=True)
class TakeBack:
    """This message of the same sender, which has not left, ends here."""

    message: str


@dataclass(frozen=True, slots=True)
class AskAgain:
    """What waits for these records is asked again; after a withdrawal, what was permitted before it, too."""

    records: tuple[str, ...]
    index: int
    withdrawn: bool


@dataclass(frozen=True, slots=True)
class TellRecipients:
    """Whoever received these messages is told that she withdrew, or that something in them was wrong."""

    alert: AlertName
    tellings: tuple[Telling, ...]


Effect = (
    GuardEffect
    | Register
    | TakeReceipts
    | TakeBack
    | AskAgain
    | KeepCheck
    | HoldChecks
    | OpenPresentation
    | EndPresentation
    | SettleReview
    | TellRecipients
    | CountGap
)

# --- the ways to go on


@dataclass(frozen=True, slots=True)
class Deliver:
    """Into the recipient's inbox, with this permit."""

    permit: Permit
    effects: tuple[Effect, ...] = ()
    reply: GuardReply | None = None
    alerts: tuple[Alert, ...] = ()


@dataclass(frozen=True, slots=True)
class Hold:
    """A person must act first: who, and by when."""

    reason: Reason
    owner: str
    deadline: int
    index: int
    effects: tuple[Effect, ...] = ()
    alerts: tuple[Alert, ...] = ()


@dataclass(frozen=True, slots=True)
class Refuse:
    """It does not pass. ``logged``: the consent service refused it, so it need not be told."""

    reason: Reason
    logged: bool = False
    index: int | None = None
    reply: GuardReply | None = None
    alerts: tuple[Alert, ...] = ()


@dataclass(frozen=True, slots=True)
class TryLater:
    """It cannot be told yet: a stored row, asked again at a moment, or when what it waits for comes."""

    reason: Reason
    at: int
    waits_for: str | None = None
    reply: GuardReply | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """It was for the broker or the consent service, and is finished."""

    effects: tuple[Effect, ...] = ()
    reply: GuardReply | None = None
    alerts: tuple[Alert, ...] = ()
    index: int | None = None
    caseload: CaseloadAnswer | None = None


@dataclass(frozen=True, slots=True)
class Repeat:
    """It was here before and nothing happens again; ``state`` is where the first one stands, None if it is not its turn."""

    state: str | None


Outcome = Deliver | Hold | Refuse | TryLater | Done | Repeat


@dataclass(frozen=True, slots=True)
class Judged:
    """A guard's judgement of one step: its reply, and what is to be written if it stands."""

    reply: GuardReply
    effects: tuple[GuardEffect, ...] = ()
    alerts: tuple[Alert, ...] = ()

    @property
    def refusal(self) -> Reason | None:
        """Why the step is not taken, or None when it is."""
        return None if self.reply.answer in _TAKEN else self.reply.reason


_TAKEN = frozenset({GuardAnswer.CLEARED, GuardAnswer.OVERRIDDEN, GuardAnswer.NOT_CHECKED})
CLEARED = GuardReply(GuardAnswer.CLEARED)


def not_cleared(reason: Reason, ring: str | None = None) -> Judged:
    """The step is not taken."""
    return Judged(GuardReply(GuardAnswer.NOT_CLEARED, reason, ring))
