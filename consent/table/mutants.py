"""The table with one thing wrong in it: another verdict, a condition or a word too many or too few, a clause gone.

Each mutant is looked at on its clause's own rows, where it must speak otherwise somewhere, or it changes nothing at all; and it
is put to the properties and the golden cases. Leaves out: telling what was found (``proof``).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from consent.check import NotYetKnown
from consent.protocol import Clause, Condition, Protocol
from consent.table.cases import Ready, deciding, differs, were_it_agreed
from consent.table.must_hold import PROPERTIES, Property
from consent.table.properties import at_least, is_possible, severity
from consent.table.regions import cover
from consent.table.rows import WORDS, Row, blocks, named_by, rows, says
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
    loose: bool
    """By its form it can only speak less, or less severely. The others only speak more."""


def mutants(clause: Clause) -> Iterator[Mutant]:
    """Everything that can be wrong with one clause."""
    yield Mutant(clause, None, "gone", coarse=True, loose=True)
    for verdict in _VERDICTS:
        if verdict is not clause.verdict:
            owner, within = ("nobody", 1) if verdict is Verdict.HOLD else (None, 0)
            wrong = replace(clause, verdict=verdict, owner=owner, within=within)
            what = f"{verdict.name.lower()} instead of {clause.verdict.name.lower()}"
            yield Mutant(clause, wrong, what, coarse=True, loose=verdict < clause.verdict)
    for what, coarse, fewer, condition in _wrong(clause.applies):
        # A clause that names nothing would speak everywhere: that, too, is a mutant.
        yield Mutant(clause, replace(clause, applies=condition), f"applies: {what}", coarse, loose=fewer)
    for number, line in enumerate(clause.unless):
        before, after = clause.unless[:number], clause.unless[number + 1 :]
        gone = replace(clause, unless=(*before, *after))
        yield Mutant(clause, gone, f"unless {number + 1}: gone", coarse=True, loose=False)
        for what, coarse, fewer, condition in _wrong(line):
            wrong = replace(clause, unless=(*before, condition, *after))
            yield Mutant(clause, wrong, f"unless {number + 1}: {what}", coarse, loose=not fewer)


def _wrong(condition: Condition) -> Iterator[tuple[str, bool, bool, Condition]]:
    """What is wrong, whether it is a whole condition, whether it holds on fewer rows, and the condition."""
    for name, words in condition.items():
        without = {other: listed for other, listed in condition.items() if other != name}
        yield f"{name} gone", True, False, without
        for word in WORDS[name]:
            if word not in words:
                yield f"{name} also {word}", False, False, {**condition, name: (*words, word)}
            elif len(words) > 1:
                fewer = tuple(one for one in words if one != word)
                yield f"{name} not {word}", False, True, {**condition, name: fewer}


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


@dataclass(frozen=True, slots=True)
class Decision:
    """A golden case as the protocol decides it: which rows it has, and what stopped or held it, if anything did."""

    ready: Ready
    rows: Sequence[Row]
    verdict: Verdict | None
    """None where people had a word in it: then it is always judged again."""
    place: int
    """Where in the order the clause stands that decided."""


def decision(ready: Ready, has: Sequence[Row], protocol: Protocol) -> Decision:
    """How a case is decided as the protocol stands."""
    under = were_it_agreed(protocol, ready.matter) if ready.golden.were_it_agreed else protocol
    decided = ready.matter.judged(under)
    if isinstance(decided, NotYetKnown) or decided.excused or decided.verdict < Verdict.HOLD:
        return Decision(ready, has, None, 0)
    clause = deciding(ready.matter, decided, under)
    order = list(protocol.clauses)
    return Decision(ready, has, decided.verdict, order.index(clause)) if clause in order else Decision(ready, has, None, 0)


Near = Sequence[tuple[Row, Sequence[Decision]]]
"""The rows that golden cases have of what one clause looks at, each once, with the cases that have it."""


def near(clause: Clause, cases: Sequence[Decision]) -> Near:
    """The golden cases by what a clause can see of them."""
    names = named_by(clause)
    found: dict[tuple[str, ...], dict[int, Decision]] = {}
    for one in cases:
        for row in one.rows:
            found.setdefault(tuple(row.get(name, "") for name in names), {})[id(one)] = one
    return [(dict(zip(names, words, strict=True)), list(some.values())) for words, some in found.items()]


def caught_by_case(protocol: Protocol, mutant: Mutant, cases: Near) -> Ready | None:
    """The first golden case that comes out otherwise. Only those are judged again of which the mutant may change something."""
    wrong: Protocol | None = None
    flipped = mutant.wrong is not None and mutant.wrong.verdict is not mutant.clause.verdict
    place = list(protocol.clauses).index(mutant.clause.id)
    for row, some in cases:
        before, after = says(mutant.clause, row), says(mutant.wrong, row)
        if before is after and not (flipped and before):
            continue
        for one in some:
            if not flipped and _stays(one, mutant.clause, place, silent=before):
                continue
            wrong = wrong or with_wrong(protocol, mutant)
            if differs(one.ready, wrong):
                return one.ready
    return None


def _stays(one: Decision, clause: Clause, place: int, *, silent: bool) -> bool:
    """Whether a case comes out the same if the clause falls silent, or is heard: another one decided it and goes on to."""
    if one.verdict is None or clause.verdict is Verdict.ROUTE_MINIMISED:
        return False
    if silent:
        return place != one.place
    return clause.verdict < one.verdict or (clause.verdict is one.verdict and place > one.place)


def answered_by(clauses: Sequence[Clause], clause: Clause) -> list[Property]:
    """The properties that would not hold without the clause. No mutant of it can break another: none is less than none.

    Only those are tried that look at something the clause looks at too; whatever slips through ``loosens`` calls wrong.
    """
    alike = [one for one in PROPERTIES if one.where.keys() & clause.applies.keys()]
    return [one for one in alike if _breaks(one, clauses, clause, None)]


def caught_by_property(clauses: Sequence[Clause], mutant: Mutant, answered: Sequence[Property]) -> str | None:
    """The first property that no longer holds, of those that the clause answers for."""
    if not mutant.loose:
        return None
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


def loosens(clauses: Sequence[Clause], mutant: Mutant) -> bool:
    """Whether anything passes more easily: on some row where the clause spoke, nothing as severe does any more."""
    others = [other for other in clauses if other.id != mutant.clause.id]
    table = others if mutant.wrong is None else [*others, mutant.wrong]
    if not mutant.loose or not severity(mutant.clause):
        return False
    least = at_least(table, severity(mutant.clause))
    return bool(cover(mutant.clause.applies, mutant.clause.unless, least, is_possible, most=1).gaps)
