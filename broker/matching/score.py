"""How strongly two sets of keyed tokens say that they are one person: the sum of the weights table, nothing learned here.

Leaves out: which records to compare (``index``) and what follows for a person (``people``).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

IDENTIFIERS = frozenset({"nhs", "pnc"})
"""Kinds that are issued numbers. They are borrowed and mistyped, so alone they never merge two people."""


@dataclass(frozen=True, slots=True)
class Weights:
    """The readable table: what agreement and difference in each kind of token are worth, and where the lines are drawn."""

    agree: Mapping[str, float]
    differ: Mapping[str, float]
    same: float
    margin: float
    possible: float


@dataclass(frozen=True, slots=True)
class Score:
    """The strength of evidence, and whether any of it is about a name."""

    weight: float
    by_name: bool


def weights_from(table: Mapping[str, Mapping[str, float]]) -> Weights:
    """The table as read from TOML. KeyError if a part is missing."""
    decide = table["decide"]
    agree, differ = MappingProxyType(dict(table["agree"])), MappingProxyType(dict(table["differ"]))
    return Weights(agree, differ, decide["same"], decide["margin"], decide["possible"])


def score(mine: Collection[str], theirs: Collection[str], weights: Weights) -> Score:
    """Compare two sets of tokens. A kind that only one carries says nothing: what is missing is not a difference."""
    shared = {kind_of(token) for token in set(mine) & set(theirs)}
    both = {kind_of(token) for token in mine} & {kind_of(token) for token in theirs}
    weight = sum(weights.agree.get(kind, 0.0) for kind in shared)
    weight += sum(weights.differ.get(kind, 0.0) for kind in both - shared)
    return Score(weight, bool(shared - IDENTIFIERS))


def kind_of(token: str) -> str:
    """The kind of a token: what stands before the colon."""
    return token.partition(":")[0]
