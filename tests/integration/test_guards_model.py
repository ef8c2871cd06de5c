"""The guards in every state they can reach with two agencies, over the shipped judgements, store and indexes.

``python -m tests.guards.model`` does the same with three; docs/operators-handbook.md says how many states that were.
"""

import pytest

from broker import leads
from broker.outcome import CLEARED, CloseCases, Judged
from contracts.vocabulary import CaseMove
from tests.guards import model, steps
from tests.guards.world import CJIT, PROJECT, World

# How many states each small world has: a number that changes says that a guard has changed.
STATES = {
    "who leads, two agencies": 33,
    "who leads, two agencies and a merge": 56,
    "who prescribes, two prescribers": 80,
    "who prescribes, two and a merge": 350,
}


@pytest.mark.parametrize("name", model.WORLDS)
def test_never_two_never_none_and_always_a_way_to_the_end(name: str) -> None:
    world, kinds = model.WORLDS[name]
    found = model.explore(world, *kinds)
    assert model.without_an_end(found) == []
    assert len(found.states) == STATES[name]


@pytest.mark.parametrize("name", [name for name in model.WORLDS if "merge" in name])
def test_a_merge_that_is_taken_back_at_once_leaves_everything_as_it_was(name: str) -> None:
    world, kinds = model.WORLDS[name]
    before = [state for state in model.explore(world, *kinds).states if not state.merged]
    for state in before:
        with world.at(state):
            ((_, merge), (_, undo)) = steps.people_steps(world)
            assert merge(world)
            assert undo(world)
            assert world.read() == state
    assert len(before) > 10


def test_a_lead_that_may_go_while_others_stay_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = leads.judge_case

    def lets_go(step, taker, caseload, check, partners, now):
        if step.move is CaseMove.CLOSE:
            return Judged(CLEARED, (CloseCases(tuple(c.id for c in caseload.current if c.agency == taker.agency), None),))
        return honest(step, taker, caseload, check, partners, now)

    monkeypatch.setattr(steps, "judge_case", lets_go)
    with pytest.raises(AssertionError, match="a case without a lead: nothing / cjit-ashby opens as lead"):
        model.explore(World((CJIT, PROJECT)), steps.lead_steps)


def test_without_the_index_two_leads_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("broker.store.cases.stand_back", lambda *_: 1)
    world = World((CJIT, PROJECT))
    world.work.run("DROP INDEX one_lead")
    with pytest.raises(AssertionError, match="two leads"):
        model.explore(world, steps.lead_steps)


def test_a_conflict_that_nobody_lifts_has_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("broker.prescriptions.rest_of_conflict", lambda *_: ())
    with pytest.raises(AssertionError, match="a prescription in conflict with nobody"):
        model.explore(World(("drugs-ashby", PROJECT)), steps.script_steps)
