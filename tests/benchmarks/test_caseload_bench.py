"""Whom the caseload bench asks about: nobody of whom it could not know what a right answer is."""

import random
from types import SimpleNamespace
from typing import Any, cast

import pytest

from contracts.vocabulary import CaseloadStatus
from tests.benchmarks import people
from tests.benchmarks.caseload import Asked, Desk
from tests.benchmarks.run_caseload import caseload_figures, is_wrong
from tests.benchmarks.town import Town

CROWD = (
    ("Małgorzata", "O'Brien", "1990-01-02"),
    ("Malgorzata", "OBRIEN", "1990-01-02"),  # the same, as somebody else would write her
    ("Malgorzata", "O'Brien", "1990-02-01"),
    ("Gosia", "O'Brien", "1990-01-02"),
    ("Sarah", "Jones", "1981-01-09"),
)


def test_whoever_shares_names_and_birthday_is_told_apart_by_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    def woman(number: int) -> Any:
        return SimpleNamespace(**dict(zip(("forename", "surname", "date_of_birth"), CROWD[number], strict=True)))

    monkeypatch.setattr(people, "woman", woman)
    assert people.nobody_tells_apart(range(len(CROWD))) == {0, 1}
    assert people.nobody_tells_apart([0, 2, 3, 4]) == set()


def test_nobody_is_asked_about_whom_nobody_tells_apart_and_no_stranger_twice() -> None:
    # Of the strangers 10, 11, 12 and so on, 12 shares everything with 3.
    desk, chance = Desk(cast(Town, None), 10, seed=1, left_out=frozenset({3, 12})), random.Random(1)
    asked = [desk._someone(chance) for _ in range(400)]
    assert {number for number in asked if number >= 0} == set(range(10)) - {3}
    strangers = [people.number_in(number, 10) for number in asked if number < 0]
    assert strangers == [n for n in range(10, 11 + len(strangers)) if n != 12]


def test_an_answer_is_right_or_says_that_it_cannot_say() -> None:
    """Number 3 is known to an agency where she has an open case; below nought, she is a stranger."""
    said = {
        (3, CaseloadStatus.ACTIVE): False,
        (3, CaseloadStatus.CANNOT_SAY): False,
        (3, CaseloadStatus.NOT_KNOWN): True,
        (3, CaseloadStatus.KNOWN_NOT_ACTIVE): True,
        (-1, CaseloadStatus.NOT_KNOWN): False,
        (-1, CaseloadStatus.CANNOT_SAY): False,
        (-1, CaseloadStatus.ACTIVE): True,
        (3, None): False,
    }
    asked = {case: Asked(case[0], 0.0, warm=False, status=case[1]) for case in said}
    assert {case: is_wrong(one) for case, one in asked.items()} == said
    figures = caseload_figures(list(asked.values()))
    assert (figures["questions"], figures["unanswered"], figures["wrong"]) == (8, 1, 3)
