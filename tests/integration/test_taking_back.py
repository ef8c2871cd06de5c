"""A referral that its sender takes back: before it has left, and after."""

from collections.abc import Iterator
from typing import Any

import pytest

from broker.store import taking_back
from broker.store.database import AgainError
from broker.store.notices import Notices
from contracts.identifiers import new_id
from contracts.kinds import Kind
from contracts.vocabulary import Reason
from tests.factories import DAY, MINUTE, letter, partnership, person, seal_letter
from tests.integration.counter import Counter, Says, away, holds, incoming, lets_pass, refuses

CJIT, PROJECT = "cjit-ashby", "project-ashby"
RECEIVED, DELIVERED = ("received", None), ("delivered", None)
TAKEN_BACK = ("refused", "TAKEN_BACK")


@pytest.fixture
def broker(database_url: str) -> Iterator[Counter]:
    counter = Counter(database_url, credit=1)
    yield counter
    counter.store.close()


@pytest.fixture
def talk(broker: Counter) -> dict[str, Any]:
    """One conversation about someone the CJIT has registered."""
    return {"reference": broker.register(CJIT, person()), "conversation": new_id(), "recipient": PROJECT, "role": "intake"}


def withdraws(broker: Counter, made: str, talk: dict[str, Any], says: Says = lets_pass) -> str:
    return broker.send(Kind.REFERRAL_WITHDRAWN, CJIT, in_reply_to=made, says=says, **talk)


def held(broker: Counter, talk: dict[str, Any]) -> str:
    return broker.send(Kind.REFERRAL_MADE, CJIT, says=holds(broker.now + DAY), **talk)


def waiting(broker: Counter, talk: dict[str, Any]) -> str:
    return broker.send(Kind.REFERRAL_MADE, CJIT, says=away, **talk)


def queued(broker: Counter, talk: dict[str, Any]) -> str:
    fills = {**talk, "conversation": new_id()}
    broker.receipt(PROJECT, broker.send(Kind.REFERRAL_MADE, CJIT, **fills), "delivered")
    broker.send(Kind.REFERRAL_MADE, CJIT, **{**talk, "conversation": new_id()})
    broker.publish()
    broker.deliveries.clear()
    return broker.send(Kind.REFERRAL_MADE, CJIT, **talk)


@pytest.mark.parametrize("stands", [held, waiting, queued])
@pytest.mark.parametrize("says", [lets_pass, away, refuses(Reason.NO_CONSENT)])
def test_what_has_not_left_ends_where_it_is_whatever_may_pass_and_nobody_else_hears(
    broker: Counter, talk: dict[str, Any], stands: Any, says: Says
) -> None:
    made = stands(broker, talk)
    assert broker.state(made) == stands.__name__
    withdrawn = withdraws(broker, made, talk, says)
    assert broker.told(CJIT, made)[-1] == TAKEN_BACK
    assert broker.told(CJIT, withdrawn) == [RECEIVED, DELIVERED]
    assert (broker.logged(made), broker.logged(withdrawn)) == ([TAKEN_BACK], [("done", None)])
    broker.now += MINUTE
    assert broker.due() == 0
    for _ in range(3):
        broker.claim()
    assert broker.deliveries == []
    assert broker.ask("SELECT count(*) FROM body WHERE message IN (?, ?)", made, withdrawn) == [(0,)]
    assert broker.ask("SELECT what, reason FROM hop WHERE message = ?", made)[-1] == ("refused", Reason.TAKEN_BACK.value)


def test_what_has_left_is_followed_by_its_withdrawal(database_url: str, talk: dict[str, Any]) -> None:
    broker = Counter(database_url)
    made = broker.send(Kind.REFERRAL_MADE, CJIT, **talk)
    withdrawn = withdraws(broker, made, talk)
    assert broker.delivered_to(PROJECT) == [made, withdrawn]
    assert broker.told(CJIT, made) == [RECEIVED]
    broker.store.close()


@pytest.mark.parametrize(
    ("says", "delivered", "states"), [(lets_pass, True, ["sent", "sent"]), (away, False, ["refused", "done"])]
)
def test_both_may_come_in_one_batch(
    database_url: str, talk: dict[str, Any], says: Says, delivered: bool, states: list[str]
) -> None:
    broker = Counter(database_url)
    made = letter(Kind.REFERRAL_MADE, CJIT, created=broker.now, **talk)
    withdrawn = letter(Kind.REFERRAL_WITHDRAWN, CJIT, created=broker.now, in_reply_to=made.id, **talk)
    broker.settle([incoming(seal_letter(each), CJIT, broker.now) for each in (made, withdrawn)], says=says)
    assert broker.delivered_to(PROJECT) == ([made.id, withdrawn.id] if delivered else [])
    assert [broker.state(each.id) for each in (made, withdrawn)] == states
    broker.store.close()


def test_it_is_taken_back_once_and_may_be_made_again(broker: Counter, talk: dict[str, Any]) -> None:
    made = held(broker, talk)
    withdraws(broker, made, talk)
    second = withdraws(broker, made, talk)
    assert broker.told(CJIT, second) == [("refused", "STEP_ALREADY_TAKEN")]
    again = broker.send(Kind.REFERRAL_MADE, CJIT, **talk)
    assert broker.delivered_to(PROJECT) == [again]


def test_what_is_said_of_it_follows_it_and_does_not_overtake(broker: Counter, talk: dict[str, Any]) -> None:
    made = waiting(broker, talk)
    completed = broker.send(Kind.REFERRAL_COMPLETED, CJIT, in_reply_to=made, **talk)
    assert broker.told(CJIT, completed) == [RECEIVED, ("held", "NOT_ITS_TURN")]
    broker.now += 2_000
    broker.due()
    assert broker.delivered_to(PROJECT) == [made]
    broker.receipt(PROJECT, made, "delivered", attempt=2)
    broker.claim()
    assert broker.delivered_to(PROJECT) == [made, completed]


def test_what_leaves_in_the_same_moment_is_decided_again(broker: Counter, talk: dict[str, Any]) -> None:
    made = broker.send(Kind.REFERRAL_MADE, CJIT, **talk)
    notices = Notices(partnership().directory, broker.now)
    with pytest.raises(AgainError):
        broker.store._database._attempt(lambda work: taking_back.stop(work, [made], notices, broker.now), "BEGIN")
    assert broker.state(made) == "sent"
