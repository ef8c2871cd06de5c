"""How released shares travel: each message's under a key of its own, from one that is sealed to its reader once an hour.

The consent service draws an epoch key for each role that it releases to, seals it to that role with HPKE, and puts the sealed
key into every permit of the hour, as its ``wrap``; the reader opens it once (decision 0013). Leaves out: what is released
(``opening``), and whether anything is (``consent``).
"""

import hmac
import secrets
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from contracts.canonical import from_base64, to_base64
from contracts.hashes import domain_hash
from contracts.keys import OpenKey, SealError, SealKey

EPOCH: Final = 60 * 60 * 1000
"""How long an epoch key is used, in milliseconds."""
# Every message has a key of its own, so the nonce has nothing to tell apart.
_NONCE: Final = bytes(12)


@dataclass(frozen=True, slots=True)
class EpochKey:
    """A key in use, and itself as it travels."""

    wrap: str
    """Sealed to the reader's role key, in base64."""
    began: int
    key: bytes = field(repr=False)


class EpochKeys:
    """The epoch keys of one process, in its memory alone: after a restart there are others."""

    def __init__(self) -> None:
        self._in_use: dict[tuple[str, str, str], EpochKey] = {}

    def of(self, agency: str, role: str, reader: SealKey, now: int) -> EpochKey:
        """The key for what is released to this role at ``now``; a new one each hour, and for each new role key."""
        name = (agency, role, reader.id)
        known = self._in_use.get(name)
        if known is None or not 0 <= now - known.began < EPOCH:
            key = secrets.token_bytes(32)
            known = EpochKey(to_base64(reader.seal(key, _wrap_context(*name))), now, key)
            self._in_use[name] = known
        return known


def lock_release(key: bytes, released: bytes, context: bytes) -> bytes:
    """Lock one message's shares under an epoch key. One context must never have two contents: it names one log entry."""
    return AESGCM(_key_of(key, context)).encrypt(_NONCE, released, context)


def unlock_release(wrap: str, sealed: bytes, context: bytes, *, agency: str, role: str, key: OpenKey) -> bytes:
    """Open one message's shares with the role's own key. SealError, or MalformedError for bad base64, if that cannot be."""
    try:
        return AESGCM(_key_of(_unwrapped(key, wrap, agency, role), context)).decrypt(_NONCE, sealed, context)
    except InvalidTag:
        raise SealError("released shares do not open") from None


@lru_cache(maxsize=64)
def _unwrapped(key: OpenKey, wrap: str, agency: str, role: str) -> bytes:
    epoch_key = key.open(from_base64(wrap), _wrap_context(agency, role, key.id))
    if len(epoch_key) != 32:
        raise SealError("an epoch key is 32 bytes")
    return epoch_key


def _key_of(epoch_key: bytes, context: bytes) -> bytes:
    return hmac.digest(epoch_key, context, "sha256")


def _wrap_context(agency: str, role: str, key_id: str) -> bytes:
    """Binds an epoch key to one role of one agency, whose keys might be the same."""
    return domain_hash("relay-1 epoch key", agency.encode(), role.encode(), key_id.encode())
