"""``python -m tests.specs.histories --histories 50000``: many histories, or one again by its seed. Exit 1 when any is violated.

With ``--only`` one history of a seed is played alone and told line by line, as short as it still goes wrong.
"""

import argparse
import logging
import sys
import time

import structlog

from tests.specs.histories.play import Counts, Violation, play, shortest

COHORT = 50


def main(arguments: list[str] | None = None) -> int:
    """0 when nothing was delivered that must not have been."""
    parser = argparse.ArgumentParser(prog="python -m tests.specs.histories", description=__doc__.splitlines()[0])
    parser.add_argument("--histories", type=int, default=2_000, help="how many (default: 2000)")
    parser.add_argument("--seed", type=int, default=0, help="the first cohort's seed (default: 0)")
    parser.add_argument("--only", type=int, help="play this one history of that seed, and tell it")
    chosen = parser.parse_args(arguments)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
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


if __name__ == "__main__":
    sys.exit(main())
