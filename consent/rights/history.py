"""Her history in plain words, from what the log says about her: what she said, who was told what, who asked.

Given to her, so it is filtered: nothing about other people or about those who investigate, and no worker by name (Data
Protection Act 2018, Schedule 2, paragraphs 2 and 16; trust.md H3). What is kept back is counted for the officer, and not in
her copy. Pure. Leaves out: finding the entries (``about_her``), and the file (``access``).
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from consent.log.entry import EntryKind
from consent.log.read import LoggedEntry
from consent.rights.words import of_day, of_labels, of_purpose
from contracts.vocabulary import Label, Purpose

# An investigation, or somebody else's safety, may be spoiled by telling: an officer looks at each of these by herself.
INVESTIGATIONS: Final = frozenset(
    {
        Purpose.INCIDENT_INTELLIGENCE, Purpose.SAFEGUARDING, Purpose.RISK_CONFERENCE, Purpose.STATUTORY_REPORT,
        Purpose.TRAFFICKING_REFERRAL, Purpose.MISSING_PERSON, Purpose.POLICE_REQUEST, Purpose.ENFORCEMENT,
    }
)  # fmt: skip
OF_OTHERS: Final = frozenset({Label.THIRD_PARTY.value, Label.INCIDENT.value})
# Of an entry, what is about her and nobody else.
_GIVEN: Final = (
    "message", "sender", "recipient", "kind", "created", "purpose", "verdict", "answer", "for_agency", "wording", "language",
    "taken_at", "how", "alone", "limits_shown", "notice", "review", "withdrawn_at", "right", "ground", "told",
)  # fmt: skip
_DECIDED: Final = frozenset({EntryKind.DECISION, EntryKind.REFUSAL, EntryKind.HOLD})


@dataclass(frozen=True, slots=True)
class History:
    """What she is given, and for the officer, how much is not, and why."""

    lines: tuple[str, ...]
    records: tuple[Mapping[str, Any], ...]
    kept_back: Mapping[str, int] = field(default_factory=dict)


def history(entries: Iterable[LoggedEntry], names: Mapping[str, str]) -> History:
    """Her history. ``names`` are the neutral names of agencies, by id."""
    lines: list[str] = []
    records: list[Mapping[str, Any]] = []
    kept: Counter[str] = Counter()
    for entry in entries:
        if why := _why_kept_back(entry):
            kept[why] += 1
            continue
        if said := _in_words(entry, names):
            lines.append(f"{of_day(entry.at)}: {said}")
            records.append(_record(entry))
    return History(tuple(lines), tuple(records), dict(kept))


def _why_kept_back(entry: LoggedEntry) -> str | None:
    purpose = entry.skeleton.get("purpose")
    if purpose is not None and Purpose(purpose) in INVESTIGATIONS:
        return "may spoil an investigation, or somebody's safety"
    labels = set(_subject(entry).get("labels", ()))
    if entry.kind in _DECIDED and labels and labels <= OF_OTHERS:
        return "is about other people"
    return None


def _in_words(entry: LoggedEntry, names: Mapping[str, str]) -> str | None:
    told, subject = entry.skeleton, _subject(entry)
    sender = names.get(told.get("sender", ""), "an agency")
    to = names.get(told.get("recipient", ""), "an agency")
    labels = _hers(subject.get("labels", []))
    match entry.kind:
        case EntryKind.CONSENT:
            about, whom = of_labels(labels), names.get(told["for_agency"], "an agency")
            answer = "You said yes" if told["answer"] == "given" else "You said no"
            return f"{answer} when {sender} asked whether {whom} may know {about}, {of_purpose(told['purpose'])}."
        case EntryKind.WITHDRAWAL:
            part = f" to {of_labels(labels)}" if labels else ""
            return f"You took a yes{part} back. {sender} passed that on, and everyone who had been told was told so."
        case EntryKind.CORRECTION:
            return f"{sender} said that something it had told about you was wrong ({of_labels(labels)})."
        case EntryKind.DECISION:
            return _passed(sender, to, labels, _hers(_withheld(subject)), told["purpose"]) + _in_spite(told)
        case EntryKind.REFUSAL:
            return f"{sender} wanted to tell {to} something about you. It was not passed on."
        case EntryKind.HOLD:
            return f"{sender} wanted to tell {to} something about you. It waited for a person to decide."
        case EntryKind.QUERY:
            return f"{sender} asked whether somebody already helps you, while you were there."
        case EntryKind.RIGHT:
            return _RIGHTS[told["right"]]
        case _:
            return None


_RIGHTS: Final = {
    "restrict": "You asked that nothing more is shared about you for now, and that was done.",
    "object": "You objected to what was done with what is known about you, and that was written down.",
    "lift": "A restriction or objection of yours came to an end.",
}


def _passed(sender: str, to: str, labels: list[str], withheld: list[str], purpose: str) -> str:
    passed = [label for label in labels if label not in withheld]
    said = f"{sender} told {to} {of_labels(passed)}, {of_purpose(purpose)}."
    return f"{said} This was not passed on: {of_labels(withheld)}." if withheld else said


def _in_spite(told: Mapping[str, Any]) -> str:
    """What she has a right to know of how it went: in an emergency without her yes, or on an officer's word."""
    why = set(told.get("excused", {}).values())
    if "glass" in why:
        return " This was an emergency, so it was done without your yes. Two people answer for it, and a third reviews it."
    return " Somebody whose task that is looked at it first, and let it go." if "approved" in why else ""


def _record(entry: LoggedEntry) -> dict[str, Any]:
    subject = _subject(entry)
    given = {name: entry.skeleton[name] for name in _GIVEN if entry.skeleton.get(name) is not None}
    labels = {"labels": _hers(subject["labels"])} if subject.get("labels") else {}
    return {"entry": entry.index, "what": entry.kind.value, "at": entry.at, **given, **labels}


def _withheld(subject: Mapping[str, Any]) -> list[str]:
    return sorted({label for labels in subject.get("withheld", {}).values() for label in labels})


def _hers(labels: Iterable[str]) -> list[str]:
    return [label for label in labels if label not in OF_OTHERS]


def _subject(entry: LoggedEntry) -> Mapping[str, Any]:
    return entry.subject.fields if entry.subject else {}
