"""The register's index of keyed tokens: which records share one with these, the most telling first.

A token that thousands share tells little and costs much, so it is not followed. Records are compared within one epoch of the
linkage key: under another key nothing of theirs would agree. Leaves out: how much the sharing says (``score``).
"""

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final, NamedTuple, Protocol

from broker.matching.carried import BLOCKING, Presented, both, kinds_in, unpacked, value_of, values_in
from broker.matching.company import BIRTHDAY, COUNTED, DATED, NAMED, Beside, alone, company_of, size_of
from broker.matching.people import Candidate
from broker.matching.score import Evidence, Levels, Score, Weights, evidence, score, weigh, weights_from

BUCKET: Final = 500
"""A token that more share is not followed: by itself it tells no more than that there is a crowd."""
CANDIDATES: Final = 64
OF_A_CROWD: Final = 24
"""So many of them are compared even if they share no more than a crowd does; the others are only counted."""
_LIKELY: Final = frozenset(BLOCKING) - {"sxd", "nc", "ns", "nr", "xp"}
"""What a crowd of strangers does not share."""
_OUT_OF_THE_QUESTION: Final = -9.0
"""One to eight thousand, and at most 64 of them."""

_BUCKETS_SQL: Final = (
    "SELECT value, (SELECT string_agg(CAST(r AS TEXT), ',') FROM "  # noqa: S608
    f"(SELECT r FROM token WHERE t = CAST(value AS BIGINT) LIMIT {BUCKET + 1}) AS most) FROM EACH(?)"
)
"""Those who share a token as one text: to a driver a thousand rows cost more than all the rest of a look-up."""
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


Sharing = Mapping[int, Sequence[str]]
"""Of each token, the numbers of the records that share it, as text; of one that is not followed, more than are looked at."""


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
    found = []
    for tokens in keyed:
        for each in compared(work, tokens, besides):
            weight = weigh(each.evidence, each.company, each.size, weights)
            if weight > _OUT_OF_THE_QUESTION:
                speaks = Score(weight, each.evidence.caution, (*each.evidence.levels, *each.company))
                found.append(Candidate(each.record, each.person, speaks, unpacked(each.kept)))
    return found


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


class Compared(NamedTuple):
    """A likely record beside what was presented."""

    record: str
    person: str
    evidence: Evidence
    kept: bytes
    """All that the record carries, as it is kept."""
    company: Levels
    """What it means that others share it too."""
    size: float
    """How large the register is."""


def compared(work: Rows, tokens: Presented, besides: frozenset[str]) -> list[Compared]:
    """The likeliest records and what agrees, before it is weighed."""
    if not tokens.blocking:
        return []
    found_by = work.rows(_BUCKETS_SQL, list(tokens.blocking))
    sharing = {int(key): numbers.split(",") for key, numbers in found_by if numbers}
    best = _best(sharing, tokens)
    rows = work.rows(_RECORDS_SQL, list(map(int, best)), tokens.epoch) if best else ()
    if not rows:
        return []
    kind_of, mine = tokens.by_value, set(tokens.by_value)
    counted = {value_of(key): kind for key, kind in tokens.blocking.items() if kind in COUNTED and key in sharing}
    read, beside = [], []
    for record, person, bits, _ in rows:
        if record not in besides:
            kept = bytes(bits)
            hits = mine.intersection(values_in(kept))
            agreed = evidence(frozenset([kind_of[hit] for hit in hits]), both(tokens.kinds, kinds_in(kept)))
            read.append((record, kept))
            beside.append(Beside(person, [hit for hit in hits if hit in counted], agreed))
    crowds, size = company_of(beside, counted, _unread(sharing, tokens, best)), size_of(rows[0][3])
    return [
        Compared(record, one.person, one.evidence, kept, company, size)
        for (record, kept), one, company in zip(read, beside, crowds, strict=True)
    ]


def _best(sharing: Sharing, tokens: Presented) -> list[str]:
    """The records that share the most telling tokens, and fewer of those that share what a crowd shares."""
    sums: defaultdict[str, float] = defaultdict(float)
    for numbers in sharing.values():
        if len(numbers) <= BUCKET:
            telling = 1 / len(numbers) ** 0.5
            for number in numbers:
                sums[number] += telling
    # Most records share the same few tokens with her, so there are few sums to put in order.
    equal: defaultdict[float, list[str]] = defaultdict(list)
    for number, telling in sums.items():
        equal[telling].append(number)
    ranked: list[str] = []
    for telling in sorted(equal, reverse=True):
        ranked += sorted(equal[telling], key=int)
        if len(ranked) >= CANDIDATES:
            break
    if len(ranked) > OF_A_CROWD:
        likely = _of_kinds(sharing, tokens, _LIKELY)
        ranked[OF_A_CROWD:] = [number for number in ranked[OF_A_CROWD:CANDIDATES] if number in likely]
    return ranked


def _unread(sharing: Sharing, tokens: Presented, read: Iterable[str]) -> dict[int, int]:
    """Of each token that counts, how many share it who were not read, and by all that is followed they are strangers."""
    dated, named = (_of_kinds(sharing, tokens, kinds).union(read) for kinds in (DATED, NAMED))
    return {
        value_of(key): len(set(numbers).difference(named if tokens.blocking[key] == BIRTHDAY else dated))
        for key, numbers in sharing.items()
        if tokens.blocking[key] in COUNTED
    }


def _of_kinds(sharing: Sharing, tokens: Presented, kinds: frozenset[str]) -> set[str]:
    """Who shares a token of one of these kinds, as far as it is followed."""
    lists = [numbers for key, numbers in sharing.items() if tokens.blocking[key] in kinds and len(numbers) <= BUCKET]
    return set[str]().union(*lists)
