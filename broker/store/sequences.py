"""Each agency numbers its messages; a number that never came is told to it, once, and holds nothing up.

Several brokers may take one agency's messages side by side, so a gap is given time to close. Leaves out: replays.
"""

from collections import defaultdict
from typing import Final

from broker.store.database import Work

GRACE: Final = 60_000
"""How long a missing number may still be on its way."""

_LAST: Final = "SELECT sender, last FROM sequence WHERE sender = ANY(?) ORDER BY sender"
_KEEP: Final = (
    "INSERT INTO sequence (sender, last) VALUES (?, ?) "
    "ON CONFLICT (sender) DO UPDATE SET last = excluded.last WHERE excluded.last > sequence.last"
)
_OPEN: Final = "SELECT first, last, due_at FROM sequence_gap WHERE sender = ? AND told IS NULL AND first <= ? AND last >= ?"
_CLOSE: Final = "DELETE FROM sequence_gap WHERE sender = ? AND first = ?"
_GAP: Final = "INSERT INTO sequence_gap (sender, first, last, due_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
_DUE: Final = "SELECT sender, first, last FROM sequence_gap WHERE told IS NULL AND due_at <= ? ORDER BY sender, first LIMIT ?"
_TOLD: Final = "UPDATE sequence_gap SET told = ? WHERE sender = ? AND first = ?"


class Sequences:
    """The numbers of one batch."""

    def __init__(self) -> None:
        self._numbers: defaultdict[str, set[int]] = defaultdict(set)

    def note(self, sender: str, number: int) -> None:
        """This number came."""
        self._numbers[sender].add(number)

    def write(self, work: Work, now: int) -> None:
        """Note what came, what is missing now, and what is no longer missing."""
        if not self._numbers:
            return
        senders = sorted(self._numbers)
        last: dict[str, int] = dict(work.rows(_LAST if work.sqlite else f"{_LAST} FOR UPDATE", senders))
        gaps: list[tuple[str, int, int, int]] = []
        for sender in senders:
            highest = before = last.get(sender, 0)
            for number in sorted(self._numbers[sender]):
                if number <= before:
                    _fill(work, sender, number)
                elif number > highest + 1:
                    gaps.append((sender, highest + 1, number - 1, now + GRACE))
                highest = max(highest, number)
            last[sender] = highest
        work.many(_GAP, gaps)
        work.many(_KEEP, [(sender, last[sender]) for sender in senders])


def gaps_due(work: Work, limit: int, now: int) -> list[tuple[str, int, int]]:
    """The gaps that stayed open, each handed out once: sender, first and last missing number."""
    found = [(sender, first, last) for sender, first, last in work.rows(_DUE, now, limit)]
    work.many(_TOLD, [(now, sender, first) for sender, first, _ in found])
    return found


def _fill(work: Work, sender: str, number: int) -> None:
    for first, last, due_at in work.rows(_OPEN, sender, number, number):
        work.run(_CLOSE, sender, first)
        parts = [(sender, first, number - 1, due_at), (sender, number + 1, last, due_at)]
        work.many(_GAP, [part for part in parts if part[1] <= part[2]])
