"""The rows of the proof, put to the very functions that decide in service: a row stands where a message would.

A row has one word for each factor that a clause names; here it is a message of one label with exactly those values. Leaves out:
what the words themselves say of the row (``rows``), and reading the factors from a real message (the golden cases).
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from consent.clauses.conditions import Test, for_these_values, for_this_way
from consent.clauses.factors import FACTORS
from consent.protocol import Clause
from consent.table.rows import WORDS, Row, blocks, rows
from contracts.vocabulary import Label

_ANY: Final = Label.REQUEST
"""The one label of a row whose clause looks at no label by name."""


class OnRow:
    """A message of one label, of which nothing is so but what stands in the row."""

    def __init__(self, row: Row) -> None:
        self._values: Final = {name: FACTORS[name].values[word] for name, word in row.items()}
        self.label: Final[Label] = self._values.get("label", _ANY)

    @property
    def values(self) -> Mapping[str, Any]:
        """What the factors are, by name."""
        return self._values

    def fixed(self, test: Test) -> Any:
        """The value of a fixed factor."""
        return self._values[test.name]

    def fixed_of(self, test: Test, label: Label) -> Any:
        """Its value for the row's own label. Of any other label it is something else, so that mixing them up would show."""
        value = self._values[test.name]
        return value if label is self.label else next(one for one in FACTORS[test.name].values.values() if one != value)

    def labels_where(self, test: Test) -> frozenset[Label]:
        """Its label, where the factor has one of the values wanted."""
        value = self.label if test.name == "label" else self._values[test.name]
        return frozenset({self.label}) if value in test.wanted else frozenset()


def decides(clause: Clause, row: Row) -> bool:
    """Whether the clause speaks on a row, by the functions of the walk: first its way, then its facts, then its labels."""
    on = OnRow(row)
    half = for_this_way(clause, on)
    if half is None:
        return False
    judge = for_these_values(half, on.values)
    return judge is not None and judge(on, frozenset({on.label})) is not None


def every_word(clause: Clause, *, whole: bool = False) -> Iterator[tuple[dict[str, str], int]]:
    """The clause's rows by blocks, and every other word of a block besides, so that none stands in a list it is not in.

    With each row, how many rows it stands for; a word looked at besides stands for none of its own.
    """
    alike = blocks([clause], whole=whole)
    yield from rows(alike)
    for name, first in alike.items():
        others = {word: 0 for word in WORDS[name] if word not in first}
        if others:
            yield from rows({**alike, name: others})
