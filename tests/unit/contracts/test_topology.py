"""RabbitMQ as data: limits stated, dead letters kept, and each account with nothing more than it needs."""

import re

import pytest

from contracts import topology
from tests.factories import AGENCIES

QUEUES = {queue.name: queue for queue in topology.queues(AGENCIES)}
RIGHTS = {right.user: right for right in topology.rights(AGENCIES)}


def test_every_agency_has_one_inbox_bound_to_its_own_id() -> None:
    for agency in AGENCIES:
        queue = QUEUES[topology.inbox(agency)]
        assert (queue.exchange, queue.routing_key) == (topology.INBOX, agency)
    assert len(QUEUES) == len(AGENCIES) + 4


def test_what_must_not_be_lost_is_in_quorum_queues_with_a_stated_limit_and_a_way_for_dead_letters() -> None:
    for name in (topology.INTAKE_QUEUE, topology.OUTCOMES_QUEUE, *map(topology.inbox, AGENCIES)):
        arguments = QUEUES[name].arguments
        assert arguments["x-queue-type"] == "quorum"
        assert arguments["x-delivery-limit"] == topology.DELIVERY_LIMIT
        assert (arguments["x-dead-letter-exchange"], arguments["x-dead-letter-strategy"]) == (topology.DEAD, "at-least-once")
        assert arguments["x-overflow"] == "reject-publish"


def test_the_dead_queue_has_no_dead_queue_of_its_own() -> None:
    assert "x-dead-letter-exchange" not in QUEUES[topology.DEAD_QUEUE].arguments


def test_a_question_is_not_kept_longer_than_anyone_waits_for_it() -> None:
    assert QUEUES[topology.QUESTIONS_QUEUE].arguments["x-message-ttl"] == topology.QUESTION_LIFETIME_MS


@pytest.mark.parametrize("agency", AGENCIES)
def test_an_agency_writes_only_its_submissions_and_reads_only_its_own_inbox(agency: str) -> None:
    rights = RIGHTS[agency]
    everything = [*QUEUES, *(exchange.name for exchange in topology.EXCHANGES), "amq.default", "inbox.cjit-ashby-2"]
    assert [name for name in everything if re.search(rights.write, name)] == [topology.SUBMIT]
    assert [name for name in everything if re.search(rights.read, name)] == [topology.inbox(agency)]
    assert rights.submit_key is not None
    assert [key for key in (*AGENCIES, f"{agency}-2", "broker") if re.search(rights.submit_key, key)] == [agency]


def test_the_services_reach_only_what_is_theirs() -> None:
    names = [*QUEUES, *(exchange.name for exchange in topology.EXCHANGES), "amq.default"]
    reach = {
        user: (
            {name for name in names if re.search(RIGHTS[user].write, name)},
            {name for name in names if re.search(RIGHTS[user].read, name)},
        )
        for user in (topology.BROKER_USER, topology.CONSENT_USER)
    }
    assert reach == {
        "broker": ({"inbox", "ask", "submit"}, {"intake", "dead"}),
        "consent": ({"amq.default"}, {"consent.questions", "consent.outcomes"}),
    }


def test_every_exchange_of_a_queue_exists() -> None:
    assert {queue.exchange for queue in QUEUES.values()} <= {exchange.name for exchange in topology.EXCHANGES}
