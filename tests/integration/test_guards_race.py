"""Two agencies act for one person in the same moment, from two broker processes: never two, never none, and both know.

By the thousand: ``python -m tests.guards.trials --trials 10000 --database postgresql``.
"""

from collections.abc import Iterator

import pytest

from contracts.kinds import Kind
from tests.factories import letter, seal_letter
from tests.guards import races
from tests.guards.races import DRUGS, PROJECT, Pair
from tests.guards.trials import EVERY, close
from tests.guards.undone import merged_and_undone
from tests.integration.counter import incoming

# Five hundred on each database in all: those that are played most are those that decide who prescribes and who leads.
TRIALS = {
    "two reservations": 125,
    "two leads": 100,
    "a merge and a reservation": 75,
    "a merge and a reservation by a former reference": 25,
    "a merge and a lead": 50,
    "a merge taken back and a check": 25,
    "two who say same": 25,
    "merged and taken back": 75,
}


@pytest.fixture
def pair(database_url: str) -> Iterator[Pair]:
    """Two processes on one database."""
    both = races.open_pair(database_url)
    yield both
    close(both)


def test_five_hundred_trials_are_played_of_every_race() -> None:
    assert TRIALS.keys() == EVERY.keys()
    assert sum(TRIALS.values()) == 500


@pytest.mark.parametrize("race", TRIALS)
def test_whoever_comes_first_there_is_never_one_too_many_nor_one_too_few(pair: Pair, race: str) -> None:
    assert EVERY[race](pair, TRIALS[race]) == []


def test_a_guard_that_lets_a_second_one_in_is_found(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("broker.store.scripts.current", lambda work, people: ())
    pair[0].store._database.write(lambda work: work.run("DROP INDEX one_live_script"))
    found = races.two_reservations(pair, 3)
    assert "two live prescriptions" in found
    assert any(each.startswith("trial 0") for each in found)


def test_a_merge_that_is_not_wholly_taken_back_is_found(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("broker.store.undoing._scripts_stand_again", lambda work, person, merge: [])
    found = merged_and_undone(pair, 30)
    assert any("script: " in each for each in found)
    assert not any("cases: " in each for each in found)


def test_one_message_taken_by_two_processes_has_one_effect(pair: Pair) -> None:
    one, two = pair
    references = races.registered(one, DRUGS, 50)
    made = [
        incoming(seal_letter(letter(Kind.REFERRAL_MADE, DRUGS, created=one.now, reference=each)), DRUGS, one.now)
        for each in references
    ]
    races.settled_at_once(pair, [(each, each) for each in made])
    delivered = one.delivered_to(PROJECT) + two.delivered_to(PROJECT)
    assert sorted(delivered) == sorted(each.message or "" for each in made)
    assert one.ask("SELECT count(*) FROM message WHERE state = 'sent'") == [(50,)]
