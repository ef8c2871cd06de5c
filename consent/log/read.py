"""What the log says, for officers' pages, exports and adapters: entries, heads, and proofs between sizes.

Whoever reads for a person records that first, with ``record_reading``: every reading is an entry too.
Leaves out: who may read what (the pages' permissions), and any change to an entry (there is none).
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, Row, bindparam, text

from consent.log.append import SUBJECT_NONCE, Appended, LogSigner, append
from consent.log.entry import Entry, EntryKind
from consent.log.merkle import consistency_proof, inclusion_proof
from contracts.proofs import HASH_BYTES


class NotInLogError(Exception):
    """The log does not reach that far, or a part of it that must be there is not."""


class LogDamagedError(Exception):
    """An entry in the store is not what the log wrote. The offline verifier will say so too."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The opened subject group of one entry, with its salt."""

    fields: dict[str, Any]
    salt: bytes


@dataclass(frozen=True, slots=True)
class LoggedEntry:
    """One entry as it stands in the log. ``subject`` is None when it was not asked for, or is erased."""

    index: int
    leaf_hash: bytes
    kind: EntryKind
    at: int
    written: int
    message_id: str | None
    shown: dict[str, Any]
    shown_salt: bytes
    skeleton: dict[str, Any]
    skeleton_salt: bytes
    subject_commitment: bytes
    subject: Subject | None
    erased: bool


class StoredCheckpoint(NamedTuple):
    """One signed head of the log."""

    size: int
    root: bytes
    written: int
    note: str


class InclusionNow(NamedTuple):
    """Proof that an entry is in the log as its newest checkpoint has it."""

    checkpoint: StoredCheckpoint
    proof: tuple[bytes, ...]


_ENTRY: Final = (
    "SELECT e.*, l.hash, k.key AS subject_key FROM entry e JOIN leaf l ON l.leaf_index = e.leaf_index "
    "LEFT JOIN subject_key k ON k.leaf_index = e.leaf_index "
)
_BY_MESSAGE: Final = text(_ENTRY + "WHERE e.message_id = :message_id ORDER BY e.leaf_index")
_BY_RANGE: Final = text(_ENTRY + "WHERE e.leaf_index >= :first AND e.leaf_index < :end ORDER BY e.leaf_index")
_BY_NUMBER: Final = text(_ENTRY + "WHERE e.leaf_index IN :wanted ORDER BY e.leaf_index").bindparams(
    bindparam("wanted", expanding=True)
)
_NODE: Final = text("SELECT hash FROM node WHERE level = :level AND node_index = :number")
_LEAF: Final = text("SELECT hash FROM leaf WHERE leaf_index = :number")
_CHECKPOINTS: Final = text("SELECT size, root, written, note FROM checkpoint WHERE size > :after ORDER BY size LIMIT :most")
_NEWEST: Final = text("SELECT size, root, written, note FROM checkpoint ORDER BY size DESC LIMIT 1")


def entries_about(connection: Connection, message_id: str, *, subjects: bool = False) -> list[LoggedEntry]:
    """Everything the log says about one message, oldest first."""
    rows = connection.execute(_BY_MESSAGE, {"message_id": message_id})
    return [_logged(row, subjects=subjects) for row in rows]


def entries_between(connection: Connection, first: int, end: int, *, subjects: bool = False) -> list[LoggedEntry]:
    """The entries from number ``first`` up to, not including, ``end``."""
    rows = connection.execute(_BY_RANGE, {"first": first, "end": end})
    return [_logged(row, subjects=subjects) for row in rows]


def entries_at(connection: Connection, indexes: Iterable[int], *, subjects: bool = False) -> list[LoggedEntry]:
    """The entries of these numbers, in their order."""
    wanted = sorted(set(indexes))
    return [_logged(row, subjects=subjects) for row in connection.execute(_BY_NUMBER, {"wanted": wanted})] if wanted else []


