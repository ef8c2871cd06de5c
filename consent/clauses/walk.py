"""The clauses a message must pass, found in two steps and kept: for its way and purpose, then for what it states as a whole.

Of a hundred clauses most can never speak of a given way, and of the rest most are settled by the facts; what is left looks at
labels. Messages that are alike so far share the answer. Leaves out: what becomes of the findings (``check``).
"""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, Final

from consent.clauses.asked import Asked, Function, Spoke
from consent.clauses.conditions import Half, a_yes_may_change, for_these_values, for_this_way
from consent.clauses.factors import FACTORS
from consent.clauses.register import FORM, JUDGES, SPOKEN_ELSEWHERE
from consent.protocol import Clause, Dates, Protocol
from contracts.vocabulary import Label, Verdict

_CHANGES: Final = "dates on which a row begins or ends"
# So many different sets of facts are remembered for one way; a partnership's year has a few hundred.
_MOST: Final = 20_000


@dataclass(frozen=True, slots=True)
class Step:
    """One clause of a walk."""

    clause: Clause
    judge: Function
    withholds: bool
    """What it speaks of is not sent, and the clauses after it need not look at that."""
    ends: bool
    """Nothing after it is heard."""
    awaits_a_yes: bool
    """A yes that is on its way may silence it."""


@dataclass(frozen=True, slots=True)
class _Way:
    """The clauses that can speak of one way and purpose, and the factors that settle them for a message as a whole."""

    halves: tuple[Half | Step, ...]
    names: tuple[str, ...]
    plain: Callable[[Asked], Any]
    """Those that are one attribute, all in one go."""
    reads: tuple[Callable[[Asked], Any], ...]
    label_reads: tuple[Callable[[Asked, Label], Any], ...]
    """The factors of a label that any of its clauses looks at."""
    walked: dict[tuple[Any, ...], "Walked"] = field(default_factory=dict)
    settled: dict[tuple[Any, ...], tuple[Step, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Walked:
    """What was heard on the way, and what is left of the message."""

    found: tuple[tuple[Step, Spoke], ...]
    left: frozenset[Label]
    excused: dict[str, str]


def walked(asked: Asked, walk: Callable[[Asked, tuple[Step, ...]], Walked]) -> Walked:
    """What the clauses say of this message.

    Where no named person decided anything and the message is sound, every clause that can speak reads factors alone. Messages
    of which all these are alike are therefore judged alike, and only the first of them is walked through.
    """
    way = _the_way(asked)
    values = (way.plain(asked), *[read(asked) for read in way.reads])
    context = asked.context
    if context.fault is not None or context.acts or context.glass is not None:
        return walk(asked, _settled(way, values))
    labels = tuple([opening.label for opening in asked.openings])
    key = (values, labels, *[read(asked, label) for read in way.label_reads for label in labels])
    found = way.walked.get(key)
    if found is None:
        if len(way.walked) >= _MOST:
            way.walked.clear()
        found = way.walked[key] = walk(asked, _settled(way, values))
    return found


def _settled(way: _Way, values: tuple[Any, ...]) -> tuple[Step, ...]:
    found = way.settled.get(values)
    if found is None:
        if len(way.settled) >= _MOST:
            way.settled.clear()
        found = way.settled[values] = _settle(way, values)
    return found


def _the_way(asked: Asked) -> _Way:
    protocol, sender, recipient = asked.protocol, asked.sender, asked.recipient
    key = (
        asked.header.kind,
        asked.purpose,
        sender.kind,
        sender.prescriber,
        recipient.kind,
        recipient.prescriber,
        bisect_right(_changes(protocol), asked.now),
    )
    way: _Way | None = protocol.memo.get(key)
    if way is None:
        way = protocol.memo[key] = _way(asked)
    return way


def _way(asked: Asked) -> _Way:
    halves: list[Half | Step] = []
    for clause in asked.protocol.clauses.values():
        if not clause.dates.hold(asked.now):
            continue
        if program := JUDGES.get(clause.id):
            if program not in SPOKEN_ELSEWHERE:
                halves.append(_step(clause, program.judge))
        elif half := for_this_way(clause, asked):
            halves.append(half)
    names = {name for half in halves if isinstance(half, Half) for name in half.message_factors()}
    plain = sorted(name for name in names if FACTORS[name].path is not None)
    read = sorted(names.difference(plain))
    paths = [str(FACTORS[name].path) for name in plain]
    # Two at least, so that what is read is always several values.
    together = attrgetter(*paths, "purpose", "purpose")
    of_labels = sorted({name for half in halves if isinstance(half, Half) for name in half.label_factors()} - {"label"})
    reads, label_reads = ([FACTORS[name].read for name in names] for names in (read, of_labels))
    return _Way(tuple(halves), (*plain, *read), together, tuple(reads), tuple(label_reads))


def _settle(way: _Way, values: tuple[Any, ...]) -> tuple[Step, ...]:
    plain, *rest = values
    known = dict(zip(way.names, (*plain[:-2], *rest), strict=True))
    found = []
    for half in way.halves:
        if isinstance(half, Step):
            found.append(half)
        elif judge := for_these_values(half, known):
            found.append(_step(half.clause, judge))
    return tuple(found)


def _step(clause: Clause, judge: Function) -> Step:
    withholds = clause.verdict is Verdict.ROUTE_MINIMISED
    return Step(clause, judge, withholds, clause.id == FORM.clause, a_yes_may_change(clause))


def _changes(protocol: Protocol) -> list[int]:
    """Every moment at which a row of any table begins or ends: between two of them nothing changes by itself."""
    found: list[int] | None = protocol.memo.get(_CHANGES)
    if found is None:
        dates: list[Dates] = [one.dates for one in protocol.clauses.values()]
        dates += [row.dates for needs in protocol.needs.values() for row in needs]
        dates += [row.dates for bases in protocol.bases.values() for row in bases]
        dates += [row.dates for lines in protocol.police.values() for row in lines]
        found = protocol.memo[_CHANGES] = sorted({day for one in dates for day in (one.since, one.until) if day is not None})
    return found
