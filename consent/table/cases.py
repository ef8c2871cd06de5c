"""Golden cases: what the partnership's officers say must become of a message, chapter by chapter, each with its source.

A chapter is a YAML file with a message that its cases start from; a case says how its message differs and what becomes of it.
Leaves out: reading files (``cli`` and the specs), and what else must hold on all messages (``properties``).
"""

import json
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final

from pydantic import Field, StringConstraints, ValidationError, model_validator

from consent.check import Decided, NotYetKnown, holders_to_name
from consent.protocol import Agency, Basis, Need, PoliceMay, Protocol, Share
from consent.table.matter import Matter
from consent.table.unsent import UnsentError, in_words, matter_of, read_unsent
from contracts.frozen import Frozen
from contracts.sentences import told_as
from contracts.vocabulary import AgencyKind, Article6, Article9Or10, Confidence, Gateway, Label, Reason, Verdict

Sentence = Annotated[str, StringConstraints(min_length=8, max_length=300)]
# A line of one of the five papers the product was asked for from; or, where they are silent, the law or paper that speaks.
LINE: Final = r"[0-9]{3}:[0-9]+(-[0-9]+)?"
Source = Annotated[str, StringConstraints(pattern=rf"^({LINE}(, {LINE})*|(law|paper): .+)$")]
Clause = Annotated[str, StringConstraints(pattern=r"^[A-Z][0-9]{1,2}(-[a-z]+)?$")]


_SAID_ELSEWHERE: Final = frozenset({"I2", "G1"})
"""What shows in another clause's being silent, or not: an approval that does not count; a mark that withholds nothing."""
_YEAR: Final = 365 * 86_400_000
_EVERY_BASIS: Final = Basis(frozenset(Article6), frozenset(Article9Or10), frozenset(Confidence), frozenset(Gateway))


class Expected(Frozen):
    """What becomes of it: exactly one of the first four; then what is withheld of what passes, and what its sender is told."""

    passes: tuple[Label, ...] | None = None
    refused: Clause | None = None
    held: Clause | None = None
    waits: bool = False
    withheld: dict[Clause, tuple[Label, ...]] = Field(default_factory=dict)
    told: Reason | None = None
    named: tuple[AgencyKind, ...] | None = None
    """For a check that passes: which of ``holders`` may be named."""

    @model_validator(mode="after")
    def _one(self) -> "Expected":  # noqa: N804 - pydantic hands the made model to an after-validator
        if sum((self.passes is not None, self.refused is not None, self.held is not None, self.waits)) != 1:
            raise ValueError("say one of: passes, refused, held, waits")
        return self


class Golden(Frozen):
    """One case."""

    case: Sentence
    rule: Clause
    source: Source
    message: dict[str, Any] = Field(default_factory=dict)
    facts: dict[str, Any] = Field(default_factory=dict)
    holders: tuple[AgencyKind, ...] = ()
    were_it_agreed: bool = False
    """Judged as if an agreement, a need and a basis allowed all of it: what would still keep it back?"""
    expect: Expected


