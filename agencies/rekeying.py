"""A new linkage key is here: the agency's own system is asked to give each of its people again, a few at a time.

The adapter keeps no name, so only the system that has it can. What it gives again is registered under both keys, and she keeps
her reference. Runs on the store's thread. Leaves out: making the tokens (``identity``), and the register (the broker's).
"""

from collections.abc import Callable
from typing import Final

from agencies.arriving import when
from agencies.inbox import Inbox
from agencies.party import Party
from agencies.store import Store

AT_A_TIME: Final = 50
ASK_AGAIN_AFTER: Final = 24 * 3_600_000
"""Whoever was not given again within a day is asked for again."""

# Nobody is registered under a reference that was replaced, nor under one that is only asked for.
_KEYED: Final = (
    "reference AS r LEFT JOIN keyed AS k ON k.reference = r.reference WHERE r.reference NOT IN "
    "(SELECT reference FROM former WHERE replaced = 1 UNION ALL SELECT fresh FROM former WHERE replaced = 0) "
    "AND COALESCE(k.epoch, 1) < ?"
)
_BEHIND: Final = (
    f"SELECT r.local, r.reference FROM {_KEYED} AND (COALESCE(k.asked_for, 1) < ? OR k.asked < ?) "  # noqa: S608  # ours
    "ORDER BY r.n LIMIT ?"
)
_LEFT: Final = f"SELECT COUNT(*) FROM {_KEYED}"  # noqa: S608  # ours
_ASKED: Final = (
    "INSERT INTO keyed VALUES (?, 1, ?, ?) ON CONFLICT (reference) "
    "DO UPDATE SET asked_for = excluded.asked_for, asked = excluded.asked"
)


class Rekeying:
    """Asks for those who are registered under an old key alone."""

    def __init__(self, party: Party, store: Store, inbox: Inbox, clock: Callable[[], int]) -> None:
        self._party, self._store, self._inbox, self._clock = party, store, inbox, clock

    def ask(self) -> int:
        """Owe the local system so many requests; how many. None while everybody was asked for, or there is one key."""
        newest = self.newest()
        if newest == 1:
            return 0
        now = self._clock()
        with self._store.writing() as rows:
            behind = rows.execute(_BEHIND, (newest, newest, now - ASK_AGAIN_AFTER, AT_A_TIME)).fetchall()
            for local, reference in behind:
                fields = {
                    "type": "register_again", "record": None, "person": local, "at": when(now), "epoch": newest,
                    "sentence": "The partnership has a new key. Send the person record of this person again, under a new id.",
                }  # fmt: skip
                self._inbox.owe_telling(f"again-{newest}-{now}-{reference}", fields)
                rows.execute(_ASKED, (reference, newest, now))
        return len(behind)

    def left(self) -> int:
        """How many people of this agency are not yet registered under the newest key."""
        newest = self.newest()
        return int(self._store.rows.execute(_LEFT, (newest,)).fetchone()[0]) if newest > 1 else 0

    def newest(self) -> int:
        """The epoch of the newest key that this adapter holds; the first where it holds none."""
        return self._party.tokens.newest() if self._party.tokens else 1
