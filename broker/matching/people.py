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
    """The person these tokens are, if that is certain; and the people they may be."""

    same: str | None
    possible: tuple[str, ...]


def recognise(candidates: Iterable[Candidate], weights: Weights) -> Found:
    """Decide which person it is.

    1. Each person by her strongest record.  2. Same: strong enough, by more than an identifier, and no rival within the
    margin.  3. Possibly: everyone else at or above the lower line.
    """
    best: dict[str, Score] = {}
    for each in candidates:
        if each.person not in best or _rank(each.score) > _rank(best[each.person]):
            best[each.person] = each.score
    ranked = sorted(best.items(), key=lambda item: (-item[1].weight, item[0]))
    if not ranked:
        return Found(None, ())
    first, found = ranked[0]
    alone = len(ranked) == 1 or found.weight - ranked[1][1].weight >= weights.margin
    same = first if found.weight >= weights.same and found.by_name and alone else None
    possible = tuple(person for person, each in ranked if each.weight >= weights.possible and person != same)
    return Found(same, possible)


def _rank(score: Score) -> tuple[float, bool]:
    return score.weight, score.by_name
