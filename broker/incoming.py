"""What passes between the broker's shell and its store: one value for each beat of a message's walk.

Intake makes an ``Incoming``; the store says ``Who`` it is about; the consent client adds the answer (``Examined``); the
store settles it and hands back the rows to publish. Leaves out: what is decided (``outcome``, ``decide``).
"""

from dataclasses import dataclass

from contracts.consent_check import Answer
from contracts.envelope import Received
from contracts.vocabulary import CaseRole, Reason


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message at the beginning of an attempt: fresh from an agency, or a stored one whose time has come."""

    sender: str
    """The RabbitMQ user that published it, as RabbitMQ proved it."""
    body: bytes
    received: Received | None
    """None when the form is wrong; then ``refused`` says how."""
    refused: Reason | None
    """What intake found: form, signature, time or addressee."""
    message: str | None
    attempt: int
    arrived: int
    known: bool
    """Whether it comes from the store (a row that was due), so that its own row is no replay."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A message of this id is in the store already."""

    state: str
    header: str
    """The header's hash in hexadecimal: tells a repeat from another message under the same id."""
    attempt: int


@dataclass(frozen=True, slots=True)
class Who:
    """Whom a message is about, and what the consent service must be told of that."""

    seen: Seen | None
    own: str | None
    """The sender's own record of her, by the broker's record id."""
    person: str | None
    same: tuple[str, ...]
    possible: tuple[str, ...]
    unknown_reference: bool
    recipient_reference: str | None
    recipient_role: CaseRole | None
    holders: tuple[str, ...]
    canary: bool = False
    """A check asks about someone who was planted."""


@dataclass(frozen=True, slots=True)
class Examined:
    """A message with the consent service's answer. ``asked`` without an answer: the service did not answer in time."""

    incoming: Incoming
    who: Who
    answer: Answer | None
    asked: bool


@dataclass(frozen=True, slots=True)
class OutRow:
    """One thing to publish, as the outbox keeps it until RabbitMQ confirmed it."""

    id: int
    exchange: str
    routing_key: str
    body: bytes
    what: str
    message_id: str
    """The AMQP message id: new with every publish."""
    not_before: int


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of a batch: rows to publish now, and how many ended in which state for which reason."""

    rows: list[OutRow]
    counts: dict[tuple[str, str], int]
