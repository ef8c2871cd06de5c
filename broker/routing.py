"""Whether a message has its place in a conversation, and which inbox it goes to.

An answer comes only from whoever received what it answers, and a step has its effect once. Leaves out: whether it may be
passed on at all (the consent service), and what it changes (``caseloads``, ``prescriptions``).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from contracts.envelope import Header
from contracts.kinds import Kind
from contracts.notices import AlertName
from contracts.offers import Service, is_full, is_open
from contracts.vocabulary import Reason

_REFERRAL: Final = frozenset(
    {Kind.REFERRAL_MADE, Kind.REFERRAL_RECEIVED, Kind.REFERRAL_ACCEPTED, Kind.REFERRAL_DECLINED, Kind.REFERRAL_COMPLETED}
)

# What each answer answers. The answered message must have gone to whoever answers now; a withdrawal takes back one's own.
ANSWERS: Final[dict[Kind, frozenset[Kind]]] = {
    Kind.LEAD_ACCEPTED: frozenset({Kind.LEAD_PROPOSED}),
    Kind.LEAD_DECLINED: frozenset({Kind.LEAD_PROPOSED}),
    Kind.REFERRAL_RECEIVED: _REFERRAL,
    Kind.REFERRAL_ACCEPTED: _REFERRAL,
    Kind.REFERRAL_DECLINED: _REFERRAL,
    Kind.REFERRAL_COMPLETED: _REFERRAL,
    Kind.REFERRAL_WITHDRAWN: _REFERRAL,
}
_EITHER_WAY: Final = frozenset({Kind.REFERRAL_WITHDRAWN, Kind.REFERRAL_COMPLETED})

# Steps that take effect once in a conversation, between the same two agencies.
_ONCE: Final = frozenset({*ANSWERS, Kind.REFERRAL_MADE, Kind.LEAD_PROPOSED, Kind.SCRIPT_TRANSFERRED})

# Where the answered message may stand: on its way to the one who answers, or through; or still here.
_REACHED: Final = frozenset({"sent", "delivered", "expired"})
STILL_HERE: Final = frozenset({"waiting", "held", "queued"})


@dataclass(frozen=True, slots=True)
class Answered:
    """The message that ``in_reply_to`` names."""

    sender: str
    recipient: str
    kind: Kind
    conversation: str
    state: str


def step_key(header: Header) -> str | None:
    """What must be unique while a step stands: conversation, kind, sender, recipient; None where repeating is natural."""
    if header.kind not in _ONCE:
        return None
    # Hashed to be short: there is one in an index for every referral.
    parts = f"{header.conversation} {header.kind.value} {header.sender} {header.recipient}"
    return sha256(parts.encode()).hexdigest()[:32]


def reception(services: Iterable[Service], now: int) -> AlertName | None:
    """What a referral to these services of one role meets at this moment: told to its sender, and it lies there (W08).

    Only what all of them share is told; an agency that lists nothing is taken at its word that it takes referrals.
    """
    running = [service for service in services if service.status == "active"]
    if not running:
        return None
    if all(is_full(service, now) for service in running):
        return "service_full"
    return None if any(is_open(service, now) for service in running) else "service_closed"


def takes_back(header: Header, answered: Answered | None) -> bool:
    """Whether it takes back its own sender's referral before that has left: nobody else has heard of either."""
    if answered is None or header.kind is not Kind.REFERRAL_WITHDRAWN or answered.kind is not Kind.REFERRAL_MADE:
        return False
    return answered.conversation == header.conversation and _went(header, answered) and answered.state in STILL_HERE


def misplaced(header: Header, answered: Answered | None) -> Reason | None:
    """Why a message has no place in its conversation, or not yet (NOT_ITS_TURN); None when it has."""
    kinds = ANSWERS.get(header.kind)
    if kinds is None:
        return None
    if answered is None or answered.kind not in kinds or answered.conversation != header.conversation:
        return Reason.NO_CONVERSATION
    came = (answered.sender, answered.recipient) == (header.recipient, header.sender)
    went = _went(header, answered) and header.kind in _EITHER_WAY
    if went and answered.state in STILL_HERE:
        return Reason.NOT_ITS_TURN
    return None if (came or went) and answered.state in _REACHED else Reason.NO_CONVERSATION


def _went(header: Header, answered: Answered) -> bool:
    return (answered.sender, answered.recipient) == (header.sender, header.recipient)
