"""``./run demo``: a week in a fictional town, on real RabbitMQ and real processes, and then a report.

Starts the system, plays the scenes one after the other, waits until nothing is on its way, lets the auditor and the offline
verifier look, and tells what was seen. ``--once`` ends with it: exit 0 only if every promise held.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from broker.local import (
    state,
    trace,
)
from broker.local.demo_commands import GUARDS, OFFICER, typed
from broker.local.demo_notes import Week
from broker.local.demo_report import Counts, Findings, write
from broker.local.demo_scenes import play_scenes
from broker.local.messaging import NoRabbitError
from broker.local.processes import ProgramDiedError
from broker.local.programs import ROOT, NotReadyError
from broker.local.progress import Progress
from broker.local.stores import Stores, of
from broker.local.system import System
from contracts.checkpoint import verifier_key
from contracts.directory import Directory, load_directory
from contracts.keyring import DIRECTORY_FILE

PROTOCOL: Final = ROOT / "consent" / "clauses" / "ashby-demonstration.yaml"
VERIFIER: Final = ROOT / "consent" / "log" / "verify.py"
# Shorter than the protocol's permits, so that the caseload check can say "cannot say" while somebody waits.
SETTINGS: Final = {
    "broker": {"BROKER_ANSWER_TIMEOUT_SECONDS": "2"},
    "consent": {"CONSENT_PROTOCOL": str(PROTOCOL)},
}
STATES_FILE: Final = Path(__file__).parent / "story" / "counts.json"
_QUIET_SECONDS: Final = 30.0
_OPEN: Final = "SELECT COUNT(*) AS n FROM message WHERE ended IS NULL"
_DECISIONS: Final = "SELECT skeleton FROM entry WHERE kind = 'decision'"
_UNPUBLISHED: Final = "SELECT COUNT(*) AS n FROM outbox"


@dataclass
class Played:
    """What a whole run gave: the week, and what was found afterwards."""

    week: Week
    found: Findings
    directory: Directory

    @property
    def all_well(self) -> bool:
        """Whether every promise held."""
        return self.found.all_well and bool(self.week.promises) and all(promise.kept for promise in self.week.promises)


def main(arguments: list[str] | None = None) -> int:
    """0 when every promise held."""
    parser = argparse.ArgumentParser(prog="./run demo", description="A week in a fictional town: six agencies, real RabbitMQ.")
    parser.add_argument("--once", action="store_true", help="end with the report; exit 0 only if every promise held")
    parser.add_argument("--seed", type=int, help="another cast for the same week (default: the story's own)")
    parser.add_argument("--name", default="demo", help="keeps its files in var/NAME (default: demo)")
    parser.add_argument("--record-counts", action="store_true", help="write the counts down as this story's own (developers)")
    chosen = parser.parse_args(arguments)
    stays = not chosen.once and sys.stdout.isatty()
    console = Console(no_color="NO_COLOR" in os.environ, width=None if sys.stdout.isatty() else 120)
    try:
        system = _fresh(state.VAR / chosen.name)
        played = play(system, chosen.seed, console)
    except (NoRabbitError, ProgramDiedError, NotReadyError, TimeoutError) as error:
        print(f"The week could not be played: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    write(console, played.week, played.found, played.directory)
    if chosen.record_counts:
        STATES_FILE.write_text(json.dumps(table(played.found.counts), indent=2) + "\n")
    console.print()
    console.print(_last_word(played), highlight=False)
    if stays:
        console.print(_LOOK_AROUND.format(message=_followed(played.week)), highlight=False)
    else:
        system.stop()
    return 0 if played.all_well else 1


def play(system: System, seed: int | None, console: Console) -> Played:
    """Start, play, look. Leaves the system running; stops it when anything goes wrong."""
    began = time.monotonic()
    console.print("[bold]A week in Ashby[/bold], a town that does not exist, with people who do not either.", highlight=False)
    system.start()
    started = time.monotonic()
    try:
        week = play_scenes(system, seed, console)
        stores = of(system.folder)
        _until_quiet(week, stores)
        ended = time.monotonic()
        directory = load_directory(system.folder / "keys" / DIRECTORY_FILE, now=time.time_ns() // 1_000_000, demonstration=True)
        with system.progress.step("the auditor reads the raw stores, and the log is verified offline"):
            found = _look(system, week, stores, directory)
    except BaseException:
        system.stop()
        raise
    found.seconds = {"start": started - began, "play": ended - started, "look": time.monotonic() - ended}
    return Played(week, found, directory)


def _fresh(folder: Path) -> System:
    """A system with nothing of an earlier week in it."""
    remembered = state.read(folder)
    if remembered and state.running(remembered):
        System.open(folder).stop()
    if remembered or folder.exists():
        shutil.rmtree(folder)
    return System(folder, settings=SETTINGS, progress=Progress())


def _until_quiet(week: Week, stores: Stores) -> None:
    """Wait until every message has ended and every receipt is told: only then is there anything to count."""

    def quiet() -> bool:
        owing = sum(
            each.number("SELECT (SELECT COUNT(*) FROM receipt) + (SELECT COUNT(*) FROM telling)") or 0
            for each in stores.adapters.values()
        )
        sent = sum(each.number("SELECT COUNT(*) FROM message WHERE state = 'queued'") or 0 for each in stores.adapters.values())
        new = sum(each.number("SELECT COUNT(*) FROM task WHERE state = 'new'") or 0 for each in stores.case_systems.values())
        return not (owing or sent or new or stores.broker.number(_OPEN) or stores.broker.number(_UNPUBLISHED))

    week.stage.until("everything to come to its end", quiet, patience=_QUIET_SECONDS)
    # What the broker told the consent service last is still being written down.
    time.sleep(0.5)
    week.stage.until("everything to come to its end", quiet, patience=_QUIET_SECONDS)


def _look(system: System, week: Week, stores: Stores, directory: Directory) -> Findings:
    audit = _audit(system.folder)
    heads = stores.consent.rows("SELECT size, root FROM checkpoint ORDER BY size DESC LIMIT 1")
    return Findings(
        counts=count(stores),
        narrowed=_narrowed(stores),
        timeline=_timeline(system.folder, week),
        coverage=_coverage(system),
        log_size=heads[0]["size"] if heads else 0,
        log_root=bytes(heads[0]["root"]).hex() if heads else "",
        audit=[line for finding in audit["findings"] for line in (finding["line"], *finding["violations"][:5])],
        audit_holds=audit["holds"],
        verified=_verified(system, directory),
        agreements=_agreements(system),
    )


def count(stores: Stores) -> Counts:
    """How many messages of each kind ended in which state for which reason; bundles of receipts are not messages of people."""
    counts = Counts()
    for row in stores.broker.rows("SELECT kind, state, reason, COUNT(*) AS n FROM message GROUP BY kind, state, reason"):
        if row["kind"] != "receipts/1":
            state_of = "delivered" if row["state"] == "done" else row["state"]
            reason = row["reason"] if state_of in {"refused", "expired"} else None
            counts[row["kind"], state_of, reason or ""] += row["n"]
    for row in stores.broker.rows("SELECT reason, COUNT(*) AS n FROM refusal GROUP BY reason"):
        counts["(refused at the door)", "refused", row["reason"]] += row["n"]
    return counts


def _narrowed(stores: Stores) -> tuple[int, int]:
    """How many times the consent service let something pass, and how often with a part of it withheld."""
    verdicts = [json.loads(row["skeleton"])["verdict"] for row in stores.consent.rows(_DECISIONS)]
    return len(verdicts), verdicts.count("route_minimised")


def table(counts: Counts) -> dict[str, dict[str, int]]:
    """The counts as they are recorded for the story's own seed: by kind, then by state and code."""
    told: dict[str, dict[str, int]] = {}
    for (kind, state_of, reason), number in sorted(counts.items()):
        told.setdefault(kind, {})[f"{state_of} {reason.partition(':')[0]}".strip()] = number
    return told


