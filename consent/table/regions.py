"""Whether every row on which something must hold is stopped or held by some clause: by cases, each row in exactly one case.

A region is cut only where a clause that may still answer for it draws a line, so that a case stands for millions of rows; the
cases are disjoint and together they are the region, and their rows are counted. Leaves out: what must hold (``properties``).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from math import prod
from typing import Final

from consent.protocol import Clause, Condition
from consent.table.rows import WORDS

Region = dict[str, frozenset[str]]
"""For each factor the words that are left; a factor that is not named has all of them."""
ALL: Final = {name: frozenset(words) for name, words in WORDS.items()}


class Says(Enum):
    """What a condition comes to on a whole region."""

    YES = "yes"
    NO = "no"
    OPEN = "open"


@dataclass(slots=True)
class Covered:
    """What was found: how many cases and rows, and the rows that nothing answers for."""

    cases: int = 0
    rows: int = 0
    gaps: list[Region] = field(default_factory=list)


@cache
def _set(words: tuple[str, ...]) -> frozenset[str]:
    """A list of words as a set; there are few, and each is looked at very often."""
    return frozenset(words)


def holds_on(condition: Condition, region: Region) -> Says:
    """Whether a condition holds on all rows of a region, on none, or on some."""
    some = False
    for name, words in condition.items():
        left = region.get(name, ALL[name])
        listed = _set(words)
        if left <= listed:
            continue
        if left.isdisjoint(listed):
            return Says.NO
        some = True
    return Says.OPEN if some else Says.YES


def speaks_on(applies: Condition, unless: Sequence[Condition], region: Region) -> Says:
    """Whether something that applies so, unless so, speaks on all rows of a region, on none, or on some."""
    applied = holds_on(applies, region)
    if applied is Says.NO:
        return Says.NO
    lifted = [holds_on(one, region) for one in unless]
    if Says.YES in lifted:
        return Says.NO
    return Says.YES if applied is Says.YES and Says.OPEN not in lifted else Says.OPEN


def cover(
    where: Condition,
    unless: Sequence[Condition],
    clauses: Iterable[Clause],
    possible: Callable[[Region], bool] = lambda _: True,
    most: int = 20,
) -> Covered:
    """Find the rows where something applies, unless it is lifted, and no clause of these speaks.

    ``possible`` leaves out words that exclude each other, such as a label that nobody needs and a supplementary agency does.
    """
    found = Covered()
    # Nothing is asked of any row outside it, so it is where the cutting begins.
    region = {name: ALL[name] & _set(words) for name, words in where.items()}
    _cover(region, where, tuple(unless), tuple(clauses), possible, found, most)
    return found


def _cover(
    region: Region,
    where: Condition,
    unless: tuple[Condition, ...],
    clauses: tuple[Clause, ...],
    possible: Callable[[Region], bool],
    found: Covered,
    most: int,
) -> None:
    wanted = speaks_on(where, unless, region)
    if wanted is Says.NO or len(found.gaps) >= most or not possible(region):
        return
    said = [(one, speaks_on(one.applies, one.unless, region)) for one in clauses]
    # What is silent on a region is silent on each part of it.
    left = tuple(one for one, says in said if says is not Says.NO)
    if wanted is Says.YES:
        answered = any(says is Says.YES for _, says in said)
        if answered or not left:
            found.cases += 1
            found.rows += size(region)
            if not answered:
                found.gaps.append(region)
            return
    if wanted is Says.OPEN:
        name, inside = _a_line([(where, unless)], region)
    else:
        # What looks at the same things as the question is most likely to answer it.
        near = [one for one in left if one.applies.keys() & where.keys()]
        name, inside = _a_line([(one.applies, one.unless) for one in near or left], region)
    rest = region.get(name, ALL[name])
    for words in (rest & inside, rest - inside):
        _cover({**region, name: words}, where, unless, left, possible, found, most)


def _a_line(conditions: Sequence[tuple[Condition, Sequence[Condition]]], region: Region) -> tuple[str, frozenset[str]]:
    """Where to cut: the first list that holds on a part of the region only, of what can be settled with fewest cuts."""
    best: list[tuple[str, frozenset[str]]] = []
    for applies, unless in conditions:
        lines = _lines((applies, *unless), region)
        if lines and (not best or len(lines) < len(best)):
            best = lines
    return best[0]


def _lines(conditions: Iterable[Condition], region: Region) -> list[tuple[str, frozenset[str]]]:
    found = []
    for condition in conditions:
        for name, words in condition.items():
            left = region.get(name, ALL[name])
            inside = left & _set(words)
            if inside and len(inside) < len(left):
                found.append((name, inside))
    return found


def size(region: Mapping[str, frozenset[str]]) -> int:
    """How many rows of the whole space a region has."""
    return prod(len(region.get(name, words)) for name, words in ALL.items())


def in_words(region: Region, most: int = 8) -> str:
    """A region, by the first of what is not left open in it."""
    said = [f"{name} {' or '.join(sorted(words)[:3])}{' …' if len(words) > 3 else ''}" for name, words in region.items()]
    return "; ".join(said[:most]) + (f"; and {len(said) - most} more" if len(said) > most else "")
