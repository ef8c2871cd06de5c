"""Who else shares what agrees: the more strangers share a birthday, a pair of names or a name and a place, the less it says.

Counted in people of the register, never learned anew. Records that agree in more than the one thing are no strangers: they
are hers, filed apart so far, or rivals, and rivals are weighed where people are decided on (``people``). Leaves out: what two
records say of each other (``score``).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import Final

from broker.matching.score import Evidence, Levels

_LEARNED: Final = 2_000
"""Up to so many records the table holds as it was learned."""
_CROWDS: Final = ((0.5, "none"), (1.5, "one"), (2.5, "two"), (4.5, "few"), (12.5, "some"))
_NAMES: Final = frozenset({"nc", "ns"})


@dataclass(frozen=True, slots=True)
class Beside:
    """A record beside what was presented: whose it is, which tokens that count it shares, and what all says."""

    person: str
    hits: Sequence[int]
    evidence: Evidence


def size_of(records: int) -> float:
    """How much larger a register is than any that was learned on: the natural logarithm of how many times, or 0."""
    return log(max(1.0, records / _LEARNED))


def alone(found: Evidence) -> Levels:
    """As though nobody else shared it: for two records that are looked at by themselves."""
    what = _what(found)
    return (("crowd", f"{what}_none"),) if what else ()


def company_of(found: Sequence[Beside], buckets: Mapping[int, tuple[str, int]]) -> list[Levels]:
    """What others make of each record's evidence. ``buckets``: of each token that counts its kind and how many share it."""
    strangers = _strangers(found, buckets)
    speaking: dict[str, int] = {}
    for each in found:
        if each.evidence.dated or each.evidence.named:
            speaking[each.person] = speaking.get(each.person, 0) + 1
    rows = []
    for each in found:
        levels: list[tuple[str, str]] = []
        if what := _what(each.evidence):
            kinds = _KINDS[what]
            counts = [_besides(each, *strangers[hit]) for hit in each.hits if buckets[hit][0] in kinds]
            levels.append(("crowd", f"{what}_{_crowd(min(counts, default=0.0))}"))
        support = speaking.get(each.person, 0) - bool(each.evidence.dated or each.evidence.named)
        if support:
            levels.append(("support", "one" if support == 1 else "more"))
        rows.append(tuple(levels))
    return rows


_KINDS: Final[Mapping[str, frozenset[str]]] = {
    "names": _NAMES, "names_dated": _NAMES, "birthday": frozenset({"sxd"}), "place": frozenset({"xp"}),
    "home": frozenset({"xas"}),
}  # fmt: skip
COUNTED: Final = frozenset[str]().union(*_KINDS.values())
"""The kinds of token whose crowd counts."""


def _what(found: Evidence) -> str:
    """What a crowd dilutes here."""
    if found.named:
        return "names_dated" if found.dated else "names"
    if found.dated:
        return "birthday" if found.dated == "same" else ""
    return "home" if found.at_home else "place" if found.by_place else ""


def _strangers(found: Iterable[Beside], buckets: Mapping[int, tuple[str, int]]) -> dict[int, tuple[set[str], float]]:
    """Of each token those who share it and nothing else that speaks, and how many records there are to one compared."""
    sharing: dict[int, int] = {}
    people: dict[int, set[str]] = {}
    for each in found:
        for token in each.hits:
            sharing[token] = sharing.get(token, 0) + 1
            strangers = people.setdefault(token, set())
            if not (each.evidence.named if buckets[token][0] == "sxd" else each.evidence.dated):
                strangers.add(each.person)
    return {token: (people[token], max(1.0, buckets[token][1] / count)) for token, count in sharing.items()}


def _besides(each: Beside, people: set[str], records: float) -> float:
    return (len(people) - (each.person in people)) * records


def _crowd(count: float) -> str:
    return next((name for most, name in _CROWDS if count < most), "many")
