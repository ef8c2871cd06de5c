"""Same person, possibly, or not known: decided for people, not for pairs of records.

The best record of each person speaks for her, and a rival close behind turns certainty into doubt: a wrong merge would show
one woman's agencies to another's. Leaves out: the evidence (``score``), and what people have decided before (the store).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from broker.matching.score import Score, Weights


@dataclass(frozen=True, slots=True)
class Candidate:
    """One record of the register that shares a token, and how strongly it speaks."""

    record: str
    person: str
    score: Score


@dataclass(frozen=True, slots=True)
class Found:
    """The person these tokens are, if that is certain, and the people they may be: each by her strongest record."""

    same: Candidate | None
    possible: tuple[Candidate, ...]


def recognise(candidates: Iterable[Candidate], weights: Weights) -> Found:
    """Decide which person it is.

    1. Each person by her strongest record.  2. Same: strong enough, by more than an identifier, and no rival within the
    margin.  3. Possibly: everyone else at or above the lower line.
    """
    best: dict[str, Candidate] = {}
    for each in candidates:
        if each.person not in best or _rank(each) > _rank(best[each.person]):
            best[each.person] = each
    ranked = sorted(best.values(), key=lambda each: (-each.score.weight, each.person))
    if not ranked:
        return Found(None, ())
    first = ranked[0]
    alone = len(ranked) == 1 or first.score.weight - ranked[1].score.weight >= weights.margin
    same = first if first.score.weight >= weights.same and first.score.by_name and alone else None
    possible = tuple(each for each in ranked if each.score.weight >= weights.possible and each is not same)
    return Found(same, possible)


def _rank(candidate: Candidate) -> tuple[float, bool]:
    return candidate.score.weight, candidate.score.by_name
