"""One message as the protocol sees it, wherever it came from: sent and recorded, or made up to be tried out.

Leaves out: where it came from (``unsent``, ``recorded``), and telling what was decided (``words``).
"""

from dataclasses import dataclass
from typing import Final

from consent.check import Decided, NotYetKnown, check
from consent.clauses.asked import Context
from consent.consents import Consents
from consent.protocol import Protocol
from contracts.envelope import Header
from contracts.kinds import SHAPES, Goes, Kind
from contracts.locks import SlotOpening, ToConsent
from contracts.messages.compartments import schema_name
from contracts.vocabulary import Label

NO_DIGEST: Final = "0" * 64


@dataclass(frozen=True, slots=True)
class Matter:
    """All that a decision is made from, but for the protocol."""

    header: Header
    part: ToConsent | None
    consents: Consents
    context: Context
    now: int

    def judged(self, protocol: Protocol) -> Decided | NotYetKnown:
        """What this protocol says of it."""
        return check(self.header, self.part, protocol, self.consents, self.context, self.now)

    @property
    def labels(self) -> dict[int, Label]:
        """What is in it, slot by slot."""
        return {} if self.part is None else {opening.slot: opening.label for opening in self.part.openings}

    def released(self, decided: Decided | NotYetKnown) -> frozenset[Label]:
        """What the recipient would be given."""
        slots = decided.slots if isinstance(decided, Decided) else ()
        return frozenset(self.labels[slot] for slot in slots)


def slot(number: int, label: Label) -> SlotOpening:
    """A slot of which only the label matters. Its digests commit to nothing, and no key is made from them."""
    return SlotOpening(
        slot=number,
        label=label,
        schema_name=schema_name(label),
        blind=NO_DIGEST,
        ciphertext=NO_DIGEST,
        plaintext=NO_DIGEST,
    )


def header_of(
    kind: Kind,
    sender: str,
    recipient: str,
    *,
    role: str,
    created: int,
    not_after: int,
    in_reply_to: str | None,
    message: str = "d1" * 16,
) -> Header:
    """A header of which only what clauses read is so; keys and digests are nobody's."""
    to_agency = SHAPES[kind].goes is Goes.TO_AGENCY
    return Header(
        v=1,
        suite="relay-1",
        id=message,
        conversation="d2" * 16,
        in_reply_to=in_reply_to,
        sender=sender,
        sender_key="0" * 16,
        recipient=recipient,
        role=role,
        recipient_key="1" * 16 if to_agency else None,
        consent_key="2" * 16,
        kind=kind,
        created=created,
        not_after=not_after,
        sequence=1,
        digests=(NO_DIGEST,) * (8 if to_agency else 0),
        kr=NO_DIGEST if to_agency else None,
        kc=NO_DIGEST if to_agency else None,
        facts=NO_DIGEST,
        subject=NO_DIGEST,
        for_broker=NO_DIGEST,
        body=NO_DIGEST,
    )
