"""The versions of an agreement as they stand one after another: what each lets pass, and of when.

A later version takes over on its day; what was sent before that day is judged by the one before (design.md D6). A version
that is only tighter does not wait: it narrows every version before it, whenever a message was sent, so that nothing which an
agency no longer agrees to passes late. Leaves out: who signed them (``signing``).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import groupby
from operator import attrgetter

from consent.clauses.comparing import Direction, Way, compare, ways_of
from consent.clauses.written import AgreementWritten
from contracts.identifiers import AgencyId
from contracts.vocabulary import Label


@dataclass(frozen=True, slots=True)
class Span:
    """One version as it is judged by, narrowed by tighter ones that came after it."""

    agreement: str
    version: int
    since: int
    until: int | None
    review: int
    ended: int | None
    """From when on nothing passes under it, whenever it was sent; None where only ``until`` ends it."""
    parties: frozenset[AgencyId]
    ways: Mapping[Way, frozenset[Label]]


def spans(agreements: Iterable[AgreementWritten]) -> list[Span]:
    """Every version of every agreement, as it is judged by."""
    return [span for versions in by_name(agreements).values() for span in _of_one(versions)]


def by_name(agreements: Iterable[AgreementWritten]) -> dict[str, list[AgreementWritten]]:
    """The versions of each agreement, the oldest first."""
    sorted_ = sorted(agreements, key=lambda one: (one.id, one.version))
    return {name: list(versions) for name, versions in groupby(sorted_, key=attrgetter("id"))}


def _of_one(versions: Sequence[AgreementWritten]) -> list[Span]:
    found: list[Span] = []
    before: AgreementWritten | None = None
    for one in versions:
        span = _span(one)
        if before is not None and compare(before, one).direction is Direction.TIGHTER:
            found = [_narrowed(earlier, span) for earlier in found]
        else:
            if found:
                found[-1] = replace(found[-1], until=_sooner(found[-1].until, span.since))
            found.append(span)
        before = one
    return found


def _span(one: AgreementWritten) -> Span:
    until = moment(one.until) if one.until else None
    return Span(
        one.id, one.version, moment(one.since), until, moment(one.review), None, frozenset(one.parties), ways_of(one)
    )  # fmt: skip


def _narrowed(earlier: Span, tighter: Span) -> Span:
    ways = {way: labels & tighter.ways[way] for way, labels in earlier.ways.items() if way in tighter.ways}
    return replace(
        earlier,
        version=tighter.version,
        until=_sooner(earlier.until, tighter.until),
        review=min(earlier.review, tighter.review),
        ended=_sooner(earlier.ended, tighter.until),
        parties=earlier.parties & tighter.parties,
        ways=ways,
    )


def _sooner(one: int | None, other: int | None) -> int | None:
    return min((each for each in (one, other) if each is not None), default=None)


def moment(day: date) -> int:
    """The first millisecond of a day, UTC."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
