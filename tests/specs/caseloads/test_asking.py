"""How much may be asked: budgets, the same person again, who was planted; and what waits for another agency's officer."""

import random
import statistics
from collections.abc import Collection
from dataclasses import replace

import pytest

from broker.budgets import (
    ALL_WORKERS,
    Asking,
    Budgets,
    brief,
    budgets_from,
    in_brief,
    judge_asking,
    seems_the_same,
    told_of_hold,
)
from broker.caseloads import Caseload
from broker.checks import LAST_MOMENT, OFFICER, CheckFacts, Found, Protected, judge_check
from broker.effects import KeepCheck
from broker.outcome import Done, Hold, Refuse
from broker.presentations import PresentationState, Presented
from contracts.envelope import read_submission
from contracts.kinds import Kind
from contracts.steps import CheckStep
from contracts.vocabulary import CaseloadStatus, Presentation, Reason
from tests.factories import letter, seal_letter
from tests.specs.caseloads.book import NOW
from tests.specs.caseloads.fishing import alarm_after

title = "How much may be asked"
rules = {"R01"}

CJIT, PROJECT, DRUGS = "cjit-ashby", "project-ashby", "drugs-ashby"
BUDGETS = Budgets(worker=10, agency=50, same_person=3, norms={PROJECT: (2, 4)})
ORDINARY = Asking(CJIT, "worker_7", by_worker=9, by_agency=49, about_her=2)

