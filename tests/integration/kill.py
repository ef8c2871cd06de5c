"""Kill programs at random under load and let the auditor count: ``python -m tests.integration.kill --kills 200``.

Workers at several agencies go on writing referrals while the broker, the consent service, one of the adapters or the
RabbitMQ node is killed with -9 and started again. What counts is what is in the stores when everything has healed.
Leaves out judging it, which is the auditor's (``tests/integration/auditor.py``).
"""

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from broker.local.demo_stage import Stage
from broker.local.programs import ROOT
from broker.local.progress import Progress
from broker.local.state import VAR
from broker.local.system import BROKER, CONSENT, CONSENTS, KINDS, RABBITMQ, System
from tests.integration.audit.stores import Store, at, find
from tests.integration.load import MOST_OPEN, Load, prepare

RATE: Final = 50
_TELL: Final = 30.0
HEAL_SECONDS: Final = 180.0
"""So long may nothing come to its end before healing is given up."""


@dataclass
class Counts:
    """What a run did, in the words of RabbitMQ's own Jepsen runs."""

    kills: Counter[str] = field(default_factory=Counter)
    attempted: int = 0
    acknowledged: int = 0
    delivered: int = 0
    refused: int = 0
    lost: int = 0
    redelivered: int = 0
    doubled: int = 0
    seconds_of_load: float = 0.0
    seconds_held_back: float = 0.0
    """While so much was on its way that workers waited."""
    seconds_to_heal: float = 0.0
    findings: list[dict[str, Any]] = field(default_factory=list)

    def violations(self) -> int:
        """Everything the auditor held against the run."""
        return sum(len(finding["violations"]) for finding in self.findings)

    def lines(self) -> list[str]:
        """The run, to be pasted somewhere."""
        killed = ", ".join(f"{name} {count}" for name, count in sorted(self.kills.items()))
        return [
            f"kills               {self.kills.total()} ({killed})",
            f"attempted           {self.attempted:,} ({self.attempted / max(self.seconds_of_load, 1):.1f} a second)",
            f"workers waited      {self.seconds_held_back:.0f} s of {self.seconds_of_load:.0f}, for too much was on its way",
            f"acknowledged        {self.acknowledged:,}",
            f"delivered           {self.delivered:,}",
            f"refused             {self.refused:,}",
            f"lost                {self.lost:,}",
            f"decided again       {self.redelivered:,}",
            f"doubled effects     {self.doubled:,}",
            f"healed after        {self.seconds_to_heal:.1f} s",
            *(finding["line"] for finding in self.findings),
        ]


def kill_at_random(system: System, kills: int, seed: int, *, say: Progress) -> Counter[str]:
    """Kill and start again, one after the other. One time in four the next kill comes before all is well again."""
    chance, killed = random.Random(seed), Counter[str]()
    for number in range(1, kills + 1):
        kind = chance.choice([BROKER, CONSENT, "adapter", RABBITMQ])
        name = chance.choice({"adapter": list(KINDS), CONSENT: list(CONSENTS)}.get(kind, [kind]))
        time.sleep(chance.uniform(0.3, 2.5))
        system.kill(name)
        killed[kind] += 1
        time.sleep(chance.uniform(0.05, 0.8))
        system.restart(name, wait=False)
        if chance.random() < 0.75:
            _until_ready(system)
        say.say(f"  kill {number} of {kills}: {name}")
    return killed


def _until_ready(system: System) -> None:
    limit = time.monotonic() + 30
    while system.ready() and time.monotonic() < limit:
        time.sleep(0.25)


def heal(system: System, adapters: list[Store], *, patience: float = HEAL_SECONDS, say: Progress | None = None) -> float:
    """Wait until nothing is on its way any more; how long it took. What is still open then is for the auditor to judge."""
    began = moved = time.monotonic()
    fewest, told = sys.maxsize, began
    while time.monotonic() - moved < patience:
        left = on_their_way(adapters)
        if left < fewest:
            fewest, moved = left, time.monotonic()
        if not left and not system.ready():
            time.sleep(1.0)
            if not on_their_way(adapters):
                break
        if say and time.monotonic() - told > _TELL:
            told = time.monotonic()
            say.say(f"  healing: {left:,} on their way")
        time.sleep(0.5)
    return time.monotonic() - began


