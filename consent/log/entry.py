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
from typing import Any, Final, NamedTuple

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
    """The closed list of what the log can say, numbered as it stands. Words and numbers are never reused."""

    DECISION = "decision"
    REFUSAL = "refusal"
    HOLD = "hold"
    HOLD_CLOSED = "hold_closed"
    OUTCOME = "outcome"
    RECEIPT = "receipt"
    CONSENT = "consent"
    WITHDRAWAL = "withdrawal"
    QUERY = "query"
    READING = "reading"
    OVERRIDE = "override"
    REVIEW = "review"
    PROTOCOL_CHANGE = "protocol_change"
    KEY_EVENT = "key_event"
    CHECKPOINT = "checkpoint"
    WITNESS_ALARM = "witness_alarm"
    ERASURE = "erasure"
    CORRECTION = "correction"
    RIGHT = "right"
    ACT_REFUSED = "act_refused"
    GUARD_ACT = "guard_act"

    @property
    def number(self) -> int:
        """Its number in EVENTS.md. A new kind goes at the end."""
        return list(EntryKind).index(self) + 1


# Written by this module into the groups: the kind into shown (where a permit's decision already carries it), the
# times into skeleton.
KIND: Final = "entry"
AT: Final = "at"
WRITTEN: Final = "written"

_LARGEST: Final = 2**53 - 1
_AS_IT_IS: Final = frozenset({str, bool, type(None)})
_HOLDS_OTHERS: Final = (dict, list, tuple)


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
        found = self.shown.get("message") or self.skeleton.get("message")
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
    if entry.shown.get(KIND, entry.kind) != entry.kind or AT in entry.skeleton or WRITTEN in entry.skeleton:
        raise ValueError("an entry's kind and times are written by the log")
    shown = _bytes({**entry.shown, KIND: entry.kind.value})
    skeleton = _bytes({AT: entry.at, WRITTEN: written, **entry.skeleton})
    subject = _bytes(dict(entry.subject))
    shown_digest = group_commitment(SHOWN, salts.shown, shown)
    skeleton_digest = group_commitment(SKELETON, salts.skeleton, skeleton)
    subject_digest = group_commitment(SUBJECT, salts.subject, subject)
    leaf = leaf_hash(leaf_bytes(record_commitment(shown_digest, skeleton_digest, subject_digest)))
    opening = Opening(shown, salts.shown, skeleton_digest, subject_digest)
    return Committed(entry, shown, skeleton, subject, salts, opening, leaf)


def _bytes(fields: dict[str, Any]) -> bytes:
    """The canonical bytes of one group. ValueError for anything that two programs could spell in two ways."""
    try:
        _look_at(fields)
        return canonical(fields)
    except TypeError:
        raise ValueError("a field of an entry has an ASCII name") from None


def _look_at(value: Any) -> None:
    """Refuse what ``canonical`` would write and RFC 8785 would not, or would write otherwise."""
    inside = value
    if isinstance(value, dict):
        if not "".join(value).isascii():
            raise ValueError("a field of an entry has an ASCII name")
        inside = value.values()
    for one in inside:
        if type(one) in _AS_IT_IS or isinstance(one, str):
            continue
        if isinstance(one, int):
            if not -_LARGEST <= one <= _LARGEST:
                raise ValueError("a number in an entry fits 53 bits")
        elif isinstance(one, _HOLDS_OTHERS):
            _look_at(one)
        else:
            # One family of error for a wrong entry, whatever is wrong with it.
            raise ValueError("an entry holds text, whole numbers, true, false, null, lists and objects")
