"""What leaves: each message in order, kept as sealed bytes until the broker has said that it has them."""

from dataclasses import dataclass
from typing import Final

from agencies.drafts import Heard
from agencies.store import Store
from contracts.kinds import Kind
from contracts.vocabulary import Purpose, Reason, ReceiptState

_TERMINAL: Final = ("delivered", "refused", "expired")


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """A sealed message, as it enters the outbox."""

    id: str
    sequence: int
    record: str | None
    fingerprint: str
    kind: Kind
    conversation: str
    other: str
    reference: str | None
    purpose: Purpose | None
    created: int
    not_after: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Queued:
    """A sealed message that RabbitMQ has not confirmed yet."""

    id: str
    not_after: int
    body: bytes


class Outbox:
    """Messages of this agency, by their id and by the local record they came from."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def taken_before(self, record: str) -> tuple[str, str] | None:
        """The message id and the fingerprint of a record that was taken before."""
        row = self._store.rows.execute("SELECT id, fingerprint FROM message WHERE record = ?", (record,)).fetchone()
        return (row[0], row[1]) if row else None

    def add(self, leaving: Leaving) -> None:
        """Put one in, inside the transaction that gave it its number."""
        self._store.rows.execute(
            "INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'queued', NULL, ?)",
            (
                leaving.id,
                leaving.sequence,
                leaving.record,
                leaving.fingerprint,
                leaving.kind.value,
                leaving.conversation,
                leaving.other,
                leaving.reference,
                leaving.purpose.value if leaving.purpose else None,
                leaving.created,
                leaving.not_after,
                leaving.body,
            ),
        )

    def queued(self, limit: int) -> list[Queued]:
        """What to publish next, in order."""
        rows = self._store.rows.execute(
            "SELECT id, not_after, body FROM message WHERE state = 'queued' ORDER BY sequence LIMIT ?", (limit,)
        )
        return [Queued(*row) for row in rows]

    def depth(self) -> int:
        """How many wait for RabbitMQ."""
        return int(self._store.rows.execute("SELECT COUNT(*) FROM message WHERE state = 'queued'").fetchone()[0])

    def confirmed(self, ids: list[str]) -> None:
        """RabbitMQ has them. Bundles of receipts are done with: the broker sends nothing about those that went well."""
        with self._store.writing() as rows:
            rows.executemany("UPDATE message SET state = 'sent' WHERE id = ? AND state = 'queued'", [(one,) for one in ids])
            rows.executemany(
                "DELETE FROM message WHERE id = ? AND kind = ? AND record IS NULL",
                [(one, Kind.RECEIPTS.value) for one in ids],
            )

    def told(self, message: str, state: ReceiptState, reason: Reason | None) -> bool:
        """Note what became of one; False where it says nothing new."""
        row = self._store.rows.execute("SELECT state, reason FROM message WHERE id = ?", (message,)).fetchone()
        if row is None or row[0] in _TERMINAL or reason is Reason.REPLAYED:
            return False
        code = reason.value if reason else None
        if (row[0], row[1]) == (state.value, code):
            return False
        self._store.rows.execute(
            "UPDATE message SET state = ?, reason = ?, body = NULL WHERE id = ?", (state.value, code, message)
        )
        if state in (ReceiptState.REFUSED, ReceiptState.EXPIRED):
            # A registration that did not take effect leaves her under no newer key than before.
            self._store.rows.execute(
                "UPDATE keyed SET epoch = 1 WHERE reference = (SELECT reference FROM message WHERE id = ? AND kind = ?)",
                (message, Kind.PERSON_REGISTERED.value),
            )
        return True

    def record_of(self, message: str | None) -> str | None:
        """The local record that a message came from."""
        row = self._store.rows.execute("SELECT record FROM message WHERE id = ?", (message,)).fetchone()
        return row[0] if row else None

    def is_ours(self, message: str) -> bool:
        """Whether the message left here as somebody's record, and not as the adapter's own receipts."""
        return self.record_of(message) is not None

    def heard(self, record: str) -> Heard | None:
        """A message of our own, by the record it came from."""
        row = self._store.rows.execute(
            "SELECT id, conversation, other, kind, reference, purpose FROM message WHERE record = ?", (record,)
        ).fetchone()
        if row is None:
            return None
        return Heard(row[0], row[1], row[2], Kind(row[3]), row[4], Purpose(row[5]) if row[5] else None)
