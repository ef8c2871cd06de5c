"""What stood around a decision, as an officer asks about it: between whom, under which agreement, on what basis, what she had
said, who broke the glass, and which people acted on it since.

Pure; from what the log keeps, never from today's stores. Leaves out: the verdict and the clauses (``words``, ``explain``).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from consent.consents import Consent
from consent.log.entry import EntryKind
from consent.log.read import LoggedEntry
from consent.protocol import Protocol
from consent.table.matter import Matter
from consent.table.words import day, listed, moment, paragraph, plain
from contracts.vocabulary import ConsentAnswer, Purpose

_ANSWERS: Final = {ConsentAnswer.GIVEN: "Yes", ConsentAnswer.REFUSED: "No"}
_ACTS: Final = {"approve": "approved it", "refuse": "refused it"}


def between(skeleton: Mapping[str, Any], names: Mapping[str, str]) -> list[str]:
    """What kind of message, from whom to whom, when and what for."""
    kind = skeleton["kind"].partition("/")[0].replace("-", " ")
    writer = f", written by {skeleton['actor']}" if skeleton.get("actor") else ""
    purpose = f", for the purpose “{plain(skeleton['purpose'])}”" if "purpose" in skeleton else ""
    sender, recipient = (_named(skeleton[side], names) for side in ("sender", "recipient"))
    return paragraph(
        f"{kind[0].upper()}{kind[1:]}: from {sender}{writer}, to {recipient}, {plain(skeleton['role'])}. "
        f"Sent {moment(skeleton['created'])}{purpose}.",
        0,
    )


def _named(agency: str, names: Mapping[str, str]) -> str:
    return f"{names[agency]} ({agency})" if agency in names else agency


def agreed(matter: Matter, protocol: Protocol | None) -> list[str]:
    """The agreement it went under, as it stood when the message was sent."""
    context, sent = matter.context, matter.header.created
    if protocol is None or matter.part is None or context.sender is None or context.recipient is None:
        return []
    purpose = matter.part.facts.purpose
    found = protocol.shares_between(context.sender, context.recipient, purpose)
    standing = [share for share in found if share.in_force(sent, matter.now)]
    if not standing:
        return (
            [] if purpose is Purpose.CASELOAD_CHECK else ["  Agreement: none that lets it be sent this way for this purpose."]
        )
    lines = [
        f"“{plain(share.agreement)}”, version {share.version}, in force since {day(share.since)}, "
        f"to be reviewed by {day(share.review)}"
        for share in standing
    ]
    return paragraph(f"Agreement: {'; '.join(lines)}.", 2)


def basis(skeleton: Mapping[str, Any]) -> list[str]:
    """What the sender says that it rests on, and who approved it before it was sent."""
    if "article_6" not in skeleton:
        return ["  It could not be opened, so nothing in it was read."]
    lines = paragraph(
        f"Basis, as the sender states it: UK GDPR Article 6, {plain(skeleton['article_6'])}; Article 9 or 10, "
        f"{plain(skeleton['article_9_or_10'])}; duty of confidence, {plain(skeleton['confidence'])}; legal gateway, "
        f"{plain(skeleton['gateway'])}.",
        2,
    )
    approved = [f"{plain(one['role'])} of {one['agency']}" for one in skeleton.get("approvals", [])]
    return lines + (paragraph(f"Approved before it was sent by {', '.join(approved)}.", 2) if approved else [])


def what_she_had_said(subject: Mapping[str, Any], matter: Matter | None) -> list[str]:
    """Each answer of hers that was looked at for this purpose and recipient; of the others, how many."""
    if "said" not in subject:
        return []
    if matter is None or matter.part is None:
        lines = [f"  What she had said: {_answers(len(subject['said']))} looked at."]
    else:
        purpose, recipient = matter.part.facts.purpose, matter.header.recipient
        here = [one for one in matter.consents.same if (one.purpose, one.recipient) == (purpose, recipient)]
        rest = len(matter.consents.same) - len(here)
        head = f"What she had said about this purpose and this recipient: {'nothing.' if not here else ''}".rstrip()
        lines = [f"  {head}", *(line for one in here for line in paragraph(_answer(one), 4))]
        lines += [f"    {_answers(rest)} about other purposes or recipients."] if rest else []
    if subject["maybe_said"]:
        maybe = f"And {_answers(len(subject['maybe_said']))} of someone who may be her: a no of theirs counts, a yes does not."
        lines += paragraph(maybe, 4)
    if subject.get("consent_missing"):
        lines += paragraph("A consent that the message names was not recorded.", 4)
    return lines


def _answers(count: int) -> str:
    return f"{count} {'answer' if count == 1 else 'answers'}"


def _answer(one: Consent) -> str:
    how = one.circumstances
    company = "alone" if how.alone else "not alone"
    back = f" She took it back on {moment(one.withdrawn_at)}." if one.withdrawn_at is not None else ""
    return (
        f"{_ANSWERS[one.answer]} to {listed(sorted(one.labels))}: asked by {one.taker} ({how.taken_by}) on "
        f"{moment(one.taken_at)}, {company}, {plain(how.how)}, wording {plain(how.wording)}.{back}"
    )


def who_broke_the_glass(subject: Mapping[str, Any]) -> list[str]:
    """Whose signature broke the glass, what she said, and who stood by. The names are those that were proven."""
    known, glass = subject.get("context", {}).get("glass"), subject.get("glass")
    if not known or not glass:
        return []
    said, by, second = glass["statement"]["said"], known["by"], known["second"]
    if by is None:
        return paragraph("The glass was said to be broken; whose word that is was not proven.", 2)
    beside = f"beside her {_officer(second)}" if second else "nobody beside her"
    return paragraph(
        f"The glass was broken by {_officer(by)}, {beside}: {plain(said['emergency'])}, “{said['reason']}”; for "
        f"{listed(said['labels'])} to {said['recipient']}, until {moment(said['until'])}.",
        2,
    )


def _officer(named: Mapping[str, Any]) -> str:
    return f"{named['person']} ({plain(named['rank'])}, {plain(named['office'])} of {named['agency']})"


def afterwards(others: Sequence[LoggedEntry]) -> Iterator[str]:
    """What became of it, and who acted on it, in the order of the log."""
    for entry in others:
        yield from paragraph(f"{moment(entry.at)}  {_event(entry)}", 2)


def _event(entry: LoggedEntry) -> str:
    told, why = entry.skeleton, entry.subject.fields.get("reason") if entry.subject else None
    because = f": “{why}”" if why else ""
    match entry.kind:
        case EntryKind.OUTCOME:
            code = f" ({told['reason']})" if told.get("reason") else ""
            return f"{plain(told['state'])}{code}, at attempt {told['attempt']}."
        case EntryKind.HOLD_CLOSED if told["act"] == "deadline_passed":
            owner = f"the {plain(told['owner'])}" if told["owner"] else "whoever had to"
            return f"its hold ended: {owner} had not answered by {moment(told['deadline'])}. {_place(entry)}"
        case EntryKind.ACT_REFUSED:
            who = told["by"] or f"somebody in the name of {told['said_to_be']}"
            return f"{who} signed an act that does not count ({told['code']}). {_place(entry)}"
        case EntryKind.HOLD_CLOSED:
            who = f"{told['by']} ({plain(told['rank'])}, {plain(told['office'])} of {told['of']})"
            return f"{who} {_ACTS[told['act']]} by her signature{because}. {_place(entry)}"
        case EntryKind.OVERRIDE:
            past = f" past {told['beside']}'s prescription" if told["beside"] else ""
            return f"{told['by']} of {told['of']} went on{past}: {plain(told['reason'])}. {_place(entry)}"
        case EntryKind.REVIEW if "finding" in told:
            late = ", late" if told.get("late") else ""
            return f"reviewed{late} by {told['by']} of {told['of']}: {plain(told['finding'])}{because}. {_place(entry)}"
        case _:
            return f"{plain(entry.kind.value)}. {_place(entry)}"


def _place(entry: LoggedEntry) -> str:
    return f"Entry {entry.index} of the log."
