"""A merge that another process has not yet committed: a step that begins meanwhile is decided for whom she is then."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from broker.store import merges
from broker.store.database import Work
from contracts.kinds import Kind
from contracts.steps import ScriptStep
from contracts.vocabulary import ScriptMove
from tests.guards.races import DRUGS, PROJECT, Pair, message, open_pair, two_known, wrong_with
from tests.guards.trials import close


@pytest.fixture
def pair(database_url: str) -> Iterator[Pair]:
    both = open_pair(database_url)
    yield both
    close(both)


def test_a_step_that_begins_while_a_merge_is_not_yet_committed_is_decided_for_who_she_is_then(pair: Pair) -> None:
    one, two = pair
    hers, theirs, _ = two_known(one, 0)
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
    assert wrong_with(one) == []
    assert two.guard(DRUGS, start.message or "") == [("not_cleared", "SCRIPT_ELSEWHERE", PROJECT)]
