"""What arrives: each message id once, sealed until the local system has it; notices; receipts to send."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from agencies.case_system import LocalNotice
from agencies.drafts import Heard
from agencies.store import Store
from contracts.kinds import Kind
from contracts.steps import Receipt
from contracts.vocabulary import AgeBand, Reason


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a message that arrived before has come."""

    state: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that was opened once and found good, sealed as it came."""

    message: str
    arrived: int
    sealed: bytes
    reference: str | None
    """Whom it is about, as this agency knows her now: the one that it came with may have been replaced."""


class Inbox:
    """Arrivals, notices and receipts."""

    def __init__(self, store: Store) -> None:
        self._store = store

    # --- arrivals

    def standing(self, message: str) -> Standing | None:
        """Whether a message arrived before, and what became of it."""
        row = self._store.rows.execute("SELECT state, attempt FROM received WHERE id = ?", (message,)).fetchone()
        return Standing(*row) if row else None

    def add(self, heard: Heard, attempt: int, arrived: int, sealed: bytes) -> None:
        """Keep a message, sealed as it came, until it is handed over: no name is ever in this file."""
        self._store.rows.execute(
            "INSERT INTO received VALUES (?, (SELECT COALESCE(MAX(n), 0) + 1 FROM received), ?, 'opened', ?, ?, ?, ?, ?, ?, ?)",
            (
                heard.message,
                attempt,
                heard.conversation,
                heard.other,
                heard.kind.value,
                heard.reference,
                heard.age_band.value,
                arrived,
                sealed,
            ),
        )

    def new_attempt(self, message: str, attempt: int) -> None:
        """The broker delivered it again under a later decision: the receipt is for that one."""
        self._store.rows.execute("UPDATE received SET attempt = MAX(attempt, ?) WHERE id = ?", (attempt, message))

    def heard(self, message: str) -> Heard | None:
        """A message that arrived, by its id."""
        row = self._store.rows.execute(
            "SELECT id, conversation, sender, kind, reference, age_band FROM received WHERE id = ?", (message,)
        ).fetchone()
        return Heard(row[0], row[1], row[2], Kind(row[3]), row[4], None, AgeBand(row[5])) if row else None

    def withdraw(self, message: str) -> None:
        """She took it back while it waited here: if the local system has not been given it, it never is."""
        self._store.rows.execute("UPDATE received SET state = 'withdrawn' WHERE id = ? AND state = 'opened'", (message,))

    def withdrawn(self) -> list[str]:
        """What is not to be handed over after all. Asked only while nothing is being handed over."""
        return [row[0] for row in self._store.rows.execute("SELECT id FROM received WHERE state = 'withdrawn' ORDER BY n")]

    def to_hand_over(self, limit: int) -> list[Waiting]:
        """What the local system has not taken yet, oldest first."""
        rows = self._store.rows.execute(
            "SELECT id, arrived, sealed, reference FROM received WHERE state = 'opened' ORDER BY n LIMIT ?", (limit,)
        )
        return [Waiting(*row) for row in rows]

    def handed_over(self, message: str, refused: Reason | None) -> None:
        """The local system has it, or will never take it: keep nothing of it, and say so to the broker."""
        with self._store.writing() as rows:
            attempt = rows.execute(
                "UPDATE received SET state = ?, sealed = NULL WHERE id = ? RETURNING attempt",
                ("refused" if refused else "handed_over", message),
            ).fetchone()[0]
            if refused:
                self.owe_receipt(message, attempt, "refused", refused)
            else:
                self.owe_receipt(message, attempt, "delivered", None)

    def all_handed_over(self, given: Iterable[tuple[str, Reason | None]]) -> None:
        """The same of several, in one transaction."""
        with self._store.writing():
            for message, refused in given:
                self.handed_over(message, refused)

    # --- receipts

    def owe_receipt(self, message: str, attempt: int, result: str, reason: Reason | None) -> None:
        """Note that the broker must be told; once, however often it is noted before it is sent."""
        self._store.rows.execute(
            "INSERT INTO receipt (message, attempt, result, reason) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (message, attempt, result, reason.value if reason else None),
        )

    def owed_receipts(self, limit: int) -> tuple[int, list[Receipt]]:
        """Receipts to send, and the number of the last of them."""
        rows = self._store.rows.execute(
            "SELECT n, message, attempt, result, reason FROM receipt ORDER BY n LIMIT ?", (limit,)
        ).fetchall()
        receipts = [
            Receipt(message=row[1], attempt=row[2], result=row[3], reason=Reason(row[4]) if row[4] else None) for row in rows
        ]
        return (rows[-1][0] if rows else 0), receipts

    def receipts_sealed(self, last: int) -> None:
        """They are in the outbox now; inside that transaction."""
        self._store.rows.execute("DELETE FROM receipt WHERE n <= ?", (last,))

    # --- notices

    def first_sight(self, notice: str, now: int) -> bool:
        """Whether a notice is new; from now on it is not."""
        return self._store.rows.execute("INSERT OR IGNORE INTO notice VALUES (?, ?)", (notice, now)).rowcount == 1

    def owe_telling(self, notice: str, fields: Mapping[str, Any]) -> None:
        """Note that the local system must be told."""
        self._store.rows.execute("INSERT OR IGNORE INTO telling (id, fields) VALUES (?, ?)", (notice, json.dumps(fields)))

    def to_tell(self, limit: int) -> list[LocalNotice]:
        """What the local system has not been told yet, oldest first."""
        rows = self._store.rows.execute("SELECT id, fields FROM telling ORDER BY n LIMIT ?", (limit,))
        return [LocalNotice(row[0], json.loads(row[1])) for row in rows]

    def told(self, ids: list[str]) -> None:
        """The local system has been told; where its agency was to acknowledge that, the broker is owed a receipt."""
        with self._store.writing() as rows:
            for one in ids:
                row = rows.execute("SELECT fields FROM telling WHERE id = ?", (one,)).fetchone()
                if row and (telling := json.loads(row[0]).get("acknowledge")):
                    self.owe_receipt(telling, 1, "acknowledged", None)
            rows.executemany("DELETE FROM telling WHERE id = ?", [(one,) for one in ids])

    def waiting(self) -> tuple[int, int]:
        """How many records wait to be handed over, and how many notices to be told."""
        arrivals = self._store.rows.execute("SELECT COUNT(*) FROM received WHERE state = 'opened'").fetchone()[0]
        return arrivals, self._store.rows.execute("SELECT COUNT(*) FROM telling").fetchone()[0]
