"""Make a message: lock its compartments, seal the shares, sign the header (design.md D4).

A message goes from one agency to one recipient role; an alert to five is five messages, each with fresh shares.
Leaves out: what is said (``messages``), whether it may pass (``consent``), sending it (``agencies``).
"""

import secrets
from dataclasses import dataclass, field
from typing import Final

from contracts.canonical import MAX_BYTES, to_base64
from contracts.envelope import (
    SLOTS,
    Header,
    Submission,
    body_hash,
    for_broker_hash,
    header_hash,
    header_ids,
    subject_commitment,
)
from contracts.facts import Facts
from contracts.identifiers import CONSENT
from contracts.keys import SealKey, SigningKey
from contracts.kinds import SHAPES, Goes, Kind
from contracts.locks import (
    SlotOpening,
    ToConsent,
    ciphertext_hash,
    consent_context,
    facts_hash,
    lock,
    plaintext_commitment,
    recipient_context,
    share_hash,
    slot_digest,
    slot_key,
    slot_share,
)
from contracts.messages.compartments import schema_name
from contracts.messages.consents import ForConsent
from contracts.messages.conversation import Said
from contracts.steps import ForBroker, Step

_NO_HASH: Final = "0" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """Everything a sender decides about one message, before it is sealed. Times in milliseconds since 1970 UTC."""

    id: str
    conversation: str
    kind: Kind
    sender: str
    recipient: str
    role: str
    created: int
    not_after: int
    sequence: int
    in_reply_to: str | None = None
    reference: str | None = None
    step: Step | None = None
    said: Said | ForConsent | None = None
    facts: Facts | None = None


@dataclass(slots=True)
class _Locked:
    """The compartments of one message, locked."""

    digests: list[str] = field(default_factory=lambda: [secrets.token_hex(32) for _ in range(SLOTS)])
    compartments: dict[str, str] = field(default_factory=dict)
    openings: list[SlotOpening] = field(default_factory=list)


def seal(letter: Letter, *, signing: SigningKey, recipient: SealKey | None, consent: SealKey | None) -> bytes:
    """The canonical bytes of a signed, sealed submission.

    ``recipient`` is needed for a kind that goes to an agency, ``consent`` for one that the consent service is asked about.
    ValueError for a letter that does not fit its kind, or is larger than a message may be.
    """
    shape = SHAPES[letter.kind]
    to_agency = shape.goes is Goes.TO_AGENCY
    said = letter.said.KIND if letter.said else None
    fits = said is (None if shape.goes is Goes.TO_BROKER else letter.kind) and to_agency is (recipient is not None)
    if not fits or shape.asks_consent is (consent is None or letter.facts is None):
        raise ValueError(f"a {letter.kind.value} does not fit these keys and facts")
    for_broker = ForBroker(reference=letter.reference, salt=secrets.token_hex(32), step=letter.step)
    header = _first_header(letter, signing, recipient, consent, for_broker)
    ids = header_ids(header)
    kr, kc = (secrets.token_bytes(32), secrets.token_bytes(32)) if to_agency else (None, None)
    locked = _lock_all(letter.said, kr, kc, ids) if isinstance(letter.said, Said) and kr and kc else _Locked([])
    to_recipient = to_base64(recipient.seal(kr, recipient_context(ids))) if recipient and kr else None
    part = _to_consent(letter, kc, locked) if consent else None
    to_consent = to_base64(consent.seal(part.wire(), consent_context(ids))) if consent and part else None
    header = header.model_copy(
        update={
            "digests": tuple(locked.digests),
            "kr": share_hash(kr).hex() if kr else None,
            "kc": share_hash(kc).hex() if kc else None,
            "facts": facts_hash(part).hex() if part else None,
            "body": body_hash(to_recipient, to_consent, locked.compartments).hex(),
        }
    )
    body = Submission(
        header=header,
        signature=to_base64(signing.sign(header_hash(header))),
        compartments=locked.compartments,
        to_recipient=to_recipient,
        to_consent=to_consent,
        for_broker=for_broker,
    ).wire()
    if len(body) > MAX_BYTES:
        raise ValueError("a message is at most 64 KiB")
    return body


def _first_header(
    letter: Letter, signing: SigningKey, recipient: SealKey | None, consent: SealKey | None, part: ForBroker
) -> Header:
    """The header with everything that the locks are bound to; the hashes of what is locked come after."""
    return Header(
        v=1,
        suite="relay-1",
        id=letter.id,
        conversation=letter.conversation,
        in_reply_to=letter.in_reply_to,
        sender=letter.sender,
        sender_key=signing.id,
        recipient=letter.recipient,
        role=letter.role,
        recipient_key=recipient.id if recipient else None,
        consent_key=consent.id if consent else None,
        kind=letter.kind,
        created=letter.created,
        not_after=letter.not_after,
        sequence=letter.sequence,
        digests=(),
        kr=None,
        kc=None,
        facts=None,
        subject=subject_commitment(part.reference, part.salt).hex(),
        for_broker=for_broker_hash(part).hex(),
        body=_NO_HASH,
    )


def _lock_all(said: Said, kr: bytes, kc: bytes, ids: bytes) -> _Locked:
    """Lock each compartment into a slot chosen at random; the digests of unused slots stay random."""
    locked = _Locked()
    slots = list(range(SLOTS))
    secrets.SystemRandom().shuffle(slots)
    filled = said.compartments()
    if not 1 <= len(filled) <= SLOTS:
        raise ValueError("a message carries one to eight compartments")
    for slot, (label, value) in zip(slots, filled.items(), strict=False):
        salt, plaintext = secrets.token_bytes(32), value.wire()
        ciphertext = lock(slot_key(slot_share(kr, slot), slot_share(kc, slot), slot, ids), salt, plaintext, slot, ids)
        opening = SlotOpening(
            slot=slot,
            label=label,
            schema_name=schema_name(label),
            blind=secrets.token_hex(32),
            ciphertext=ciphertext_hash(ciphertext).hex(),
            plaintext=plaintext_commitment(salt, plaintext).hex(),
        )
        locked.digests[slot] = slot_digest(opening).hex()
        locked.compartments[str(slot)] = to_base64(ciphertext)
        locked.openings.append(opening)
    return locked


def _to_consent(letter: Letter, kc: bytes | None, locked: _Locked) -> ToConsent | None:
    if letter.facts is None:
        return None
    said = letter.said if SHAPES[letter.kind].goes.value == CONSENT else None
    return ToConsent(
        kc=kc.hex() if kc else None,
        openings=tuple(locked.openings),
        facts=letter.facts,
        salt=secrets.token_hex(32),
        said=said if isinstance(said, ForConsent) else None,
    )