def on_their_way(adapters: list[Store]) -> int:
    """How many messages of all adapters have not had their last word, and how many words are still owed."""
    open_words = "SELECT COUNT(*) AS n FROM message WHERE state IN ('queued', 'sent', 'received', 'held')"
    owing = "SELECT (SELECT COUNT(*) FROM receipt) + (SELECT COUNT(*) FROM telling) AS n"
    return sum(int(adapter.rows(each)[0]["n"]) for adapter in adapters for each in (open_words, owing))


def audit(folder: Path) -> list[dict[str, Any]]:
    """The auditor's findings, from a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.integration.auditor", str(folder), "--json"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if not done.stdout:
        raise AssertionError(f"the auditor said nothing: {done.stderr}")
    findings: list[dict[str, Any]] = json.loads(done.stdout)["findings"]
    return findings


def run(
    folder: Path,
    kills: int,
    seed: int,
    *,
    rate: float = RATE,
    most_open: int | None = MOST_OPEN,
    progress: Progress | None = None,
) -> Counts:
    """One run on a fresh system in ``folder``."""
    say = progress or Progress(quiet=True)
    system = System(folder, progress=say)
    system.start()
    try:
        places = find(folder)
        stage = Stage({agency.id: agency.case_system for agency in places.agencies if agency.case_system}, patience=60)
        adapters = {agency.id: at(agency.adapter) for agency in places.agencies}
        load = Load(stage, prepare(stage), rate, adapters, most_open=most_open)
        load.start()
        try:
            killed = kill_at_random(system, kills, seed, say=say)
        finally:
            load.stop()
        seconds = heal(system, list(adapters.values()), say=say)
        return count(list(adapters.values()), load, killed, seconds, audit(folder))
    finally:
        system.stop()


def count(adapters: list[Store], load: Load, killed: Counter[str], seconds: float, findings: list[dict[str, Any]]) -> Counts:
    """Put the run in numbers."""
    ended = Counter[str]()
    for adapter in adapters:
        for row in adapter.rows("SELECT state, COUNT(*) AS n FROM message WHERE record LIKE 'referral-%' GROUP BY state"):
            ended[row["state"]] += row["n"]
    again = sum(adapter.rows("SELECT COUNT(*) AS n FROM received WHERE attempt > 1")[0]["n"] for adapter in adapters)
    by_id = {finding["id"]: finding for finding in findings}
    return Counts(
        kills=killed,
        attempted=sum(map(len, load.written.values())),
        acknowledged=ended.total() - ended["queued"],
        delivered=ended["delivered"],
        refused=ended["refused"] + ended["expired"],
        lost=len(by_id["V1"]["violations"]),
        redelivered=again,
        doubled=len(by_id["V2"]["violations"]),
        seconds_of_load=load.seconds,
        seconds_held_back=load.held_back,
        seconds_to_heal=seconds,
        findings=findings,
    )


def main(arguments: list[str] | None = None) -> int:
    """0 when the auditor found nothing."""
    parser = argparse.ArgumentParser(description="Kill programs at random under load, and count what was lost or doubled.")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=RATE, help="messages a second (default 50)")
    parser.add_argument(
        "--waiting", action="store_true",
        help=f"workers wait while {MOST_OPEN:,} are on their way; otherwise they write at the rate, whatever has piled up",
    )  # fmt: skip
    parser.add_argument(
        "--folder", type=Path, default=VAR,
        help="where the stores lie (default: var); in memory, such as /dev/shm, where the disk syncs too slowly for the rate: "
        "kill -9 takes nothing from either",
    )  # fmt: skip
    chosen = parser.parse_args(arguments)
    chosen.folder.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="kill-", dir=chosen.folder))
    most_open = MOST_OPEN if chosen.waiting else None
    counts = run(folder, chosen.kills, chosen.seed, rate=chosen.rate, most_open=most_open, progress=Progress())
    print("\n".join(counts.lines()))
    if counts.violations():
        # What went wrong is in there.
        print(f"Kept for looking: {folder}")
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
