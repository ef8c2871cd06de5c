"""The two locks of a compartment, as pure derivations: which key opens which slot (design.md D4).

key_i comes from two shares: kr_i, which only the recipient can derive, and kc_i, which only the consent service can
release. Leaves out: drawing random bytes (``seal``), HPKE (``keys``), and deciding (``consent``).
"""

import hmac
from collections.abc import Iterable
from typing import Annotated, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import AfterValidator, Field

from contracts.facts import Facts
from contracts.frozen import Frozen, in_key_order
from contracts.hashes import domain_hash
from contracts.identifiers import Digest, Slot
from contracts.keys import SealError
from contracts.messages.consents import ForConsent
from contracts.vocabulary import Label

# The key of a slot is fresh with every sealing and used once, so its nonce may be fixed.
_NONCE: Final = bytes(12)
_NO_SALT: Final = bytes(32)
_SIZES: Final = (256, 512, 1024, 2048, 4096, 8192)


class SlotOpening(Frozen):
    """What a slot's digest hides: its label and what it commits to."""

    slot: Slot
    label: Label
    schema_name: Annotated[str, Field(pattern=r"^[a-z_]+/[0-9]+$")]
    blind: Digest
    ciphertext: Digest
    plaintext: Digest


class ToConsent(Frozen):
    """What is sealed to the consent service: its key share, the openings of all slots, the facts."""

    kc: Digest | None
    openings: Annotated[tuple[SlotOpening, ...], Field(max_length=8)]
    facts: Facts
    salt: Digest
    said: ForConsent | None = None


class ToRecipient(Frozen):
    """What the consent service seals to the recipient: openings and second shares of the permitted slots."""

    openings: Annotated[tuple[SlotOpening, ...], Field(max_length=8)]
    shares: Annotated[dict[Annotated[str, Field(pattern=r"^[0-7]$")], Digest], AfterValidator(in_key_order)]


def slot_share(share: bytes, slot: int) -> bytes:
    """One slot's part of kr or kc: 32 bytes."""
    return _derive(share, b"share" + bytes([slot]))


def slot_shares(share: bytes, slots: Iterable[int]) -> dict[int, bytes]:
    """The parts of several slots, by slot: what ``slot_share`` gives for each, what they share done once."""
    extracted = _extract(share)
    return {slot: _expand(extracted, b"share" + bytes([slot])) for slot in slots}


def slot_key(kr_i: bytes, kc_i: bytes, slot: int, ids: bytes) -> bytes:
    """The key of a slot, from both shares, bound to the message: 32 bytes."""
    return _derive(kr_i + kc_i, b"slot" + bytes([slot]) + ids)


def lock(key: bytes, salt: bytes, plaintext: bytes, slot: int, ids: bytes) -> bytes:
    """Encrypt one compartment, padded to one of a few sizes. ValueError if it is larger than the largest."""
    body = salt + len(plaintext).to_bytes(4, "big") + plaintext
    size = next((s for s in _SIZES if len(body) <= s), None)
    if size is None:
        raise ValueError("compartment too large")
    return AESGCM(key).encrypt(_NONCE, body.ljust(size, b"\0"), ids + bytes([slot]))


def unlock(key: bytes, ciphertext: bytes, slot: int, ids: bytes) -> tuple[bytes, bytes]:
    """Decrypt one compartment: its salt and its plaintext. SealError if anything was changed."""
    try:
        body = AESGCM(key).decrypt(_NONCE, ciphertext, ids + bytes([slot]))
    except (InvalidTag, ValueError):
        raise SealError("compartment does not open") from None
    length = int.from_bytes(body[32:36], "big")
    if len(body) < 36 + length or any(body[36 + length :]):
        raise SealError("compartment is not padded as agreed")
    return body[:32], body[36 : 36 + length]


def slot_digest(opening: SlotOpening) -> bytes:
    """The digest that stands in the header for a slot: over its blind, and the canonical form of all else in its opening.

    That form is spelled out here, because four of them are looked at for every message; a test holds it to ``wire``.
    """
    told = (
        f'{{"ciphertext":"{opening.ciphertext}","label":"{opening.label.value}","plaintext":"{opening.plaintext}",'
        f'"schema_name":"{opening.schema_name}","slot":{opening.slot}}}'
    )
    return domain_hash("relay-1 slot", bytes.fromhex(opening.blind), told.encode())


def plaintext_commitment(salt: bytes, plaintext: bytes) -> bytes:
    """Commits the sender to one plaintext, so that it can be proven later what was received."""
    return domain_hash("relay-1 plaintext", salt, plaintext)


def ciphertext_hash(ciphertext: bytes) -> bytes:
    """Binds a ciphertext to its slot."""
    return domain_hash("relay-1 ciphertext", ciphertext)


def share_hash(share: bytes) -> bytes:
    """What stands in the header for kr or kc, checked by whoever opens it: HPKE alone does not say who sealed."""
    return domain_hash("relay-1 share", share)


def facts_hash(part: ToConsent) -> bytes:
    """What stands in the header for the facts and for what is said to the consent service."""
    return domain_hash("relay-1 facts", bytes.fromhex(part.salt), part.wire(only={"facts", "said"}))


def consent_context(ids: bytes) -> bytes:
    """The context that the consent service's part is sealed in."""
    return domain_hash("relay-1 to consent", ids)


def recipient_context(ids: bytes) -> bytes:
    """The context that the recipient's share is sealed in."""
    return domain_hash("relay-1 to recipient", ids)


def _derive(secret: bytes, info: bytes) -> bytes:
    """HKDF with SHA-256 and no salt (RFC 5869), for 32 bytes, which is one block."""
    return _expand(_extract(secret), info)


def _extract(secret: bytes) -> bytes:
    return hmac.digest(_NO_SALT, secret, "sha256")


def _expand(extracted: bytes, info: bytes) -> bytes:
    return hmac.digest(extracted, info + b"\x01", "sha256")
