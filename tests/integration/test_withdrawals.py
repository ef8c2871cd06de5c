"""A withdrawal, or a correction, reaches everyone who was told, and each says so: on both databases."""

from collections.abc import Iterator

import pytest

from contracts import topology
from contracts.consent_check import Recorded, Telling
from contracts.identifiers import new_id
from contracts.kinds import Kind
from contracts.steps import Receipt, ReceiptsStep
from contracts.vocabulary import Reason
from tests.factories import MINUTE, person
from tests.integration.counter import Counter, Says, refuses

CJIT, PROJECT, DRUGS = "cjit-ashby", "project-ashby", "drugs-ashby"


@pytest.fixture
def broker(database_url: str) -> Iterator[Counter]:
    counter = Counter(database_url)
    yield counter
    counter.store.close()


def tells(*messages: str, withdrawn: bool = True) -> tuple[Says, list[str]]:
    """The consent service records it, and names these messages; the ids of the tellings."""
    tellings = tuple(Telling(id=new_id(), message=message) for message in messages)
    return (
        lambda incoming, who: Recorded(
            message=incoming.message or "", attempt=incoming.attempt, index=9, withdrawn=withdrawn, tellings=tellings
        ),
        [one.id for one in tellings],
    )


def acknowledge(broker: Counter, agency: str, telling: str) -> None:
    receipts = (Receipt(message=telling, attempt=1, result="acknowledged"),)
    broker.send(Kind.RECEIPTS, agency, step=ReceiptsStep(receipts=receipts))


def told(broker: Counter, agency: str) -> list[tuple[str, str | None, str | None]]:
    return [(one.alert, one.message, one.telling) for one in broker.alerts(agency)]


def test_whoever_has_it_or_may_have_it_is_told_and_what_had_not_left_is_recalled(broker: Counter) -> None:
    reference = broker.register(CJIT, person())
    opened, lies_there = (broker.send(Kind.REFERRAL_MADE, CJIT, reference=reference) for _ in range(2))
    refused = broker.send(Kind.REFERRAL_MADE, CJIT, reference=reference, says=refuses(Reason.NO_CONSENT))
    broker.receipt(PROJECT, opened, "delivered")
    broker.publish()
    says, (first, second, third) = tells(opened, lies_there, refused)
    broker.send(Kind.CONSENT_WITHDRAWN, CJIT, reference=reference, says=says)
    assert told(broker, PROJECT) == [("consent_withdrawn", opened, first), ("consent_withdrawn", lies_there, second)]
    hers = {delivery.permit.decision.reference for _, delivery in broker.deliveries}
    assert {one.reference for one in broker.alerts(PROJECT)} == hers, "her reference at that agency, and no other"
    assert broker.logged(third) == [("recalled", None)]
    assert broker.ask("SELECT count(*) FROM telling WHERE acknowledged IS NULL") == [(2,)]


def test_only_who_was_told_acknowledges_and_once(broker: Counter) -> None:
    reference = broker.register(CJIT, person())
    message = broker.send(Kind.REFERRAL_MADE, CJIT, reference=reference)
    broker.receipt(PROJECT, message, "delivered")
    says, (telling,) = tells(message)
    broker.send(Kind.CONSENT_WITHDRAWN, CJIT, reference=reference, says=says)
    acknowledge(broker, DRUGS, telling)
    assert broker.logged(telling) == []
    for _ in range(2):
        acknowledge(broker, PROJECT, telling)
    assert broker.logged(telling) == [("acknowledged", None)]
    assert broker.ask("SELECT count(*) FROM telling WHERE acknowledged IS NULL") == [(0,)]


def test_a_correction_is_told_and_stops_nothing(broker: Counter) -> None:
    reference = broker.register(CJIT, person())
    message = broker.send(Kind.REFERRAL_MADE, CJIT, reference=reference)
    says, (telling,) = tells(message, withdrawn=False)
    broker.send(Kind.CORRECTION_RECORDED, CJIT, reference=reference, says=says)
    assert told(broker, PROJECT) == [("value_corrected", message, telling)]
    assert broker.state(message) == "sent"


def test_a_recipient_that_had_not_handed_it_over_may_say_that_it_never_will(broker: Counter) -> None:
    message = broker.send(Kind.REFERRAL_MADE, CJIT, reference=broker.register(CJIT, person()))
    broker.receipt(PROJECT, message, "refused", reason=Reason.CONSENT_WITHDRAWN)
    assert broker.told(CJIT, message)[-1] == ("refused", "CONSENT_WITHDRAWN")
    assert broker.logged(message) == [("refused", "CONSENT_WITHDRAWN")]


def test_what_was_permitted_before_a_restriction_does_not_go_after_it(broker: Counter) -> None:
    reference = broker.register(CJIT, person())
    on_its_way = broker.send(Kind.REFERRAL_MADE, CJIT, reference=reference)
    ((record,),) = broker.ask("SELECT id FROM record WHERE reference = ?", reference)
    # Its broker died with it in hand: nobody publishes it.
    broker.now += 2 * MINUTE
    assert broker.store.call_back(9, [record], now=broker.now) == 1
    assert [row.what for row in broker.claim() if row.what == topology.WHAT_DELIVERY] == []
    assert broker.ask("SELECT state, reason FROM message WHERE id = ?", on_its_way) == [("waiting", Reason.RESTRICTED.value)]
    # As often as anyone asks; what was called back is not called back twice.
    assert broker.store.call_back(9, [record], now=broker.now) == 0
    broker.due(says=refuses(Reason.RESTRICTED))
    assert broker.ask("SELECT state FROM message WHERE id = ?", on_its_way) == [("refused",)]
