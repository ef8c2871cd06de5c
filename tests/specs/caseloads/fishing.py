"""Workers who fish, played against the rule that stops them: ``python -m tests.specs.caseloads.fishing [RUNS]``.

She asks about names she knows of: of those that a town has, some were planted and belong to nobody. What she knows of a name is
often wrong (a nickname, no date of birth), and then nobody is recognised, planted or not. Leaves out the database, which the
store's own tests play.
"""

import random
import statistics
import sys
from collections import Counter
from dataclasses import dataclass

from broker.budgets import Asking, Budgets, judge_asking

TOWN = 2_000
PLANTED = 40
"""One name in fifty that a stranger to the register could think of, as the handbook advises."""
RECOGNISED = 0.7
"""How often what a fisher knows of a name is right enough to find it."""
_PATIENCE = 10_000


@dataclass(frozen=True, slots=True)
class Run:
    """One worker's fishing: how many names she asked about, how many of them were planted, and what stopped her."""

    stopped_after: int | None
    canaries: int
    why: str


def alarm_after(chance: random.Random, budgets: Budgets) -> Run:
    """Ask about one name after another, over as many days as it takes, until an officer must look."""
    today = canaries = 0
    a_day = chance.randint(3, budgets.worker + 10)
    about: Counter[int] = Counter()
    for asked in range(_PATIENCE):
        if today == a_day:
            today, about = 0, Counter()
        name = chance.randrange(TOWN)
        planted = name < PLANTED
        canaries += planted
        found = planted and chance.random() < RECOGNISED
        asking = Asking("cjit-ashby", "worker_7", today, today, about[name], canary=found)
        _, hold = judge_asking(asking, budgets)
        if hold is not None:
            return Run(asked + 1, canaries, hold.why)
        today += 1
        about[name] += 1
    return Run(None, canaries, "never")


def main(runs: int) -> int:
    """0 when the median fisher was stopped by the third planted name."""
    chance = random.Random(1)
    done = [alarm_after(chance, Budgets()) for _ in range(runs)]
    planted = sorted(run.canaries for run in done)
    asked = sorted(run.stopped_after or _PATIENCE for run in done)
    median = statistics.median(planted)
    print(f"{runs:,} runs, {PLANTED} of {TOWN:,} names planted, {RECOGNISED:.0%} of what is asked is right enough to be found")
    print(f"planted names asked about before the alarm: median {median:g}, 95th of 100 {planted[int(runs * 0.95)]}")
    print(f"checks made before the alarm: median {statistics.median(asked):g}, 95th of 100 {asked[int(runs * 0.95)]}")
    print("stopped by: " + ", ".join(f"{why} {count:,}" for why, count in Counter(run.why for run in done).most_common()))
    return 0 if median <= 3 and all(run.stopped_after for run in done) else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
