"""The clauses a message of one kind, between two kinds of agency, for one purpose, must pass: found once, walked for each.

Of a hundred clauses most can never speak of a given way and purpose; those are left out before the first message comes.
Leaves out: what becomes of the findings (``check``).
"""

from bisect import bisect_right
from dataclasses import dataclass
from typing import Final

from consent.clauses.asked import Asked, Function
from consent.clauses.conditions import a_yes_may_change, ready
from consent.clauses.register import FORM, JUDGES
from consent.protocol import Clause, Protocol
from contracts.vocabulary import Verdict

_CHANGES: Final = "dates on which a clause begins or ends"


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


def steps(asked: Asked) -> tuple[Step, ...]:
    """The clauses that can speak of this message, in their order, as they stand now."""
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
    found: tuple[Step, ...] | None = protocol.memo.get(key)
    if found is None:
        found = protocol.memo[key] = tuple(_steps(asked))
    return found


def _steps(asked: Asked) -> list[Step]:
    found = []
    for clause in asked.protocol.clauses.values():
        if not clause.dates.hold(asked.now):
            continue
        program = JUDGES.get(clause.id)
        judge = program.judge if program else ready(clause, asked)
        if judge is not None:
            withholds = clause.verdict is Verdict.ROUTE_MINIMISED
            found.append(Step(clause, judge, withholds, clause.id == FORM.clause, a_yes_may_change(clause)))
    return found


def _changes(protocol: Protocol) -> list[int]:
    found: list[int] | None = protocol.memo.get(_CHANGES)
    if found is None:
        dates = [day for one in protocol.clauses.values() for day in (one.dates.since, one.dates.until) if day is not None]
        found = protocol.memo[_CHANGES] = sorted(set(dates))
    return found
