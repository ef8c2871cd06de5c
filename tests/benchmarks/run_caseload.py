"""`./run bench caseload`: its arguments, its set-up, and what it prints. Leaves out the asking (``caseload``)."""

import argparse
import statistics
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich import box
from rich.table import Table

from broker.local.progress import Progress
from contracts.vocabulary import CaseloadStatus
from tests.benchmarks import prepared, table, telling
from tests.benchmarks.audited import protocol_file
from tests.benchmarks.caseload import ASKER, Asked, Desk, everything_about, truth, written
from tests.benchmarks.children import Choices, services
from tests.benchmarks.letters import Scribes
from tests.benchmarks.machine import describe
from tests.benchmarks.town import Town, town

_MAY_BE_GUESSED = 0.52
"""The bar of issue 4, over ten thousand checks."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be chosen."""
    parser.add_argument("--rate", type=float, default=20, help="questions a second, at random moments (default: 20)")
    parser.add_argument("--seconds", type=float, default=60, help="for how long (default: 60)")
    parser.add_argument("--people", type=int, default=100_000, help="registered beforehand (default: 100,000)")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite", help="default: sqlite")
    parser.add_argument(
        "--indistinguishable",
        action="store_true",
        help="can known be told from not known on the asker's line? (10,000: --rate 60 --seconds 170 --people 2000)",
    )
    parser.add_argument("--json", type=Path, help="also write every figure to this file")


async def run(chosen: argparse.Namespace, command: str) -> int:
    """Fill the register, ask, print; 1 when an answer was missing or wrong."""
    progress = Progress()
    with tempfile.TemporaryDirectory(prefix="relay-bench-") as folder:
        place = Path(folder)
        progress.say("Setting up:")
        with town(place, progress, postgres=chosen.database == "postgresql") as made:
            machine = describe(made.rabbit.node, place)
            stores = prepared.empty_stores(made, chosen.database, "register")
            with progress.step(f"registering {chosen.people:,} people and opening and closing their cases"):
                _populate(made, stores, chosen.people)
            choices = Choices(credit=1000, protocol=protocol_file())
            running = services(made, place / "running", stores.broker, stores.consent, choices)
            try:
                with progress.step(f"asking {chosen.rate:g} times a second for {chosen.seconds:g} s"):
                    desk = Desk(made, chosen.people, seed=1)
                    if chosen.indistinguishable:
                        desk.strangers, desk.only = 0.5, CaseloadStatus.ACTIVE
                    asked = await desk.work(chosen.rate, chosen.seconds)
            finally:
                running.stop()
    figures = caseload_figures(asked) | {
        "command": command,
        "people": chosen.people,
        "rate": chosen.rate,
        "database": chosen.database,
        "asker": ASKER,
        "machine": machine,
    }
    if chosen.indistinguishable:
        verdict = telling.how_well_guessed(telling.watched(asked))
        figures |= {"guessed": verdict.right, "tried": verdict.tried, "guesser": verdict.guesser}
    progress.say("")
    table.print_machine(machine, command)
    _print(figures)
    table.write_json(chosen.json, figures)
    told_apart = figures.get("guessed", 0.5) > _MAY_BE_GUESSED
    return 1 if figures["unanswered"] or figures["wrong"] or told_apart else 0


def _populate(made: Town, stores: prepared.Stores, people: int) -> None:
    with Scribes(made.keys) as scribes, prepared.open_for_filling(made, stores, mistaken=people // 5_000) as take:
        for chunk in scribes.each(written, everything_about(people)):
            take([parcel for parcel, _ in chunk], [check for _, check in chunk if check])
    prepared.settle_down(made, stores)


def caseload_figures(asked: Sequence[Asked]) -> dict[str, Any]:
    """Percentiles of what came after the warm-up, and what was answered."""
    counted = [each for each in asked if not each.warm]
    times = sorted(each.milliseconds for each in counted if each.milliseconds is not None)
    answered = [each for each in counted if each.status is not None]
    cannot_say = CaseloadStatus.CANNOT_SAY
    return {
        "questions": len(counted),
        "unanswered": len(counted) - len(answered),
        "wrong": sum(each.status not in (truth(each), cannot_say) for each in answered),
        "answers": dict(Counter(each.status.value for each in answered if each.status is not None)),
        "milliseconds": {
            "p50": _percentile(times, 50),
            "p95": _percentile(times, 95),
            "p99": _percentile(times, 99),
            "highest": round(times[-1], 1) if times else None,
        },
    }


def _percentile(ordered: Sequence[float], percent: int) -> float | None:
    if len(ordered) < 2:
        return None
    return round(statistics.quantiles(ordered, n=100, method="inclusive")[percent - 1], 1)


def _print(figures: dict[str, Any]) -> None:
    shown = Table(
        title=f"From the published question to the opened answer, {figures['rate']:g} a second,"
        f" {figures['people']:,} people registered, {figures['database']}",
        box=box.SIMPLE,
    )
    for name in ("questions", "p50", "p95", "p99", "highest", "unanswered", "wrong"):
        shown.add_column(name, justify="right")
    times = figures["milliseconds"]
    shown.add_row(
        str(figures["questions"]),
        *(f"{times[name]} ms" for name in ("p50", "p95", "p99", "highest")),
        str(figures["unanswered"]),
        str(figures["wrong"]),
    )
    table.show(shown)
    if "guessed" in figures:
        print(
            f"Known told from not known on the asker's line, of {figures['tried']:,} checks that the guesser had not seen: "
            f"{figures['guessed']:.1%} (half is chance; {figures['guesser']})"
        )
    print("Answers: " + ", ".join(f"{count} {status}" for status, count in sorted(figures["answers"].items())))
