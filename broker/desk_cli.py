"""``./run guards`` and ``./run reviews``: whether every presentation was checked, whose checks wait, and who may be one person.

For officers and the operator: it names agencies, codes and counts, and nobody. Leaves out: what an agency itself is told and
answers, which goes through its adapter.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from broker import reviews_cli
from broker.cli import now, open_running_store, when
from broker.guards import add_commands
from broker.her_key import lifting
from broker.settings import Settings
from broker.store import BudgetsError, Store, StoreUnavailableError
from broker.store.checks import NotTheirsToLiftError
from broker.store.coverage import HOUR, Coverage, Row
from contracts.directory import DirectoryError
from contracts.keyring import KeyringError

_WHY: Final = {
    "canary": "asked about someone who was planted",
    "same_person": "asked about the same person again and again",
    "worker_budget": "more checks than are usual for a worker",
    "agency_budget": "more checks than are usual for the agency",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """0 done, or nothing unexplained; 1 something is, or it could not be done, with the reason; 2 asked wrongly."""
    chosen = _parser().parse_args(arguments)
    console, errors = Console(width=None if sys.stdout.isatty() else 200), Console(stderr=True)
    try:
        store = open_running_store(Settings())
    except ValidationError:
        errors.print("There is no running system to ask. Start one: ./run up")
        return 1
    except (BudgetsError, KeyringError, DirectoryError, StoreUnavailableError) as error:
        errors.print(f"It could not be done: {error}", highlight=False)
        return 1
    try:
        return int(chosen.run(chosen, store, console))
    finally:
        store.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./run", description="Checks made and not made, and people who may be one.")
    subjects = parser.add_subparsers(dest="subject", required=True)
    guards = subjects.add_parser("guards", help="caseload checks: coverage, holds").add_subparsers(dest="act", required=True)
    add_commands(guards)
    covered = guards.add_parser("coverage", help="every presentation by agency and hour, and how it ended")
    covered.add_argument("--hours", type=int, default=168, help="how far to look back (default: 168, a week)")
    covered.add_argument("--by-agency", action="store_true", help="all hours of an agency together")
    covered.add_argument("--json", action="store_true", help="for a program")
    covered.set_defaults(run=_coverage)
    guards.add_parser("holds", help="whose checks wait for an officer of another agency, and why").set_defaults(run=_holds)
    lift = guards.add_parser("lift", help="an officer of another agency looked: their checks are answered again")
    lift.add_argument("agency")
    lift.add_argument("worker", help="the worker's code, or all")
    lift.add_argument("--key", required=True, type=Path, metavar="FOLDER", help="the officer's own key: she signs it")
    lift.add_argument("--reason", required=True, help="why, without any detail of a person; written down")
    lift.set_defaults(run=_lift)
    reviews = subjects.add_parser("reviews", help="who may be one person").add_subparsers(dest="act", required=True)
    reviews_cli.add_commands(reviews)
    return parser


# --- coverage


def _coverage(chosen: argparse.Namespace, store: Store, console: Console) -> int:
    seen = store.coverage(now() - chosen.hours * HOUR)
    if chosen.by_agency:
        seen = replace(seen, rows=by_agency(seen.rows))
    if chosen.json:
        console.print_json(json.dumps(_as_data(seen)))
    else:
        console.print(coverage_table(seen))
        for line in small_print(seen):
            console.print(line, highlight=False)
    return 0 if seen.whole else 1


def by_agency(rows: Sequence[Row]) -> list[Row]:
    """All hours of an agency together; the hour is the first of them."""
    sums: dict[str, Row] = {}
    for row in rows:
        whole = sums.setdefault(row.agency, Row(row.agency, row.hour))
        whole.answered += row.answered
        whole.cannot_say += row.cannot_say
        whole.explained += row.explained
        whole.open += row.open
        whole.unexplained += row.unexplained
    return list(sums.values())


def coverage_table(seen: Coverage) -> Table:
    """By agency and hour: how many came, and how each presentation ended."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for column in ("agency", "hour"):
        table.add_column(column)
    for column in ("came", "answered", "cannot say", "no check, and why", "open", "unexplained"):
        table.add_column(column, justify="left" if "why" in column else "right")
    for row in seen.rows:
        why = ", ".join(f"{count} {code.replace('_', ' ')}" for code, count in sorted(row.explained.items()))
        table.add_row(
            row.agency, f"{datetime.fromtimestamp(row.hour / 1000, UTC):%Y-%m-%d %H:00}", str(row.presentations),
            _number(row.answered), _number(row.cannot_say), why or "·", _number(row.open), _number(row.unexplained),
        )  # fmt: skip
    return table