# What was asked before; why it waits, as the sender is told; whose checks wait from now on, and why, as officers are told.
CASES: dict[str, tuple[Asking, str | None, tuple[str, str] | None]] = {
    "the usual passes": (ORDINARY, None, None),
    "more than usual for one worker": (
        replace(ORDINARY, by_worker=10), "CHECKS_OVER_BUDGET", ("worker_7", "worker_budget"),
    ),
    "more than usual for her agency": (
        replace(ORDINARY, by_agency=50), "CHECKS_OVER_BUDGET", (ALL_WORKERS, "agency_budget"),
    ),
    "an agency has its own norm": (
        replace(ORDINARY, agency=PROJECT, by_worker=2, by_agency=2), "CHECKS_OVER_BUDGET", ("worker_7", "worker_budget"),
    ),
    "the same person again and again": (replace(ORDINARY, about_her=3), "CHECKS_ON_HOLD", ("worker_7", "same_person")),
    "someone who was planted, with the very first question": (
        Asking(CJIT, "worker_7", canary=True), "CHECKS_ON_HOLD", ("worker_7", "canary"),
    ),
    "whatever is asked while it waits, and nothing begins anew": (
        replace(ORDINARY, by_worker=1, held=Reason.CHECKS_ON_HOLD), "CHECKS_ON_HOLD", None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_waits(name: str) -> None:
    asking, reason, begins = CASES[name]
    told, hold = judge_asking(asking, BUDGETS)
    assert (told.name if told else None) == reason
    assert ((hold.worker, hold.why) if hold else None) == begins
    if hold:
        assert (hold.agency, hold.reason) == (asking.agency, told)


def test_everyone_with_a_caseload_is_told_and_so_is_the_agency_itself_but_not_who_it_was() -> None:
    _, hold = judge_asking(replace(ORDINARY, canary=True), BUDGETS)
    assert hold is not None
    alerts = told_of_hold(hold, (DRUGS, PROJECT))
    assert [(a.to, a.alert, a.about, a.reference) for a in alerts] == [
        (to, "checks_on_hold", CJIT, None) for to in (CJIT, DRUGS, PROJECT)
    ]


def test_the_same_person_is_told_by_the_tokens_and_never_by_whom_they_find() -> None:
    def asked(*tokens: str) -> Collection[int]:
        return in_brief(brief(tokens))

    whole = asked("a:1", "b:1", "c:1", "d:1")
    assert seems_the_same(whole, asked("a:1", "b:1", "c:1", "d:2"))
    assert seems_the_same(asked("a:1", "b:1"), whole)
    assert not seems_the_same(whole, asked("a:1", "b:2", "c:2", "d:2"))


# --- a check, step by step

STEP = CheckStep(tokens=("nx:" + "0" * 12,), presentation=Presentation.CUSTODY, worker="worker_7")
INSIDE = STEP.model_copy(update={"opened": "ab" * 16})
HEADER = read_submission(seal_letter(letter(Kind.CASELOAD_CHECK, CJIT, created=NOW))).header
OPEN = Presented(CJIT, PresentationState.OPEN, NOW + 1)
FACTS = CheckFacts(Asking(CJIT, "worker_7"), BUDGETS, covers=(DRUGS, PROJECT))
NOBODY = Found(known=False, doubtful=False, caseload=Caseload(), named=frozenset(), hidden=frozenset())

PRESENTATIONS: dict[str, tuple[CheckStep, Presented | None, bool]] = {
    "it tells of its own presentation": (STEP, None, True),
    "it is made in one that is open": (INSIDE, OPEN, True),
    "a second one in the same presentation": (INSIDE, replace(OPEN, state=PresentationState.CHECKED), True),
    "in one that nobody told of": (INSIDE, None, False),
    "in another agency's": (INSIDE, replace(OPEN, agency=DRUGS), False),
    "in one that is past its time": (INSIDE, replace(OPEN, until=NOW), False),
    "in one that ended without a check": (INSIDE, replace(OPEN, state=PresentationState.EXPLAINED), False),
}


@pytest.mark.parametrize("name", PRESENTATIONS)
def test_a_check_is_made_in_a_presentation(name: str) -> None:
    step, presented, passes = PRESENTATIONS[name]
    outcome = judge_check(HEADER, step, replace(FACTS, presented=presented), NOBODY, 7, NOW)
    if passes:
        assert isinstance(outcome, Done)
        assert outcome.effects == (KeepCheck(step, True),)
    else:
        assert outcome == Refuse(Reason.NO_PRESENTATION, index=7)


def test_what_waits_for_an_officer_is_answered_cannot_say_at_its_last_moment_and_not_before() -> None:
    over = replace(FACTS, asking=Asking(CJIT, "worker_7", canary=True))
    held = judge_check(HEADER, STEP, over, NOBODY, 7, NOW)
    assert isinstance(held, Hold)
    assert (held.reason, held.owner, held.deadline) == (Reason.CHECKS_ON_HOLD, OFFICER, HEADER.not_after - LAST_MOMENT)
    assert held.effects[0] == KeepCheck(STEP, None)
    assert {alert.to for alert in held.alerts} == {CJIT, DRUGS, PROJECT}
    waits = replace(over, asking=replace(over.asking, held=Reason.CHECKS_ON_HOLD), held_until=held.deadline)
    again = judge_check(HEADER, STEP, waits, NOBODY, 7, held.deadline - 1)
    assert isinstance(again, Hold)
    assert (again.deadline, again.alerts) == (held.deadline, ())
    last = judge_check(HEADER, STEP, waits, NOBODY, 7, held.deadline)
    assert isinstance(last, Done)
    assert last.caseload is not None
    assert last.caseload.status is CaseloadStatus.CANNOT_SAY


def test_a_merge_since_the_question_makes_it_cannot_say() -> None:
    outcome = judge_check(HEADER, STEP, replace(FACTS, one_person=False), NOBODY, 7, NOW)
    assert isinstance(outcome, Done)
    assert outcome.caseload is not None
    assert outcome.caseload.status is CaseloadStatus.CANNOT_SAY


def test_of_a_protected_record_nothing_is_said_and_who_protects_her_is_told() -> None:
    facts = replace(FACTS, protected=(Protected(PROJECT, "hers"), Protected(CJIT, "own")))
    outcome = judge_check(HEADER, STEP, facts, NOBODY, 7, NOW)
    assert isinstance(outcome, Done)
    assert outcome.caseload is not None
    assert (outcome.caseload.status, outcome.caseload.covers) == (CaseloadStatus.CANNOT_SAY, ())
    assert [(a.to, a.alert, a.reference, a.about) for a in outcome.alerts] == [(PROJECT, "check_was_made", "hers", CJIT)]


# --- the file of budgets


def test_what_a_partnerships_own_file_leaves_out_stands_as_shipped() -> None:
    made = budgets_from({"day": {"worker": 12}, "agencies": {CJIT: {"worker": 60, "agency": 500}}, "time": {"review_days": 3}})
    assert (made.worker, made.agency, made.of(CJIT), made.of(DRUGS)) == (12, Budgets().agency, (60, 500), (12, 300))
    assert made.review_ms == 3 * 24 * 3_600_000


@pytest.mark.parametrize("table", [{"day": {"wroker": 3}}, {"days": {}}, {"day": {"worker": 0}}, {"day": {"worker": "many"}}])
def test_a_file_that_cannot_be_meant_is_refused(table: dict[str, dict[str, object]]) -> None:
    with pytest.raises(ValueError, match="check budget"):
        budgets_from(table)


# --- fishing: a tenth of what `python -m tests.specs.caseloads.fishing` plays


def test_whoever_fishes_is_stopped_by_the_third_planted_name_she_asks_about() -> None:
    chance = random.Random(7)
    runs = [alarm_after(chance, Budgets()) for _ in range(1_000)]
    assert all(run.stopped_after is not None for run in runs)
    assert statistics.median(run.canaries for run in runs) <= 3
