"""A merge taken back: records, cases and prescriptions go to whom they belonged, and what was in conflict stands again.

Who is left without a lead gets one in the same moment: never none while a case is open (R04). The two stay apart afterwards:
different for a while when somebody said so, otherwise possibly the same. Leaves out: making a merge (``merges``).
"""

from dataclasses import dataclass
from typing import Any, Final

from broker.caseloads import CaseState, Partners
from broker.leads import heir
from broker.outcome import Alert
from broker.store import cases, records, scripts
from broker.store.database import AgainError, Work
from contracts.vocabulary import CaseRole, ScriptState

_MERGE: Final = "SELECT record, old_person, new_person FROM merge WHERE substr(id, 1, 32) = ? AND undone_at IS NULL ORDER BY id"
_OF_RECORDS: Final = (
    "SELECT DISTINCT substr(m.id, 1, 32), m.at FROM merge AS m JOIN record AS r ON r.id = m.record "
    "WHERE m.undone_at IS NULL AND m.record = ANY(?) ORDER BY m.at DESC"
)
_PEOPLE: Final = "SELECT DISTINCT person FROM record WHERE id = ANY(?)"
_RECORDS: Final = "SELECT id FROM record WHERE person = ANY(?) ORDER BY n"
_MOVE: Final = (
    "UPDATE record SET person = ? WHERE id = ANY(?)",
    "UPDATE cases SET person = ? WHERE record = ANY(?)",
    "UPDATE proposal SET person = ? WHERE record = ANY(?)",
    "UPDATE script SET person = ? WHERE record = ANY(?)",
)
_APART: Final = (
    "INSERT INTO pair (record, other, says, at, decided_by, until) VALUES (?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (record, other) DO UPDATE SET says = excluded.says, at = excluded.at, decided_by = excluded.decided_by, "
    "until = excluded.until"
)
_UNDONE: Final = (
    "UPDATE merge SET undone_at = ?, undone_by = ?, undone_why = ? WHERE substr(id, 1, 32) = ? AND undone_at IS NULL"
)
_STANDS_AGAIN: Final = "UPDATE cases SET state = 'open', before = NULL WHERE id = ? AND state = 'in_conflict'"
_STANDS_BACK: Final = (
    "UPDATE cases SET state = 'open', role = 'supplementary', before = 'lead' WHERE id = ANY(?) AND state = 'in_conflict'"
)
_LEADS: Final = "UPDATE cases SET role = 'lead', before = NULL WHERE id = ? AND state = 'open'"
_SCRIPT_AGAIN: Final = "UPDATE script SET state = before, before = NULL WHERE id = ? AND state = 'in_conflict'"
_TAKEN_OUT: Final = "SELECT id FROM script WHERE person = ? AND state = 'in_conflict' AND conflict = ?"
_LIST: Final = (
    "SELECT substr(id, 1, 32), min(at), min(why), min(decided_by), count(*), min(undone_at), min(undone_by), min(undone_why) "
    "FROM merge GROUP BY 1 HAVING min(why) <> 'tokens' OR min(undone_at) IS NOT NULL ORDER BY 2"
)
_OF_REFERENCE: Final = (
    "SELECT substr(m.id, 1, 32), min(m.at), min(m.why), min(m.decided_by), count(*), min(m.undone_at), min(m.undone_by), "
    "min(m.undone_why) FROM merge AS m JOIN record AS r ON r.id = m.record OR r.person = m.new_person "
    "WHERE r.agency = ? AND r.reference = ? GROUP BY 1 ORDER BY 2"
)
_COLUMNS: Final = ("merge", "at", "why", "by", "records", "undone", "undone_by", "undone_why")
_LIVE: Final = frozenset({ScriptState.RESERVED, ScriptState.ACTIVE, ScriptState.TRANSFERRING})


@dataclass(frozen=True, slots=True)
class Undone:
    """What an undoing brought about: whose waiting messages to ask again, and who must be told."""

    records: tuple[str, ...]
    alerts: tuple[Alert, ...]


def merge_between(work: Work, record: str, other: str) -> str | None:
    """The merge that made these two records one person: the latest that moved one of them and not the other."""
    for merge, _ in work.rows(_OF_RECORDS, [record, other]):
        moved = {one for one, _, _ in work.rows(_MERGE, merge)}
        if len(moved & {record, other}) == 1:
            return str(merge)
    return None


