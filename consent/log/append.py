"""The only writer of the log: a batch of entries and one signed checkpoint, in the caller's transaction.

Release follows the record: the caller answers with a permit only after this transaction has committed, so
nothing that is returned here may leave the process before. Leaves out: what an entry says (``entry``), and
reading (``read``).
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from consent.log.entry import Committed, Entry, Salts, commit
from consent.log.merkle import EMPTY, Frontier, Grown, grow
from consent.new_rows import put
from contracts.checkpoint import Checkpoint, sign, verifier_key
from contracts.proofs import HASH_BYTES, Opening

# A clock may be a little off. One that is further behind than this would write entries that look back-dated.
CLOCK_SLACK_MS: Final = 60_000

# One key for one record, used once: the nonce has nothing to tell apart.
SUBJECT_NONCE: Final = bytes(12)


class LogConflictError(Exception):
    """Another writer continued the same tree first. Roll the transaction back and decide again."""


class LogClockError(Exception):
    """The clock is behind the log, or an entry is ahead of the clock. Somebody must mend the clock."""


@dataclass(frozen=True, slots=True)
class LogSigner:
    """The log's name and its signing key. The key's name in a note is the log's own, as C2SP advises."""

    origin: str
    key: Ed25519PrivateKey

    def sign(self, size: int, root: bytes) -> str:
        """The checkpoint note for this state of the tree."""
        return sign(Checkpoint(self.origin, size, root), self.origin, self.key)

    def verifier_key(self) -> str:
        """The public half, as an officer gives it to the offline verifier."""
        return verifier_key(self.origin, self.key.public_key())


class Appended(NamedTuple):
    """Where the batch stands in the log, and for each entry the proof and opening that its permit carries."""

    first_index: int
    size: int
    root: bytes
    checkpoint_note: str
    proofs: list[tuple[bytes, ...]]
    openings: list[Opening]


class _Head(NamedTuple):
    frontier: Frontier
    written: int


def append(connection: Connection, entries: Sequence[Entry], signer: LogSigner, now: int) -> Appended:
    """Write the batch after the newest checkpoint.

    1. Read the newest head; refuse a clock that has fallen behind it.
    2. Commit to each entry under fresh salts.
    3. Grow the tree, and sign its new head.
    4. Insert. The head's size can be continued once: a second writer gets LogConflictError.
    """
    # (1) Of the past, an append needs this one row.
    head = _newest_head(connection)
    if now < head.written - CLOCK_SLACK_MS or any(entry.at > now + CLOCK_SLACK_MS for entry in entries):
        raise LogClockError("the clock and the log disagree by more than a minute")
    written = max(now, head.written)

    # (2) Salts are drawn here and nowhere else.
    committed = [commit(entry, written, _fresh_salts()) for entry in entries]

    # (3) One signature for the batch, however many entries it has.
    grown = grow(head.frontier, [one.leaf_hash for one in committed])
    note = signer.sign(grown.frontier.size, grown.root)

    # (4) The database is the referee between two writers.
    try:
        _insert(connection, head.frontier.size, written, committed, grown, note)
    except IntegrityError as error:
        raise LogConflictError("the log was continued by another writer") from error
    return Appended(
        head.frontier.size,
        grown.frontier.size,
        grown.root,
        note,
        grown.proofs,
        [one.opening for one in committed],
    )


def _newest_head(connection: Connection) -> _Head:
    row = connection.exec_driver_sql("SELECT size, written, frontier FROM checkpoint ORDER BY size DESC LIMIT 1").first()
    if row is None:
        return _Head(EMPTY, 0)
    packed = bytes(row.frontier)
    hashes = tuple(packed[at : at + HASH_BYTES] for at in range(0, len(packed), HASH_BYTES))
    return _Head(Frontier(row.size, hashes), row.written)


def _fresh_salts() -> Salts:
    drawn = secrets.token_bytes(3 * HASH_BYTES)
    return Salts(drawn[:32], drawn[32:64], drawn[64:])


def _insert(connection: Connection, first: int, written: int, committed: list[Committed], grown: Grown, note: str) -> None:
    # The checkpoint goes first, so that a second writer is turned away before it has done the rest.
    frontier = b"".join(grown.frontier.hashes)
    head = (grown.frontier.size, first, written, grown.root, frontier, note)
    put(connection, "checkpoint", "size, previous_size, written, root, frontier, note", [head])
    leaves = [(first + i, one.leaf_hash) for i, one in enumerate(committed)]
    put(connection, "leaf", "leaf_index, hash", leaves)
    put(connection, "node", "level, node_index, hash", grown.nodes)
    drawn = secrets.token_bytes(HASH_BYTES * len(committed))
    keys = [(first + i, drawn[i * 32 : i * 32 + 32]) for i in range(len(committed))]
    rows = [_entry_row(index, key, one) for (index, key), one in zip(keys, committed, strict=True)]
    columns = "leaf_index, kind, message_id, shown, shown_salt, skeleton, skeleton_salt, subject_commitment, subject_ciphertext"
    put(connection, "entry", columns, rows)
    put(connection, "subject_key", "leaf_index, key", keys)


def _entry_row(index: int, key: bytes, one: Committed) -> tuple[Any, ...]:
    # The salt is sealed in with the fields: once the key is gone, nothing is left to try guesses against.
    sealed = AESGCM(key).encrypt(SUBJECT_NONCE, one.salts.subject + one.subject, one.opening.subject)
    return (
        index,
        one.entry.kind.value,
        one.entry.message_id,
        one.shown.decode(),
        one.salts.shown,
        one.skeleton.decode(),
        one.salts.skeleton,
        one.opening.subject,
        sealed,
    )
