"""A person registered, and two people found to be one: what that does to records, cases and prescriptions.

A merge leaves behind all that is needed to undo it. What it reveals (two leads, two live prescriptions) goes outside the
unique indexes and is told to the agencies at once. Leaves out: deciding who is the same (``matching``).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from broker.matching import index
from broker.matching.people import Found, recognise
from broker.matching.score import Weights
from broker.outcome import Alert
from broker.store import cases, scripts
from broker.store.database import Work, new_token
from contracts.vocabulary import CaseRole

_OWN: Final = "SELECT n, id, person, tokens FROM record WHERE reference = ? AND agency = ?"
_NEW: Final = (
    "INSERT INTO record (id, agency, reference, person, minted, created, tokens) VALUES (?, ?, ?, ?, 0, ?, ?) RETURNING n"
)
_MORE: Final = "UPDATE record SET minted = 0, tokens = ? WHERE n = ?"
_DIFFERENT: Final = (
    "SELECT DISTINCT b.person FROM record AS a JOIN pair AS p ON p.record = a.id JOIN record AS b ON b.id = p.other "
    "WHERE a.person = ? AND p.says = 'different'"
)
_PAIR: Final = "INSERT INTO pair (record, other, says, at) VALUES (?, ?, 'possible', ?) ON CONFLICT DO NOTHING"
_MERGED: Final = (
    "INSERT INTO merge (id, record, old_person, new_person, why, at) "
    "SELECT ? || id, id, person, ?, ?, ? FROM record WHERE person = ?"
)
_MOVE: Final = "UPDATE record SET person = ? WHERE person = ?"
_MOVE_GUARDED: Final = (
    "UPDATE cases SET person = ? WHERE person = ?",
    "UPDATE proposal SET person = ? WHERE person = ?",
    "UPDATE script SET person = ? WHERE person = ?",
)
_ALL: Final = "SELECT id FROM record WHERE person = ? ORDER BY n"


@dataclass(frozen=True, slots=True)
class Registered:
    """What a registration brought about: whose waiting messages to ask again, and who must be told of a conflict."""

    records: tuple[str, ...]
    alerts: tuple[Alert, ...]


def register(work: Work, agency: str, reference: str, tokens: Sequence[str], weights: Weights, now: int) -> Registered:
    """File what an agency knows of a person, and decide whom she is: the same as one, possibly some, or new."""
    own = work.one(_OWN, reference, agency)
    if own is None:
        record, person, known = new_token(), new_token(), frozenset[str]()
        ((number,),) = work.rows(_NEW, record, agency, reference, person, now, json.dumps(sorted(set(tokens))))
    else:
        number, record, person, before = own
        known = frozenset(json.loads(before))
        work.run(_MORE, json.dumps(sorted(known.union(tokens))), number)
    every = known.union(tokens)
    index.add(work, number, every - known)
    found = _recognised(work, record, person, every, weights)
    for each in found.possible:
        work.many(_PAIR, [(record, each.record, now), (each.record, record, now)])
    if found.same is None:
        return Registered((), ())
    return merge(work, person, found.same.person, "tokens", now)


def resolve(work: Work, tokens: Sequence[str], weights: Weights) -> Found:
    """Whom these tokens are, for a check that registers nobody."""
    return recognise(index.candidates(work, tokens, weights, besides=frozenset()), weights)


def merge(work: Work, old: str, new: str, why: str, now: int) -> Registered:
    """Two people are one. What each had of its own stays with its record, so that it can be taken apart again."""
    work.lock([old, new])
    alerts = (*_merge_cases(work, old, new), *_merge_scripts(work, old, new))
    work.run(_MERGED, new_token(), new, why, now, old)
    work.run(_MOVE, new, old)
    for move in _MOVE_GUARDED:
        work.run(move, new, old)
    return Registered(tuple(record for (record,) in work.rows(_ALL, new)), alerts)


def _recognised(work: Work, record: str, person: str, tokens: frozenset[str], weights: Weights) -> Found:
    found = index.candidates(work, tokens, weights, besides=frozenset({record}))
    apart = {person, *(other for (other,) in work.rows(_DIFFERENT, person))}
    return recognise((each for each in found if each.person not in apart), weights)


def _merge_cases(work: Work, old: str, new: str) -> tuple[Alert, ...]:
    moved, stays = cases.caseload(work, old).leads(), cases.caseload(work, new).leads()
    if not moved or not stays:
        return ()
    # Neither proposal can be carried out while two agencies lead, and one person has one open proposal.
    work.run("UPDATE proposal SET state = 'fallen' WHERE state = 'open' AND person = ANY(?)", [old, new])
    agencies = {case.agency for case in (*moved, *stays)}
    if len(agencies) == 1:
        cases.stand_back(work, [case.id for case in moved], CaseRole.LEAD)
        return ()
    cases.put_in_conflict(work, [case.id for case in (*moved, *stays)])
    return tuple(
        Alert(case.agency, "lead_in_conflict", case.reference, other)
        for case in (*moved, *stays)
        for other in sorted(agencies - {case.agency})
    )


def _merge_scripts(work: Work, old: str, new: str) -> tuple[Alert, ...]:
    moved, stays = scripts.current(work, [old]), scripts.current(work, [new])
    if not moved or not stays:
        return ()
    every = (*moved, *stays)
    scripts.put_in_conflict(work, every)
    return tuple(
        Alert(script.agency, "script_in_conflict", script.reference, other.agency)
        for script in every
        for other in every
        if other.id != script.id
    )
