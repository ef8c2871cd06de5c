"""The line's settings: each one that would lose a message keeps the service from starting."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import pytest
from faststream import AckPolicy
from faststream.rabbit import Channel, RabbitBroker, RabbitQueue

from consent.answers import Answers
from consent.line import UnsafeSettingsError, make_broker, refuse_unsafe_settings
from consent.outcomes import Outcomes
from consent.watch import Watch
from contracts import topology


def line() -> RabbitBroker:
    nothing = cast("Any", None)
    with ThreadPoolExecutor(1) as worker:
        return make_broker("amqp://nowhere/relay", cast("Answers", nothing), cast("Outcomes", nothing), worker, Watch())


def subscriber(broker: RabbitBroker, number: int) -> Any:
    return list(broker.subscribers)[number]


def no_bound(broker: RabbitBroker) -> None:
    subscriber(broker, 0).channel = Channel(on_return_raises=True)


def one_channel_for_both(broker: RabbitBroker) -> None:
    subscriber(broker, 0).channel = subscriber(broker, 1).channel


def no_channel_of_its_own(broker: RabbitBroker) -> None:
    subscriber(broker, 0).channel = None


def answers_by_itself(broker: RabbitBroker) -> None:
    subscriber(broker, 0)._no_reply = False


def declares_by_itself(broker: RabbitBroker) -> None:
    subscriber(broker, 0).queue = RabbitQueue(topology.QUESTIONS_QUEUE)


def loses_what_cannot_be_routed(broker: RabbitBroker) -> None:
    manager = broker.config.channel_manager
    manager._ChannelManagerImpl__default_channel = Channel(prefetch_count=1)


def another_queue(broker: RabbitBroker) -> None:
    broker.subscriber(topology.DEAD_QUEUE)


UNSAFE: dict[str, Callable[[RabbitBroker], None]] = {
    each.__name__.replace("_", " "): each
    for each in (
        no_bound,
        one_channel_for_both,
        no_channel_of_its_own,
        answers_by_itself,
        declares_by_itself,
        loses_what_cannot_be_routed,
        another_queue,
    )
}


def test_the_line_as_it_is_made_is_safe() -> None:
    refuse_unsafe_settings(line())


@pytest.mark.parametrize("what", UNSAFE)
def test_an_unsafe_setting_keeps_the_service_from_starting(what: str) -> None:
    broker = line()
    UNSAFE[what](broker)
    with pytest.raises(UnsafeSettingsError):
        refuse_unsafe_settings(broker)


def test_an_acknowledgement_policy_that_drops_what_failed_keeps_it_from_starting() -> None:
    broker = RabbitBroker(default_channel=Channel(on_return_raises=True), logger=None)
    for queue in (topology.QUESTIONS_QUEUE, topology.OUTCOMES_QUEUE):
        broker.subscriber(
            RabbitQueue(queue, declare=False),
            channel=Channel(prefetch_count=1, on_return_raises=True),
            ack_policy=AckPolicy.REJECT_ON_ERROR,
            no_reply=True,
        )
    with pytest.raises(UnsafeSettingsError, match="acknowledgement policy"):
        refuse_unsafe_settings(broker)
