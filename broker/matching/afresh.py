"""Those who were met once and not recognised, looked at afresh: with all that came since, and with how often chance agrees so.

At her registration nobody knows yet who else will come. Later much is plainer: whom she might have been has a record of her own
since, and how many agree so by chance can be counted, among people who each have records enough to be known for others. So two
opinions add up: the table's (``score``), and that of the count. Leaves out: which records are compared, and what joining does
(``broker/store/afresh.py``).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log
from typing import Final

from broker.matching.caution import CLOSE, NEAR
from broker.matching.score import Score, Weights

Sort = tuple[str, ...]
"""What agrees between two records, roughly: as much as can be counted."""
SURE: Final = 8.0
"""A count says no more than one in three thousand, either way: it counts few."""
_UNLIKELY: Final = -3.0
"""Below this the table holds one for another person, at one in twenty; of somebody who is known no count says otherwise."""
_NO_CHANCE: Final = frozenset({"number", "names", "twin", "kin"})
"""Who agrees so does not by chance."""
_ROOF: Final = frozenset({"same", "street", "half"})
"""How well an address agrees where both live in one house, or may."""
_PLAINER: Final = 1.0
"""Where a count may speak for it, both together must be plainer than one alone: they lean on some of the same things."""
_UNSEEN: Final = 0.5
"""Half a chance agreement that just was not met."""
_ROUNDS: Final = 6
_RIVALS: Final = 5


@dataclass(frozen=True, slots=True)
class Seen:
    """A record looked up afresh, one that it may be, and how many such looks it stands for."""

    record: str
    person: str
    other: str
    other_person: str
    score: Score
    stands_for: float = 1.0


@dataclass(frozen=True, slots=True)
class _Pair:
    seen: Seen
    sort: Sort
    views: float


def line(weights: Weights) -> float:
    """From here two are one."""
    return weights.same + (_PLAINER if weights.counted > 0.0 else 0.0)


def floor(weights: Weights) -> float:
    """Below this nothing is joined and nobody is a rival."""
    return line(weights) - min(weights.counted, SURE) - 1.0


def to_join(seen: Iterable[Seen], records: Mapping[str, int], weights: Weights, *, alone: int, known: int) -> list[Seen]:
    """Whom to put together. At least one of the two has one record alone; two who have several are left as they are.

    ``records``: how many each person has. ``alone``, ``known``: the register's records whose person has no other, and the rest.
    1. Of each sort of agreement: how many would those who were met once share with others by chance, if they were met as often
    as the known are with each other? Against how many they do share, that is how likely one of these is chance.
    2. Strong enough, the table's opinion and that one together, against all rivals of either of the two.
    3. Once more while that joins anybody: who has found her own is nobody's rival.
    """
    people = _People(records, alone, known)
    pairs = _pairs(seen)
    joined: list[Seen] = []
    for _ in range(_ROUNDS):
        new = _round(pairs, people, weights)
        if not new:
            break
        joined += new
    return joined


class _People:
    """Who is whose, and who is known by several records."""

    def __init__(self, records: Mapping[str, int], alone: int, known: int) -> None:
        self._records, self._now = dict(records), dict[str, str]()
        self.alone, self.known = alone, known

    def of(self, person: str) -> str:
        while (now := self._now.get(person, person)) != person:
            person = now
        return person

    def is_known(self, person: str) -> bool:
        return self._records.get(person, 1) > 1

    def join(self, one: str, other: str) -> None:
        counts = [self._records.get(each, 1) for each in (one, other)]
        found = counts.count(1)
        self.alone, self.known = self.alone - found, self.known + found
        self._now[one] = other
        self._records[other] = sum(counts)


def _pairs(seen: Iterable[Seen]) -> list[_Pair]:
    """Each two records once: as little as either look says."""
    views: defaultdict[frozenset[str], list[Seen]] = defaultdict(list)
    for each in seen:
        views[frozenset((each.record, each.other))].append(each)
    return [
        _Pair(least, _sort(least.score), sum(each.stands_for for each in both) / 2)
        for both in views.values()
        for least in (min(both, key=lambda each: (each.score.weight, each.record)),)
    ]


def _round(pairs: Sequence[_Pair], people: _People, weights: Weights) -> list[Seen]:
    strongest, opinion = _between(pairs, people, weights)
    rivals: defaultdict[str, list[tuple[float, str]]] = defaultdict(list)
    for (one, other), strength in opinion.items():
        rivals[one].append((strength, other))
        rivals[other].append((strength, one))
    for each in rivals.values():
        each.sort(reverse=True)
    joined: list[Seen] = []
    settled: set[str] = set()
    for (one, other), strength in sorted(opinion.items(), key=lambda each: (-each[1], each[0])):
        both = {people.of(one), people.of(other)}
        # Who has just found her own is known now: whether she is yet another's too is for the next round.
        if both != {one, other} or settled & both or strongest[one, other].score.caution in weights.cautions:
            continue
        against = 1.0
        for her in (one, other):
            others = [rival for rival, who in rivals[her] if people.of(who) not in both][:_RIVALS]
            against += sum(exp(min(rival, 50.0)) for rival in others)
        if strength - log(against) >= line(weights):
            people.join(one, other)
            settled |= both
            joined.append(strongest[one, other])
    return joined


def _between(
    pairs: Sequence[_Pair], people: _People, weights: Weights
) -> tuple[dict[tuple[str, str], Seen], dict[tuple[str, str], float]]:
    """Between each two people one of whom is met once: the strongest pair of records, and how strong by both opinions."""
    by_chance: defaultdict[Sort, float] = defaultdict(float)
    met: Counter[tuple[Sort, int]] = Counter()
    best: dict[tuple[str, str], tuple[_Pair, int]] = {}
    for pair in pairs:
        one, other = sorted((people.of(pair.seen.person), people.of(pair.seen.other_person)))
        if one == other:
            continue
        known = people.is_known(one) + people.is_known(other)
        if known == 2:
            by_chance[pair.sort] += pair.views
            continue
        met[pair.sort, known] += 1
        if (one, other) not in best or best[one, other][0].seen.score.weight < pair.seen.score.weight:
            best[one, other] = pair, known
    ratio = people.alone / max(1, people.known)
    # Of pairs: where both were met once, and where one of the two was.
    share = (ratio * ratio, 2 * ratio)
    opinion = {}
    for both, (pair, known) in best.items():
        says = _says((by_chance[pair.sort] + _UNSEEN) * share[known] / met[pair.sort, known])
        opinion[both] = pair.seen.score.weight + min(says, weights.counted if _may_count(pair, known) else 0.0)
    return {both: pair.seen for both, (pair, _) in best.items()}, opinion


def _may_count(pair: _Pair, known: int) -> bool:
    """Whether a count may speak for these two.

    Twins and kin agree, and not by chance. Only of those who share a roof a count tells how many are two: wherever kin live
    together some of them are known each for herself, and agree as these do.
    """
    score = pair.seen.score
    levels = dict(score.levels)
    if known and score.weight < _UNLIKELY:
        return False
    return score.caution not in _NO_CHANCE or levels.get("address") in _ROOF


def _says(chance: float) -> float:
    """The logarithm of the odds that it is not chance, where so large a part of them is."""
    if chance >= 1.0:
        return -SURE
    return max(-SURE, min(SURE, log((1.0 - chance) / chance)))


def _sort(score: Score) -> Sort:
    levels = {section: level for section, level in score.levels if section not in {"together", "support"}}
    birthday = levels["birthday"]
    names = (_name(levels["forename"]), _name(levels["surname"]))
    number = "same" in (levels["nhs"], levels["pnc"])
    crowd = levels.get("crowd", "none").endswith("none")
    return (
        "near" if birthday in NEAR else birthday, *names, levels["place"], levels.get("address", ""),
        "number" if number else "", "" if crowd else "crowd",
    )  # fmt: skip


def _name(level: str) -> str:
    return "exact" if level in {"exact", "full"} else "close" if level in CLOSE else level
