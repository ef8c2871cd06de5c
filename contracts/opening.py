"""Open what was sealed: the consent service its part, the recipient what was released to it.

Every check that binds a part to the signed header is made here, before anything is used.
Leaves out: whether the sender is who the header says (``envelope.check_signature``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from pydantic import ValidationError

from contracts.canonical import MalformedError, from_base64, parse_canonical
from contracts.checkpoint import Checkpoint, CheckpointError, open_note
from contracts.directory import Directory
from contracts.envelope import Header, header_hash, header_ids
from contracts.epoch_keys import lock_release, unlock_release
from contracts.frozen import in_key_order
from contracts.identifiers import Reference
from contracts.keys import OpenKey, SealError, SignatureError, VerifyKey
from contracts.kinds import SHAPES, Goes
from contracts.locks import (
    SlotOpening,
    ToConsent,
    ToRecipient,
    ciphertext_hash,
    consent_context,
    facts_hash,
    plaintext_commitment,
    recipient_context,
    share_hash,
    slot_digest,
    slot_key,
    slot_share,
    slot_shares,
    unlock,
)
from contracts.messages.compartments import SCHEMAS, Compartment, schema_name
from contracts.permit import MAX_DELIVERY_BYTES, Delivery, Permit, permit_hash, shares_context
from contracts.proofs import (
    ProofError,
    group_commitment,
    leaf_bytes,
    leaf_hash,
    record_commitment,
    verify_inclusion,
)
from contracts.vocabulary import Label, Reason


class OpeningError(ValueError):
    """A sealed part does not fit its message. Carries the reason code; never quotes anything."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Opened:
    """A delivery as its recipient may read it."""

    header: Header
    reference: Reference | None
    compartments: dict[Label, Compartment]
    index: int
    checkpoint: str


def open_for_consent(header: Header, to_consent: str, key: OpenKey) -> ToConsent:
    """Open the consent service's part, and check that it is what the sender signed. OpeningError otherwise."""
    (part,) = open_all_for_consent([(header, to_consent)], key)
    if isinstance(part, Reason):
        raise OpeningError(part)
    return part


def open_all_for_consent(sealed: Sequence[tuple[Header, str]], key: OpenKey) -> list[ToConsent | Reason]:
    """Open the consent service's part of each message, or say why it is not what its sender signed.

    1. It opens with our key in this message's context.  2. It is of the agreed form.  3. Its facts and its share are those the
    header commits to.  4. Every opened slot is one of the header's digests.  5. It says something to the consent service only
    in the kinds that do, and then what the kind says.
    Each step is taken for all before the next: with its code at hand the processor needs two thirds of the time.
    """
    bodies = [_unsealed_for_consent(header, text, key) for header, text in sealed]
    parts = [body if isinstance(body, Reason) else _read_for_consent(body) for body in bodies]
    return [
        part if isinstance(part, Reason) else _why_not_signed(header, part) or part
        for (header, _), part in zip(sealed, parts, strict=True)
    ]


def _unsealed_for_consent(header: Header, to_consent: str, key: OpenKey) -> bytes | Reason:
    if header.consent_key != key.id:
        return Reason.UNKNOWN_KEY
    try:
        return key.open(from_base64(to_consent), consent_context(header_ids(header)))
    except (SealError, MalformedError):
        return Reason.CANNOT_OPEN


def _read_for_consent(body: bytes) -> ToConsent | Reason:
    try:
        return ToConsent.model_validate_json(body)
    except ValidationError:
        return Reason.CANNOT_OPEN


def _why_not_signed(header: Header, part: ToConsent) -> Reason | None:
    share_fits = header.kc is None if part.kc is None else share_hash(bytes.fromhex(part.kc)).hex() == header.kc
    if facts_hash(part).hex() != header.facts or not share_fits:
        return Reason.CANNOT_OPEN
    told = header.kind if SHAPES[header.kind].goes is Goes.TO_CONSENT else None
    said_fits = (part.said.KIND if part.said else None) is told
    return _why_openings_do_not_fit(header, part.openings) or (None if said_fits else Reason.PARTS_DO_NOT_FIT)


def lock_shares(part: ToConsent, slots: tuple[int, ...], epoch_key: bytes, context: bytes) -> bytes:
    """Lock the second shares and the openings of the permitted slots for the recipient (``permit.shares_context``)."""
    shares = slot_shares(bytes.fromhex(part.kc or ""), slots)
    released = ToRecipient.put_together(
        openings=tuple([opening for opening in part.openings if opening.slot in slots]),
        shares=in_key_order({str(slot): share.hex() for slot, share in shares.items()}),
    )
    return lock_release(epoch_key, released.wire(), context)


def read_delivery(body: bytes) -> Delivery:
    """Read a delivery strictly; MalformedError otherwise."""
    parse_canonical(body, limit=MAX_DELIVERY_BYTES, newlines=True)
    try:
        return Delivery.model_validate_json(body)
    except ValidationError:
        raise MalformedError(Reason.PARTS_DO_NOT_FIT) from None


