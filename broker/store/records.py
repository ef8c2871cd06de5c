"""Who is who: an agency's reference is a record, records that are one person share her, and some may be another's.

Every agency has references of its own, and no two share one (design.md D9). Leaves out: recognising her (``matching``)
and what follows when two people turn out to be one (``merges``).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from broker.store.database import AgainError, Work, new_token

_BY_REFERENCE: Final = "SELECT n, id, agency, reference, person, recalled, minted FROM record WHERE reference = ANY(?)"
_BY_FORMER: Final = (
    "SELECT f.reference, r.n, r.id, r.agency, r.reference, r.person, r.recalled, r.minted FROM former_reference AS f "
    "JOIN record AS r ON r.id = f.record WHERE f.reference = ANY(?)"
)
_REFERENCES: Final = "SELECT reference FROM record WHERE person = ANY(?) ORDER BY n"
_OF_PEOPLE: Final = "SELECT n, id, agency, reference, person, recalled, minted FROM record WHERE person = ANY(?) ORDER BY n"
_POSSIBLE: Final = (
    "SELECT DISTINCT a.person, r.id FROM record AS a JOIN pair AS p ON p.record = a.id JOIN record AS o ON o.id = p.other "
    "JOIN record AS r ON r.person = o.person WHERE a.person = ANY(?) AND p.says = 'possible' AND r.person <> a.person"
)
_POSSIBLE_PEOPLE: Final = (
    "SELECT DISTINCT o.person FROM record AS a JOIN pair AS p ON p.record = a.id JOIN record AS o ON o.id = p.other "
    "WHERE a.person = ? AND p.says = 'possible' AND o.person <> a.person"
)
_PERSON_NOW: Final = "SELECT person FROM record WHERE id = ?"
_MINT: Final = (
    "INSERT INTO record (id, agency, reference, person, minted, created) VALUES (?, ?, ?, ?, 1, ?) ON CONFLICT DO NOTHING"
)
_RECALL: Final = (
    "UPDATE record SET recalled = ? WHERE person IN (SELECT person FROM record WHERE id = ANY(?)) "
    "AND (recalled IS NULL OR recalled < ?)"
)


@dataclass(frozen=True, slots=True)
class Record:
    """One agency's knowledge that a person exists: its reference, and the person the broker takes her to be."""

    number: int
    id: str
    agency: str
    reference: str
    person: str
    recalled: int | None
    minted: int
    """1: she came to the agency by a message about her."""


def by_reference(work: Work, references: Collection[str]) -> dict[tuple[str, str], Record]:
    """The records of these references, by agency and reference: the present one of each, or one that it replaced lately."""
    if not references:
        return {}
    every = [Record(*row) for row in work.rows(_BY_REFERENCE, list(references))]
    found = {(record.agency, record.reference): record for record in every}
    # Hardly ever: who was registered is found above.
    if missing := set(references) - {record.reference for record in every}:
        for former, *row in work.rows(_BY_FORMER, list(missing)):
            record = Record(*row)
            found[(record.agency, former)] = record
    return found


def hold(work: Work, people: Collection[str]) -> None:
    """Take turns over the references of these people: whoever decides about one of their records has locked it.

    AgainError when one was replaced meanwhile: then it is another that is to be locked.
    """
    if work.sqlite:
        return
    held = work.rows(_REFERENCES, list(people))
    work.lock([reference for (reference,) in held])
    if work.rows(_REFERENCES, list(people)) != held:
        raise AgainError


def of_people(work: Work, people: Collection[str]) -> dict[str, list[Record]]:
    """All records of each person, the oldest first."""
    records: defaultdict[str, list[Record]] = defaultdict(list)
    if people:
        for row in work.rows(_OF_PEOPLE, list(people)):
            record = Record(*row)
            records[record.person].append(record)
    return records


def possible_for(work: Work, people: Collection[str]) -> dict[str, list[str]]:
    """For each person, the records of everyone who may be she."""
    records: defaultdict[str, list[str]] = defaultdict(list)
    if people:
        for person, record in work.rows(_POSSIBLE, list(people)):
            records[person].append(record)
    return records


def possible_people(work: Work, person: str) -> list[str]:
    """Everyone who may be this person."""
    return [other for (other,) in work.rows(_POSSIBLE_PEOPLE, person)]


def person_of(work: Work, record: str) -> str | None:
    """The person a record belongs to now: a merge may have come since it was asked."""
    found = work.one(_PERSON_NOW, record)
    return found[0] if found else None


def mint(work: Work, wanted: Iterable[tuple[str, str]], now: int) -> dict[tuple[str, str], Record]:
    """A reference of the recipient's own for each (person, agency) that has none, and the ones there were."""
    pairs = set(wanted)
    work.lock([person for person, _ in pairs])
    own = _own(work, pairs)
    missing = pairs - own.keys()
    work.many(_MINT, [(new_token(), agency, new_token(), person, now) for person, agency in sorted(missing)])
    return {**own, **_own(work, missing)}


def recall(work: Work, records: Collection[str], index: int) -> None:
    """Mark that a consent of this person ended at this place of the log."""
    work.run(_RECALL, index, list(records), index)


def _own(work: Work, pairs: Collection[tuple[str, str]]) -> dict[tuple[str, str], Record]:
    found: dict[tuple[str, str], Record] = {}
    for person, records in of_people(work, {person for person, _ in pairs}).items():
        for record in records:
            # The oldest: a second registration by the same agency must not change what it was told her reference is.
            found.setdefault((person, record.agency), record)
    return {pair: record for pair, record in found.items() if pair in pairs}
