"""Each agency's weekly list of who was asked about: what it was told at the time, by whom, and nothing of anybody else's."""

from collections.abc import Iterator
from typing import Any

import pytest

from broker.budgets import Budgets
from broker.incoming import Incoming, Settled
from broker.store.asked import KEPT, MARGIN, WEEK, _tell, askers
from broker.store.notices import Notices
from contracts.consent_check import Answer, Recorded
from contracts.kinds import Kind
from contracts.notices import AskedItem
from contracts.steps import CaseStep
from contracts.vocabulary import CaseMove, CaseRole
from tests.factories import partnership, person
from tests.guards.races import at_once
from tests.integration.counter import Counter

CJIT, DRUGS, HOUSING, PROJECT = "cjit-ashby", "drugs-ashby", "housing-ashby", "project-ashby"
MANY = Budgets(worker=1_000, agency=1_000, same_person=1_000)


@pytest.fixture
def broker(database_url: str) -> Iterator[Counter]:
    counter = Counter(database_url, budgets=MANY)
    yield counter
    counter.store.close()


def leads(broker: Counter, agency: str, number: int) -> str:
    """The agency has her case; its reference for her."""
    reference = broker.register(agency, person(number))
    check, _ = broker.check(agency, person(number))
    step = CaseStep(move=CaseMove.OPEN, role=CaseRole.LEAD, check=check)
    broker.send(Kind.CASE_OPENED, agency, reference=reference, step=step)
    return reference


def names_nobody(incoming: Incoming, who: Any) -> Answer:
    """She said no to being named."""
    return Recorded(message=incoming.message or "", attempt=incoming.attempt, index=9, holders=())


def lists(broker: Counter, agency: str) -> list[AskedItem]:
    return [item for item in broker.items[agency] if isinstance(item, AskedItem)]


def week_over(broker: Counter) -> None:
    broker.now += WEEK
    broker.take(broker.store.asked_lists(broker.now).rows)


def test_a_list_names_an_agencys_own_people_and_who_asked_and_nothing_else(broker: Counter) -> None:
    broker.take(broker.store.asked_lists(broker.now).rows)
    hers, theirs = leads(broker, PROJECT, 0), leads(broker, DRUGS, 1)
    broker.now += MARGIN
    for number, worker in ((0, "worker_7"), (0, "worker_7"), (1, "worker_7"), (2, "worker_7"), (0, "worker_8")):
        broker.check(CJIT, person(number), worker=worker)
    began = broker.now
    assert lists(broker, PROJECT) == []
    week_over(broker)
    (listed,) = lists(broker, PROJECT)
    assert {(one.reference, one.agency, one.at) for one in listed.checks} == {(hers, CJIT, began)}
    assert sorted(one.worker for one in listed.checks) == ["worker_7", "worker_7", "worker_8"]
    assert [(one.checks, one.people, one.most) for one in askers(listed.checks)] == [(2, 1, 2), (1, 1, 1)]
    assert [(one.reference, one.worker) for one in lists(broker, DRUGS)[0].checks] == [(theirs, "worker_7")]
    # Where she had come would tell that she was in custody.
    assert "custody" not in listed.wire().decode()
    # Nobody asked is said; and who has no caseload has no list.
    assert lists(broker, HOUSING)[0].checks == lists(broker, CJIT)[0].checks == ()
    assert {agency for agency in broker.items if lists(broker, agency)} == {CJIT, DRUGS, HOUSING, PROJECT}


def test_a_check_that_told_nobody_is_on_nobodys_list(broker: Counter) -> None:
    broker.take(broker.store.asked_lists(broker.now).rows)
    leads(broker, PROJECT, 0)
    _, answer = broker.check(CJIT, person(0), says=names_nobody)
    assert answer.status.value == "cannot_say"
    week_over(broker)
    assert [one.checks for one in lists(broker, PROJECT)] == [()]
    assert broker.ask("SELECT * FROM asked_about") == []


def test_each_week_is_listed_once_whoever_looks_and_nothing_falls_between_two(broker: Counter, database_url: str) -> None:
    other = Counter(database_url, process="another", budgets=MANY)
    broker.take(broker.store.asked_lists(broker.now).rows)
    leads(broker, PROJECT, 0)
    asked = 0
    for _ in range(3):
        for _ in range(3):
            broker.check(CJIT, person(0))
            asked += 1
            broker.now += WEEK // 3 + 1
        found: list[Settled] = []
        at_once(*([lambda one=one, found=found: found.append(one.store.asked_lists(broker.now))] for one in (broker, other)))
        broker.take([row for each in found for row in each.rows])
    weeks = [(one.since, one.until) for one in lists(broker, PROJECT)]
    assert len(weeks) == 3
    assert [since for since, _ in weeks[1:]] == [until for _, until in weeks[:-1]]
    assert sum(len(one.checks) for one in lists(broker, PROJECT)) == asked
    # And whoever comes with a week that another has told meanwhile tells nothing.
    told = broker.ask("SELECT until FROM asked_list WHERE agency = ?", PROJECT)
    assert not broker.store.write_down(lambda work: _tell(work, Notices(partnership().directory, 0), PROJECT, *weeks[-1]))
    assert broker.ask("SELECT until FROM asked_list WHERE agency = ?", PROJECT) == told
    other.store.close()


def test_a_broker_that_was_down_for_weeks_tells_each_of_them(broker: Counter) -> None:
    broker.take(broker.store.asked_lists(broker.now).rows)
    leads(broker, PROJECT, 0)
    broker.now += MARGIN
    broker.check(CJIT, person(0))
    broker.now += 3 * WEEK
    for _ in range(5):
        broker.take(broker.store.asked_lists(broker.now).rows)
    assert [len(one.checks) for one in lists(broker, PROJECT)] == [1, 0, 0]


def test_a_long_list_comes_in_parts_and_old_rows_are_forgotten(broker: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("broker.store.asked.MOST_ASKED", 2)
    broker.take(broker.store.asked_lists(broker.now).rows)
    leads(broker, PROJECT, 0)
    for _ in range(5):
        broker.check(CJIT, person(0))
    week_over(broker)
    parts = lists(broker, PROJECT)
    assert [(one.part, one.parts, len(one.checks)) for one in parts] == [(1, 3, 2), (2, 3, 2), (3, 3, 1)]
    assert broker.ask("SELECT count(*) FROM asked_about WHERE agency = ?", PROJECT) == [(5,)]
    for _ in range(KEPT // WEEK + 1):
        week_over(broker)
    assert broker.ask("SELECT count(*) FROM asked_about WHERE agency = ?", PROJECT) == [(0,)]
