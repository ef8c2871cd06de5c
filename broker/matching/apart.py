"""Those who were taken for one person and show by now that they are two: each has records enough of her own.

When a woman's first record came, a namesake may have been the nearest there was. Since then both were met again, each so much
plainer as herself than as the other that nobody would put the two together today. Leaves out: which records are compared, and
what taking them apart does (``broker/store/afresh.py``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Final

from broker.matching.score import Weights

LEAST: Final = 4
"""So many records at least: two and two. One record by itself may as well be hers, written badly."""
_PLAINER: Final = 1.0
"""What holds each of two together is so much stronger than what joins them."""

Pair = frozenset[str]


@dataclass(slots=True)
class _Part:
    """Records that belong together, and how strongly, but for those who came to them one by one."""

    records: list[str]
    held: float


def parts(records: Sequence[str], strength: Mapping[Pair, float], weights: Weights) -> list[list[str]]:
    """One person's records as the people they are, the most records first; one part where she is one.

    From the strongest pair to the weakest, whoever agrees is one. But two who have two records each stay two where nothing that
    joins them is above ``same``, and each is held together by more than that, or by plainly more than what joins them. A record
    by itself goes with whom it is most like.
    """
    part = {record: _Part([record], inf) for record in records}
    for pair, joins in sorted(strength.items(), key=lambda each: (-each[1], sorted(each[0]))):
        one, other = (part[record] for record in pair)
        if one is other or _are_two(one, other, joins, weights):
            continue
        held = [each.held for each in (one, other) if len(each.records) > 1]
        whole = _Part([*one.records, *other.records], held[0] if len(held) == 1 else min([*held, joins]))
        part.update(dict.fromkeys(whole.records, whole))
    found = {id(each): each for each in part.values()}.values()
    known, single = ([each for each in found if (len(each.records) > 1) is many] for many in (True, False))
    known.sort(key=lambda each: (-len(each.records), min(each.records)))
    if len(known) < 2:
        return [list(records)]
    # What agrees with nobody stays where it was.
    known[0].records += [record for each in single for record in each.records]
    return [sorted(each.records) for each in known]


def _are_two(one: _Part, other: _Part, joins: float, weights: Weights) -> bool:
    if joins > weights.same or min(len(one.records), len(other.records)) < LEAST // 2:
        return False
    held = min(one.held, other.held)
    return held > weights.same or held >= joins + _PLAINER
