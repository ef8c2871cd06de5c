"""A noon of the week about looking her up: who came, who asked too much, and who may be one person; from what the week left."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.journeys.conftest import Week


def rows(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder / "broker" / "broker.sqlite")) as connection:
        return connection.execute(sql).fetchall()


def test_every_presentation_of_the_week_ended_with_a_check_or_a_reason(week: Week, stores_of_week: Callable[[], Path]) -> None:
    folder = stores_of_week()
    states = dict(rows(folder, "SELECT state, count(*) FROM presentation GROUP BY state"))
    assert set(states) == {"checked", "explained"}
    checks = rows(folder, "SELECT count(*) FROM message WHERE kind = 'caseload-check/1'")
    assert states["checked"] == checks[0][0]
    assert "Was everyone asked about?" in week.report
    assert f"{sum(states.values())} presentations: {states['checked']} ended with a check" in week.report


def test_the_one_who_asked_about_someone_planted_waits_and_nobody_else_does(stores_of_week: Callable[[], Path]) -> None:
    folder = stores_of_week()
    ((agency, worker, why, message),) = rows(folder, "SELECT agency, worker, why, message FROM check_hold WHERE lifted IS NULL")
    assert (agency, worker, why) == ("cjit-ashby", "worker_99", "canary")
    assert rows(folder, f"SELECT said FROM presentation WHERE check_id = '{message}'") == [("cannot_say",)]
    planted = "SELECT count(*) FROM pair WHERE record IN (SELECT record FROM marked WHERE mark = 'canary')"
    assert rows(folder, planted) == [(0,)]


def test_a_merge_that_was_disputed_is_taken_back_and_says_by_whom(stores_of_week: Callable[[], Path]) -> None:
    folder = stores_of_week()
    merges = rows(folder, "SELECT undone_by, undone_why FROM merge WHERE why = 'review' ORDER BY at")
    assert merges == [("housing-ashby", "disputed"), ("project-ashby", "disputed")]
    states = rows(folder, "SELECT state FROM review WHERE id IN (SELECT substr(decided_by, 8) FROM merge WHERE why = 'review')")
    assert states == [("open",), ("open",)]


def test_neither_side_of_a_review_was_told_anything_of_the_other(week: Week) -> None:
    reviews = [
        (desk.agency, one) for desk in week.played.week.stage.desks.values() for one in desk.unasked if one["type"] == "review"
    ]
    assert len(reviews) >= 6
    agencies = set(week.played.week.stage.desks)
    for agency, one in reviews:
        assert not [other for other in agencies - {agency} if other in str(one)]
        assert set(one) == {
            "type", "record", "message", "at", "review", "person", "strength", "state", "sentence", "deadline",
        }  # fmt: skip
