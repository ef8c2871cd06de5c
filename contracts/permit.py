"""What the consent service gives for a message it lets pass, and how that message then reaches its recipient.

The permit binds one decision that is already in the log: its ``decision`` fields are the part of the log's leaf that the
recipient may see, so nobody can hand out a permit that the log does not show (design.md D4, D8).
Leaves out: how the decision is made (``consent/check.py``), and how it is opened (``opening``).
"""

from typing import Annotated, Literal

from pydantic import Field

from contracts.envelope import Compartments, Header
from contracts.frozen import Frozen
from contracts.hashes import domain_hash
from contracts.identifiers import (
    AgencyId,
    Base64,
    Digest,
    KeyId,
    MessageId,
    Moment,
    Reference,
    RoleName,
    Slot,
)

MAX_DELIVERY_BYTES = 128 * 1024


class Decision(Frozen):
    """The part of the log entry that the recipient may see. Without labels, so it may pass the broker."""

    entry: Literal["decision"] = "decision"
    message: MessageId
    header: Digest
    attempt: Annotated[int, Field(ge=1)]
    recipient: AgencyId
    role: RoleName
    recipient_key: KeyId
    reference: Reference | None
    slots: Annotated[tuple[Slot, ...], Field(max_length=8)]
    protocol: Digest
    decided: Moment
    valid_until: Moment


class Permit(Frozen):
    """Leave to pass on the named slots of one message, at one attempt, until a moment; with proof that it is in the log."""

    v: Literal[1] = 1
    release: Literal["epoch-1"] = "epoch-1"
    wrap: Base64
    """The epoch key that the shares are locked under, sealed to the recipient's role key (``epoch_keys``)."""
    decision: Decision
    salt: Digest
    skeleton: Digest
    subject: Digest
    index: Annotated[int, Field(ge=0)]
    proof: Annotated[tuple[Digest, ...], Field(max_length=64)]
    checkpoint: Annotated[str, Field(max_length=4000)]
    shares: Base64
    """Locked under the epoch key: the openings of the permitted slots and their second key shares."""
    signature: Base64


class Delivery(Frozen):
    """What arrives in a recipient's inbox: never a withheld ciphertext, never what was for the others."""

    v: Literal[1] = 1
    header: Header
    signature: Base64
    compartments: Compartments
    to_recipient: Base64
    permit: Permit


def permit_hash(permit: Permit) -> bytes:
    """What the consent service signs: everything in the permit but the signature."""
    return domain_hash("relay-1 permit", permit.wire(leave_out={"signature"}))


def shares_context(header_hash: bytes, attempt: int, salt: bytes) -> bytes:
    """The context that released shares are locked in: this message, this attempt, this entry of the log (by its salt)."""
    return domain_hash("relay-1 shares", header_hash, str(attempt).encode(), salt)
