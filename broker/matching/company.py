"""Who else shares what agrees: the more strangers share a birthday, a pair of names or a name and a place, the less it says.

Counted in people of the register, never learned anew. Records that agree in more than the one thing are no strangers: they
are hers, filed apart so far, or rivals, and rivals are weighed where people are decided on (``people``). Leaves out: what two
records say of each other (``score``).
"""

from collections.abc import Iterable, Mapping, Sequence
from math import log
from typing import Final, NamedTuple

from broker.matching.score import Evidence, Levels

_LEARNED: Final = 2_000
"""Up to so many records the table holds as it was learned."""
_CROWDS: Final = ("none", "one", "two", "few", "few", *("some",) * 8)
"""By how many there are; above twelve they are many."""
_NAMES: Final = frozenset({"nc", "ns"})
BIRTHDAY: Final = "sxd"
DATED: Final = frozenset({BIRTHDAY, "cd", "ssd", "nby", "nbd", "nbm"})
"""Kinds by which a record that is not read is seen to agree in the date of birth."""
NAMED: Final = frozenset({"nc", "ns", "nr", "nby", "nbd", "nbm"})
"""And in both names."""


class Beside(NamedTuple):
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


def company_of(found: Sequence[Beside], counted: Mapping[int, str], unread: Mapping[int, int]) -> list[Levels]:
    """What others make of each record's evidence.

    ``counted``: the kind of each token that counts. ``unread``: how many strangers share it who were not compared.
    """
    strangers = _strangers(found, counted)
    speaking: dict[str, int] = {}
    for each in found:
        if each.evidence.dated or each.evidence.named:
            speaking[each.person] = speaking.get(each.person, 0) + 1
    rows = []
    for each in found:
        levels: list[tuple[str, str]] = []
        if what := _what(each.evidence):
            kinds = _KINDS[what]
            crowds = [(strangers[hit], unread[hit]) for hit in each.hits if counted[hit] in kinds]
            counts = [len(people) - (each.person in people) + more for people, more in crowds]
            levels.append(("crowd", f"{what}_{_crowd(min(counts, default=0))}"))
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


def _strangers(found: Iterable[Beside], counted: Mapping[int, str]) -> dict[int, set[str]]:
    """Of each token the people who share it and nothing else that speaks."""
    strangers: dict[int, set[str]] = {}
    for each in found:
        for token in each.hits:
            people = strangers.setdefault(token, set())
            if not (each.evidence.named if counted[token] == BIRTHDAY else each.evidence.dated):
                people.add(each.person)
    return strangers


def _crowd(count: int) -> str:
    return _CROWDS[count] if count < len(_CROWDS) else "many"
