"""The register looked at afresh: everyone who was met once and not recognised is looked up again, as things stand now; and
whoever has many records, for whether she is two.

Reads in slices, a transaction each, so that a broker works beside it. Of each two who turn out to be one the agencies are
asked: in the towns we tried, 19 of the 20 that a machine would have put together by itself were one, and it has to be 99 of
100. Nobody's tokens are asked for again: they are in the index. Leaves out: who it is (``broker/matching/afresh.py``).
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import inf
from typing import Any, Final

from broker.incoming import Settled
from broker.matching import apart, index
from broker.matching.afresh import Seen, floor, to_join
from broker.matching.carried import EPOCHS, Presented, unpacked, value_of
from broker.matching.score import Weights
from broker.store import merges, outbox_rows, reviews
from broker.store.database import Work
from broker.store.house import House
from broker.store.notices import Notices

Read = Callable[[Callable[[Work], Any]], Any]
SAMPLE: Final = 2_000
"""So many of those who are known show how often chance agrees."""
SLICE: Final = 1_000
KEYS: Final = 20_000
"""So many records' tokens are fetched in one go through the index, which is by token and not by record."""

_OF: Final = (
    "SELECT r.n, r.id, r.person FROM record AS r "
    "WHERE r.person {} (SELECT person FROM record GROUP BY person HAVING count(*) > 1) "
    "AND EXISTS (SELECT 1 FROM known AS k WHERE k.r = r.n) "
    "AND NOT EXISTS (SELECT 1 FROM marked AS m WHERE m.record = r.id AND m.mark = 'canary') ORDER BY r.n"
)
_ALONE: Final = _OF.format("NOT IN")
_KNOWN: Final = _OF.format("IN")
_MANY: Final = (
    "SELECT r.n, r.id, r.person FROM record AS r "
    "WHERE r.person IN (SELECT person FROM record GROUP BY person HAVING count(*) >= ?) "
    "AND r.person NOT IN (SELECT new_person FROM merge WHERE why <> 'tokens' AND undone_at IS NULL) "
    "AND NOT EXISTS (SELECT 1 FROM marked AS m WHERE m.record = r.id AND m.mark = 'canary') ORDER BY r.person, r.n"
)
"""Whoever has so many records, and none by what people said: that stands."""
_NAMED: Final = "SELECT agency, reference FROM record WHERE id = ANY(?) ORDER BY n"
_PLANTED: Final = "SELECT record FROM marked WHERE mark = 'canary'"
_KEYS: Final = "SELECT r, t FROM token WHERE r = ANY(?)"
_CARRIED: Final = "SELECT r, epoch, tokens FROM known WHERE r = ANY(?) ORDER BY epoch"
_RECORDS: Final = "SELECT person, count(*) FROM record WHERE person = ANY(?) GROUP BY person"


@dataclass(frozen=True, slots=True)
class Afresh:
    """How many were looked up, and how many pairs it came to."""

    looked_up: int
    found: int
    two: tuple[tuple[tuple[str, str], ...], ...] = ()
    """Of each person who may be more than one, an agency and its reference for each."""


@dataclass(frozen=True, slots=True)
class _Who:
    number: int
    record: str
    person: str
    stands_for: float


def look(read: Read, ask: Callable[[Seen], bool], house: House, shown: Callable[[int, int], None]) -> Afresh:
    """A running register: of whoever turns out to be one the agencies are asked, and who may be two is told to officers."""
    two: list[tuple[tuple[str, str], ...]] = []

    def told(_: str, parts: list[list[str]]) -> None:
        two.extend(read(partial(_named, parts=parts, hidden=house.hidden)))

    look_apart(read, told, house.weights, shown)
    return replace(look_afresh(read, ask, house.weights, shown), two=tuple(two))