def undo(work: Work, merge: str, by: str, why: str, now: int, *, until: int | None, partners: Partners) -> Undone | None:
    """Take a merge back; None when there is none, or it was taken back before.

    ``until``: how long the two are remembered as different; None leaves them possibly the same.
    """
    rows = work.rows(_MERGE, merge)
    if not rows:
        return None
    moved, old = [record for record, _, _ in rows], rows[0][1]
    # Others merge and prescribe meanwhile: take turns, then look again whether they still are where they were.
    now_at = [person for (person,) in work.rows(_PEOPLE, moved)]
    records.hold(work, now_at)
    work.lock([*now_at, old])
    if [person for (person,) in work.rows(_PEOPLE, moved)] != now_at:
        raise AgainError
    stay = [record for (record,) in work.rows(_RECORDS, now_at) if record not in set(moved)]
    for move in _MOVE:
        work.run(move, old, moved)
    apart(work, moved, stay, by, now, until)
    work.run(_UNDONE, now, by, why, merge)
    alerts: list[Alert] = []
    for person in dict.fromkeys([old, *now_at]):
        alerts += [*_cases_stand_again(work, person, partners), *_scripts_stand_again(work, person, merge)]
        cases.proposal_goes_on(work, person)
    return Undone((*moved, *stay), tuple(alerts))


def apart(work: Work, some: list[str], others: list[str], by: str, now: int, until: int | None) -> None:
    """Remember that these are not, or may be, the same person, from both sides."""
    says = "possible" if until is None else "different"
    pairs = [(one, other) for one in some for other in others]
    rows = [(a, b, says, now, by, until) for one, other in pairs for a, b in ((one, other), (other, one))]
    work.many(_APART, rows)


def listed(work: Work, agency: str | None, reference: str | None) -> list[dict[str, Any]]:
    """Merges that people decided or took back; or all that concern the person of one agency's reference. For officers."""
    rows = work.rows(_OF_REFERENCE, agency, reference) if agency and reference else work.rows(_LIST)
    return [dict(zip(_COLUMNS, row, strict=True)) for row in rows]


def _cases_stand_again(work: Work, person: str, partners: Partners) -> list[Alert]:
    caseload = cases.caseload(work, person)
    current = caseload.carried
    conflicted = [case for case in current if case.state is CaseState.IN_CONFLICT]
    if len({case.agency for case in conflicted}) > 1:
        return []
    leads = [case for case in current if case.role is CaseRole.LEAD and case.state is CaseState.OPEN]
    if conflicted and not leads:
        first, *others = conflicted
        work.run(_STANDS_AGAIN, first.id)
        # A second lead of the same agency, from an earlier merge: one agency leads once.
        work.run(_STANDS_BACK, [case.id for case in others])
        return [Alert(first.agency, "conflict_over", first.reference)]
    next_lead = heir(caseload, partners)
    if next_lead is not None:
        work.run(_LEADS, next_lead.id)
        return [Alert(next_lead.agency, "lead_fell_to_you", next_lead.reference)]
    if current:
        return []
    # Nobody carries her case any more, so there is nothing for the informed to hear of.
    informed = [case for case in caseload.current if case.role is CaseRole.INFORMED]
    cases.end_informed(work, [case.id for case in informed])
    return [Alert(case.agency, "case_closed", case.reference) for case in informed]


def _scripts_stand_again(work: Work, person: str, merge: str) -> list[Alert]:
    """Put back what stood: the one that is left in conflict alone, or that this very merge took out of the index."""
    current = scripts.current(work, [person])
    conflicted = [script for script in current if script.state is ScriptState.IN_CONFLICT]
    if len(conflicted) > 1:
        taken_out = {script for (script,) in work.rows(_TAKEN_OUT, person, merge)}
        conflicted = [script for script in conflicted if script.id in taken_out]
    if len(conflicted) != 1 or any(script.state in _LIVE for script in current):
        return []
    work.run(_SCRIPT_AGAIN, conflicted[0].id)
    return [Alert(conflicted[0].agency, "conflict_over", conflicted[0].reference)]
