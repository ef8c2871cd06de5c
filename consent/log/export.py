"""The log as a file of JSON lines that anyone can check with ``verify.py``, far from here and without us.

One line says what the file is; then each entry with its leaf and openings, in order, and after the last entry
of each batch its signed checkpoint. Every line is canonical JSON. Subject parts go in only when asked for.
Leaves out: recording that somebody took an export (``read.record_reading``), which the caller does first.
"""

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import Connection

from consent.log.read import (
    LoggedEntry,
    NotInLogError,
    StoredCheckpoint,
    checkpoints,
    entries_between,
    newest_checkpoint,
)
from contracts.canonical import canonical

FORMAT: Final = "relay-log-export/v1"

_PAGE: Final = 1000


def export(connection: Connection, *, subjects: bool = False) -> Iterator[bytes]:
    """The lines of the export, of the log as its newest checkpoint has it when the first line is taken."""
    newest = newest_checkpoint(connection)
    if newest is None:
        raise NotInLogError("the log is empty, so there is nothing signed to export")
    heads = [head for head in checkpoints(connection) if head.size <= newest.size]
    yield _line(
        {
            "export": FORMAT,
            "origin": newest.note.split("\n", 1)[0],
            "size": newest.size,
            "checkpoints": len(heads),
            "subjects": "opened" if subjects else "withheld",
        }
    )
    first = 0
    for head in heads:
        for start in range(first, head.size, _PAGE):
            end = min(start + _PAGE, head.size)
            for entry in entries_between(connection, start, end, subjects=subjects):
                yield _entry_line(entry)
        yield _checkpoint_line(head)
        first = head.size


def _entry_line(entry: LoggedEntry) -> bytes:
    subject = entry.subject
    return _line(
        {
            "index": entry.index,
            "leaf": entry.leaf_hash.hex(),
            "shown": entry.shown,
            "shown_salt": entry.shown_salt.hex(),
            "skeleton": entry.skeleton,
            "skeleton_salt": entry.skeleton_salt.hex(),
            "subject": subject.fields if subject else None,
            "subject_salt": subject.salt.hex() if subject else None,
            "subject_commitment": entry.subject_commitment.hex(),
            "erased": entry.erased,
        }
    )


def _checkpoint_line(head: StoredCheckpoint) -> bytes:
    return _line({"checkpoint": head.note})


def _line(value: dict[str, Any]) -> bytes:
    return canonical(value) + b"\n"
