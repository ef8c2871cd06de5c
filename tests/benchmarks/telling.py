"""Can whoever watches the asker's line tell "known" from "not known"? A guesser is trained on one half of the checks, and tried
on the other.

It is told, of every notice that spoke of a check: when it came since the question and by the tick, how large it was, of how
much it spoke, and in which order they came. Two guessers learn (a logistic one, and one that counts in bins); the one that
does better on a tenth of the first half is tried once on the second. Leaves out asking (``caseload``).
"""

import math
import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from broker.store.notices import TICK
from contracts.vocabulary import CaseloadStatus
from tests.benchmarks.caseload import Asked

Guess = Callable[[Sequence[float]], bool]
_NOTICES: Final = 3
_BINS: Final = 12
_ROUNDS: Final = 40


@dataclass(frozen=True, slots=True)
class Watched:
    """One check as it was seen on the line, and what the guesser would like to know."""

    known: bool
    features: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How often the guesser was right about checks that it had not seen."""

    right: float
    tried: int
    guesser: str

    def within(self, share: float, deviations: float) -> bool:
        """Not more often than this share, but for chance: so many standard deviations of a coin that many times thrown."""
        return self.right <= share + deviations * math.sqrt(0.25 / self.tried)


def watched(asked: Sequence[Asked]) -> list[Watched]:
    """What was seen of the checks that were answered, as many known as not known."""
    seen = [Watched(one.status is not CaseloadStatus.NOT_KNOWN, _features(one)) for one in asked if _counts(one)]
    known, unknown = [one for one in seen if one.known], [one for one in seen if not one.known]
    of_each = min(len(known), len(unknown))
    return known[:of_each] + unknown[:of_each]


def how_well_guessed(seen: Sequence[Watched], seed: int = 1) -> Verdict:
    """Train on one half, try on the other."""
    chance = random.Random(seed)
    mixed = list(seen)
    chance.shuffle(mixed)
    half = len(mixed) // 2
    first, second = mixed[:half], mixed[half:]
    tenth = half // 10
    learnt, chosen_on = first[tenth:], first[:tenth]
    guessers = {"logistic": _logistic(learnt), "bins": _bins(learnt)}
    best = max(guessers, key=lambda name: _right(guessers[name], chosen_on))
    return Verdict(_right(guessers[best], second), len(second), best)


def _counts(one: Asked) -> bool:
    return not one.warm and one.status not in {None, CaseloadStatus.CANNOT_SAY} and bool(one.line)


def _features(one: Asked) -> tuple[float, ...]:
    line = one.line[:_NOTICES]
    told: list[float] = [float(len(one.line)), float(sum(each.size for each in one.line))]
    for place in range(_NOTICES):
        each = line[place] if place < len(line) else None
        told += [each.milliseconds, each.clock % TICK, float(each.size), float(each.items)] if each else [0.0] * 4
    return tuple(told)


def _right(guess: Guess, seen: Sequence[Watched]) -> float:
    return sum(guess(one.features) is one.known for one in seen) / max(len(seen), 1)


def _logistic(seen: Sequence[Watched]) -> Guess:
    """Weighs every feature, evened out to one size."""
    columns = list(zip(*(one.features for one in seen), strict=True))
    means = [sum(column) / len(column) for column in columns]
    spreads = [math.sqrt(sum((x - m) ** 2 for x in c) / len(c)) or 1.0 for c, m in zip(columns, means, strict=True)]

    def even(features: Sequence[float]) -> list[float]:
        return [(x - m) / s for x, m, s in zip(features, means, spreads, strict=True)]

    evened = [(even(one.features), 1.0 if one.known else 0.0) for one in seen]
    weights, bias = [0.0] * len(means), 0.0
    for step in range(_ROUNDS):
        rate = 0.1 / (1 + step)
        for features, known in evened:
            error = known - _sure(sum(w * x for w, x in zip(weights, features, strict=True)) + bias)
            weights = [w + rate * error * x for w, x in zip(weights, features, strict=True)]
            bias += rate * error
    return lambda features: sum(w * x for w, x in zip(weights, even(features), strict=True)) + bias > 0


def _bins(seen: Sequence[Watched]) -> Guess:
    """Counts, for each feature by itself, how often each class falls into each twelfth of its values."""
    columns = list(zip(*(one.features for one in seen), strict=True))
    edges = [sorted(column)[:: max(len(column) // _BINS, 1)][1:] for column in columns]
    counts: defaultdict[tuple[int, int, bool], int] = defaultdict(int)
    for one in seen:
        for number, value in enumerate(one.features):
            counts[number, _bin(value, edges[number]), one.known] += 1

    def guess(features: Sequence[float]) -> bool:
        places = [(number, _bin(value, edges[number])) for number, value in enumerate(features)]
        return sum(math.log((counts[n, b, True] + 1) / (counts[n, b, False] + 1)) for n, b in places) > 0

    return guess


def _bin(value: float, edges: Sequence[float]) -> int:
    return sum(value >= edge for edge in edges)


def _sure(x: float) -> float:
    return 1 / (1 + math.exp(-max(min(x, 30.0), -30.0)))
