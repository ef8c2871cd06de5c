"""Whether what must hold on every row of the table does (``must_hold``), looked for everywhere; and that less never helps.

A row is one label of one message. What becomes of it is, least severe first: it passes, it is held, it is stopped (the label is
withheld, or the message refused). The most severe clause that speaks wins, so a row is stopped where any clause that stops
speaks: something holds on all rows if on each some clause of that severity speaks. Leaves out: the looking (``regions``).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from consent.clauses.conditions import names_a_label
from consent.protocol import Clause, Condition, Protocol
from consent.table.must_hold import A_CHILD_AT_RISK, A_DUTY_TO_REPORT, HELD, NOT_STANDING, STOPPED, Property
from consent.table.regions import Covered, Region, Says, cover, holds_on
from contracts.vocabulary import Verdict

# What a message can be without, and the more it is without, the less may become of it: each from most to least.
LESS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("she_said", ("given", *NOT_STANDING)),
    ("approved", ("two_agencies", "two", "one", "nobody")),
    ("governance_officer_approved", ("yes", "no")),
    ("threshold", ("met", "unknown")),
    ("threshold", ("met", "not_met")),
    ("threshold", ("met", "not_relied_on")),
    ("police_form", ("given", "none")),
    ("request_senior_approval", ("yes", "no")),
    ("request_substantial_probative_value", ("yes", "no")),
    ("conference", ("recorded", "not_recorded")),
    ("conference", ("recorded", "none")),
    ("prose_read", ("yes", "no")),
    ("privacy_notice", ("given", "not_stated")),
    ("told", ("told", "not_stated")),
    ("capacity", ("present", "doubted")),
    ("directory", ("current", "run_out")),
    ("agreement", ("in_force", "past_review")),
    ("agreement", ("in_force", "none")),
    ("basis", ("allowed", "not_allowed")),
)
# What cannot be so where consent is not given: how soundly it was given is no longer a question.
_WITH: Final = {("she_said", word): {"her_yes": "none"} for word in NOT_STANDING}


def severity(clause: Clause) -> int:
    """What becomes of a row on which the clause speaks."""
    if clause.verdict is Verdict.HOLD:
        return HELD
    # G1 and its like keep the message to what is needed and withhold nothing themselves.
    stops = clause.verdict is Verdict.REFUSE or names_a_label(clause)
    return STOPPED if stops else 0


def of_the_table(protocol: Protocol) -> list[Clause]:
    """The clauses that are rows of the table; the program's own have no rows."""
    return [one for one in protocol.clauses.values() if one.applies]


def at_least(clauses: Iterable[Clause], least: int) -> list[Clause]:
    """Those on whose rows a message, or a label, fares no better."""
    return [one for one in clauses if severity(one) >= least]


def look(one: Property, clauses: Iterable[Clause]) -> Covered:
    """Look for rows where a property does not hold."""
    return cover(one.where, one.unless, at_least(clauses, one.least), is_possible)


@dataclass(frozen=True, slots=True)
class Lowered:
    """Rows on which less helps: a clause speaks while the message has more, and nothing as severe once it has less."""

    clause: str
    factor: str
    more: str
    less: str
    rows: list[Region]


def lowered(clauses: list[Clause]) -> Iterator[tuple[int, Lowered | None]]:
    """Monotone (trust.md 4.2 (3)): for each clause and each thing to be without, the rows looked at, and what was found."""
    for factor, (better, *worse_words) in LESS:
        for worse in worse_words:
            with_it = {"she_said": better} if factor == "she_said" else {factor: better}
            without = {factor: worse, **_WITH.get((factor, worse), {})}
            for clause in clauses:
                if severity(clause) and _reads(clause, {factor, *without}):
                    yield _compare(clause, clauses, factor, with_it, without)


def _compare(
    clause: Clause, clauses: list[Clause], factor: str, with_it: dict[str, str], without: dict[str, str]
) -> tuple[int, Lowered | None]:
    """Where the clause speaks with the better word, does something as severe speak with the worse?"""
    free = {name for name in without if name not in with_it}
    speaks = _at(clause, with_it, free)
    if speaks is None:
        return 0, None
    applies, unless = speaks
    fixed: dict[str, tuple[str, ...]] = {name: (word,) for name, word in without.items()}
    found = cover({**applies, **fixed}, unless, at_least(clauses, severity(clause)), is_possible)
    gaps = [gap for gap in found.gaps if Says.YES not in (holds_on(A_CHILD_AT_RISK, gap), holds_on(A_DUTY_TO_REPORT, gap))]
    told = Lowered(clause.id, factor, with_it[factor], without[factor], gaps) if gaps else None
    return found.rows, told


def _reads(clause: Clause, factors: set[str]) -> bool:
    return any(name in factors for one in (clause.applies, *clause.unless) for name in one)


def _at(clause: Clause, fixed: dict[str, str], free: set[str]) -> tuple[Condition, tuple[Condition, ...]] | None:
    """When the clause speaks with these words fixed, in the other factors; None where it never does."""
    applies = _resolved(clause.applies, fixed)
    if applies is None:
        return None
    unless = []
    for line in clause.unless:
        left = _resolved(line, fixed)
        if left is not None and not left:
            return None
        # What hangs on the better word may be any way it can be: then the exception may not apply.
        if left is not None and not free & left.keys():
            unless.append(left)
    return {name: words for name, words in applies.items() if name not in free}, tuple(unless)


def _resolved(condition: Condition, fixed: dict[str, str]) -> Condition | None:
    if any(name in condition and word not in condition[name] for name, word in fixed.items()):
        return None
    return {name: words for name, words in condition.items() if name not in fixed}


# Words that exclude each other, because one is worked out from the other (``clauses/factors``, ``clauses/reading``).
_NEVER: Final[tuple[Condition, ...]] = (
    {"needed": ("no",), "needed_beside_lead": ("yes",)},
    {"she_said": NOT_STANDING, "her_yes": ("sound", "not_alone", "not_in_her_words", "to_the_recipient", "pressed",
                                           "limits_not_shown", "under_16")},
    {"she_said": ("given",), "her_yes": ("none",)},
    {"police_terms": ("not_listed",), "police_line": ("anonymous", "named")},
    {"police_terms": ("not_listed",), "listed_for_police": ("yes",)},
)  # fmt: skip


def is_possible(region: Region) -> bool:
    """Whether a message can have these words at once."""
    return not any(all(name in region and region[name] <= set(words) for name, words in one.items()) for one in _NEVER)
