"""A clause's conditions, made ready in two steps: what the way and the purpose settle, then what the message settles.

``applies`` holds where every factor it names has one of the words beside it; ``unless`` lifts the clause where all of one of
its lines hold. A clause that names a factor of a label speaks of those labels only. Leaves out: the factors (``factors``).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from consent.clauses.asked import Spoke
from consent.clauses.factors import FACTORS, Of
from consent.protocol import Clause, Condition
from contracts.vocabulary import Label, Reason


@dataclass(frozen=True, slots=True, eq=False)
class Test:
    """A factor and the values of which it must have one. There is one of each: what it finds is found once a message."""

    name: str
    of: Of
    read: Callable[..., Any]
    wanted: frozenset[Any]


class Way(Protocol):
    """Who to whom and what for, as the fixed factors see it: a message, or a row of the proof (``table/compiled``)."""

    def fixed(self, test: Test) -> Any:
        """The value of a fixed factor."""

    def fixed_of(self, test: Test, label: Label) -> Any:
        """The value of a fixed factor of a label, whether or not the label is in the message."""


class Labels(Protocol):
    """What is left of a message once its way and its facts are settled: its labels."""

    def labels_where(self, test: Test) -> frozenset[Label]:
        """Those for which a factor has one of the values that a test wants."""


Judged = Callable[[Labels, frozenset[Label]], Spoke | None]


@dataclass(frozen=True, slots=True)
class Half:
    """A clause for one way and one purpose: what of its conditions is still open."""

    clause: Clause
    applies: tuple[Test, ...]
    unless: tuple[tuple[Test, ...], ...]
    of_labels: bool

    def message_factors(self) -> set[str]:
        """The factors of the message that it still looks at."""
        return {test.name for one in (self.applies, *self.unless) for test in one if test.of is Of.MESSAGE}

    def label_factors(self) -> set[str]:
        """The factors of a label that it still looks at."""
        return {test.name for one in (self.applies, *self.unless) for test in one if test.of is Of.LABEL}


def for_this_way(clause: Clause, way: Way) -> Half | None:
    """The clause for every message that goes this way for this purpose, or None where it can never speak."""
    applies = _open(clause.applies, way)
    if applies is None:
        return None
    unless = tuple(left for one in clause.unless if (left := _open(one, way)) is not None)
    if () in unless:
        return None
    return Half(clause, applies, unless, names_a_label(clause))


def for_these_values(half: Half, values: Mapping[str, Any]) -> Judged | None:
    """The clause for every message of which the factors of the message are these, or None where it cannot speak."""
    applies = _of_labels(half.applies, values)
    if applies is None:
        return None
    unless = tuple(left for one in half.unless if (left := _of_labels(one, values)) is not None)
    if () in unless:
        return None
    (reason,) = half.clause.codes
    if half.of_labels:
        return _speaks_of_labels(half.clause.id, reason, applies, unless)
    spoke = Spoke(half.clause.id, reason)
    return lambda _, __: spoke


def names_a_label(clause: Clause) -> bool:
    """Whether the clause speaks of labels, and not of the message as a whole."""
    of_labels = (Of.LABEL, Of.FIXED_LABEL)
    return any(FACTORS[name].of in of_labels for one in (clause.applies, *clause.unless) for name in one)


def a_yes_may_change(clause: Clause) -> bool:
    """Whether a yes that is on its way could silence the clause: the message waits for it by itself."""
    asks = "not_asked" in clause.applies.get("she_said", ())
    return asks or any("given" in one.get("she_said", ()) for one in clause.unless)


def _open(condition: Condition, way: Way) -> tuple[Test, ...] | None:
    """What is still open of a condition once its fixed factors are read; None where one of them fails."""
    left = []
    for name, words in condition.items():
        test = _test(name, words)
        if test.of is Of.FIXED:
            if way.fixed(test) not in test.wanted:
                return None
        elif test.of is Of.FIXED_LABEL:
            # Which labels these are is known for this way and purpose, so it is a list.
            labels = frozenset(label for label in Label if way.fixed_of(test, label) in test.wanted)
            left.append(Test("label", Of.LABEL, FACTORS["label"].read, labels))
        else:
            left.append(test)
    return tuple(left)


@cache
def _test(name: str, words: tuple[str, ...]) -> Test:
    factor = FACTORS[name]
    return Test(name, factor.of, factor.read, frozenset(factor.values[word] for word in words))


def _of_labels(tests: tuple[Test, ...], values: Mapping[str, Any]) -> tuple[Test, ...] | None:
    if any(test.of is Of.MESSAGE and values[test.name] not in test.wanted for test in tests):
        return None
    return tuple(test for test in tests if test.of is Of.LABEL)


def _speaks_of_labels(clause: str, reason: Reason, applies: tuple[Test, ...], unless: tuple[tuple[Test, ...], ...]) -> Judged:
    lists = [test.wanted for test in applies if test.name == "label"]
    among = frozenset(Label).intersection(*lists)
    tests = tuple(test for test in applies if test.name != "label")

    def judge(asked: Labels, left: frozenset[Label]) -> Spoke | None:
        found = left & among
        for test in tests:
            if not found:
                return None
            found &= asked.labels_where(test)
        for one in unless:
            if not found:
                return None
            lifted = found
            for test in one:
                lifted &= asked.labels_where(test)
            found -= lifted
        return Spoke(clause, reason, found) if found else None

    return judge
