"""``python -m tests.specs.histories --histories 50000``: many histories, or one again by its seed. Exit 1 when any is violated.

With ``--bugs`` each bug of a list is planted, and who found it is told: exit 1 when one was not found.
With ``--only`` one history of a seed is played alone and told line by line, as short as it still goes wrong.
"""

import argparse
import logging
import sys
import time

import structlog

from tests.specs.histories.bugs import BUGS, found
from tests.specs.histories.play import Counts, Violation, play, shortest

COHORT = 50


def main(arguments: list[str] | None = None) -> int:
    """0 when nothing was delivered that must not have been."""
    parser = argparse.ArgumentParser(prog="python -m tests.specs.histories", description=__doc__.splitlines()[0])
    parser.add_argument("--histories", type=int, default=2_000, help="how many (default: 2000)")
    parser.add_argument("--seed", type=int, default=0, help="the first cohort's seed (default: 0)")
    parser.add_argument("--only", type=int, help="play this one history of that seed, and tell it")
    parser.add_argument("--bugs", action="store_true", help="plant each bug of the list, and say which history finds it")
    chosen = parser.parse_args(arguments)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    if chosen.bugs:
        return _plant()
    if chosen.only is not None:
        found = play(chosen.seed, [chosen.only]).violations
        for one in found[:1]:
            print(shortest(one))
        print("violated" if found else "nothing was violated")
        return 1 if found else 0
    began, counts = time.monotonic(), Counts()
    violations: list[Violation] = []
    for number in range(-(-chosen.histories // COHORT)):
        cohort = play(chosen.seed + number, range(COHORT))
        counts.add(cohort.counts)
        violations += cohort.violations
        for one in cohort.violations:
            print(one)
        if number % 100 == 99:
            print(f"{counts.histories} histories, {len(violations)} violations, {time.monotonic() - began:.0f} s", flush=True)
    told = ", ".join(f"{value} {name}" for name, value in vars(counts).items())
    print(f"{told}; {len(violations)} violations in {time.monotonic() - began:.1f} s")
    return 1 if violations else 0


def _plant() -> int:
    missed = 0
    for bug in BUGS:
        cohort = found(bug)
        missed += cohort is None
        by = f"seed {cohort.seed}: {cohort.violations[0].letter}, {cohort.violations[0].why}" if cohort else "NOT FOUND"
        print(f"{bug:38} {by}", flush=True)
    print(f"{len(BUGS) - missed} of {len(BUGS)} found")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
