"""The register's index of keyed tokens: which records share one with these, the most telling first.

A token that thousands share tells little and costs much, so it is not followed. Leaves out: how much the sharing says.
"""

import json
import tomllib
from collections import defaultdict
from collections.abc import Collection, Iterable
from importlib.resources import files
from typing import Any, Final, Protocol

from broker.matching.people import Candidate
from broker.matching.score import Weights, score, weights_from

BUCKET: Final = 2_000
CANDIDATES: Final = 64

_SIZES_SQL: Final = "SELECT t, count(*) FROM token WHERE t = ANY(?) GROUP BY t"
_BUCKETS_SQL: Final = "SELECT t, r FROM token WHERE t = ANY(?)"
_RECORDS_SQL: Final = "SELECT n, id, person, tokens FROM record WHERE n = ANY(?)"
_ADD_SQL: Final = "INSERT INTO token (t, r) SELECT value, ? FROM EACH(?) WHERE true ON CONFLICT DO NOTHING"


class Rows(Protocol):
    """What the index asks of the store's transaction."""

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]: ...
    def run(self, sql: str, *values: object) -> int: ...


def load_weights() -> Weights:
    """The table that is shipped beside this module."""
    return weights_from(tomllib.loads((files("broker.matching") / "weights.toml").read_text()))


def add(work: Rows, number: int, tokens: Iterable[str]) -> None:
    """File a record, by its number, under its tokens."""
    work.run(_ADD_SQL, number, sorted(tokens))


def candidates(work: Rows, tokens: Collection[str], weights: Weights, *, besides: frozenset[str]) -> list[Candidate]:
    """The records that share a token with these, scored; never those named in ``besides``."""
    sizes = work.rows(_SIZES_SQL, sorted(set(tokens)))
    shares = {token: 1 / size**0.5 for token, size in sizes if size <= BUCKET}
    sums: defaultdict[int, float] = defaultdict(float)
    for token, number in work.rows(_BUCKETS_SQL, list(shares)) if shares else ():
        sums[number] += shares[token]
    best = sorted(sums, key=lambda number: (-sums[number], number))[:CANDIDATES]
    if not best:
        return []
    found = work.rows(_RECORDS_SQL, best)
    return [
        Candidate(record, person, score(tokens, json.loads(theirs), weights))
        for _, record, person, theirs in found
        if record not in besides
    ]
