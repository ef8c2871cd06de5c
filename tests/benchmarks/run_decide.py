"""`./run bench decide`: how long one decision takes with the whole table, in process, a message at a time.

The messages are those of the partnership's specs: a referral of four compartments on her word, and others that more clauses
look at. No RabbitMQ, no database, no keys. Leaves out: everything around a decision (``gate`` measures that).
"""

import argparse
import json
import time
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from consent.check import check
from contracts.kinds import Kind
from contracts.vocabulary import Engagement, Purpose
from tests.specs.consent.judging import NOW, Case, L, ashby, consents_of, context_of, header, part, yes

BAR = 100.0
_FOUR = (L.IDENTITY, L.CONTACT, L.REQUEST, L.SAFETY)
_POLICE: dict[str, Any] = {"sender": "project-ashby", "recipient": "police-ashby", "kind": Kind.INCIDENT_REPORTED}
CASES: dict[str, Case] = {
    "a referral of four compartments, on her word": Case(labels=_FOUR),
    "the same, and she never agreed": Case(labels=_FOUR, said=()),
    "eight compartments, twelve consents": Case(
        labels=(*_FOUR, L.HEALTH, L.HOUSING, L.INVOLVEMENT, L.DRUG_TREATMENT),
        said=tuple(yes(*_FOUR, at=1_799_000_000_000 + n) for n in range(12)),
    ),
    "a named report to the police": Case(
        purpose=Purpose.CRIME_REPORT, labels=(L.INCIDENT, L.IDENTITY, L.CONTACT),
        said=(yes(L.INCIDENT, L.IDENTITY, L.CONTACT, purpose=Purpose.CRIME_REPORT, recipient="police-ashby"),), **_POLICE,
    ),
    "attendance under an order": Case(
        sender="drugs-ashby", recipient="cjit-ashby", kind=Kind.ATTENDANCE_REPORTED, purpose=Purpose.COMPLIANCE,
        labels=(L.ATTENDANCE,), said=(), facts={"engagement": Engagement.ORDER},
    ),
}  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be chosen."""
    parser.add_argument("--times", type=int, default=5_000, help="decisions of each message (default 5000)")
    parser.add_argument("--json", type=Path, help="write the figures here, too")


async def run(chosen: argparse.Namespace, command: str) -> int:
    """Print a line for each message; 1 when the first is over the bar."""
    print(f"{command}\nOne decision with all {len(ashby().clauses)} clauses, in microseconds, {chosen.times} times each:\n")
    figures: dict[str, Any] = {}
    for name, case in CASES.items():
        took = _measure(case, chosen.times)
        figures[name] = {"median": round(median(took), 1), "p99": round(quantiles(took, n=100)[98], 1)}
        print(f"  {name:46} median {figures[name]['median']:7.1f}   p99 {figures[name]['p99']:7.1f}")
    first = next(iter(figures.values()))["median"]
    print(f"\nThe bar for the first is {BAR:.0f}: {'reached' if first <= BAR else 'NOT reached'}.")
    if chosen.json:
        chosen.json.write_text(json.dumps({"command": command, "microseconds": figures}, indent=2))
    return 0 if first <= BAR else 1


def _measure(case: Case, times: int) -> list[float]:
    stated, opened, known, said, table = header(case), part(case), context_of(case), consents_of(case), ashby()
    for _ in range(200):
        check(stated, opened, table, said, known, NOW)
    took = []
    for _ in range(times):
        began = time.perf_counter_ns()
        check(stated, opened, table, said, known, NOW)
        took.append((time.perf_counter_ns() - began) / 1000)
    return took
