"""What intake refused: bytes that are no message, or not their sender's. Written down once, by the hash of the bytes.

They get no row among the messages, or a forger could take the id of a message that is still to come. Leaves out: messages
that were refused after they were understood (``settling``).
"""

from hashlib import sha256
from typing import Final

from broker.incoming import Examined
from broker.store import messages
from broker.store.database import Work
from broker.store.house import House
from broker.store.messages import MessageRows
from broker.store.notices import Notices
from broker.store.sequences import Sequences
from contracts.identifiers import BROKER
from contracts.vocabulary import Reason, ReceiptState

# Refused, but certainly its sender's: its number came.
_PROVEN: Final = frozenset(
    {Reason.EXPIRED, Reason.WRONG_TIME, Reason.UNKNOWN_RECIPIENT, Reason.UNKNOWN_ROLE, Reason.WRONG_RECIPIENT_KEY}
)
_UNREADABLE: Final = "unreadable"
_UNKNOWN_SENDER: Final = "unknown"


class Refusals:
    """The refusals of one batch."""

    def __init__(self, work: Work, house: House, rows: MessageRows, notices: Notices, now: int) -> None:
        self._work, self._now = work, now
        self._house, self._rows, self._notices = house, rows, notices
        self._refused: set[str] = set()

    def refuse(self, examined: Examined, reason: Reason) -> None:
        """Write it down and tell whoever sent the bytes; told again when they come again, logged once."""
        incoming = examined.incoming
        if incoming.known:
            self._refuse_stored(examined, reason)
            return
        header = incoming.received.header if incoming.received is not None else None
        body_hash = _hash(examined)
        message = header.id if header else incoming.message
        conversation = header.conversation if header else None
        self._notices.receipt(incoming.sender, message, conversation, ReceiptState.REFUSED, reason)
        if body_hash in self._refused or messages.refused_before(self._work, body_hash):
            return
        self._refused.add(body_hash)
        self._rows.refusal(body_hash, incoming.sender, message, reason)
        sender = incoming.sender if self._house.directory.agency(incoming.sender) else _UNKNOWN_SENDER
        # Under the id of the bytes, not the one they claim: that may be another's.
        own = header is not None and header.sender == incoming.sender and reason in _PROVEN
        named = header.id if own and header else body_hash[:32]
        recipient = header.recipient if header else BROKER
        kind = header.kind.value if header else _UNREADABLE
        self._notices.outcome(named, 0, "refused", reason, sender, recipient, kind)

    def note_sequence(self, examined: Examined, sequences: Sequences) -> None:
        """Note the number of every message that is certainly its sender's."""
        incoming = examined.incoming
        received = incoming.received
        if received is None or incoming.known or received.header.sender != incoming.sender:
            return
        if incoming.refused is None or incoming.refused in _PROVEN:
            sequences.note(incoming.sender, received.header.sequence)

    def _refuse_stored(self, examined: Examined, reason: Reason) -> None:
        """A stored message that a later version of the contracts cannot read any more."""
        message = examined.incoming.message
        assert message is not None, "a stored message has an id"
        messages.refuse_stored(self._work, message, reason, self._now)
        self._notices.receipt(examined.incoming.sender, message, None, ReceiptState.REFUSED, reason)
        self._notices.outcome(
            message, examined.incoming.attempt, "refused", reason, examined.incoming.sender, BROKER, _UNREADABLE
        )


def _hash(examined: Examined) -> str:
    return sha256(examined.incoming.body).hexdigest()
