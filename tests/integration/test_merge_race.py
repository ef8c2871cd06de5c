"""A merge, or its undoing, in the same moment as a step or a check from another broker process, on both databases."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier, Event

import pytest

from broker.budgets import Budgets
from broker.incoming import Incoming
from broker.store import merges
from broker.store.database import Work
from contracts.identifiers import new_id
from contracts.kinds import Kind
from contracts.steps import CaseStep, CheckStep, RegisterStep, ReviewStep, ScriptStep
from contracts.vocabulary import CaseMove, CaseRole, Presentation, ReviewAnswer, ScriptMove
from tests.factories import letter, may_be, person, seal_letter
from tests.integration.counter import Counter, incoming

TRIALS = 25
CJIT, DRUGS, PROJECT = "cjit-ashby", "drugs-ashby", "project-ashby"
MANY = Budgets(worker=10_000, agency=100_000, same_person=1_000)
LIVE = "('reserved', 'active', 'transferring')"


@pytest.fixture
def pair(database_url: str) -> Iterator[tuple[Counter, Counter]]:
    one, two = Counter(database_url, process="one", budgets=MANY), Counter(database_url, process="two", budgets=MANY)
    yield one, two
    one.store.close()
    two.store.close()


def at_once(*acts: list[Callable[[], object]]) -> None:
    """The n-th act of each, in the same moment; the next only when all are done."""
    barrier = Barrier(len(acts))

    def play(mine: list[Callable[[], object]]) -> None:
        for act in mine:
            barrier.wait(timeout=60)
            act()

    with ThreadPoolExecutor(len(acts)) as threads:
        for done in [threads.submit(play, mine) for mine in acts]:
            done.result()


def message(broker: Counter, kind: Kind, agency: str, **changes: object) -> Incoming:
    made = letter(kind, agency, created=broker.now, **changes)  # type: ignore[arg-type]
    return incoming(seal_letter(made), agency, broker.now)


def two_people(broker: Counter, number: int) -> tuple[str, str, tuple[str, ...]]:
    """One woman at the drug service, another at the project; and tokens that show that they are one."""
    hers, theirs = person(2 * number).tokens, person(2 * number + 1).tokens
    references = []
    for agency, tokens in ((DRUGS, hers), (PROJECT, theirs)):
        references.append(new_id())
        broker.send(Kind.PERSON_REGISTERED, agency, reference=references[-1], step=RegisterStep(tokens=tokens))
    return references[0], references[1], hers + theirs


def everything_goes_with_its_record(broker: Counter) -> None:
    for table in ("cases", "script"):
        assert broker.ask(f"SELECT t.id FROM {table} AS t JOIN record AS r ON r.id = t.record WHERE r.person <> t.person") == []
    live = f"SELECT r.person FROM script AS s JOIN record AS r ON r.id = s.record WHERE s.state IN {LIVE}"
    assert broker.ask(f"{live} GROUP BY r.person HAVING count(*) > 1") == []


def test_a_merge_and_a_reservation_at_once_never_leave_two_live_prescriptions(pair: tuple[Counter, Counter]) -> None:
    one, two = pair
    merges: list[Callable[[], object]] = []
    starts: list[Callable[[], object]] = []
    for number in range(TRIALS):
        hers, theirs, both = two_people(one, number)
        one.send(Kind.SCRIPT_RESERVED, PROJECT, reference=theirs, step=ScriptStep(move=ScriptMove.RESERVE))
        merge = message(one, Kind.PERSON_REGISTERED, PROJECT, reference=theirs, step=RegisterStep(tokens=both))
        start = message(two, Kind.SCRIPT_RESERVED, DRUGS, reference=hers, step=ScriptStep(move=ScriptMove.RESERVE))
        merges.append(partial(one.settle, [merge]))
        starts.append(partial(two.settle, [start]))
    at_once(merges, starts)
    assert len(set(one.ask("SELECT person FROM record"))) == TRIALS
    everything_goes_with_its_record(one)
    # Either the second was told to ring, or both were put in conflict and told: never two that nobody knows of.
    conflicts = one.ask("SELECT count(*) FROM script WHERE state = 'in_conflict'")[0][0]
    refused = two.ask("SELECT count(*) FROM message WHERE kind = 'script-reserved/1' AND state = 'refused'")[0][0]
    assert conflicts // 2 + refused == TRIALS
    assert conflicts % 2 == 0


def test_a_merge_taken_back_and_a_check_at_once_never_say_not_known(pair: tuple[Counter, Counter]) -> None:
    one, two = pair
    undoings: list[Callable[[], object]] = []
    checks: list[Callable[[], object]] = []
    asked: list[str] = []
    for number in range(TRIALS):
        hers, theirs, both = two_people(one, number)
        step = CheckStep(tokens=person(2 * number).tokens, presentation=Presentation.CUSTODY)
        check = one.send(Kind.CASELOAD_CHECK, DRUGS, step=step)
        case = CaseStep(move=CaseMove.OPEN, role=CaseRole.LEAD, check=check)
        one.send(Kind.CASE_OPENED, DRUGS, reference=hers, step=case)
        one.send(Kind.PERSON_REGISTERED, PROJECT, reference=theirs, step=RegisterStep(tokens=both))
        ((merge,),) = one.ask(
            "SELECT substr(m.id, 1, 32) FROM merge AS m JOIN record AS r ON r.id = m.record WHERE r.reference = ?", theirs
        )
        question = message(two, Kind.CASELOAD_CHECK, CJIT, step=step)
        asked.append(question.message or "")
        undoings.append(partial(one.store.undo_merge, merge, "officer_3", "two people", now=one.now))
        checks.append(partial(two.settle, [question]))
    at_once(undoings, checks)
    assert {two.caseload_answer(CJIT, each).status.value for each in asked} <= {"active", "cannot_say"}
    assert len(set(one.ask("SELECT person FROM record"))) == 2 * TRIALS
    everything_goes_with_its_record(one)


def test_two_agencies_that_say_same_at_once_make_one_merge(pair: tuple[Counter, Counter]) -> None:
    one, two = pair
    answers: dict[str, list[Callable[[], object]]] = {DRUGS: [], PROJECT: []}
    for number in range(TRIALS):
        for agency, her in ((DRUGS, person(number)), (PROJECT, may_be(person(number)))):
            one.send(Kind.PERSON_REGISTERED, agency, reference=new_id(), step=RegisterStep(tokens=her.tokens))
    reviews = [review for (review,) in one.ask("SELECT id FROM review ORDER BY id")]
    assert len(reviews) == TRIALS
    for review in reviews:
        for broker, agency in ((one, DRUGS), (two, PROJECT)):
            step = ReviewStep(review=review, answer=ReviewAnswer.SAME)
            said = message(broker, Kind.REVIEW_ANSWERED, agency, step=step)
            answers[agency].append(partial(broker.settle, [said]))
    at_once(*answers.values())
    assert set(one.ask("SELECT state FROM review")) == {("same",)}
    assert one.ask("SELECT count(*) FROM merge") == [(TRIALS,)]
    assert len(set(one.ask("SELECT person FROM record"))) == TRIALS


def test_a_step_that_begins_while_a_merge_is_not_yet_committed_is_decided_for_who_she_is_then(
    pair: tuple[Counter, Counter],
) -> None:
    one, two = pair
    hers, theirs, _ = two_people(one, 0)
    one.send(Kind.SCRIPT_RESERVED, PROJECT, reference=theirs, step=ScriptStep(move=ScriptMove.RESERVE))
    people = dict(one.ask("SELECT agency, person FROM record WHERE minted = 0"))
    start = message(two, Kind.SCRIPT_RESERVED, DRUGS, reference=hers, step=ScriptStep(move=ScriptMove.RESERVE))
    merged = Event()

    def slowly(work: Work) -> None:
        merges.merge(work, people[DRUGS], people[PROJECT], "review", "a test", one.now)
        merged.set()
        time.sleep(0.5)

    with ThreadPoolExecutor(1) as threads:
        merging = threads.submit(one.store._database.write, slowly)
        merged.wait(10)
        two.settle([start])
        merging.result()
    everything_goes_with_its_record(one)
    assert two.guard(DRUGS, start.message or "") == [("not_cleared", "SCRIPT_ELSEWHERE", PROJECT)]