def newest_entries(connection: Connection, count: int, *, subjects: bool = False) -> list[LoggedEntry]:
    """The last ``count`` entries, oldest first."""
    newest = newest_checkpoint(connection)
    size = newest.size if newest else 0
    return entries_between(connection, max(0, size - count), size, subjects=subjects)


def newest_checkpoint(connection: Connection) -> StoredCheckpoint | None:
    """The newest signed head; None while the log is empty."""
    row = connection.execute(_NEWEST).first()
    return _checkpoint(row) if row else None


def checkpoints(connection: Connection, *, after: int = 0, most: int = 1000) -> Iterator[StoredCheckpoint]:
    """All signed heads of more than ``after`` entries, oldest first, a page of ``most`` at a time."""
    while True:
        page = [_checkpoint(row) for row in connection.execute(_CHECKPOINTS, {"after": after, "most": most})]
        yield from page
        if len(page) < most:
            return
        after = page[-1].size


def consistency(connection: Connection, old_size: int, new_size: int) -> tuple[bytes, ...]:
    """Proof that the log of ``new_size`` entries begins with the log of ``old_size``."""
    _require_size(connection, new_size)
    return consistency_proof(lambda level, number: _node(connection, level, number), old_size, new_size)


def inclusion_now(connection: Connection, index: int) -> InclusionNow:
    """Proof that entry ``index`` is in the log as it stands."""
    newest = _require_size(connection, index + 1)
    proof = inclusion_proof(lambda level, number: _node(connection, level, number), index=index, size=newest.size)
    return InclusionNow(newest, proof)


def record_reading(
    connection: Connection, reader: str, reason: str, scope: dict[str, Any], signer: LogSigner, now: int
) -> Appended:
    """Write down who is about to read which part of the log, and why. Commit this before showing anything."""
    told = {"reader": reader, "reason": reason, "scope": scope}
    return append(connection, [Entry(EntryKind.READING, now, {}, told, {})], signer, now)


def _node(connection: Connection, level: int, number: int) -> bytes:
    if level:
        row = connection.execute(_NODE, {"level": level, "number": number}).first()
    else:
        row = connection.execute(_LEAF, {"number": number}).first()
    if row is None:
        raise NotInLogError("a node of the tree is missing from the store")
    return bytes(row.hash)


def _require_size(connection: Connection, size: int) -> StoredCheckpoint:
    newest = newest_checkpoint(connection)
    if newest is None or size > newest.size:
        raise NotInLogError("the log does not reach that far")
    return newest


def _checkpoint(row: Row[Any]) -> StoredCheckpoint:
    return StoredCheckpoint(row.size, bytes(row.root), row.written, row.note)


def _logged(row: Row[Any], *, subjects: bool) -> LoggedEntry:
    try:
        shown, skeleton = json.loads(row.shown), json.loads(row.skeleton)
        kind, at, written = EntryKind(shown["entry"]), int(skeleton["at"]), int(skeleton["written"])
    except (ValueError, KeyError, TypeError):
        raise LogDamagedError(f"entry {row.leaf_index} in the store is not what was written") from None
    key = row.subject_key
    return LoggedEntry(
        index=row.leaf_index,
        leaf_hash=bytes(row.hash),
        kind=kind,
        at=at,
        written=written,
        message_id=row.message_id,
        shown=shown,
        shown_salt=bytes(row.shown_salt),
        skeleton=skeleton,
        skeleton_salt=bytes(row.skeleton_salt),
        subject_commitment=bytes(row.subject_commitment),
        subject=_opened(row, bytes(key)) if subjects and key is not None else None,
        erased=key is None,
    )


def _opened(row: Row[Any], key: bytes) -> Subject:
    sealed, aad = bytes(row.subject_ciphertext), bytes(row.subject_commitment)
    try:
        plain = AESGCM(key).decrypt(SUBJECT_NONCE, sealed, aad)
    except (InvalidTag, ValueError):
        raise LogDamagedError(f"the subject part of entry {row.leaf_index} does not open") from None
    return Subject(cast("dict[str, Any]", json.loads(plain[HASH_BYTES:])), plain[:HASH_BYTES])