def look_afresh(
    read: Read,
    join: Callable[[Seen], bool],
    weights: Weights,
    shown: Callable[[int, int], None],
) -> Afresh:
    """Look up everyone who was met once; ``join`` takes each two whom that shows to be one. ``shown`` is told how far it is."""
    alone, known = read(lambda work: (work.rows(_ALONE), work.rows(_KNOWN)))
    if not alone or not known:
        # Where nobody is known yet, nothing can be counted.
        return Afresh(0, 0)
    step = -(-len(known) // SAMPLE)
    sample = known[::step]
    share = len(known) / len(sample)
    everyone = [_Who(number, record, her, 1.0) for number, record, her in alone]
    everyone += [_Who(number, record, her, share) for number, record, her in sample]
    looked_up = _looked_up(read, everyone, weights, shown, floor(weights))
    seen = [each for each in looked_up if each.person != each.other_person]
    records = read(partial(_records, people=list({who for each in seen for who in (each.person, each.other_person)})))
    found = to_join(seen, records, weights, alone=len(alone), known=len(known))
    return Afresh(len(alone), sum(join(each) for each in found))


def look_apart(
    read: Read, part: Callable[[str, list[list[str]]], None], weights: Weights, shown: Callable[[int, int], None]
) -> Afresh:
    """Look up whoever has many records; ``part`` is told of each person who is more than one, and of each one's records."""
    many = [_Who(number, record, her, 0.0) for number, record, her in read(lambda work: work.rows(_MANY, apart.LEAST))]
    agrees: defaultdict[str, dict[apart.Pair, float]] = defaultdict(dict)
    for each in _looked_up(read, many, weights, shown, -inf):
        if each.person == each.other_person:
            pair, mine = frozenset((each.record, each.other)), agrees[each.person]
            mine[pair] = min(each.score.weight, mine.get(pair, inf))
    records: defaultdict[str, list[str]] = defaultdict(list)
    for who in many:
        records[who.person].append(who.record)
    found = {her: parts for her, hers in records.items() if len(parts := apart.parts(hers, agrees[her], weights)) > 1}
    for her, parts in found.items():
        part(her, parts)
    return Afresh(len(many), len(found))


def put_together(work: Work, each: Seen, now: int) -> bool:
    """Join the two, if what was decided since does not forbid it."""
    return merges.join(work, each.record, each.other, now) is not None


def ask(work: Work, house: House, each: Seen, now: int) -> Settled | None:
    """Ask the agencies of the two, as after a registration; None where that was done, or people decided it."""
    begun = merges.ask(work, house, each.record, each.other, each.score.weight, now)
    if not begun:
        return None
    notices = Notices(house.directory, now)
    reviews.tell(work, notices, begun)
    # Whoever looks afresh is no broker: what follows is for a running one to publish.
    rows = outbox_rows.add(work, house.process, [], notices.mail(house.signing), now - outbox_rows.CLAIM)
    return Settled(rows, {("looked at afresh", ""): 1})


def _looked_up(
    read: Read, everyone: Sequence[_Who], weights: Weights, shown: Callable[[int, int], None], least: float
) -> Iterator[Seen]:
    """Whom each of these records may be, from what is in the index, as strong as ``least``."""
    planted = frozenset(record for (record,) in read(lambda work: work.rows(_PLANTED)))
    for first in range(0, len(everyone), KEYS):
        some = everyone[first : first + KEYS]
        keys = read(partial(_keys, numbers=[each.number for each in some]))
        for start in range(0, len(some), SLICE):
            yield from read(
                partial(_look, some=some[start : start + SLICE], keys=keys, weights=weights, planted=planted, least=least)
            )
            shown(min(first + start + SLICE, len(everyone)), len(everyone))


def _keys(work: Work, numbers: Sequence[int]) -> dict[int, list[int]]:
    found: defaultdict[int, list[int]] = defaultdict(list)
    for number, key in work.rows(_KEYS, list(numbers)):
        found[number].append(key)
    return found


def _look(
    work: Work, some: Sequence[_Who], keys: dict[int, list[int]], weights: Weights, planted: frozenset[str], least: float
) -> list[Seen]:
    # The newest epoch of each comes last, and stays.
    carried = {number: (epoch, bytes(kept)) for number, epoch, kept in work.rows(_CARRIED, [who.number for who in some])}
    seen: list[Seen] = []
    for who in some:
        if who.number not in carried:
            continue
        tokens = _presented(*carried[who.number], keys.get(who.number, ()))
        seen += [
            Seen(who.record, who.person, each.record, each.person, each.score, who.stands_for)
            for each in index.candidates(work, [tokens], weights, besides=planted | {who.record})
            if each.score.weight >= least
        ]
    return seen


def _presented(epoch: int, kept: bytes, keys: Iterable[int]) -> Presented:
    """What the record was presented with, out of what is kept of it."""
    by_value = unpacked(kept).by_value()
    hers = [key for key in keys if key % EPOCHS == epoch % EPOCHS and value_of(key) in by_value]
    return Presented(epoch, by_value, {key: by_value[value_of(key)] for key in hers})


def _named(work: Work, parts: Iterable[Sequence[str]], hidden: Collection[str]) -> list[tuple[tuple[str, str], ...]]:
    """Each part by an agency and her reference there; nothing where that would have to be a hidden one (a referral centre)."""
    of_each = [[(agency, hers) for agency, hers in work.rows(_NAMED, list(part)) if agency not in hidden] for part in parts]
    return [tuple(rows[0] for rows in of_each)] if all(of_each) else []


def _records(work: Work, people: list[str]) -> dict[str, int]:
    return dict(row for first in range(0, len(people), KEYS) for row in work.rows(_RECORDS, people[first : first + KEYS]))
