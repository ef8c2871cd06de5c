"""A hundred histories through RabbitMQ: nothing was delivered that a fresh decision would refuse (V6, V9, V16)."""

import pytest

from tests.integration.rabbitmq import Rabbit
from tests.specs.histories.play import play
from tests.specs.histories.wired import WiredWorld

COHORT = range(50)
# In both of these, programs die and withdrawals race what was permitted: a broker that forgets either is found by them.
SEEDS = (8, 10)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", SEEDS)
def test_after_any_of_a_hundred_histories_through_rabbitmq_nothing_was_delivered_that_must_not_be(
    rabbitmq: Rabbit, seed: int
) -> None:
    worlds: list[WiredWorld] = []

    def make(broker_url: str, consent_url: str, credit: int, *, made: bool) -> WiredWorld:
        worlds.append(WiredWorld(broker_url, consent_url, credit, made=made, rabbit=rabbitmq))
        return worlds[0]

    cohort = play(seed, COHORT, make=make)
    assert not cohort.violations, str(cohort.violations[0])
    # It went over the wires, and each message was given to the local system once.
    (world,) = worlds
    assert world.counted["submitted"] >= 4 * len(COHORT)
    assert world.counted["put into inboxes"] >= len(COHORT)
    assert cohort.counts.opened > 0
    assert len(world.desk.given) == len(set(world.desk.given)) > 0
