"""Two versions of an agreement side by side: does the later one let more pass, or less, or both; and what, in sentences.

What neither lets more nor less pass (its title) is no difference here. Sides are compared as they are written: a kind of
agency and one agency of that kind are two, so a change from one to the other is both. Leaves out: who must sign (``signing``).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from consent.clauses.written import AgreementWritten
from consent.protocol import Party
from contracts.vocabulary import Label, Purpose

Way = tuple[Party, Party, Purpose]
"""Who sends, who receives, and for what."""


class Direction(StrEnum):
    """What a later version is beside the one before."""

    SAME = "the same"
    TIGHTER = "tighter"
    LOOSER = "looser"
    BOTH = "both tighter and looser"


@dataclass(frozen=True, slots=True)
class Compared:
    """Every difference, in a sentence each."""

    tighter: tuple[str, ...] = ()
    looser: tuple[str, ...] = ()

    @property
    def direction(self) -> Direction:
        """All of them together."""
        if self.tighter and self.looser:
            return Direction.BOTH
        if self.looser:
            return Direction.LOOSER
        return Direction.TIGHTER if self.tighter else Direction.SAME


_NOTHING: Final[frozenset[Label]] = frozenset()


def ways_of(agreement: AgreementWritten) -> dict[Way, frozenset[Label]]:
    """What an agreement lets pass: each way and purpose, with its labels. A way without a label is one of checks."""
    found: defaultdict[Way, frozenset[Label]] = defaultdict(frozenset)
    for share in agreement.shares:
        for one in share.sent_by:
            for other in share.sent_to:
                for purpose in share.purposes:
                    found[(str(one), str(other), purpose)] |= frozenset(share.labels)
    return dict(found)


def compare(before: AgreementWritten | None, after: AgreementWritten) -> Compared:
    """What the later version lets pass that the earlier did not, and the other way round. Without an earlier one all is new."""
    old = ways_of(before) if before else {}
    new = ways_of(after)
    tighter, looser = list(_gone(old, new)), list(_come(old, new))
    if before is not None:
        tighter += [f"{one} is no party to it any more" for one in before.parties if one not in after.parties]
        looser += [f"{one} becomes a party to it" for one in after.parties if one not in before.parties]
        for what, was, now in (("ends", before.until, after.until), ("is reviewed", before.review, after.review)):
            if _earlier(now, was):
                tighter.append(f"it {what} earlier: {_day(now)}, where it was {_day(was)}")
            elif _earlier(was, now):
                looser.append(f"it {what} later: {_day(now)}, where it was {_day(was)}")
    return Compared(tuple(tighter), tuple(looser))


def _gone(old: Mapping[Way, frozenset[Label]], new: Mapping[Way, frozenset[Label]]) -> Iterable[str]:
    for way, labels in old.items():
        if way not in new:
            yield f"{_who(way)} nothing any more for {_words(way[2])}"
        elif less := labels - new[way]:
            yield f"{_who(way)} no longer {_listed(less)} for {_words(way[2])}"


def _come(old: Mapping[Way, frozenset[Label]], new: Mapping[Way, frozenset[Label]]) -> Iterable[str]:
    for way, labels in new.items():
        more = labels - old.get(way, _NOTHING)
        if way not in old:
            yield f"{_who(way)}, and did not before, {_listed(labels) or 'the answer to a check'} for {_words(way[2])}"
        elif more:
            yield f"{_who(way)} now also {_listed(more)} for {_words(way[2])}"


def _who(way: Way) -> str:
    return f"{_words(way[0])} may send {_words(way[1])}"


def _words(name: str) -> str:
    return name.replace("_", " ")


def _listed(labels: frozenset[Label]) -> str:
    return ", ".join(sorted(map(_words, labels)))


def _earlier(one: date | None, other: date | None) -> bool:
    """No day at all is later than any."""
    return one is not None and (other is None or one < other)


def _day(day: date | None) -> str:
    return day.isoformat() if day else "never"