def check_permit(delivery: Delivery, directory: Directory, *, agency: str, now: int) -> None:
    """Refuse a delivery whose permit is not sound, before anything is opened (design.md D8, trust.md D10).

    1. Sender and consent service signed.  2. The permit is for this message, this agency, this role key.
    3. It still stands at ``now``.  4. Its decision is in the log, under a checkpoint that the log signed.
    """
    header, permit = delivery.header, delivery.permit
    decision, hashed = permit.decision, header_hash(delivery.header)
    sender = directory.signing_key(header.sender, header.sender_key)
    if sender is None:
        raise OpeningError(Reason.UNKNOWN_KEY)
    try:
        sender.verify(from_base64(delivery.signature), hashed)
        directory.consent_signing.verify(from_base64(permit.signature), permit_hash(permit))
    except (SignatureError, MalformedError):
        raise OpeningError(Reason.BAD_SIGNATURE) from None
    ours = directory.role_key(agency, header.role)
    fits = (
        (decision.message, decision.header) == (header.id, hashed.hex())
        and decision.recipient == header.recipient == agency
        and decision.role == header.role
        and ours is not None
        and decision.recipient_key == header.recipient_key == ours.id
        and sorted(delivery.compartments) == [str(slot) for slot in sorted(decision.slots)]
    )
    if not fits:
        raise OpeningError(Reason.PARTS_DO_NOT_FIT)
    if now > decision.valid_until:
        raise OpeningError(Reason.PERMIT_STALE)
    _check_in_log(permit, directory)


@lru_cache(maxsize=64)
def signed_head(note: str, log_name: str, log: VerifyKey) -> Checkpoint:
    """The head of the log under which a permit came; CheckpointError unless the log signed it.

    A hundred permits come under one head, and each recipient looks at it twice: what was signed once stays signed.
    """
    return open_note(note, log_name, log.ed25519)


def open_delivery(delivery: Delivery, key: OpenKey) -> Opened:
    """Open the permitted compartments of a delivery whose permit was checked. OpeningError if anything does not fit."""
    header, hashed = delivery.header, header_hash(delivery.header)
    ids = header_ids(header)
    try:
        kr = key.open(from_base64(delivery.to_recipient), recipient_context(ids))
        released = ToRecipient.model_validate_json(_shares(delivery, hashed, key))
    except (SealError, MalformedError, ValidationError):
        raise OpeningError(Reason.CANNOT_OPEN) from None
    if share_hash(kr).hex() != header.kr:
        raise OpeningError(Reason.CANNOT_OPEN)
    if fault := _why_openings_do_not_fit(header, released.openings):
        raise OpeningError(fault)
    slots = sorted(opening.slot for opening in released.openings)
    if slots != sorted(delivery.permit.decision.slots) or sorted(released.shares) != [str(slot) for slot in slots]:
        raise OpeningError(Reason.PARTS_DO_NOT_FIT)
    compartments: dict[Label, Compartment] = {}
    for opening in released.openings:
        share = bytes.fromhex(released.shares[str(opening.slot)])
        key_i = slot_key(slot_share(kr, opening.slot), share, opening.slot, ids)
        compartments[opening.label] = _open_one(delivery.compartments[str(opening.slot)], key_i, opening, ids)
    return Opened(
        header,
        delivery.permit.decision.reference,
        compartments,
        delivery.permit.index,
        delivery.permit.checkpoint,
    )


def _shares(delivery: Delivery, hashed: bytes, key: OpenKey) -> bytes:
    header, permit = delivery.header, delivery.permit
    context = shares_context(hashed, permit.decision.attempt, bytes.fromhex(permit.salt))
    sealed = from_base64(permit.shares)
    return unlock_release(permit.wrap, sealed, context, agency=header.recipient, role=header.role, key=key)


def _open_one(text: str, key: bytes, opening: SlotOpening, ids: bytes) -> Compartment:
    try:
        ciphertext = from_base64(text)
        salt, plaintext = unlock(key, ciphertext, opening.slot, ids)
    except (SealError, MalformedError):
        raise OpeningError(Reason.CANNOT_OPEN) from None
    fits = (
        ciphertext_hash(ciphertext).hex() == opening.ciphertext
        and plaintext_commitment(salt, plaintext).hex() == opening.plaintext
        and opening.schema_name == schema_name(opening.label)
    )
    if not fits:
        raise OpeningError(Reason.CANNOT_OPEN)
    try:
        parse_canonical(plaintext, newlines=True)
        return SCHEMAS[opening.label].model_validate_json(plaintext)
    except (MalformedError, ValidationError):
        raise OpeningError(Reason.PARTS_DO_NOT_FIT) from None


def _why_openings_do_not_fit(header: Header, openings: tuple[SlotOpening, ...]) -> Reason | None:
    slots = [opening.slot for opening in openings]
    labels = {opening.label for opening in openings}
    if len(set(slots)) != len(slots) or len(labels) != len(slots) or any(slot >= len(header.digests) for slot in slots):
        return Reason.PARTS_DO_NOT_FIT
    fits = all(slot_digest(opening).hex() == header.digests[opening.slot] for opening in openings)
    return None if fits else Reason.CANNOT_OPEN


def _check_in_log(permit: Permit, directory: Directory) -> None:
    record = record_commitment(
        group_commitment("shown", bytes.fromhex(permit.salt), permit.decision.wire()),
        bytes.fromhex(permit.skeleton),
        bytes.fromhex(permit.subject),
    )
    try:
        checkpoint = signed_head(permit.checkpoint, directory.log_name, directory.log_signing)
        proof = [bytes.fromhex(one) for one in permit.proof]
        verify_inclusion(leaf_hash(leaf_bytes(record)), permit.index, checkpoint.size, proof, checkpoint.root)
    except (ProofError, CheckpointError):
        raise OpeningError(Reason.BAD_SIGNATURE) from None
