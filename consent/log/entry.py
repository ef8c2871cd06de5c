"""What one entry of the log says, in three groups of fields, and the commitment its leaf is made of.

``shown``    what the recipient of a permit may see;
``skeleton`` who, when, which clauses, codes and verdict: what an officer needs to judge a decision;
``subject``  record ids, labels, consent references: kept apart under a key that can be destroyed.

Each group has its own salt, so one can be opened while the others stay digests. EVENTS.md lists the kinds.
Leaves out: the tree (``merkle``), and which fields a decision puts where (``consent.answers``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple, Self

from contracts.canonical import canonical
from contracts.proofs import (
    SHOWN,
    SKELETON,
    SUBJECT,
    Opening,
    group_commitment,
    leaf_bytes,
    leaf_hash,
    record_commitment,
)


class EntryKind(StrEnum):
    """The closed list of what the log can say. Words and numbers are never reworded or reused."""

    number: int

    def __new__(cls, word: str, number: int) -> Self:
        """Keep the word as the value and the number beside it."""
        kind = str.__new__(cls, word)
        kind._value_ = word
        kind.number = number
        return kind

    DECISION = "decision", 1
    REFUSAL = "refusal", 2
    HOLD = "hold", 3
    HOLD_CLOSED = "hold_closed", 4
    OUTCOME = "outcome", 5
    RECEIPT = "receipt", 6
    CONSENT = "consent", 7
    WITHDRAWAL = "withdrawal", 8
    QUERY = "query", 9
    READING = "reading", 10
    OVERRIDE = "override", 11
    REVIEW = "review", 12
    PROTOCOL_CHANGE = "protocol_change", 13
    KEY_EVENT = "key_event", 14
    CHECKPOINT = "checkpoint", 15
    WITNESS_ALARM = "witness_alarm", 16
    ERASURE = "erasure", 17
    CORRECTION = "correction", 18


# Written by this module into the groups; an entry may not bring its own.
KIND: Final = "kind"
AT: Final = "at"
WRITTEN: Final = "written"

_LARGEST: Final = 2**53 - 1


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened, and when (milliseconds since 1970 UTC)."""

    kind: EntryKind
    at: int
    shown: Mapping[str, Any]
    skeleton: Mapping[str, Any]
    subject: Mapping[str, Any]

    @property
    def message_id(self) -> str | None:
        """The message it is about, if the entry names one: the log can be searched by this."""
        found = self.skeleton.get("message_id") or self.shown.get("message_id")
        return found if isinstance(found, str) else None


class Salts(NamedTuple):
    """32 fresh random bytes for each group; a salt that is used twice lets two records be compared."""

    shown: bytes
    skeleton: bytes
    subject: bytes


class Committed(NamedTuple):
    """An entry in its canonical bytes, with its salts, its commitments, and the hash of its leaf."""

    entry: Entry
    shown: bytes
    skeleton: bytes
    subject: bytes
    salts: Salts
    opening: Opening
    leaf_hash: bytes


def commit(entry: Entry, written: int, salts: Salts) -> Committed:
    """Put an entry into bytes and commit to it. ``written``, when the log took it, never runs backwards."""
    if KIND in entry.shown or AT in entry.skeleton or WRITTEN in entry.skeleton:
        raise ValueError("an entry's kind and times are written by the log")
    shown = _bytes({KIND: entry.kind.value, **entry.shown})
    skeleton = _bytes({AT: entry.at, WRITTEN: written, **entry.skeleton})
    subject = _bytes(dict(entry.subject))
    shown_digest = group_commitment(SHOWN, salts.shown, shown)
    skeleton_digest = group_commitment(SKELETON, salts.skeleton, skeleton)
    subject_digest = group_commitment(SUBJECT, salts.subject, subject)
    leaf = leaf_hash(leaf_bytes(record_commitment(shown_digest, skeleton_digest, subject_digest)))
    opening = Opening(shown, salts.shown, skeleton_digest, subject_digest)
    return Committed(entry, shown, skeleton, subject, salts, opening, leaf)


def _bytes(fields: dict[str, Any]) -> bytes:
    """The canonical bytes of one group, refusing what two programs could spell in two ways."""
    _require_ascii(fields)
    for value in fields.values():
        # Almost every value is text; three groups of these are looked at for every message.
        if type(value) is not str:
            _require_plain(value)
    return canonical(fields)


def _require_ascii(fields: Mapping[Any, object]) -> None:
    try:
        ascii_only = all(map(str.isascii, fields))
    except TypeError:
        ascii_only = False
    if not ascii_only:
        raise ValueError("a field of an entry has an ASCII name")


def _require_plain(value: object) -> None:
    if value is None or isinstance(value, str):
        return
    if isinstance(value, int):
        if not -_LARGEST <= value <= _LARGEST:
            raise ValueError("a number in an entry fits 53 bits")
    elif isinstance(value, dict):
        _require_ascii(value)
        for inner in value.values():
            _require_plain(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _require_plain(inner)
    else:
        # One family of error for a wrong entry, whatever is wrong with it.
        raise ValueError("an entry holds text, whole numbers, true, false, null, lists and objects")
