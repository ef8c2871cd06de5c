"""Hashes with a domain and framed parts, so that no two meanings ever share a hash."""

from functools import cache
from hashlib import sha256
from typing import Final

# What HMAC adds to each byte of its key, as tables for ``bytes.translate``.
_INNER: Final = bytes(byte ^ 0x36 for byte in range(256))
_OUTER: Final = bytes(byte ^ 0x5C for byte in range(256))


def framed(*parts: bytes) -> bytes:
    """Join parts, each behind its length in four bytes (big-endian), so that no two lists give the same bytes."""
    return b"".join([len(part).to_bytes(4, "big") + part for part in parts])


def domain_hash(domain: str, *parts: bytes) -> bytes:
    """SHA-256 over the framed domain and parts: 32 bytes."""
    whole = [_domain(domain)]
    for part in parts:
        whole += (len(part).to_bytes(4, "big"), part)
    return sha256(b"".join(whole)).digest()


def hmac_sha256(key: bytes, message: bytes) -> bytes:
    """HMAC with SHA-256 (RFC 2104) under a key of at most 64 bytes: 32 bytes.

    By the two hashes that it is made of: OpenSSL 3 looks its HMAC up anew for each call, which takes longer than both.
    """
    padded = key.ljust(64, b"\0")
    return sha256(padded.translate(_OUTER) + sha256(padded.translate(_INNER) + message).digest()).digest()


@cache
def _domain(domain: str) -> bytes:
    return framed(domain.encode())
