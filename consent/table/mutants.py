"""The table with one thing wrong in it: another verdict, a condition or a word too many or too few, a clause gone.

Each mutant is looked at on its clause's own rows, where it must speak otherwise somewhere, or it changes nothing at all; and it
is put to the properties and the golden cases. Leaves out: telling what was found (``proof``).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from consent.protocol import Clause, Condition, Protocol
from consent.table.cases import Ready, differs
from consent.table.properties import PROPERTIES, Property, at_least, is_possible, severity
from consent.table.regions import cover
from consent.table.rows import WORDS, Row, blocks, rows, says
from contracts.vocabulary import Verdict

_VERDICTS: Final = (Verdict.ROUTE_MINIMISED, Verdict.HOLD, Verdict.REFUSE)


@dataclass(frozen=True, slots=True)
class Mutant:
    """One wrong table: its clause as it is, and as it is wrong (None: gone)."""

    clause: Clause
    wrong: Clause | None
    what: str
    coarse: bool
    """A verdict or a whole condition, and not a single word of a list."""


def mutants(clause: Clause) -> Iterator[Mutant]:
    """Everything that can be wrong with one clause."""
    yield Mutant(clause, None, "gone", True)
    for verdict in _VERDICTS:
        if verdict is not clause.verdict:
            owner, within = ("nobody", 1) if verdict is Verdict.HOLD else (None, 0)
            wrong = replace(clause, verdict=verdict, owner=owner, within=within)
            yield Mutant(clause, wrong, f"{verdict.name.lower()} instead of {clause.verdict.name.lower()}", True)
    for what, coarse, condition in _wrong(clause.applies):
        # A clause that names nothing would speak everywhere: that, too, is a mutant.
        yield Mutant(clause, replace(clause, applies=condition), f"applies: {what}", coarse)
    for number, line in enumerate(clause.unless):
        before, after = clause.unless[:number], clause.unless[number + 1 :]
        yield Mutant(clause, replace(clause, unless=(*before, *after)), f"unless {number + 1}: gone", True)
        for what, coarse, condition in _wrong(line):
            yield Mutant(clause, replace(clause, unless=(*before, condition, *after)), f"unless {number + 1}: {what}", coarse)


def _wrong(condition: Condition) -> Iterator[tuple[str, bool, Condition]]:
    for name, words in condition.items():
        without = {other: listed for other, listed in condition.items() if other != name}
        yield f"{name} gone", True, without
        for word in WORDS[name]:
            if word not in words:
                yield f"{name} also {word}", False, {**condition, name: (*words, word)}
            elif len(words) > 1:
                yield f"{name} not {word}", False, {**condition, name: tuple(one for one in words if one != word)}


def changed_row(mutant: Mutant) -> Row | None:
    """A row on which the clause and its mutant part, or None: then the mutant changes nothing, and says the same."""
    clause, wrong = mutant.clause, mutant.wrong
    if wrong is not None and wrong.verdict is not clause.verdict:
        return next((row for row, _ in rows(blocks([clause])) if says(clause, row)), None)
    both = [clause] if wrong is None else [clause, wrong]
    for row, _ in rows(blocks(both)):
        if says(clause, row) is not says(wrong, row):
            return row
    return None


def with_wrong(protocol: Protocol, mutant: Mutant) -> Protocol:
    """The whole protocol with this one thing wrong."""
    clauses = {
        name: (mutant.wrong if name == mutant.clause.id and mutant.wrong is not None else one)
        for name, one in protocol.clauses.items()
        if name != mutant.clause.id or mutant.wrong is not None
    }
    return replace(protocol, clauses=clauses)


def caught_by_case(protocol: Protocol, mutant: Mutant, cases: Sequence[tuple[Ready, Sequence[Row]]]) -> Ready | None:
    """The first golden case that comes out otherwise. Only those are judged again on whose rows the clause says otherwise."""
    wrong: Protocol | None = None
    flipped = mutant.wrong is not None and mutant.wrong.verdict is not mutant.clause.verdict
    for ready, has in cases:
        for row in has:
            before, after = says(mutant.clause, row), says(mutant.wrong, row)
            if before is not after or (flipped and before):
                wrong = wrong or with_wrong(protocol, mutant)
                if differs(ready, wrong):
                    return ready
                break
    return None


def answered_by(clauses: Sequence[Clause], clause: Clause) -> list[Property]:
    """The properties that would not hold without the clause. No mutant of it can break another: none is less than none."""
    return [one for one in PROPERTIES if _breaks(one, clauses, clause, None)]


def caught_by_property(clauses: Sequence[Clause], mutant: Mutant, answered: Sequence[Property]) -> str | None:
    """The first property that no longer holds, of those that the clause answers for."""
    return next((one.says for one in answered if _breaks(one, clauses, mutant.clause, mutant.wrong)), None)


def _breaks(one: Property, clauses: Sequence[Clause], clause: Clause, wrong: Clause | None) -> bool:
    """Whether a property no longer holds. Looked for where the clause spoke: all else is as it was."""
    if severity(clause) < one.least or (both := _together(one.where, clause.applies)) is None:
        return False
    others = [other for other in clauses if other.id != clause.id]
    table = others if wrong is None else [*others, wrong]
    return bool(cover(both, (*one.unless, *clause.unless), at_least(table, one.least), is_possible, most=1).gaps)


def _together(one: Condition, other: Condition) -> Condition | None:
    """What holds where both do; None where they exclude each other."""
    both = {name: tuple(word for word in words if word in other.get(name, words)) for name, words in {**other, **one}.items()}
    return both if all(both.values()) else None
