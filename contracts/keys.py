"""The keys of a party and the two things done with them: sign, and seal to someone.

One fixed suite: Ed25519, and HPKE with ML-KEM-768 + X25519, SHAKE-256, AES-256-GCM, through the public interface of
``cryptography`` with all context bound in ``info`` (design.md D4). No negotiation. Signatures are checked by libsodium
(docs/decisions/0010). Leaves out: whose key it is (``directory``) and where it is kept (``keyring``).
"""

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)
from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError

SUITE: Final = "relay-1"
_HPKE: Final = Suite(KEM.MLKEM768_X25519, KDF.SHAKE256, AEAD.AES_256_GCM)
_MLKEM_PUBLIC: Final = 1184
_SIGNATURE: Final = 64


class SignatureError(ValueError):
    """The signature is not by that key over that message."""


class SealError(ValueError):
    """The sealed bytes do not open with this key in this context."""


def key_id(public: bytes) -> str:
    """The id of a public key: the first 16 hexadecimal digits of its hash."""
    return sha256(b"relay-1 key\n" + public).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class VerifyKey:
    """A public Ed25519 key."""

    raw: bytes
    id: str
    _key: Ed25519PublicKey = field(compare=False)

    @classmethod
    def from_bytes(cls, raw: bytes) -> "VerifyKey":
        """From 32 raw bytes; ValueError otherwise."""
        return cls(raw, key_id(raw), Ed25519PublicKey.from_public_bytes(raw))

    @property
    def ed25519(self) -> Ed25519PublicKey:
        """The key as ``cryptography`` knows it, for the log's note reader."""
        return self._key

    def verify(self, signature: bytes, message: bytes) -> None:
        """Raise SignatureError unless this key signed this message."""
        # A shorter one would take its end from the message that follows it.
        if len(signature) != _SIGNATURE:
            raise SignatureError("signature does not fit")
        try:
            crypto_sign_open(signature + message, self.raw)
        except BadSignatureError:
            raise SignatureError("signature does not fit") from None


class SigningKey:
    """A private Ed25519 key. Never shown, never pickled."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = VerifyKey.from_bytes(self._key.public_key().public_bytes_raw())
        self.id = self.public.id

    def sign(self, message: bytes) -> bytes:
        """The 64-byte signature over the message."""
        return self._key.sign(message)

    @property
    def ed25519(self) -> Ed25519PrivateKey:
        """The key as ``cryptography`` knows it, for the log's note signer."""
        return self._key


@dataclass(frozen=True, slots=True)
class SealKey:
    """A public hybrid key that others seal to: 1,184 bytes of ML-KEM-768 and 32 of X25519."""

    raw: bytes
    id: str
    _key: MLKEM768X25519PublicKey

    @classmethod
    def from_bytes(cls, raw: bytes) -> "SealKey":
        """From the 1,216 raw bytes; ValueError otherwise."""
        if len(raw) != _MLKEM_PUBLIC + 32:
            raise ValueError("not a hybrid public key")
        mlkem = MLKEM768PublicKey.from_public_bytes(raw[:_MLKEM_PUBLIC])
        x25519 = X25519PublicKey.from_public_bytes(raw[_MLKEM_PUBLIC:])
        return cls(raw, key_id(raw), MLKEM768X25519PublicKey(mlkem, x25519))

    def seal(self, plaintext: bytes, context: bytes) -> bytes:
        """Seal to this key; only its holder, naming the same context, opens it. Adds 1,136 bytes."""
        return _HPKE.encrypt(plaintext, self._key, context)


class OpenKey:
    """A private hybrid key, kept as a 64-byte ML-KEM seed and 32 bytes of X25519."""

    def __init__(self, seed: bytes) -> None:
        if len(seed) != 96:
            raise ValueError("not a hybrid private key")
        mlkem = MLKEM768PrivateKey.from_seed_bytes(seed[:64])
        x25519 = X25519PrivateKey.from_private_bytes(seed[64:])
        self._key = MLKEM768X25519PrivateKey(mlkem, x25519)
        self.public = SealKey.from_bytes(mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw())
        self.id = self.public.id

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """Open what was sealed to this key in this context; SealError otherwise."""
        try:
            return _HPKE.decrypt(sealed, self._key, context)
        except (InvalidTag, ValueError):
            raise SealError("sealed bytes do not open") from None
