"""Proof that the check was made: every presentation by agency and hour, and how it ended (W01; anchors.md §3, feature 11).

Counts and codes only. What cannot be seen from here is said beside the table, not left for the reader to find out.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from broker.store.database import Work
from broker.store.house import House
from contracts.vocabulary import Reason

HOUR: Final = 3_600_000

_ENDS: Final = (
    "SELECT agency, opened / 3600000, state, coalesce(said, why_not, ''), count(*), "
    "sum(CASE WHEN check_id = id THEN 1 ELSE 0 END), sum(CASE WHEN ended >= until THEN 1 ELSE 0 END) "
    "FROM presentation WHERE opened >= ? GROUP BY 1, 2, 3, 4 ORDER BY 1, 2"
)
_UNCHECKED_CASES: Final = (
    "SELECT count(*) FROM message WHERE kind = 'case-opened/1' AND state = 'refused' AND reason = ? AND arrived >= ?"
)
_WAITING: Final = "SELECT count(*) FROM message WHERE kind = 'caseload-check/1' AND ended IS NULL"
_GAPS: Final = "SELECT count(*) FROM sequence_gap WHERE told IS NOT NULL"


@dataclass(slots=True)
class Row:
    """One agency's presentations in one hour."""

    agency: str
    hour: int
    """Its beginning, in milliseconds."""
    answered: int = 0
    cannot_say: int = 0
    explained: Counter[str] = field(default_factory=Counter)
    open: int = 0
    unexplained: int = 0

    @property
    def presentations(self) -> int:
        """All of them."""
        return self.answered + self.cannot_say + self.explained.total() + self.open + self.unexplained


@dataclass(slots=True)
class Coverage:
    """The table, and what must be read beside it."""

    rows: list[Row]
    told_by_check: int = 0
    """Presentations that only their own check told of."""
    late: int = 0
    """Explained or checked after their time."""
    cases_refused: int = 0
    """Cases that were not opened because no check came before."""
    checks_waiting: int = 0
    gaps: int = 0
    """Messages known to be missing: something may have been told in one of them."""
    silent: tuple[str, ...] = ()
    """Agencies that may ask and told of no presentation at all."""

    @property
    def whole(self) -> bool:
        """Whether every presentation that was told of ended in a check or a reason, or still has time to."""
        return not any(row.unexplained for row in self.rows)


def coverage(work: Work, house: House, since: int) -> Coverage:
    """Every presentation opened since then, by agency and hour."""
    rows: dict[tuple[str, int], Row] = {}
    told_by_check = late = 0
    for agency, hour, state, how, count, own, after in work.rows(_ENDS, since):
        row = rows.setdefault((agency, int(hour)), Row(agency, int(hour) * HOUR))
        _add(row, state, how, int(count))
        told_by_check += int(own)
        late += int(after or 0)
    ((refused,),) = work.rows(_UNCHECKED_CASES, Reason.CHECK_NEEDED_FIRST.value, since)
    ((waiting,),) = work.rows(_WAITING)
    ((gaps,),) = work.rows(_GAPS)
    told = {row.agency for row in rows.values()}
    silent = tuple(agency for agency in house.contributors if agency not in told)
    return Coverage(list(rows.values()), told_by_check, late, int(refused), int(waiting), int(gaps), silent)


def _add(row: Row, state: str, how: str, count: int) -> None:
    match state, how:
        case "checked", "cannot_say":
            row.cannot_say += count
        case "checked", _:
            row.answered += count
        case "explained", _:
            row.explained[how] += count
        case "unexplained", _:
            row.unexplained += count
        case _:
            row.open += count
