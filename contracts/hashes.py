"""Hashes with a domain and framed parts, so that no two meanings ever share a hash."""

from functools import cache
from hashlib import sha256


def framed(*parts: bytes) -> bytes:
    """Join parts, each behind its length in four bytes (big-endian), so that no two lists give the same bytes."""
    return b"".join([len(part).to_bytes(4, "big") + part for part in parts])


def domain_hash(domain: str, *parts: bytes) -> bytes:
    """SHA-256 over the framed domain and parts: 32 bytes."""
    whole = [_domain(domain)]
    for part in parts:
        whole += (len(part).to_bytes(4, "big"), part)
    return sha256(b"".join(whole)).digest()


@cache
def _domain(domain: str) -> bytes:
    return framed(domain.encode())
