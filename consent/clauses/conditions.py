"""A clause's conditions, made ready: what is known of the way and the purpose is weighed once, the rest for each message.

``applies`` holds where every factor it names has one of the words beside it; ``unless`` lifts the clause where all of one of
its lines hold. A clause that names a factor of a label speaks of those labels only. Leaves out: the factors (``factors``).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from consent.clauses.asked import Asked, Function, Spoke
from consent.clauses.factors import FACTORS, Of
from consent.protocol import Clause, Condition
from contracts.vocabulary import Label, Reason

Test = tuple[Callable[..., Any], frozenset[Any]]
_NONE: Final[frozenset[Label]] = frozenset()


@dataclass(frozen=True, slots=True)
class _Tests:
    """What of a condition is left to be looked at, once the way and the purpose are known."""

    message: tuple[Test, ...] = ()
    label: tuple[Test, ...] = ()


def ready(clause: Clause, asked: Asked) -> Function | None:
    """The clause for every message that goes this way for this purpose, or None where it can never speak.

    ``asked`` stands for all of them: only its fixed factors are read.
    """
    applies = _left_of(clause.applies, asked)
    if applies is None:
        return None
    unless = [left for one in clause.unless if (left := _left_of(one, asked)) is not None]
    if any(not one.message and not one.label for one in unless):
        return None
    (reason,) = clause.codes
    if names_a_label(clause):
        return _of_labels(clause.id, reason, applies, unless)
    return _of_the_message(clause.id, reason, applies.message, [one.message for one in unless])


def names_a_label(clause: Clause) -> bool:
    """Whether the clause speaks of labels, and not of the message as a whole."""
    return any(FACTORS[name].of is Of.LABEL for one in (clause.applies, *clause.unless) for name in one)


def a_yes_may_change(clause: Clause) -> bool:
    """Whether a yes that is on its way could silence the clause: the message waits for it by itself."""
    asks = "not_asked" in clause.applies.get("she_said", ())
    return asks or any("given" in one.get("she_said", ()) for one in clause.unless)


def _left_of(condition: Condition, asked: Asked) -> _Tests | None:
    message: list[Test] = []
    label: list[Test] = []
    for name, words in condition.items():
        factor = FACTORS[name]
        wanted = frozenset(factor.values[word] for word in words)
        if factor.of is Of.FIXED:
            if factor.read(asked) not in wanted:
                return None
        else:
            (label if factor.of is Of.LABEL else message).append((factor.read, wanted))
    return _Tests(tuple(message), tuple(label))


def _of_the_message(clause: str, reason: Reason, applies: tuple[Test, ...], unless: Iterable[tuple[Test, ...]]) -> Function:
    spoke, lifted = Spoke(clause, reason), tuple(unless)

    def judge(asked: Asked, _: frozenset[Label]) -> Spoke | None:
        for read, wanted in applies:
            if read(asked) not in wanted:
                return None
        for one in lifted:
            if all(read(asked) in wanted for read, wanted in one):
                return None
        return spoke

    return judge


def _of_labels(clause: str, reason: Reason, applies: _Tests, unless: Iterable[_Tests]) -> Function:
    message, alternatives = applies.message, tuple(unless)
    # Which labels it can speak of at all is most often a list: what is not in it is passed over in one step.
    only = [wanted for read, wanted in applies.label if read is FACTORS["label"].read]
    tests = tuple(test for test in applies.label if test[0] is not FACTORS["label"].read)
    among: frozenset[Label] | None = only[0] if only else None

    def judge(asked: Asked, left: frozenset[Label]) -> Spoke | None:
        labels = left if among is None else left & among
        if not labels:
            return None
        for read, wanted in message:
            if read(asked) not in wanted:
                return None
        found = [label for label in labels if all(read(asked, label) in wanted for read, wanted in tests)]
        for one in alternatives:
            if not found:
                return None
            if all(read(asked) in wanted for read, wanted in one.message):
                found = [label for label in found if not all(read(asked, label) in wanted for read, wanted in one.label)]
        return Spoke(clause, reason, frozenset(found)) if found else None

    return judge


__all__ = ["Test", "a_yes_may_change", "names_a_label", "ready"]
