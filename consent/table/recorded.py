"""A decision as the log has it, ready to be made again: by the protocol of then, which must say the same (V13), or another.

Leaves out: reading the log (``replay``), and writing what is read here (``entries``, ``inputs``).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json

from consent.check import Decided, NotYetKnown
from consent.clauses.asked import Context
from consent.consents import Consent, Consents
from consent.entries import IN_SKELETON
from consent.log.entry import EntryKind
from consent.log.read import LoggedEntry
from consent.table.matter import NO_DIGEST, Matter, header_of, slot
from contracts.facts import Facts
from contracts.kinds import Kind
from contracts.locks import ToConsent
from contracts.vocabulary import Label, Verdict

DECISIONS: Final = frozenset({EntryKind.DECISION, EntryKind.REFUSAL, EntryKind.HOLD, EntryKind.QUERY})
_VERDICTS: Final = {verdict.name.lower(): verdict for verdict in Verdict}
_CONTEXT: Final = TypeAdapter(Context)


@dataclass(frozen=True, slots=True)
class Told:
    """What a decision comes to: what it is compared by."""

    verdict: Verdict | None
    """None: it waits by itself for something that has not arrived."""
    clauses: tuple[tuple[str, str], ...]
    """Every clause that spoke, with its code, in the order of the walk."""
    withheld: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def in_words(self) -> str:
        """In a few words: the verdict, and the clauses that spoke."""
        verdict = "waits" if self.verdict is None else self.verdict.name.lower().replace("_", " ")
        spoke = ", ".join(dict.fromkeys(clause for clause, _ in self.clauses))
        return f"{verdict} ({spoke})" if spoke else verdict


@dataclass(frozen=True, slots=True)
class CannotBeMadeAgain:
    """Why a recorded decision cannot be judged again."""

    why: str


def told(decided: Decided | NotYetKnown) -> Told:
    """A decision just made."""
    if isinstance(decided, NotYetKnown):
        return Told(None, (), ())
    clauses = tuple((one.clause, one.reason.value) for one in decided.spoke)
    return Told(decided.verdict, clauses, _withheld(decided.withheld))


def told_then(entry: LoggedEntry) -> Told:
    """The decision that was written down."""
    skeleton, subject = entry.skeleton, entry.subject.fields if entry.subject else {}
    clauses = tuple((one["clause"], one["code"]) for one in skeleton.get("clauses", []))
    return Told(_VERDICTS[skeleton["verdict"]], clauses, _withheld(subject.get("withheld", {})))


def consents_named(entry: LoggedEntry) -> Iterator[str]:
    """The consents that were looked at."""
    fields = entry.subject.fields if entry.subject else {}
    for name in ("said", "maybe_said"):
        yield from (one for one, _ in fields.get(name, ()))


def matter_then(entry: LoggedEntry, known: Mapping[str, Consent]) -> Matter | CannotBeMadeAgain:
    """What was decided on then. ``known`` are the consents by id, as they are recorded."""
    if entry.subject is None:
        return CannotBeMadeAgain("what was about her is erased")
    skeleton, subject = entry.skeleton, entry.subject.fields
    if "context" not in subject:
        return CannotBeMadeAgain("it was refused before any clause was asked")
    if missing := [one for one in consents_named(entry) if one not in known]:
        return CannotBeMadeAgain(f"{len(missing)} of the consents it rested on are no longer kept")
    try:
        context = _CONTEXT.validate_json(to_json(subject["context"]))
        part = _part(skeleton, subject) if "slots" in subject else None
    except (ValidationError, ValueError, KeyError) as error:
        return CannotBeMadeAgain(f"its inputs are not in a form that is still read ({type(error).__name__})")
    header = header_of(
        Kind(skeleton["kind"]),
        skeleton["sender"],
        skeleton["recipient"],
        role=skeleton["role"],
        created=skeleton["created"],
        not_after=skeleton["not_after"],
        in_reply_to=skeleton["in_reply_to"],
        message=skeleton["message"],
    )
    said = Consents(
        same=_as_they_stood(subject["said"], known),
        possible=_as_they_stood(subject["maybe_said"], known),
        missing=subject["consent_missing"],
    )
    return Matter(header, part, said, context, entry.at)


def _as_they_stood(named: list[list[Any]], known: Mapping[str, Consent]) -> tuple[Consent, ...]:
    return tuple(replace(known[one], withdrawn_at=withdrawn_at) for one, withdrawn_at in named)


def _part(skeleton: Mapping[str, Any], subject: Mapping[str, Any]) -> ToConsent:
    stated = {name: skeleton[name] for name in IN_SKELETON} | {
        name: subject[name] for name in Facts.model_fields if name in subject
    }
    openings = tuple(slot(number, Label(label)) for number, label in zip(subject["slots"], subject["labels"], strict=True))
    facts = Facts.model_validate_json(to_json(stated))
    return ToConsent(kc=NO_DIGEST, openings=openings, facts=facts, salt=NO_DIGEST)


def _withheld(labels: Mapping[str, Any]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((clause, tuple(sorted(map(str, labels[clause])))) for clause in sorted(labels))
