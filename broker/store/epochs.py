"""Re-keying the register: who carries tokens under which epoch of the linkage key, and the end of an old one.

Both epochs are matched meanwhile, and the old one ends only when nobody carries it alone: so no answer is missed on the way.
Leaves out: making tokens, which is the adapters' (they register their people again), and the keys themselves.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Final

from broker.store import acts
from broker.store.database import Work
from broker.store.house import House
from contracts.statements import RetireEpoch, Statement
from contracts.vocabulary import Reason

BEGINNING: Final = -(2**63)
"""Before the first token of the index."""

_NEWEST: Final = (
    "SELECT r.agency, k.newest, count(*) FROM (SELECT r, max(epoch) AS newest FROM known GROUP BY r) AS k "
    "JOIN record AS r ON r.n = k.r GROUP BY r.agency, k.newest ORDER BY r.agency, k.newest"
)
# Who would be left behind, and somebody still does something for her, or waits to hear of her.
_STILL_ACTIVE: Final = (
    "SELECT count(*) FROM (SELECT r FROM known GROUP BY r HAVING max(epoch) <= ?) AS k JOIN record AS x ON x.n = k.r "
    "WHERE EXISTS (SELECT 1 FROM cases AS c WHERE c.record = x.id AND c.state <> 'closed') "
    "OR EXISTS (SELECT 1 FROM script AS s WHERE s.record = x.id AND s.state <> 'ended') "
    "OR EXISTS (SELECT 1 FROM watch AS w WHERE w.record = x.id)"
)
_RETIRED: Final = "SELECT epoch FROM retired_epoch ORDER BY epoch"
# Ended again: a command that was broken off before the log was told is given once more, and its word stands.
_RETIRE: Final = (
    "INSERT INTO retired_epoch (epoch, at, officer, why, statement) VALUES (?, ?, ?, ?, ?) ON CONFLICT (epoch) DO UPDATE "
    "SET at = excluded.at, officer = excluded.officer, why = excluded.why, statement = excluded.statement"
)
_BRING_BACK: Final = "DELETE FROM retired_epoch WHERE epoch = ?"
_SLICE: Final = "SELECT max(t) FROM (SELECT t FROM token WHERE t > ? ORDER BY t LIMIT ?) AS slice"
# The epoch is in the four lowest bits. Of a record that carries nothing newer nothing is taken, unless it is left behind.
_SWEEP_ALL_TOKENS: Final = "DELETE FROM token WHERE t > ? AND t <= ? AND (t & 15) = ?"
_SWEEP_TOKENS: Final = (
    "DELETE FROM token WHERE t > ? AND t <= ? AND (t & 15) = ? "
    "AND EXISTS (SELECT 1 FROM known AS k WHERE k.r = token.r AND k.epoch > ?)"
)
_SWEEP_ALL_KNOWN: Final = "DELETE FROM known WHERE epoch = ? AND r IN (SELECT r FROM known WHERE epoch = ? LIMIT ?)"
_SWEEP_KNOWN: Final = (
    "DELETE FROM known WHERE epoch = ? AND r IN (SELECT o.r FROM known AS o JOIN known AS n ON n.r = o.r AND n.epoch > o.epoch "
    "WHERE o.epoch = ? LIMIT ?)"
)


@dataclass(frozen=True, slots=True)
class Register:
    """How far the register is: for each agency, how many of its records carry which epoch as their newest."""

    by_agency: dict[str, Counter[int]]
    retired: frozenset[int]

    @property
    def newest(self) -> int:
        """The newest epoch that any record carries; 0 in an empty register."""
        return max((epoch for counts in self.by_agency.values() for epoch in counts), default=0)

    def left_behind(self, epoch: int) -> dict[str, int]:
        """By agency, the records that carry nothing newer than this epoch."""
        sums = {agency: sum(n for each, n in counts.items() if each <= epoch) for agency, counts in self.by_agency.items()}
        return {agency: count for agency, count in sums.items() if count}

    def done(self) -> tuple[int, int]:
        """How many records carry the newest epoch, and how many there are."""
        counts = list(self.by_agency.values())
        return sum(each[self.newest] for each in counts), sum(each.total() for each in counts)


def register(work: Work) -> Register:
    """How far it is now. Records without tokens, which came by a message about her, need no key."""
    by_agency: dict[str, Counter[int]] = {}
    for agency, epoch, count in work.rows(_NEWEST):
        by_agency.setdefault(agency, Counter())[int(epoch)] = int(count)
    return Register(by_agency, retired(work))


def retired(work: Work) -> frozenset[int]:
    """The epochs under which nobody is registered or asked about any more."""
    return frozenset(int(epoch) for (epoch,) in work.rows(_RETIRED))


def retire(work: Work, house: House, statement: Statement, now: int) -> dict[str, int]:
    """End an epoch; nothing happens, and whom it would leave behind comes back, when anybody carries nothing newer.

    ``tell`` follows once it is certain. NotTheirsError when it is not a governance officer's word.
    """
    said, who = _proven(house, statement, now)
    behind = register(work).left_behind(said.epoch)
    if not behind:
        work.run(_RETIRE, said.epoch, now, who, said.reason, statement.wire().decode())
    return behind


def leave_behind(work: Work, house: House, statement: Statement, now: int) -> int:
    """End an epoch although some carry nothing newer, whom their agency's system does not have any more.

    Nothing happens while one of them is on a caseload, has a prescription or is watched for; how many of them are.
    NotTheirsError as above.
    """
    said, who = _proven(house, statement, now)
    ((active,),) = work.rows(_STILL_ACTIVE, said.epoch)
    if not active:
        work.run(_RETIRE, said.epoch, now, who, said.reason, statement.wire().decode())
        acts.tell(work, house, statement, now)
    return int(active)


def _proven(house: House, statement: Statement, now: int) -> tuple[RetireEpoch, str]:
    """Her word, and who she is."""
    officer, said = acts.signer_of(statement, house.directory, now), statement.said
    if not isinstance(said, RetireEpoch):
        raise acts.NotTheirsError("it is about something else", Reason.NOTHING_WAITS)
    return said, f"{officer.agency}/{officer.person}"


def bring_back(work: Work, epoch: int) -> None:
    """Somebody was registered under it alone in the very moment it ended: then it has not ended."""
    work.run(_BRING_BACK, epoch)


def sweep_tokens(work: Work, epoch: int, after: int, limit: int, *, whole: bool = False) -> int | None:
    """Take the tokens of an ended epoch out of one slice of the index; where the next slice begins, or None at the end.

    ``whole``: also of those who are left behind.
    """
    ((last,),) = work.rows(_SLICE, after, limit)
    if last is None:
        return None
    if whole:
        work.run(_SWEEP_ALL_TOKENS, after, last, epoch % 16)
    else:
        work.run(_SWEEP_TOKENS, after, last, epoch % 16, epoch)
    return int(last)


def sweep_known(work: Work, epoch: int, limit: int, *, whole: bool = False) -> int:
    """Forget what so many records carried under an ended epoch; how many there were."""
    return work.run(_SWEEP_ALL_KNOWN if whole else _SWEEP_KNOWN, epoch, epoch, limit)
