"""A decision in the words a person would use: what became of it, each clause that spoke, what was withheld and why.

Leaves out: where the decision comes from (``explain`` for what was sent, ``cli`` for what was made up).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from textwrap import wrap
from typing import Final

from consent.protocol import Protocol
from contracts.reasons import Reason
from contracts.sentences import sentence
from contracts.vocabulary import Verdict

_WIDTH: Final = 100
_BECAME: Final = {
    None: "it waits by itself for something it names, and is asked about again.",
    Verdict.ROUTE: "it may pass, whole.",
    Verdict.ROUTE_MINIMISED: "it may pass, but for what is withheld.",
    Verdict.HOLD: "it is held until a person has acted.",
    Verdict.REFUSE: "it may not pass.",
}
_DOES: Final = {
    Verdict.ROUTE: "lets it pass",
    Verdict.ROUTE_MINIMISED: "withholds",
    Verdict.HOLD: "holds it",
    Verdict.REFUSE: "refuses it",
}
_WOULD: Final = {Verdict.ROUTE_MINIMISED: "would withhold", Verdict.HOLD: "would hold it", Verdict.REFUSE: "would refuse it"}
_EXCUSED: Final = {"approved": "the right people approved it", "glass": "the glass was broken"}
_REASONS: Final = {reason.value: reason for reason in Reason}


def became(verdict: Verdict | None) -> str:
    """What became of the message, in one sentence."""
    return _BECAME[verdict]


def clauses_that_spoke(
    spoke: Sequence[tuple[str, str]],
    labels: Mapping[str, Iterable[str]],
    protocol: Protocol | None,
    excused: Mapping[str, str],
) -> list[str]:
    """Each clause that spoke, what it does, what it says and where that comes from; or why it does not count."""
    lines = []
    for clause, code in spoke:
        row = protocol.clauses.get(clause) if protocol else None
        about = ", ".join(plain(label) for label in sorted(labels.get(clause, ())))
        if clause in excused:
            does = f"{_WOULD[row.verdict] if row else 'spoke'}, and does not count: {_EXCUSED[excused[clause]]}"
        else:
            does = f"{_DOES[row.verdict] if row else 'spoke'}{': ' if about else ''}{about}"
        lines += paragraph(f"{clause} {does} ({code})", 4)
        if row:
            lines += paragraph(f"{row.text} Source: {row.source}.", 8)
    return lines or ["    No clause had anything against it."]


def what_is_withheld(labels: Mapping[str, Iterable[str]], protocol: Protocol | None, verdict: Verdict | None) -> list[str]:
    """What the recipient does not get of a message that passes; nothing for one that does not pass at all."""
    if verdict is not Verdict.ROUTE_MINIMISED:
        return []
    lines = []
    for clause, withheld in labels.items():
        row = protocol.clauses.get(clause) if protocol else None
        why = f", because: {row.text}" if row else ""
        lines += paragraph(f"{', '.join(plain(label) for label in sorted(withheld))}, by {clause}{why}", 4)
    return ["  Withheld, and the recipient is not told that anything was:", *lines]


def what_the_sender_is_told(code: str | None) -> list[str]:
    """The sentence fit for the sender's eyes."""
    reason = _REASONS.get(code or "")
    return [] if reason is None else paragraph(f'Its sender is told: "{sentence(reason)}" ({code})', 2)


def plain(word: str) -> str:
    """A word of the vocabulary as it is spoken."""
    return str(word).replace("_", " ")


def listed(words: Iterable[str]) -> str:
    """Words one after the other, as they are spoken; "nothing" for none."""
    return ", ".join(plain(word) for word in words) or "nothing"


def moment(at: int) -> str:
    """A time that is read: UTC, to the second."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def day(at: int) -> str:
    """A date that is read, in UTC."""
    date = datetime.fromtimestamp(at / 1000, UTC)
    return f"{date.day} {date:%B %Y}"


def paragraph(text: str, indent: int) -> list[str]:
    """Lines of a width that is read easily; what runs over stands a little further in."""
    return wrap(text, _WIDTH, initial_indent=" " * indent, subsequent_indent=" " * (indent + 2))


def as_table(headings: tuple[str, ...], lines: Sequence[tuple[str, ...]]) -> str:
    """Columns as wide as their widest cell. What says the same as the line above is left out."""
    widths = [max(len(line[column]) for line in [headings, *lines]) for column in range(len(headings))]
    shown, above = [headings, tuple("-" * width for width in widths)], ("",) * len(headings)
    for line in lines:
        same = [all(line[at] == above[at] for at in range(column + 1)) and column < 3 for column in range(len(line))]
        shown.append(tuple("" if same[column] else line[column] for column in range(len(line))))
        above = line
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in shown)
