"""Merkle proofs (RFC 6962, RFC 9162) and the salted commitments the log's leaves are made of.

Everyone who receives a permit re-computes its leaf here: she is shown one group of fields and two digests.
The check that must not be ignored raises ``ProofError``; none of these functions answers with a boolean.
Leaves out: who signed the root (``checkpoint``), and how the tree is grown and kept (``consent.log``).

A proof does not bind the size of the tree: size and root must come together from one signed checkpoint, never
from the one who brings the proof (with a wrong size, about one proof in four verifies).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = sha256(b"").digest()
SHOWN: Final = "shown"
SKELETON: Final = "skeleton"
SUBJECT: Final = "subject"

_LEAF_DOMAIN: Final = b"relay-log/v1\n"


class ProofError(Exception):
    """The proof, or a piece of the commitment, does not show what it is said to show."""


def leaf_hash(leaf: bytes) -> bytes:
    """Hash of one leaf; its prefix keeps a leaf from ever passing for a node."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node."""
    return sha256(b"\x01" + left + right).digest()


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Show that leaf hash ``leaf`` is number ``index`` of the ``size`` leaves under ``root``, or raise."""
    if not 0 <= index < size:
        raise ProofError("the index is not inside the tree")
    _all_hashes([leaf, root, *proof])
    position, last, computed = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise ProofError("the proof is too long")
        if position & 1 or position == last:
            computed = node_hash(sibling, computed)
            # A rightmost node without a sibling is carried up unchanged.
            while not (position & 1 or position == 0):
                position >>= 1
                last >>= 1
        else:
            computed = node_hash(computed, sibling)
        position >>= 1
        last >>= 1
    if last or computed != root:
        raise ProofError("the leaf is not under this root")


def verify_consistency(old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Show that the tree of ``new_size`` begins with the whole tree of ``old_size``, or raise."""
    if not 0 <= old_size <= new_size:
        raise ProofError("a tree does not shrink")
    _all_hashes([old_root, new_root, *proof])
    if old_size in (0, new_size):
        if proof or old_root != (new_root if old_size == new_size else EMPTY_ROOT):
            raise ProofError("the same size, or none, with another root or a proof")
        return
    # A complete old tree is itself the first node of the path, so it is not sent twice.
    path = [old_root, *proof] if old_size & (old_size - 1) == 0 else list(proof)
    if not proof:
        raise ProofError("the proof is empty")
    old_computed, new_computed = _climb_both(old_size - 1, new_size - 1, path)
    if old_computed != old_root or new_computed != new_root:
        raise ProofError("one tree does not continue the other")


def _climb_both(position: int, last: int, path: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Both roots as one path gives them: the older from siblings on its left alone, the newer from all."""
    while position & 1:
        position >>= 1
        last >>= 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise ProofError("the proof is too long")
        if position & 1 or position == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not (position & 1 or position == 0):
                position >>= 1
                last >>= 1
        else:
            new = node_hash(new, sibling)
        position >>= 1
        last >>= 1
    if last:
        raise ProofError("the proof is too short")
    return old, new


def _framed(*parts: bytes) -> bytes:
    """Each part behind its length, so that no two lists of parts share their bytes."""
    return b"".join([len(part).to_bytes(4, "big") + part for part in parts])


# The constant beginning of each group, written once: three of these are hashed for every message.
_GROUP_PREFIX: Final = {name: _framed(b"group", name.encode()) for name in (SHOWN, SKELETON, SUBJECT)}
_SALT_LENGTH: Final = HASH_BYTES.to_bytes(4, "big")
_RECORD_PREFIX: Final = _framed(b"relay-record/v1")


def group_commitment(name: str, salt: bytes, fields: bytes) -> bytes:
    """Commit to one group of a record's fields, in canonical bytes. Without the salt it tells nothing."""
    prefix = _GROUP_PREFIX.get(name)
    if prefix is None:
        raise ProofError("a record has the groups shown, skeleton and subject, and no other")
    if len(salt) != HASH_BYTES:
        raise ProofError("a salt is 32 bytes")
    return sha256(prefix + _SALT_LENGTH + salt + len(fields).to_bytes(4, "big") + fields).digest()


def record_commitment(shown: bytes, skeleton: bytes, subject: bytes) -> bytes:
    """Commit to a whole record: any group can later be opened while the others stay digests."""
    if not len(shown) == len(skeleton) == len(subject) == HASH_BYTES:
        raise ProofError("a commitment is 32 bytes")
    return sha256(_RECORD_PREFIX + _SALT_LENGTH + shown + _SALT_LENGTH + skeleton + _SALT_LENGTH + subject).digest()


def leaf_bytes(commitment: bytes) -> bytes:
    """What the tree holds for a record: a version and 32 bytes, and so nothing about anyone."""
    if len(commitment) != HASH_BYTES:
        raise ProofError("a commitment is 32 bytes")
    return _LEAF_DOMAIN + commitment


@dataclass(frozen=True, slots=True)
class Opening:
    """What a permit shows of its log entry: the shown fields and their salt, the other groups as digests."""

    shown: bytes
    salt: bytes
    skeleton: bytes
    subject: bytes

    def leaf_hash(self) -> bytes:
        """The leaf this opening belongs to. Prove its inclusion before believing a word of ``shown``."""
        shown = group_commitment(SHOWN, self.salt, self.shown)
        return leaf_hash(leaf_bytes(record_commitment(shown, self.skeleton, self.subject)))


def _all_hashes(values: Sequence[bytes]) -> None:
    if any(len(value) != HASH_BYTES for value in values):
        raise ProofError("a hash is 32 bytes")
