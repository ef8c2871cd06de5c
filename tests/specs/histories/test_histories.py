"""Two thousand histories, each seed the same for ever; and bugs planted on purpose, each of which a few hundred find."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from broker.local.postgres import PrivatePostgres
from tests.specs.histories.bugs import BUGS, COHORT, found
from tests.specs.histories.play import Counts, Violation, play, shortest

COHORTS = 40
# Where each planted bug shows first; the cohorts before it need not be played again.
FOUND_BY = {"old protocols and keys stand": 1, "lapsed permits are sent": 4, "the dead speak": 8, "nothing is recalled": 10}


@pytest.fixture(scope="module")
def postgres() -> Iterator[PrivatePostgres]:
    server = PrivatePostgres()
    server.start()
    yield server
    server.stop()


def played(seeds: range, **changes: Any) -> tuple[Counts, list[Violation]]:
    counts, violations = Counts(), []
    for seed in seeds:
        cohort = play(seed, COHORT, **changes)
        counts.add(cohort.counts)
        violations += cohort.violations
    return counts, violations


@pytest.mark.timeout(600)
def test_after_any_of_two_thousand_histories_nothing_was_delivered_that_must_not_be() -> None:
    counts, violations = played(range(COHORTS))
    assert not violations, "\n".join(["", str(shortest(violations[0])), f"and {len(violations) - 1} more"])
    # Enough happened to mean something.
    assert counts.histories == COHORTS * len(COHORT)
    assert counts.permits > 1_000
    assert counts.deliveries > 200
    assert min(counts.opened, counts.late) > 30


def test_nor_on_postgresql(postgres: PrivatePostgres) -> None:
    for seed in (3, 5):
        urls = postgres.create(), postgres.create()
        cohort = play(seed, range(25), urls=urls)
        for url in urls:
            postgres.drop(url)
        assert not cohort.violations, str(cohort.violations[0])
        assert cohort.counts.permits > 0


@pytest.mark.parametrize("bug", BUGS)
def test_a_bug_that_is_planted_is_found_and_told_with_its_seed(bug: str) -> None:
    cohort = found(bug, FOUND_BY.get(bug, 0))
    assert cohort is not None, "no history found it"
    assert "python -m tests.specs.histories --seed" in str(cohort.violations[0])


def test_the_same_seed_plays_the_same_history(tmp_path: Path) -> None:
    one, other = play(7, COHORT), play(7, COHORT)
    assert vars(one.counts) == vars(other.counts)
    assert one.story == other.story
