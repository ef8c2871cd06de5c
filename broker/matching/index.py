"""The register's index of keyed tokens: which records share one with these, the most telling first.

A token that thousands share tells little and costs much, so it is not followed. Records are compared within one epoch of the
linkage key: under another key nothing of theirs would agree. Leaves out: how much the sharing says (``score``).
"""

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final, Protocol

from broker.matching.carried import Carried, Presented, unpacked, value_of
from broker.matching.company import COUNTED, Beside, alone, company_of, size_of
from broker.matching.people import Candidate
from broker.matching.score import Evidence, Levels, Weights, evidence, score, weights_from

BUCKET: Final = 2_000
CANDIDATES: Final = 64
_OUT_OF_THE_QUESTION: Final = -9.0
"""One to eight thousand, and at most 64 of them."""

_SIZES_SQL: Final = (
    f"SELECT value, (SELECT count(*) FROM (SELECT 1 FROM token WHERE t = CAST(value AS BIGINT) LIMIT {BUCKET + 1}) AS most) "  # noqa: S608
    "FROM EACH(?)"
)
_BUCKETS_SQL: Final = "SELECT t, r FROM token WHERE t = ANY(?)"
_KNOWN_SQL: Final = "SELECT tokens FROM known WHERE r = ? AND epoch = ?"
_OF_PERSON_SQL: Final = "SELECT k.tokens FROM record AS r JOIN known AS k ON k.r = r.n WHERE r.person = ? AND k.epoch = ?"
_RECORDS_SQL: Final = (
    "SELECT r.id, r.person, k.tokens, (SELECT max(n) FROM record) "
    "FROM known AS k JOIN record AS r ON r.n = k.r WHERE k.r = ANY(?) AND k.epoch = ?"
)
_ADD_SQL: Final = "INSERT INTO token (t, r) VALUES (?, ?) ON CONFLICT DO NOTHING"
_KEEP_SQL: Final = (
    "INSERT INTO known (r, epoch, tokens) VALUES (?, ?, ?) ON CONFLICT (r, epoch) DO UPDATE SET tokens = excluded.tokens"
)


class Rows(Protocol):
    """What the index asks of the store's transaction."""

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]: ...
    def run(self, sql: str, *values: object) -> int: ...
    def many(self, sql: str, rows: Any) -> int: ...


@cache
def load_weights() -> Weights:
    """The table that is shipped beside this module."""
    return weights_from(tomllib.loads((files("broker.matching") / "weights.toml").read_text()))


def add(work: Rows, number: int, tokens: Presented) -> Presented:
    """File a record, by its number, under its tokens; all that it carries now comes back."""
    before = work.rows(_KNOWN_SQL, number, tokens.epoch)
    every = tokens.with_more(unpacked(bytes(before[0][0]))) if before else tokens
    work.many(_ADD_SQL, [(key, number) for key in tokens.blocking])
    work.run(_KEEP_SQL, number, tokens.epoch, every.packed())
    return every


def candidates(work: Rows, keyed: Iterable[Presented], weights: Weights, *, besides: frozenset[str]) -> list[Candidate]:
    """The records that share a token with these, under any epoch, scored; never those named in ``besides``.

    What is out of the question is left out: all of it together would not move a decision by a hundredth.
    """
    weighed = (
        (each, score(each.evidence, each.company, each.size, weights))
        for tokens in keyed
        for each in compared(work, tokens, besides)
    )
    return [
        Candidate(each.record, each.person, found, each.carried)
        for each, found in weighed
        if found.weight > _OUT_OF_THE_QUESTION
    ]


def is_about(work: Rows, keyed: Iterable[Presented], person: str, weights: Weights) -> bool:
    """Whether these tokens may be this person's: all of them agree with a record of hers, or enough do."""
    for tokens in keyed:
        for (kept,) in work.rows(_OF_PERSON_SQL, person, tokens.epoch):
            theirs = unpacked(bytes(kept))
            hits = tokens.by_value.keys() & set(theirs.values)
            agreed = evidence(frozenset(tokens.by_value[hit] for hit in hits), tokens.kinds & theirs.kinds)
            if len(hits) == len(tokens.by_value) or score(agreed, alone(agreed), 0.0, weights).weight >= weights.possible:
                return True
    return False


@dataclass(frozen=True, slots=True)
class Compared:
    """A likely record beside what was presented."""

    record: str
    person: str
    evidence: Evidence
    carried: Carried
    """All that the record carries."""
    company: Levels
    """What it means that others share it too."""
    size: float
    """How large the register is."""


def compared(work: Rows, tokens: Presented, besides: frozenset[str]) -> list[Compared]:
    """The likeliest records and what agrees, before it is weighed."""
    if not tokens.blocking:
        return []
    sizes = {int(key): size for key, size in work.rows(_SIZES_SQL, list(tokens.blocking)) if size}
    best = _best(work, sizes)
    if not best:
        return []
    kind_of, mine = tokens.by_value, set(tokens.by_value)
    counted = {value_of(key): (kind, sizes[key]) for key, kind in tokens.blocking.items() if kind in COUNTED and key in sizes}
    # Of each set of kinds that records carry, those that are presented too: there are few such sets.
    carried: dict[frozenset[str], frozenset[str]] = {}
    found, beside, size = [], [], 0.0
    for record, person, kept, last in work.rows(_RECORDS_SQL, best, tokens.epoch):
        if record not in besides:
            theirs, size = unpacked(bytes(kept)), size_of(last)
            hits = mine.intersection(theirs.values)
            both = carried.get(theirs.kinds)
            if both is None:
                both = carried[theirs.kinds] = tokens.kinds & theirs.kinds
            agreed = evidence(frozenset([kind_of[hit] for hit in hits]), both)
            found.append((record, theirs))
            beside.append(Beside(person, [token for token in counted if token in hits], agreed))
    return [
        Compared(record, one.person, one.evidence, theirs, company, size)
        for (record, theirs), one, company in zip(found, beside, company_of(beside, counted), strict=True)
    ]


def _best(work: Rows, sizes: Mapping[int, int]) -> list[int]:
    """The records that share the most telling tokens."""
    shares = {key: 1 / size**0.5 for key, size in sizes.items() if size <= BUCKET}
    sums: defaultdict[int, float] = defaultdict(float)
    for key, number in work.rows(_BUCKETS_SQL, list(shares)) if shares else ():
        sums[number] += shares[key]
    return sorted(sums, key=lambda number: (-sums[number], number))[:CANDIDATES]