def small_print(seen: Coverage) -> list[str]:
    """What must be read beside the table: the sums, and what cannot be seen from here."""
    ends: Counter[str] = Counter()
    for row in seen.rows:
        ends.update(
            came=row.presentations, checked=row.answered + row.cannot_say, explained=row.explained.total(), open=row.open,
            unexplained=row.unexplained,
        )  # fmt: skip
    lines = [
        f"{ends['came']} presentations: {ends['checked']} ended with a check, {ends['explained']} with a reason why not.",
        f"{ends['open']} are open, {ends['unexplained']} are unexplained.",
        f"{seen.told_by_check} of them are known only from the check itself, and {seen.late} ended after their time.",
        f"Cases not opened because no check came first: {seen.cases_refused}. Checks that still wait: {seen.checks_waiting}.",
    ]
    if seen.gaps:
        lines.append(f"{seen.gaps} gaps in what agencies sent never closed: something may have been told in one of them.")
    if seen.silent:
        lines.append(f"No presentation at all was told of by {', '.join(seen.silent)}.")
    lines.append("A person who came and of whom an agency told nothing cannot be seen from here.")
    return lines


def _as_data(seen: Coverage) -> dict[str, Any]:
    rows = [
        {
            "agency": row.agency, "hour": row.hour, "presentations": row.presentations, "answered": row.answered,
            "cannot_say": row.cannot_say, "explained": dict(row.explained), "open": row.open, "unexplained": row.unexplained,
        }
        for row in seen.rows
    ]  # fmt: skip
    return {
        "rows": rows, "whole": seen.whole, "told_by_check": seen.told_by_check, "late": seen.late,
        "cases_refused": seen.cases_refused, "checks_waiting": seen.checks_waiting, "gaps": seen.gaps,
        "silent": list(seen.silent),
    }  # fmt: skip


# --- checks that wait


def _holds(chosen: argparse.Namespace, store: Store, console: Console) -> int:
    del chosen
    holds = store.check_holds()
    if not holds:
        console.print("Nobody's checks wait.")
        return 0
    table = Table("agency", "worker", "why", "check", "since", "lifted", box=None, pad_edge=False)
    for hold in holds:
        lifted = f"{hold['lifted_by']} of {hold['lifted_of']}: {hold['lifted_why']}" if hold["lifted"] else "no"
        table.add_row(hold["agency"], hold["worker"] or "all", _WHY[hold["why"]], hold["message"], when(hold["at"]), lifted)
    console.print(table)
    console.print("\nLift one: ./run guards lift AGENCY WORKER --key FOLDER --reason WHY")
    return 0


def _lift(chosen: argparse.Namespace, store: Store, console: Console) -> int:
    moment, worker = now(), "" if chosen.worker == "all" else chosen.worker
    try:
        lifted = store.lift_checks(
            lifting(chosen.key, store.directory, chosen.agency, worker, chosen.reason, moment), now=moment
        )
    except (NotTheirsToLiftError, KeyringError) as error:
        console.print(f"It was not lifted: {error}.", highlight=False)
        return 1
    console.print("Recorded. Their checks are answered again." if lifted else "No checks of that worker wait.")
    return 0 if lifted else 1


def _number(count: int) -> str:
    return f"{count:,}" if count else "·"


if __name__ == "__main__":
    sys.exit(main())
