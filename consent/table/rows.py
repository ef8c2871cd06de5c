"""The rows a clause is decided on: every combination of the words of the factors it names, and of no others.

Words that a clause never tells apart stand in one block, with their number; ``whole`` takes each word by itself. Leaves out:
what must hold on the rows (``properties``), and that the program in service says the same (the golden cases).
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from math import prod
from typing import Any, Final

from consent.clauses.factors import FACTORS
from consent.protocol import Clause, Condition

Row = Mapping[str, str]
WORDS: Final = {name: tuple(factor.values) for name, factor in FACTORS.items()}
"""Every factor, with its closed list of words: the input space."""


def named_by(clause: Clause) -> tuple[str, ...]:
    """The factors a clause looks at, in the order of the list."""
    named = {name for condition in (clause.applies, *clause.unless) for name in condition}
    return tuple(name for name in FACTORS if name in named)


def blocks(clauses: Iterable[Clause], *, whole: bool = False) -> dict[str, dict[str, int]]:
    """For each factor that these clauses name: one word of each block that none of them tells apart, and how many it is."""
    told_apart: dict[str, list[frozenset[str]]] = {}
    for clause in clauses:
        for condition in (clause.applies, *clause.unless):
            for name, words in condition.items():
                told_apart.setdefault(name, []).append(frozenset(words))
    found: dict[str, dict[str, int]] = {}
    for name, lists in told_apart.items():
        alike: dict[Any, list[str]] = {}
        for word in WORDS[name]:
            alike.setdefault(word if whole else tuple(word in one for one in lists), []).append(word)
        found[name] = {words[0]: len(words) for words in alike.values()}
    return found


def rows(of: Mapping[str, Mapping[str, int]]) -> Iterator[tuple[dict[str, str], int]]:
    """Every combination of blocks, each with how many rows it stands for."""
    names = list(of)
    for chosen in product(*(words.items() for words in of.values())):
        yield dict(zip(names, (word for word, _ in chosen), strict=True)), prod(number for _, number in chosen)


def all_rows(clause: Clause) -> int:
    """How many rows a clause has, each word by itself."""
    return prod(len(WORDS[name]) for name in named_by(clause))


def whole_space() -> int:
    """How many rows there are of everything that may be looked at: one label of one message."""
    return prod(len(words) for words in WORDS.values())


def holds(condition: Condition, row: Row) -> bool:
    """Whether a row has one of the words for everything a condition names. A message without labels has none for those."""
    return all(row.get(name) in words for name, words in condition.items())


def says(clause: Clause | None, row: Row) -> bool:
    """Whether a clause speaks on a row, from its words alone."""
    if clause is None or not holds(clause.applies, row):
        return False
    return not any(holds(line, row) for line in clause.unless)
