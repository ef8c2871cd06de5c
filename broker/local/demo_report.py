"""The demonstration's report: a page that a person enjoys reading, made of what was seen and what the auditor found.

First names appear here, because these women are invented and the page is theirs; nowhere else. Leaves out finding anything
out (``demo``, ``trace``, ``tests/integration/auditor.py``).
"""

from collections import Counter
from dataclasses import dataclass, field

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from broker.local.demo_notes import Promise, Week
from contracts.directory import Directory
from contracts.reasons import Reason
from contracts.sentences import sentence

Counts = Counter[tuple[str, str, str]]
"""How many messages of a kind ended in a state for a reason (empty where there is none)."""

STATES = ("delivered", "refused", "expired")


@dataclass
class Findings:
    """What was found out after the play."""

    counts: Counts
    narrowed: tuple[int, int]
    """Decisions that something may pass, and those of them that withheld a part."""
    timeline: list[str]
    coverage: list[str]
    """Every presentation, by agency, and how it ended."""
    log_size: int
    log_root: str
    audit: list[str]
    audit_holds: bool
    verified: bool
    agreements: tuple[bool, str]
    """Whether every agreement is signed by an officer of each of its parties, and in how many words."""
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def all_well(self) -> bool:
        """Whether auditor, offline verifier and the officers' signatures found nothing wrong."""
        return self.audit_holds and self.verified and self.agreements[0]


def write(console: Console, week: Week, found: Findings, directory: Directory) -> None:
    """The whole report."""
    names = {agency.id: agency.neutral_name for agency in directory.agencies}
    _heading(console, "What travelled")
    console.print(_travelled(found.counts))
    passed, less = found.narrowed
    console.print(
        f"  {passed} times the consent service let something pass; in {less} of them a part was withheld.", highlight=False
    )
    _heading(console, "What was refused, and why")
    _refused(console, found.counts)
    _heading(console, "Who leads")
    _leads(console, week, names)
    _heading(console, "What the guards stopped")
    for told in week.told:
        _paragraph(console, told)
    for heading, paragraphs in week.chapters.items():
        _heading(console, heading)
        for paragraph in paragraphs:
            _paragraph(console, paragraph)
    _heading(console, "Was everyone asked about?")
    for line in found.coverage:
        console.print(f"  {line}", highlight=False, markup=False)
    _heading(console, "What was taken back, or corrected")
    for line in week.travelled:
        console.print(f"  {line}", highlight=False, markup=False)
    _heading(console, "Who tried the door")
    for what, code in week.attacks:
        console.print(f"  refused {code:<26} {what}", highlight=False, markup=False)
    _heading(console, "The way of one referral")
    for line in found.timeline:
        console.print(f"  {line}", highlight=False, markup=False)
    _record(console, found)
    _heading(console, "What was promised")
    for promise in week.promises:
        console.print(_promise(promise), highlight=False)


def _record(console: Console, found: Findings) -> None:
    _heading(console, "The record")
    console.print(f"  The log holds {found.log_size:,} entries under the root {found.log_root}", highlight=False)
    for line in found.audit:
        console.print(f"  {line}", highlight=False, markup=False)
    console.print(f"  verified offline: {'yes' if found.verified else 'NO'}", highlight=False)
    _paragraph(console, found.agreements[1])


def _heading(console: Console, text: str) -> None:
    console.print()
    console.print(f"[bold]{text}[/bold]")


def _paragraph(console: Console, text: str) -> None:
    console.print(Padding(Text(text), (0, 0, 0, 2)))


def _travelled(counts: Counts) -> Table:
    """Messages by kind and what became of them."""
    by_kind: dict[str, Counter[str]] = {}
    for (kind, state, _), count in counts.items():
        by_kind.setdefault(kind, Counter())[state if state in STATES else "open"] += count
    columns = [*STATES, *(["open"] if any(each["open"] for each in by_kind.values()) else [])]
    table = Table(box=None, pad_edge=True, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("")
    for column in columns:
        table.add_column(column, justify="right")
    for kind in sorted(by_kind):
        table.add_row(kind.removesuffix("/1").replace("-", " "), *[_number(by_kind[kind][column]) for column in columns])
    total = sum((each for each in by_kind.values()), Counter[str]())
    table.add_row("[bold]all[/bold]", *[f"[bold]{_number(total[column])}[/bold]" for column in columns])
    return table


def _number(count: int) -> str:
    return f"{count:,}" if count else "·"


def _refused(console: Console, counts: Counts) -> None:
    """Each reason once, in the words its sender was told."""
    reasons: Counter[tuple[str, str]] = Counter()
    for (_, state, reason), count in counts.items():
        if state in {"refused", "expired"}:
            reasons[reason, state] += count
    known = {each.value: each for each in Reason}
    table = Table(box=None, show_header=False, pad_edge=True, padding=(0, 2, 0, 0))
    for (reason, state), count in sorted(reasons.items()):
        words = sentence(known[reason]) if reason in known else ""
        if state == "expired":
            words = "Its time ran out while it waited. Send it again if it is still wanted."
        table.add_row(str(count), reason.partition(":")[0], words)
    console.print(table)


def _leads(console: Console, week: Week, names: dict[str, str]) -> None:
    by_agency: dict[str, list[str]] = {}
    for woman in week.women:
        if agency := week.leaders.get(woman.id):
            by_agency.setdefault(agency, []).append(woman.name)
    for agency, women in sorted(by_agency.items()):
        _paragraph(console, f"{names.get(agency, agency)} ({agency}) leads for {', '.join(women)}.")


def _promise(promise: Promise) -> str:
    mark = "[green]kept[/green]  " if promise.kept else "[red]BROKEN[/red]"
    seen = "" if promise.kept or not promise.seen else f"\n           seen: {promise.seen}"
    return f"  {mark} {promise.text}{seen}"
