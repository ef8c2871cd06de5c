"""Same person, possibly, or not known: decided for people, not for pairs of records.

The best record of each person speaks for her. Everyone else who might be meant, and the chance that it is nobody, speak
against her together: a rival close behind turns certainty into doubt, because a wrong merge would show one woman's agencies
to another's. Leaves out: the evidence (``score``), and what people have decided before (the store).
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice, product
from math import exp, inf, log
from typing import Final

from broker.matching.carried import Carried
from broker.matching.company import alone
from broker.matching.score import Score, Weights, evidence, score

MOST_POSSIBLE: Final = 5
"""So many people at most are put before those who decide: a longer list decides nothing."""
_RECORDS: Final = 4


@dataclass(frozen=True, slots=True)
class Candidate:
    """One record of the register that shares a token, and how strongly it speaks."""

    record: str
    person: str
    score: Score
    carried: Carried | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The person these tokens are, if that is certain, and the people they may be: each by her strongest record."""

    same: Candidate | None
    possible: tuple[Candidate, ...]
    also: tuple[Candidate, ...] = ()
    """Others who are the same person, and were taken for someone else until this record showed it."""


def recognise(candidates: Iterable[Candidate], weights: Weights) -> Found:
    """Decide which person it is.

    1. Each person by her strongest record.  2. Same: strong enough against all rivals and nobody together, and by more than a
    number, names alone, or what a twin or kin of her name share.  A rival as strong is none when the two are alike: what was
    taken for two is one.  3. Possibly: everyone at or above the lower line, the strongest five; nobody, once it is certain.
    """
    people: defaultdict[str, list[Candidate]] = defaultdict(list)
    for each in candidates:
        people[each.person].append(each)
    for records in people.values():
        records.sort(key=lambda each: (-each.score.weight, each.score.caution in weights.cautions, each.record))
    ranked = sorted((records[0] for records in people.values()), key=lambda each: (-each.score.weight, each.person))
    if not ranked:
        return Found(None, ())
    first = ranked[0]
    also = tuple(
        rival
        for rival in ranked[1:]
        if rival.score.weight >= weights.same
        and rival.score.caution not in weights.cautions
        and _alike(people[first.person], people[rival.person], weights)
    )
    rivals = [rival for rival in ranked[1:] if rival not in also]
    if first.score.caution not in weights.cautions and _against_all(first, rivals) >= weights.same:
        return Found(first, (), also)
    return Found(None, tuple(each for each in ranked if each.score.weight >= weights.possible)[:MOST_POSSIBLE])


def in_doubt(found: Found) -> Found:
    """The same, where those who would be put together must stay apart: then she may be any of them."""
    return found if found.same is None else Found(None, (found.same, *found.also)[:MOST_POSSIBLE])


def _alike(mine: Iterable[Candidate], theirs: Iterable[Candidate], weights: Weights) -> bool:
    """Whether two people whom one record shows to be one are alike without it: the strongest of their records."""
    pairs = product(islice(mine, _RECORDS), islice(theirs, _RECORDS))
    strengths = [
        score(agreed, alone(agreed), 0.0, weights).weight
        for one, other in pairs
        if one.carried is not None and other.carried is not None
        for agreed in (evidence(one.carried.shared_with(other.carried), one.carried.kinds & other.carried.kinds),)
    ]
    return max(strengths, default=-inf) >= weights.alike


def _against_all(first: Candidate, rivals: Iterable[Candidate]) -> float:
    """The logarithm of the odds that it is she, and not a rival, and not somebody who is not in the register."""
    # Beyond this the sum is the strongest alone, and the exponential would overflow.
    against = 1.0 + sum(exp(min(rival.score.weight, 50.0)) for rival in rivals)
    return first.score.weight - log(against)
