"""``./run protocol explain``: everything that was decided about one message, attempt by attempt, as a person would tell it.

The words of a clause are those of the protocol it was judged by, not today's. Leaves out: opening the log (``cli``).
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Final

from consent.log.read import LoggedEntry
from consent.protocol import Protocol
from consent.table.circumstances import afterwards, agreed, basis, between, what_she_had_said, who_broke_the_glass
from consent.table.matter import Matter
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
from consent.then_and_now import BEFORE
from contracts.vocabulary import Verdict

Kept = Callable[[str], Protocol | None]
_WAS: Final = {
    None: "waiting",
    Verdict.ROUTE: "passed whole",
    Verdict.ROUTE_MINIMISED: "passed in part",
    Verdict.HOLD: "held",
    Verdict.REFUSE: "refused",
}


def explain(
    made: Sequence[Made], others: Sequence[LoggedEntry], kept: Kept, today: Protocol | None, names: Mapping[str, str]
) -> list[str]:
    """The lines. ``others`` are the other entries about the message, ``names`` those of agencies by id."""
    first = made[0].entry.skeleton
    lines = [f"Message {first['message']}", *between(first, names)]
    for one in made:
        lines += ["", *_attempt(one, kept(one.entry.skeleton["protocol"]))]
    lines += _then_and_then(made)
    lines += _then_and_now(made, today)
    if others:
        lines += ["", "What became of it", *afterwards(others)]
    return lines


def _attempt(one: Made, protocol: Protocol | None) -> list[str]:
    entry, skeleton = one.entry, one.entry.skeleton
    subject = entry.subject.fields if entry.subject else {}
    matter = one.matter if isinstance(one.matter, Matter) else None
    lines = [f"Attempt {skeleton['attempt']}, {moment(entry.at)}: {became(one.then.verdict)}"]
    if entry.erased:
        lines.append("  What was about her in this entry is erased; its proof still stands.")
    labels: dict[str, list[str]] = subject.get("withheld", {})
    if subject.get("labels"):
        lines += _in_it(one, subject["labels"], labels, protocol)
    if skeleton.get("owner"):
        deadline = moment(skeleton["deadline"])
        lines += paragraph(f"Who must act: {plain(skeleton['owner'])}, by {deadline}. After that it is refused.", 2)
    if not _passes(one):
        lines += what_the_sender_is_told(skeleton.get("reason"))
    lines.append("  Clauses that spoke")
    lines += clauses_that_spoke(one.then.clauses, labels, protocol, skeleton.get("excused", {}))
    lines += who_broke_the_glass(subject)
    lines += agreed(matter, protocol) if matter else []
    lines += basis(skeleton)
    lines += what_she_had_said(subject, matter)
    named = f"“{protocol.title}”" if protocol else "a protocol whose words are not kept"
    lines += paragraph(f"Judged by {named} ({skeleton['protocol'][:12]}); entry {entry.index} of the log.", 2)
    return lines


def _in_it(one: Made, labels: list[str], withheld: dict[str, list[str]], protocol: Protocol | None) -> list[str]:
    gone = {label for some in withheld.values() for label in some}
    passed = [label for label in labels if label not in gone] if _passes(one) else []
    lines = paragraph(f"In it: {listed(labels)}.", 2) + paragraph(f"Passed on: {listed(passed)}.", 2)
    return lines + what_is_withheld(withheld, protocol, one.then.verdict)


def _passes(one: Made) -> bool:
    return one.then.verdict is not None and one.then.verdict < Verdict.HOLD


def _then_and_then(made: Sequence[Made]) -> list[str]:
    """What changed from one attempt to the next, as the log has it beside the later one."""
    lines: list[str] = []
    for before, after in pairwise(made):
        numbers = f"Attempts {before.entry.skeleton['attempt']} and {after.entry.skeleton['attempt']}"
        was, became_ = _decision(before), _decision(after)
        decided = f"{was} both times" if was == became_ else f"{was}, then {became_}"
        changed = after.entry.skeleton.get(BEFORE, {}).get("changed", ["not recorded"])
        lines += paragraph(f"{numbers}: {decided}. What changed in between: {'; '.join(changed)}.", 2)
    return ["", "Then, and later", *lines] if lines else []


def _decision(one: Made) -> str:
    spoke = ", ".join(dict.fromkeys(clause for clause, _ in one.then.clauses))
    return f"{_WAS[one.then.verdict]} ({spoke})" if spoke else _WAS[one.then.verdict]


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