class Chapter(Frozen):
    """Cases about one thing, in the order in which they are read."""

    chapter: Sentence
    about: Annotated[str, StringConstraints(min_length=20, max_length=1200)]
    message: dict[str, Any] = Field(default_factory=dict)
    cases: Annotated[tuple[Golden, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Ready:
    """A case whose message is made, and can be judged by any protocol."""

    chapter: str
    golden: Golden
    matter: Matter

    @property
    def name(self) -> str:
        """Chapter and case, as they are read."""
        return f"{self.chapter}: {self.golden.case}"

    def holders(self) -> list[Agency]:
        """For a check: who holds her."""
        return [Agency(kind.value.replace("_", "-"), kind) for kind in self.golden.holders]


def read_chapter(value: object, protocol: Protocol) -> list[Ready]:
    """The cases of a chapter, ready to be judged; UnsentError says which case cannot be read, and why."""
    try:
        chapter = Chapter.model_validate_json(json.dumps(value, default=str))
    except ValidationError as error:
        raise UnsentError(in_words(error)) from None
    ready = []
    for one in chapter.cases:
        facts = {**chapter.message.get("facts", {}), **one.message.get("facts", {}), **one.facts}
        try:
            unsent = read_unsent({**chapter.message, **one.message, "facts": facts})
            ready.append(Ready(chapter.chapter, one, matter_of(unsent, protocol)))
        except UnsentError as error:
            raise UnsentError(f"{one.case}: {error}") from None
    return ready


def deciding(matter: Matter, decided: Decided, protocol: Protocol) -> str | None:
    """The clause that decided a refusal or a hold: the first of the most severe, as ``check`` weighs them."""
    minimised = [one.labels for one in decided.spoke if protocol.clauses[one.clause].verdict is Verdict.ROUTE_MINIMISED]
    kept = frozenset[Label]().union(*minimised)
    nothing_left = bool(matter.labels) and not set(matter.labels.values()) - kept
    excused = {clause for clause, _ in decided.excused}
    for one in decided.spoke:
        if one.clause in excused:
            continue
        verdict = protocol.clauses[one.clause].verdict
        if verdict is Verdict.ROUTE_MINIMISED and (nothing_left or one.labels & protocol.essential):
            verdict = Verdict.REFUSE
        if verdict is decided.verdict and (decided.reason is None or told_as(one.reason) is decided.reason):
            return one.clause
    return None


def were_it_agreed(protocol: Protocol, matter: Matter) -> Protocol:
    """The protocol, with an agreement, a need, a basis and a line for the police that cover all of the message."""
    sender, recipient = matter.context.sender, matter.context.recipient
    assert matter.part is not None, "a made-up message is always open"
    assert sender is not None, "both sides of a made-up agreement are known"
    assert recipient is not None, "both sides of a made-up agreement are known"
    purpose, everything = matter.part.facts.purpose, frozenset(Label)
    share = Share("were_it_agreed", 1, 0, None, matter.now + _YEAR, everything)
    may = PoliceMay(everything, anonymous=False, role=None, threshold=None)
    return replace(
        protocol,
        shares={**protocol.shares, (sender.kind, recipient.kind, purpose): (share,)},
        needs={**protocol.needs, (recipient.kind, purpose): (Need(everything, everything),)},
        bases={**protocol.bases, purpose: (_EVERY_BASIS,)},
        police={**protocol.police, purpose: (may,)},
    )


def withheld(decided: Decided) -> dict[str, frozenset[Label]]:
    """What each clause keeps from the recipient of a message that passes."""
    return decided.withheld if decided.verdict < Verdict.HOLD else {}


def differs(ready: Ready, protocol: Protocol) -> str | None:
    """How the protocol's decision differs from what the case says, in words; None where it does not."""
    expected, matter = ready.golden.expect, ready.matter
    if ready.golden.were_it_agreed:
        protocol = were_it_agreed(protocol, matter)
    decided = matter.judged(protocol)
    if isinstance(decided, NotYetKnown):
        return None if expected.waits else f"it waits ({decided.reason})"
    if expected.told is not None and decided.reason is not expected.told:
        return f"its sender is told {decided.reason}"
    if decided.verdict >= Verdict.HOLD:
        said = expected.refused if decided.verdict is Verdict.REFUSE else expected.held
        clause = deciding(matter, decided, protocol)
        return None if said == clause else f"{decided.verdict.name.lower()} by {clause}"
    return _differs_in_part(ready, decided, protocol)


def _differs_in_part(ready: Ready, decided: Decided, protocol: Protocol) -> str | None:
    expected = ready.golden.expect
    released, kept = ready.matter.released(decided), withheld(decided)
    if expected.passes is None or released != frozenset(expected.passes):
        return f"passes with {', '.join(sorted(released)) or 'nothing'}"
    if expected.withheld and kept != {clause: frozenset(labels) for clause, labels in expected.withheld.items()}:
        return "withheld: " + (
            "; ".join(f"{clause} {', '.join(sorted(labels))}" for clause, labels in kept.items()) or "nothing"
        )
    if expected.named is not None and (named := _named(ready, protocol)) != set(expected.named):
        return f"may be named: {', '.join(sorted(named)) or 'nobody'}"
    return None


def _named(ready: Ready, protocol: Protocol) -> set[AgencyKind]:
    matter, holders = ready.matter, ready.holders()
    assert matter.part is not None, "a made-up message is always open"
    named = holders_to_name(matter.header, matter.part, protocol, matter.consents, matter.context, holders, matter.now)
    return {one.kind for one in holders if one.id in named}


def decided_by(ready: Ready) -> set[str]:
    """The clauses that decide this case: each one, had it been silent, would have left another decision."""
    expected = ready.golden.expect
    clauses = {one for one in (expected.refused, expected.held) if one is not None} | set(expected.withheld)
    if ready.golden.rule in _SAID_ELSEWHERE:
        clauses.add(ready.golden.rule)
    return clauses | ({"E3"} if expected.named is not None and len(expected.named) < len(ready.golden.holders) else set())
