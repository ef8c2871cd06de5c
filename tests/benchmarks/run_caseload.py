"""`./run bench caseload`: its arguments, its set-up, and what it prints. Leaves out the asking (``caseload``)."""

import argparse
import os
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich import box
from rich.table import Table

from broker.local.progress import Progress
from contracts.vocabulary import CaseloadStatus
from tests.benchmarks import mistaken, prepared, table, telling
from tests.benchmarks.audited import protocol_file
from tests.benchmarks.caseload import ASKER, WARM_SECONDS, Asked, Desk, everything_about, truth, written
from tests.benchmarks.children import Choices, Services, pid_of, services
from tests.benchmarks.cpu import cpu_seconds
from tests.benchmarks.letters import Scribes
from tests.benchmarks.machine import describe
from tests.benchmarks.people import nobody_tells_apart
from tests.benchmarks.town import Town, town

_MAY_BE_GUESSED = 0.52
"""The bar of issue 4, over ten thousand checks."""
_SAY_SECONDS = 10.0


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
    parser.add_argument("--profile", type=Path, help="run both services under a profiler and write to this folder")
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
            filled = _populate(made, stores, chosen.people)
            choices = Choices(
                credit=1000, protocol=protocol_file(), profiles=chosen.profile.absolute() if chosen.profile else None
            )
            running = services(made, place / "running", stores.broker, stores.consent, choices)
            try:
                with progress.step(f"asking {chosen.rate:g} times a second for {chosen.seconds:g} s"):
                    asked, spent = await _ask(made, running, chosen)
            finally:
                running.stop()
            wrong = [each for each in asked if not each.warm and is_wrong(each)]
            explained = mistaken.explained(made, stores.broker, wrong, chosen.people)
    figures = caseload_figures(asked) | filled | {
        "command": command,
        "people": chosen.people,
        "rate": chosen.rate,
        "database": chosen.database,
        "asker": ASKER,
        "cpu_milliseconds": {name: round(seconds * 1000 / max(1, len(asked)), 2) for name, seconds in spent.items()},
        "machine": machine,
    }  # fmt: skip
    if chosen.indistinguishable:
        verdict = telling.how_well_guessed(telling.watched(asked))
        figures |= {"guessed": verdict.right, "tried": verdict.tried, "guesser": verdict.guesser}
    progress.say("")
    table.print_machine(machine, command)
    _print(figures, explained)
    table.write_json(chosen.json, figures)
    told_apart = figures.get("guessed", 0.5) > _MAY_BE_GUESSED
    return 1 if figures["unanswered"] or figures["wrong"] or told_apart else 0


def _populate(made: Town, stores: prepared.Stores, people: int) -> dict[str, Any]:
    """Register everyone; how long it took, and how often somebody was taken for another on the way."""
    letters = list(everything_about(people))
    began = said = time.monotonic()
    taken, progress = 0, made.progress
    with Scribes(made.keys) as scribes, prepared.open_for_filling(made, stores, mistaken=people // 100) as filling:
        for chunk in scribes.each(written, letters):
            filling.take([parcel for parcel, _ in chunk], [check for _, check in chunk if check])
            taken += len(chunk)
            if (now := time.monotonic()) - said > _SAY_SECONDS:
                said = now
                left = (now - began) / taken * (len(letters) - taken)
                progress.say(f"  {taken:,} of {len(letters):,} letters taken, about {left:.0f} s left")
    prepared.settle_down(made, stores)
    seconds = time.monotonic() - began
    progress.say(f"  registering {people:,} people and opening and closing their cases: {seconds:.1f} s")
    return {"filled_seconds": round(seconds, 1), "mistaken_at_filling": filling.mistaken}


async def _ask(made: Town, running: Services, chosen: argparse.Namespace) -> tuple[list[Asked], dict[str, float]]:
    """Put the questions; they, and the CPU seconds that each program spent on them."""
    strangers = int(2 * chosen.rate * (chosen.seconds + WARM_SECONDS))
    alike = nobody_tells_apart(range(chosen.people + strangers))
    made.progress.say(f"  {len(alike)} people share names and birthday with another: nobody knows the truth, so nobody asks")
    desk = Desk(made, chosen.people, seed=1, left_out=alike)
    if chosen.indistinguishable:
        desk.strangers, desk.only = 0.5, CaseloadStatus.ACTIVE
    programs = {
        "broker": [pid_of(running.broker)],
        "consent": [pid_of(each) for each in running.consents],
        "rabbitmq": [made.rabbitmq_pid()],
        "asker": [os.getpid()],
    }
    if (postgres := made.postgres_pid()) is not None:
        programs["postgres"] = [postgres]
    before = cpu_seconds(programs)
    asked = await desk.work(chosen.rate, chosen.seconds)
    after = cpu_seconds(programs)
    spent = {name: after[name] - before[name] for name in programs}
    # Everything else was started from here, and is not the asker's.
    spent["asker"] -= sum(seconds for name, seconds in spent.items() if name != "asker")
    return asked, spent


def is_wrong(asked: Asked) -> bool:
    """Whether an answer is neither the truth nor "cannot say"."""
    return asked.status is not None and asked.status not in (truth(asked), CaseloadStatus.CANNOT_SAY)


def caseload_figures(asked: Sequence[Asked]) -> dict[str, Any]:
    """Percentiles of what came after the warm-up, and what was answered."""
    counted = [each for each in asked if not each.warm]
    times = sorted(each.milliseconds for each in counted if each.milliseconds is not None)
    answered = [each for each in counted if each.status is not None]
    return {
        "questions": len(counted),
        "unanswered": len(counted) - len(answered),
        "wrong": sum(is_wrong(each) for each in answered),
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


def _print(figures: dict[str, Any], explained: Sequence[str]) -> None:
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
    for line in explained:
        print(f"Wrong: {line}")
    spent = ", ".join(f"{name} {each}" for name, each in figures["cpu_milliseconds"].items())
    print(f"CPU milliseconds a check: {spent}. Filled in {figures['filled_seconds']} s, {figures['mistaken_at_filling']} steps")
    print("of a case refused meanwhile because she was taken for another.")
    print("Answers: " + ", ".join(f"{count} {status}" for status, count in sorted(figures["answers"].items())))