def _coverage(system: System) -> list[str]:
    """Was everyone asked about? As the operator asks it."""
    done = typed(system, GUARDS, "guards", "coverage", "--by-agency")
    return [line.rstrip() for line in done.stdout.splitlines()] or [done.stderr.strip()[-200:]]


def _agreements(system: System) -> tuple[bool, str]:
    """Whether all that was decided by is signed, as an officer asks it; and the answer."""
    done = typed(system, OFFICER, "verify")
    return done.returncode == 0, " ".join((done.stdout.partition("\n")[2] or done.stderr).split())


def _timeline(folder: Path, week: Week) -> list[str]:
    message = _followed(week)
    return trace.lines(folder, message) if message else []


def _followed(week: Week) -> str:
    agency, record = week.followed or ("", "")
    return (week.stage[agency].message_of(record) if agency else None) or ""


def _audit(folder: Path) -> dict[str, Any]:
    """The auditor, as a program of its own."""
    command = [sys.executable, "-m", "tests.integration.auditor", str(folder), "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        return {"holds": False, "findings": [{"line": f"the auditor failed: {done.stderr.strip()[-500:]}", "violations": []}]}
    return answer


def _verified(system: System, directory: Directory) -> bool:
    """Export the log, then check the file with a program that has nothing of ours but that file and the public key."""
    with tempfile.TemporaryDirectory(prefix="demo-log-") as folder:
        taken, key = Path(folder) / "log.jsonl", Path(folder) / "log.vkey"
        key.write_text(verifier_key(directory.log_name, directory.log_signing.ed25519) + "\n")
        env = os.environ | system.programs["consent"].env
        export = [sys.executable, "-m", "consent.cli", "log", "export", str(taken)]
        if subprocess.run(export, cwd=ROOT, env=env, capture_output=True, check=False).returncode:
            return False
        verify = [sys.executable, str(VERIFIER), str(taken), "--key", str(key)]
        return subprocess.run(verify, cwd=folder, capture_output=True, check=False).returncode == 0


def _last_word(played: Played) -> str:
    seconds = played.found.seconds
    timed = ", ".join(f"{name} {value:.0f} s" for name, value in seconds.items())
    kept = sum(promise.kept for promise in played.week.promises)
    word = "Every promise held" if played.all_well else "[red]Not every promise held[/red]"
    return f"{word}: {kept} of {len(played.week.promises)} seen in the play. ({timed})"


_LOOK_AROUND: Final = """
It is still running. Look around, and end it when you have seen enough:
  ./run status                      what is running, and how it feels
  ./run ask                         the caseload check, as a worker makes it
  ./run trace {message}
  ./run holds list                  what waits for a person
  ./run log verify                  check the whole log again
  ./run down                        stop it
"""


if __name__ == "__main__":
    sys.exit(main())
