"""What the guards leave for people to look at, as questions: overrides, unmet needs, joint cases. And what looking found.

Leaves out: how it is shown (``broker/guards.py``).
"""

from collections import Counter, defaultdict
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Final

from broker.store import acts
from broker.store.database import Row, Work
from broker.store.house import House
from contracts.statements import ReviewOverride, Statement
from contracts.vocabulary import Reason

_OVERRIDES: Final = (
    "SELECT message, agency, officer, reason, beside, at, review_by, reviewed, reviewer, finding FROM script_override "
    "ORDER BY reviewed IS NOT NULL, review_by, message"
)
_TO_REVIEW: Final = "SELECT agency, officer, beside FROM script_override WHERE message = ? AND reviewed IS NULL"
_REVIEW: Final = (
    "UPDATE script_override SET reviewed = ?, reviewer = ?, finding = ?, review_statement = ? "
    "WHERE message = ? AND reviewed IS NULL"
)
_OVERDUE: Final = "SELECT count(*) FROM script_override WHERE reviewed IS NULL AND review_by <= ?"
_GAPS: Final = "SELECT need, agency, at, why FROM gap ORDER BY at, message, need"
_JOINT: Final = (
    "SELECT c.person, c.agency, r.reference, c.role FROM cases AS c JOIN record AS r ON r.id = c.record "
    "WHERE c.state <> 'closed' AND c.person IN (SELECT person FROM cases WHERE agency = ANY(?) AND state <> 'closed') "
    "ORDER BY c.opened, c.id"
)

Joint = tuple[str, str, tuple[tuple[str, str], ...]]
"""One joint case as one agency may see it: its own reference, its role, and the others with theirs."""


def overrides(work: Work) -> list[Row]:
    """Every override, those to be looked at first."""
    return work.rows(_OVERRIDES)


def overdue(work: Work, now: int) -> int:
    """How many overrides nobody looked at in time."""
    ((count,),) = work.rows(_OVERDUE, now)
    return int(count)


def review_override(work: Work, house: House, statement: Statement, now: int) -> bool:
    """Write down what looking found, once, by a governance officer of one of the two prescribers; False when none waits.

    NotTheirsError when it is not such an officer's word, or it is whoever went on.
    """
    officer, said = acts.signer_of(statement, house.directory, now), statement.said
    if not isinstance(said, ReviewOverride):
        raise acts.NotTheirsError("it is about something else", Reason.NOTHING_WAITS)
    found = work.one(_TO_REVIEW, said.message)
    if found is None:
        return False
    agency, by, beside = found
    if officer.agency not in {agency, beside} or (officer.agency, officer.person) == (agency, by):
        why = "only a governance officer of one of the two prescribers looks at it, and never whoever went on"
        raise acts.NotTheirsError(why, Reason.APPROVER_NOT_ALLOWED)
    who = f"{officer.agency}/{officer.person}"
    if work.run(_REVIEW, now, who, said.finding.value, statement.wire().decode(), said.message) < 1:
        return False
    acts.tell(work, house, statement, now)
    return True


def gaps(work: Work) -> list[tuple[str, str, str, int, str]]:
    """Needs that no service met: need, month, agency, how often, and why not, the commonest first."""
    counted: Counter[tuple[str, str, str, str]] = Counter()
    for need, agency, at, why in work.rows(_GAPS):
        counted[(need, datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m"), agency, why)] += 1
    return [(need, month, agency, times, why) for (need, month, agency, why), times in counted.most_common()]


def meeting(work: Work, agencies: Collection[str], hidden: frozenset[str]) -> dict[str, list[Joint]]:
    """For each agency at a case meeting, the cases it has together with another that is there (W07), and nothing else.

    A case that only one of them is party to is on nobody's list. A hidden agency neither comes nor is seen.
    """
    there = [agency for agency in agencies if agency not in hidden]
    cases: defaultdict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for person, agency, reference, role in work.rows(_JOINT, there):
        if agency in there:
            cases[person].append((agency, reference, role))
    lists: dict[str, list[Joint]] = {agency: [] for agency in there}
    for parties in cases.values():
        for agency, reference, role in parties:
            others = tuple((other, part) for other, _, part in parties if other != agency)
            if others:
                lists[agency].append((reference, role, others))
    return lists
