"""A new reference for a person, because the former one was seen where it should not have been (T16).

The fresh one is known here from the moment it is asked for, and used from the moment the broker says that it has it; the former
stays known for a time, because what others sent meanwhile still carries it. Runs on the store's thread. Leaves out: asking
for it (``presenting``), and what the broker does (``broker/store/former.py``).
"""

from typing import Final

from agencies.drafts import Renewal
from agencies.store import Store
from contracts.kinds import FORMER_STANDS
from contracts.vocabulary import ReceiptState

_OF_PERSON: Final = (
    "SELECT r.reference, f.until FROM reference AS r LEFT JOIN former AS f ON f.reference = r.reference WHERE r.local = ? "
    "AND COALESCE(f.replaced, 0) = 0 AND r.reference NOT IN (SELECT fresh FROM former WHERE replaced = 0)"
)
_ASKED: Final = (
    "INSERT INTO former VALUES (?, ?, ?, ?, 0) ON CONFLICT (reference) DO UPDATE SET "
    "fresh = excluded.fresh, message = excluded.message, until = excluded.until WHERE former.replaced = 0"
)
_OF_MESSAGE: Final = "SELECT reference, fresh FROM former WHERE message = ? AND replaced = 0"
_OF_FRESH: Final = "SELECT reference, fresh FROM former WHERE fresh = ? AND replaced = 0"
_PRESENT: Final = "SELECT fresh FROM former WHERE reference = ? AND replaced = 1"
# Who is sent first is the one that is used: the two change places.
_SWAP: Final = "UPDATE reference SET n = (SELECT SUM(n) FROM reference WHERE reference IN (?, ?)) - n WHERE reference IN (?, ?)"
_MOVED: Final = (
    "UPDATE OR REPLACE keyed SET reference = ? WHERE reference = ?",
    "UPDATE consent SET reference = ? WHERE reference = ?",
    "UPDATE message SET reference = ? WHERE reference = ?",
    "UPDATE received SET reference = ? WHERE reference = ?",
    "UPDATE former SET fresh = ? WHERE fresh = ?",
)
_REPLACED: Final = "UPDATE former SET replaced = 1, until = ? WHERE reference = ?"
_NOT_REPLACED: Final = "DELETE FROM former WHERE reference = ? AND replaced = 0"
_OVER: Final = "SELECT reference FROM former WHERE replaced = 1 AND until <= ?"
_FORGET: Final = ("DELETE FROM reference WHERE reference = ?", "DELETE FROM former WHERE reference = ?")


class Renewing:
    """The references of this agency that are being replaced, and those that were."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def references_of(self, local: str, now: int) -> dict[str, bool]:
        """Every reference of a person that stands, and whether a fresh one was asked for and no word has come yet."""
        return {one: (until or 0) > now for one, until in self._store.rows.execute(_OF_PERSON, (local,))}

    def asked(self, renewal: Renewal, message: str, until: int) -> None:
        """Ask for it, inside the transaction that puts the message into the outbox."""
        self._store.rows.execute(_ASKED, (renewal.former, renewal.fresh, message, until))
        self._store.remember_person(renewal.local, renewal.fresh, renewal.band)

    def told(self, message: str, state: ReceiptState, now: int) -> None:
        """The broker's last word on a message, if it is one that asked for a reference. Said twice, it changes nothing."""
        if state not in (ReceiptState.DELIVERED, ReceiptState.REFUSED):
            # One that expired may be asked for again; should it have come all the same, it is still known.
            return
        row = self._store.rows.execute(_OF_MESSAGE, (message,)).fetchone()
        if row is not None and state is ReceiptState.DELIVERED:
            self._replaced(row[0], row[1], now)
        elif row is not None:
            self._store.rows.execute(_NOT_REPLACED, (row[0],))
            self._store.rows.execute(_FORGET[0], (row[1],))

    def present(self, reference: str | None, now: int) -> str | None:
        """The reference that stands for the one that came. One that was only asked for stands, once the broker uses it."""
        if reference is None:
            return None
        if row := self._store.rows.execute(_OF_FRESH, (reference,)).fetchone():
            self._replaced(row[0], row[1], now)
        row = self._store.rows.execute(_PRESENT, (reference,)).fetchone()
        return row[0] if row else reference

    def forget(self, now: int) -> int:
        """Those whose time is over mean nobody any more; how many."""
        over = self._store.rows.execute(_OVER, (now,)).fetchall()
        if over:
            with self._store.writing() as rows:
                for statement in _FORGET:
                    rows.executemany(statement, over)
        return len(over)

    def _replaced(self, former: str, fresh: str, now: int) -> None:
        with self._store.writing() as rows:
            rows.execute(_SWAP, (former, fresh, former, fresh))
            for statement in _MOVED:
                rows.execute(statement, (fresh, former))
            rows.execute(_REPLACED, (now + FORMER_STANDS, former))
