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
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from broker.local.demo_cast import Woman, cast, read_story
from broker.local.demo_forms import CJIT, DRUGS, HOUSING, NEEDS, PROJECT, Forms
from broker.local.demo_stage import Record, Stage
from broker.local.programs import ROOT
from broker.local.progress import Progress
from broker.local.state import VAR
from broker.local.system import BROKER, CONSENT, CONSENTS, KINDS, RABBITMQ, System
from tests.integration.audit.stores import Store, at, find

RATE: Final = 50
SENDERS: Final = (
    (PROJECT, "drug_treatment"), (PROJECT, "housing"), (CJIT, "support"), (CJIT, "drug_treatment"), (CJIT, "housing"),
    (DRUGS, "support"),
)  # fmt: skip
# Forty seconds of work. On a machine too busy to keep up, workers wait from there on: a queue that only grows would be judged
# by its length and not by its end.
MOST_OPEN: Final = 2_000
_STEPS: Final = 0.1
_PEOPLE: Final = 12
_TICK: Final = 0.2
_LOOK: Final = 1.0
HEAL_SECONDS: Final = 180.0


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


class Load:
    """Workers who go on writing referrals, whatever happens around them; what waited for an outage to end is made up for."""

    def __init__(
        self,
        stage: Stage,
        women: dict[str, list[tuple[Woman, str]]],
        rate: float,
        adapters: dict[str, Store],
        *,
        most_open: int = MOST_OPEN,
    ) -> None:
        self._stage = stage
        self._adapters = [adapters[agency] for agency in {sender for sender, _ in SENDERS}]
        self._women = women
        self._rate = rate
        self._most_open = most_open
        self._forms = Forms()
        self._chance = random.Random(1)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="load")
        self.written: dict[str, list[str]] = {}
        self.seconds = self.held_back = 0.0
        self._count = self._done = 0
        self._looked = 0.0

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Write nothing more."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        began = last = time.monotonic()
        while not self._stop.wait(_TICK):
            now = time.monotonic()
            owed, room = round(self._rate * (now - began)) - self._count, self._room(now)
            if owed > room:
                self.held_back += now - last
            last = now
            self._write(max(0, min(owed, room)))
        self.seconds = time.monotonic() - began

    def _write(self, count: int) -> None:
        forms: dict[str, list[Record]] = {}
        for agency, need in self._chance.choices(SENDERS, k=count):
            woman, consent = self._chance.choice(self._women[f"{agency} {need}"])
            forms.setdefault(agency, []).append(self._forms.referral(woman, need, (consent,)))
            if self._chance.random() < _STEPS:
                self._step(woman)
        for agency, each in forms.items():
            self.written.setdefault(agency, []).extend(self._stage[agency].write(each))
        self._count += count

    def _step(self, woman: Woman) -> None:
        """Two prescribers go for the same woman at once; what each is told is the guard's business."""
        for agency in (PROJECT, DRUGS):
            move = self._chance.choice(("reserve", "reserve", "confirm", "release", "end"))
            self._stage[agency].write([self._forms.script(woman, move)])

    def _room(self, now: float) -> int:
        """How many more may be on their way. Counted once a second, since every count reads all that was ever written."""
        if now >= self._looked + _LOOK:
            ended = (
                "SELECT COUNT(*) AS n FROM message "
                "WHERE record LIKE 'referral-%' AND state IN ('delivered', 'refused', 'expired')"
            )
            self._done = sum(adapter.rows(ended)[0]["n"] for adapter in self._adapters)
            self._looked = now
        return self._most_open - (self._count - self._done)


def prepare(stage: Stage) -> dict[str, list[tuple[Woman, str]]]:
    """Register a few women, each with her yes to each kind of referral that will be written."""
    women, forms = cast(read_story(), 3)[:_PEOPLE], Forms()
    for agency in (HOUSING, DRUGS, PROJECT):
        stage[agency].habit(answer_referrals="ignore")
    stage.play_all({agency: [forms.person(woman, "same") for woman in women] for agency in (PROJECT, CJIT, DRUGS)})
    asked: dict[str, list[tuple[Woman, str]]] = {}
    for agency, need in SENDERS:
        to, purpose, labels = NEEDS[need]
        consents = [forms.consent(woman, purpose, to, labels) for woman in women]
        stage.play(agency, *consents)
        asked[f"{agency} {need}"] = [(woman, form["consent"]) for woman, form in zip(women, consents, strict=True)]
    return asked


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


def heal(system: System, adapters: list[Store], *, patience: float = HEAL_SECONDS) -> float:
    """Wait until nothing is on its way any more; how long it took. What is still open then is for the auditor to judge."""
    began = time.monotonic()
    while time.monotonic() - began < patience:
        if not system.ready() and is_quiet(adapters):
            time.sleep(1.0)
            if is_quiet(adapters):
                break
        time.sleep(0.5)
    return time.monotonic() - began


def is_quiet(adapters: list[Store]) -> bool:
    """Whether every message of every adapter has had its last word."""
    open_words = "SELECT COUNT(*) AS n FROM message WHERE state IN ('queued', 'sent', 'received', 'held')"
    owing = "SELECT (SELECT COUNT(*) FROM receipt) + (SELECT COUNT(*) FROM telling) AS n"
    return all(adapter.rows(open_words)[0]["n"] == 0 and adapter.rows(owing)[0]["n"] == 0 for adapter in adapters)


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
    folder: Path, kills: int, seed: int, *, rate: float = RATE, most_open: int = MOST_OPEN, progress: Progress | None = None
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
        seconds = heal(system, list(adapters.values()))
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
        "--folder", type=Path, default=VAR,
        help="where the stores lie (default: var); in memory, such as /dev/shm, where the disk syncs too slowly for the rate: "
        "kill -9 takes nothing from either",
    )  # fmt: skip
    chosen = parser.parse_args(arguments)
    chosen.folder.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="kill-", dir=chosen.folder))
    counts = run(folder, chosen.kills, chosen.seed, rate=chosen.rate, progress=Progress())
    print("\n".join(counts.lines()))
    if counts.violations():
        # What went wrong is in there.
        print(f"Kept for looking: {folder}")
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
