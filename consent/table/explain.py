"""``./run protocol explain``: everything that was decided about one message, attempt by attempt, as a person would tell it.

The words of a clause are those of the protocol it was judged by, not today's. Leaves out: opening the log (``cli``).
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from consent.log.entry import EntryKind
from consent.log.read import LoggedEntry
from consent.protocol import Protocol
from consent.table.recorded import CannotBeMadeAgain
from consent.table.replay import Made, again
from consent.table.words import (
    became,
    clauses_that_spoke,
    listed,
    moment,
    paragraph,
    plain,
    what_is_withheld,
    what_the_sender_is_told,
)
from contracts.vocabulary import Verdict

Kept = Callable[[str], Protocol | None]


def explain(made: Sequence[Made], others: Sequence[LoggedEntry], kept: Kept, today: Protocol | None) -> list[str]:
    """The lines. ``others`` are the other entries about the message: what became of it afterwards."""
    first = made[0].entry.skeleton
    about = [
        f"Message {first['message']}",
        *paragraph(
            f"{_kind(first['kind'])} from {first['sender']} to {first['recipient']} ({plain(first['role'])}), "
            f"sent {moment(first['created'])}{_purpose(first)}.",
            0,
        ),
    ]
    lines = list(about)
    for one in made:
        lines += ["", *_attempt(one, kept(one.entry.skeleton["protocol"]))]
    lines += _then_and_then(made)
    lines += _then_and_now(made, today)
    if others:
        lines += ["", "What became of it", *(f"  {moment(one.at)}  {_event(one)}" for one in others)]
    return lines


def _kind(kind: str) -> str:
    words = kind.partition("/")[0].replace("-", " ")
    return f"A message of the kind “{words}”"


def _purpose(skeleton: Mapping[str, Any]) -> str:
    return f", for the purpose “{plain(skeleton['purpose'])}”" if "purpose" in skeleton else ""


def _attempt(one: Made, protocol: Protocol | None) -> list[str]:
    entry, skeleton = one.entry, one.entry.skeleton
    subject = entry.subject.fields if entry.subject else {}
    lines = [f"Attempt {skeleton['attempt']}, {moment(entry.at)}: {became(one.then.verdict)}"]
    if entry.erased:
        lines.append("  What was about her in this entry is erased; its proof still stands.")
    labels: dict[str, list[str]] = subject.get("withheld", {})
    if subject.get("labels"):
        gone = {label for some in labels.values() for label in some}
        passed = [label for label in subject["labels"] if label not in gone] if _passes(one) else []
        lines += paragraph(f"In it: {listed(subject['labels'])}.", 2)
        lines += paragraph(f"Passed on: {listed(passed)}.", 2)
    lines += what_is_withheld(labels, protocol, one.then.verdict)
    if skeleton.get("owner"):
        deadline = moment(skeleton["deadline"])
        lines += paragraph(f"Who must act: {plain(skeleton['owner'])}, by {deadline}. After that it is refused.", 2)
    if not _passes(one):
        lines += what_the_sender_is_told(skeleton.get("reason"))
    lines.append("  Clauses that spoke")
    lines += clauses_that_spoke(one.then.clauses, labels, protocol)
    lines += _basis(skeleton)
    lines += _said(subject)
    named = f"“{protocol.title}”" if protocol else "a protocol whose words are not kept"
    lines += paragraph(f"Judged by {named}, {skeleton['protocol'][:12]}…; entry {entry.index} of the log.", 2)
    return lines


def _passes(one: Made) -> bool:
    return one.then.verdict is not None and one.then.verdict < Verdict.HOLD


def _basis(skeleton: Mapping[str, Any]) -> list[str]:
    if "article_6" not in skeleton:
        return ["  It could not be opened, so nothing in it was read."]
    approved = [f"{one['role']} of {one['agency']}" for one in skeleton.get("approvals", [])]
    return paragraph(
        f"On the basis of: Article 6 {plain(skeleton['article_6'])}; Article 9 or 10 {plain(skeleton['article_9_or_10'])}; "
        f"confidence {plain(skeleton['confidence'])}; gateway {plain(skeleton['gateway'])}. "
        f"Stated by {skeleton['actor']}; approved by {', '.join(approved) or 'nobody'}.",
        2,
    )


def _said(subject: Mapping[str, Any]) -> list[str]:
    if "said" not in subject:
        return []
    same, maybe = subject["said"], subject["maybe_said"]
    back = [moment(at) for _, at in same if at is not None]
    lines = paragraph(f"What she had said: {len(same)} recorded answers looked at, {len(back)} taken back by then.", 2)
    if back:
        lines += paragraph(f"Taken back: {', '.join(back)}.", 4)
    if maybe:
        lines += paragraph(f"And {len(maybe)} of someone who may be her: a no of theirs counts, a yes does not.", 4)
    if subject.get("consent_missing"):
        lines += paragraph("A consent that the message names was not recorded.", 4)
    return lines


def _then_and_then(made: Sequence[Made]) -> list[str]:
    """What changed from one attempt to the next."""
    lines: list[str] = []
    for before, after in pairwise(made):
        first, second = before.then, after.then
        number = f"attempt {before.entry.skeleton['attempt']} and attempt {after.entry.skeleton['attempt']}"
        if first == second:
            lines += paragraph(f"Between {number} nothing changed: {second.in_words}.", 2)
            continue
        new = [clause for clause, _ in second.clauses if clause not in {one for one, _ in first.clauses}]
        silent = [clause for clause, _ in first.clauses if clause not in {one for one, _ in second.clauses}]
        change = [f"{', '.join(new)} spoke anew"] if new else []
        change += [f"{', '.join(silent)} no longer spoke"] if silent else []
        change += ["another protocol was in force"] if _protocol(before) != _protocol(after) else []
        told = "; ".join(change) or "what was withheld is not the same"
        lines += paragraph(f"Between {number}: {first.in_words}, then {second.in_words}. {told[0].upper()}{told[1:]}.", 2)
    return ["", "Then, and later", *lines] if lines else []


def _then_and_now(made: Sequence[Made], today: Protocol | None) -> list[str]:
    """The same message, with what was known then, judged by the protocol as it stands today."""
    if today is None:
        return []
    lines: list[str] = []
    for one in made:
        attempt = f"Attempt {one.entry.skeleton['attempt']}"
        if isinstance(one.matter, CannotBeMadeAgain):
            lines += paragraph(f"{attempt} cannot be judged again: {one.matter.why}.", 2)
            continue
        now = again(one, today)
        assert now is not None, "it can be judged again"
        same = "the same" if now == one.then else f"{now.in_words}, where then it was {one.then.in_words}"
        lines += paragraph(f"{attempt}, with what was known then, by today's protocol: {same}.", 2)
    return ["", "Then, and by the protocol of today", *lines]


def _protocol(one: Made) -> str:
    return str(one.entry.skeleton["protocol"])


def _event(entry: LoggedEntry) -> str:
    skeleton = entry.skeleton
    if entry.kind is EntryKind.OUTCOME:
        why = f" ({skeleton['reason']})" if skeleton.get("reason") else ""
        return f"{skeleton['state']}{why}, as the broker told at attempt {skeleton['attempt']}"
    return f"{entry.kind.value.replace('_', ' ')}, entry {entry.index} of the log"
