"""The register's index of keyed tokens: which records share one with these, the most telling first.

A token that thousands share tells little and costs much, so it is not followed. Leaves out: how much the sharing says.
"""

import json
import tomllib
from collections import defaultdict
from collections.abc import Collection, Iterable
from importlib.resources import files
from typing import Final, Protocol

from broker.matching.people import Candidate
from broker.matching.score import Weights, score, weights_from

BUCKET: Final = 2_000
CANDIDATES: Final = 64

_BUCKET_SQL: Final = "SELECT r FROM token WHERE t = ? LIMIT ?"
_RECORDS_SQL: Final = "SELECT n, id, person, tokens FROM record WHERE n = ANY(?)"
_ADD_SQL: Final = "INSERT INTO token (t, r) VALUES (?, ?) ON CONFLICT DO NOTHING"


class Rows(Protocol):
    """What the index asks of the store's transaction."""

    def rows(self, sql: str, *values: object) -> list[tuple[object, ...]]: ...
    def many(self, sql: str, rows: list[tuple[object, ...]]) -> int: ...


def load_weights() -> Weights:
    """The table that is shipped beside this module."""
    return weights_from(tomllib.loads((files("broker.matching") / "weights.toml").read_text()))


def add(work: Rows, number: int, tokens: Iterable[str]) -> None:
    """File a record, by its number, under its tokens."""
    work.many(_ADD_SQL, [(token, number) for token in tokens])


def candidates(work: Rows, tokens: Collection[str], weights: Weights, *, besides: frozenset[str]) -> list[Candidate]:
    """The records that share a token with these, scored; never those named in ``besides``."""
    sums: defaultdict[int, float] = defaultdict(float)
    for token in set(tokens):
        bucket = work.rows(_BUCKET_SQL, token, BUCKET + 1)
        if 0 < len(bucket) <= BUCKET:
            share = 1 / len(bucket) ** 0.5
            for (number,) in bucket:
                assert isinstance(number, int)
                sums[number] += share
    best = sorted(sums, key=lambda number: (-sums[number], number))[:CANDIDATES]
    if not best:
        return []
    found = work.rows(_RECORDS_SQL, best)
    return [
        Candidate(str(record), str(person), score(tokens, json.loads(str(theirs)), weights))
        for _, record, person, theirs in found
        if record not in besides
    ]
