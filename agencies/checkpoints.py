"""Heads of the log, as they come with permits: remembered, and compared, so that the log cannot tell two stories.

A permit carries a proof for its own entry and no proof that one head continues another, so a later head is taken on trust
until such proofs are on the wire. What two heads can show by themselves is caught here: two roots for one size, and a log
that got shorter. Either stops the adapter at once, and both heads are kept as evidence (design.md D8).
"""

from typing import Final

from agencies.store import Store
from contracts.checkpoint import Checkpoint
from contracts.kinds import SKEW

_KEPT: Final = 10_000


class ForkError(Exception):
    """Two heads of the log that cannot both be true. Nothing more may be opened until people have looked."""


class Checkpoints:
    """The heads this adapter has seen."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def latest(self) -> tuple[int, bytes, str] | None:
        """The largest head seen: size, root, note."""
        row = self._store.rows.execute("SELECT size, root, note FROM checkpoint ORDER BY size DESC LIMIT 1").fetchone()
        return (row[0], row[1], row[2]) if row else None

    def contradiction(self, head: Checkpoint, decided: int) -> tuple[str, str] | None:
        """Why a head cannot be true beside those seen, and the note it contradicts; None when it can.

        1. One size, one root.  2. A smaller head is fine for an older decision, which came late; a decision made clearly
        later than the largest head's (by more than two clocks may differ) must be under a head at least as large.
        """
        same = self._store.rows.execute("SELECT root, note FROM checkpoint WHERE size = ?", (head.size,)).fetchone()
        if same is not None:
            return None if same[0] == head.root else ("two roots for one size", same[1])
        largest = self._store.rows.execute("SELECT size, note, decided FROM checkpoint ORDER BY size DESC LIMIT 1").fetchone()
        if largest and head.size < largest[0] and decided > largest[2] + SKEW:
            return ("the log got shorter", largest[1])
        return None

    def remember(self, head: Checkpoint, note: str, decided: int) -> None:
        """Keep a head that contradicts none."""
        self._store.rows.execute(
            "INSERT INTO checkpoint VALUES (?, ?, ?, ?) ON CONFLICT (size) DO NOTHING",
            (head.size, head.root, note, decided),
        )
        self._store.rows.execute(
            "DELETE FROM checkpoint WHERE size IN (SELECT size FROM checkpoint ORDER BY size DESC LIMIT 100 OFFSET ?)", (_KEPT,)
        )

    def keep_evidence(self, why: str, remembered: str, shown: str, message: str, now: int) -> None:
        """Keep both heads: together they convict the log."""
        with self._store.writing() as rows:
            rows.execute(
                "INSERT INTO fork (at, why, remembered, shown, message) VALUES (?, ?, ?, ?, ?)",
                (now, why, remembered, shown, message),
            )

    def evidence(self) -> str | None:
        """Why this adapter must not run, if it must not."""
        row = self._store.rows.execute("SELECT why FROM fork ORDER BY n LIMIT 1").fetchone()
        return row[0] if row else None
