"""The guesser that looks for a leak on the asker's line finds one when there is one, and none where there is none."""

import random

from tests.benchmarks.telling import Watched, how_well_guessed


def line(chance: random.Random, *, later: float = 0.0, larger: int = 0) -> tuple[float, ...]:
    arrived = chance.uniform(60, 110) + chance.expovariate(1) + later
    return (1.0, 2600.0 + larger, arrived, arrived % 50, 2600.0 + larger, 3.0)


def checks(**leak: float) -> list[Watched]:
    chance = random.Random(3)
    return [
        Watched(known, line(chance, **(leak if known else {})))  # type: ignore[arg-type]
        for known in (True, False)
        for _ in range(1_000)
    ]


def test_one_byte_more_is_found() -> None:
    assert how_well_guessed(checks(larger=1)).right > 0.95


def test_a_tenth_of_a_tick_later_is_found() -> None:
    assert how_well_guessed(checks(later=12)).right > 0.55


def test_where_there_is_nothing_to_tell_it_guesses_like_a_coin() -> None:
    verdict = how_well_guessed(checks())
    assert verdict.within(0.5, deviations=3)
