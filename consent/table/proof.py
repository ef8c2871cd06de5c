"""``./run protocol check``: the whole proof. What is found wrong is named; where nothing is, the numbers say so.

1. Every clause is decided on every row of its own factors by the functions that decide in service, and as its words say.
2. So the verdict, the most severe of them, is one and only one on every row of their product.
3. The properties hold on all rows.  4. Every clause speaks and decides somewhere.  5. The golden cases hold.
6. Exceptions that other clauses take away are named.  7. Every mutant is caught.  Leaves out: telling it (``report``).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from consent.clauses.asked import Asked
from consent.clauses.factors import FACTORS, Of
from consent.protocol import Clause, Protocol
from consent.table.cases import Ready, decided_by, differs
from consent.table.compiled import decides, every_word
from consent.table.must_hold import PROPERTIES
from consent.table.mutants import (
    answered_by,
    caught_by_case,
    caught_by_property,
    changed_row,
    decision,
    loosens,
    mutants,
    near,
)
from consent.table.properties import at_least, is_possible, look, lowered, of_the_table, severity
from consent.table.regions import cover, in_words
from consent.table.rows import Row, all_rows, says, whole_space
from consent.table.telling import leaks, otherwise, shows

Heard = Callable[[str, int, int], None]


@dataclass(slots=True)
class Found:
    """What the check found."""

    clauses: int = 0
    rows: int = 0
    cases: int = 0
    told: int = 0
    whole: int = 0
    property_rows: int = 0
    lines: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    mutants: int = 0
    caught_by_case: int = 0
    caught_by_property: int = 0
    caught_on_rows: int = 0
    stopped_by_another: int = 0
    """Of these, those that speak less, where other clauses stop the same."""
    the_same: list[str] = field(default_factory=list)
    only_on_rows: list[str] = field(default_factory=list)


def prove(protocol: Protocol, golden: Sequence[Ready], heard: Heard, *, whole: bool = False) -> Found:
    """Everything, in the order above. ``whole`` takes each word by itself where blocks of words are enough."""
    found, clauses = Found(), of_the_table(protocol)
    found.clauses, found.whole = len(protocol.clauses), whole_space()
    _own_rows(clauses, found, heard, whole=whole)
    _properties(clauses, found, heard)
    _told(protocol, golden, found)
    _golden(protocol, golden, found)
    _vain(clauses, found, heard)
    _mutants(protocol, clauses, golden, found, heard)
    return found


def _own_rows(clauses: list[Clause], found: Found, heard: Heard, *, whole: bool) -> None:
    for number, clause in enumerate(clauses):
        somewhere = False
        for row, stands_for in every_word(clause, whole=whole):
            spoke = decides(clause, row)
            found.cases += 1
            found.rows += stands_for
            somewhere = somewhere or spoke
            if spoke is not says(clause, row):
                found.wrong.append(f"{clause.id}: its words and the program part where {row}")
                break
        if not somewhere:
            found.wrong.append(f"{clause.id} never speaks: no row of its {all_rows(clause):,} fits it")
        heard("rows", number + 1, len(clauses))


def _properties(clauses: list[Clause], found: Found, heard: Heard) -> None:
    for number, one in enumerate(PROPERTIES):
        seen = look(one, clauses)
        found.property_rows += seen.rows
        found.wrong += [f"{one.says} ({one.source}): not where {in_words(gap)}" for gap in seen.gaps[:3]]
        heard("properties", number + 1, len(PROPERTIES))
    for seen_rows, less in lowered(clauses):
        found.property_rows += seen_rows
        if less is not None:
            found.wrong.append(
                f"less helps: {less.clause} speaks with {less.factor} {less.more}, and with {less.less} nothing as severe "
                f"does, where {in_words(less.rows[0])}"
            )


def _told(protocol: Protocol, golden: Sequence[Ready], found: Found) -> None:
    """What senders are told is fit for their eyes: by each clause, and in service whatever is so that they cannot know."""
    found.wrong += leaks(protocol)
    for one in golden:
        for hidden, matter in otherwise(one.matter):
            found.told += 1
            if why := shows(matter.judged(protocol)):
                found.wrong.append(f"golden case “{one.name}”, with {hidden}: {why}")


def _golden(protocol: Protocol, golden: Sequence[Ready], found: Found) -> None:
    decided: set[str] = set()
    for one in golden:
        if otherwise := differs(one, protocol):
            found.wrong.append(f"golden case “{one.name}”: {otherwise}")
        decided |= decided_by(one)
    found.wrong += [
        f"{clause} decides in no golden case: it is dead, or nobody said what it is for"
        for clause in protocol.clauses
        if clause not in decided
    ]
    found.wrong += [
        f"a golden case is decided by {clause}, which is not there" for clause in sorted(decided - protocol.clauses.keys())
    ]


def _vain(clauses: list[Clause], found: Found, heard: Heard) -> None:
    """An exception that lifts one clause where others stop the same rows anyway contradicts them. It is named."""
    for number, clause in enumerate(clauses):
        others = at_least([one for one in clauses if one.id != clause.id], max(severity(clause), 1))
        for place, line in enumerate(clause.unless):
            where = {
                name: tuple(word for word in clause.applies.get(name, words) if word in words) for name, words in line.items()
            }
            both = {**clause.applies, **where}
            if all(both.values()) and not cover(both, (), others, is_possible, most=1).gaps:
                found.notes.append(
                    f"{clause.id}, exception {place + 1}, lets nothing pass: other clauses stop or hold all of it"
                )
        heard("exceptions", number + 1, len(clauses))


def _mutants(protocol: Protocol, clauses: list[Clause], golden: Sequence[Ready], found: Found, heard: Heard) -> None:
    cases = [decision(one, rows_of(one, protocol), protocol) for one in golden]
    for number, clause in enumerate(clauses):
        answered, beside = answered_by(clauses, clause), near(clause, cases)
        for mutant in mutants(clause):
            found.mutants += 1
            name = f"{clause.id}, {mutant.what}"
            row = changed_row(mutant)
            if row is None:
                found.the_same.append(name)
            elif caught_by_case(protocol, mutant, beside):
                found.caught_by_case += 1
            elif mutant.wrong is None:
                found.wrong.append(f"{clause.id} could be gone and no golden case would notice: it is dead, or nobody said so")
            elif caught_by_property(clauses, mutant, answered):
                found.caught_by_property += 1
            elif loosens(clauses, mutant):
                found.wrong.append(f"{name}: more would pass, and no golden case and no property would notice, where {row}")
            else:
                found.caught_on_rows += 1
                found.stopped_by_another += mutant.loose
                if mutant.coarse:
                    found.only_on_rows.append(f"{name}: parts where {row}")
        heard("mutants", number + 1, len(clauses))


def rows_of(ready: Ready, protocol: Protocol) -> list[Row]:
    """The rows of a golden case, as the program reads them: one for each label in it, or one where it has none."""
    matter = ready.matter
    if matter.part is None or matter.context.sender is None or matter.context.recipient is None:
        return []
    asked = Asked(matter.header, matter.part, matter.context, protocol, matter.consents, matter.now)
    of_message = {
        name: _word(name, one.read(asked)) for name, one in FACTORS.items() if one.of not in (Of.LABEL, Of.FIXED_LABEL)
    }
    labels = [
        {name: _word(name, one.read(asked, label)) for name, one in FACTORS.items() if one.of in (Of.LABEL, Of.FIXED_LABEL)}
        for label in sorted(asked.labels)
    ]
    return [{**of_message, **each} for each in labels or [{}]]


def _word(name: str, value: object) -> str:
    return next(word for word, one in FACTORS[name].values.items() if one == value)
