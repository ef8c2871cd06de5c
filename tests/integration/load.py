"""Workers who write referrals at a steady rate, whatever happens around them: the load under which programs are killed.

Leaves out the killing (``kill``), and judging what became of it all (the auditor).
"""

import random
import sys
import threading
import time
from typing import Final

from broker.local.demo_cast import Woman, cast, read_story
from broker.local.demo_forms import CJIT, DRUGS, HOUSING, NEEDS, PROJECT, Forms
from broker.local.demo_stage import Record, Stage
from tests.integration.audit.stores import Store

SENDERS: Final = (
    (PROJECT, "drug_treatment"), (PROJECT, "housing"), (CJIT, "support"), (CJIT, "drug_treatment"), (CJIT, "housing"),
    (DRUGS, "support"),
)  # fmt: skip
# Forty seconds of work. Where a run has to be short, workers wait from there on: what piles up has to be waited for.
MOST_OPEN: Final = 2_000
_STEPS: Final = 0.1
_PEOPLE: Final = 12
_TICK: Final = 0.2
_LOOK: Final = 1.0


class Load:
    """Workers who go on writing referrals, whatever happens around them; what waited for an outage to end is made up for."""

    def __init__(
        self,
        stage: Stage,
        women: dict[str, list[tuple[Woman, str]]],
        rate: float,
        adapters: dict[str, Store],
        *,
        most_open: int | None = MOST_OPEN,
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
        if self._most_open is None:
            return sys.maxsize
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
