"""A new reference at the adapter (T16): when it is used, what is known meanwhile, and what is left of the former one."""

from pathlib import Path
from typing import Any

import pytest

from agencies.drafts import Rejected
from agencies.renewing import Renewing
from contracts.envelope import Received
from contracts.identifiers import new_id
from contracts.kinds import FORMER_STANDS, Kind
from contracts.notices import ReceiptItem
from contracts.steps import ReferenceStep
from contracts.vocabulary import Reason, ReceiptState
from tests.factories import DAY, letter, seal_letter
from tests.unit.agencies.town import Desk, GrowingLog

HER = "client-9"
CONSENT = {
    "type": "consent", "consent": "c-1", "person": HER, "to": "housing-ashby", "limits_shown": True, "answer": "given",
    "purpose": "housing_referral", "labels": ["identity"], "alone": True, "capacity": "present",
}  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """The project, which has registered her and has a consent of hers."""
    made = Desk("project-ashby", tmp_path)
    made.register(HER)
    made.sent(id="n-consent", **CONSENT)
    return made


def asks(desk: Desk, name: str = "n-new", **changes: Any) -> Received:
    return desk.sent(**{"type": "new_reference", "id": name, "person": HER, **changes})


def fresh_of(message: Received) -> str:
    step = message.submission.for_broker.step
    assert isinstance(step, ReferenceStep)
    return step.fresh


def used(desk: Desk, name: str) -> str | None:
    """The reference that a record about her is sent under now."""
    return desk.sent(type="watch", id=name, person=HER).submission.for_broker.reference


def hear(desk: Desk, message: Received, state: ReceiptState, reason: Reason | None = None) -> None:
    desk.hear(ReceiptItem(message=message.header.id, state=state, reason=reason))


def arrives(desk: Desk, log: GrowingLog, reference: str) -> str:
    """A referral from the CJIT about her, by this reference of the project's; the message."""
    made = letter(Kind.REFERRAL_MADE, "cjit-ashby", created=desk.clock())
    desk.receive(log.deliver(seal_letter(made), reference=reference))
    return made.id


def held(desk: Desk) -> list[str]:
    """Where a reference may stand in the adapter's file."""
    columns = (("reference", "reference"), ("keyed", "reference"), ("consent", "reference"), ("message", "reference"),
               ("received", "reference"), ("former", "reference"), ("former", "fresh"))  # fmt: skip
    return [row[0] for table, column in columns for row in desk.store.rows.execute(f"SELECT {column} FROM {table}") if row[0]]


def test_it_asks_under_the_former_one_and_names_nobody_else(desk: Desk) -> None:
    (old, _) = desk.store.reference_of(HER) or ("", None)
    message = asks(desk)
    assert message.header.kind is Kind.REFERENCE_REPLACED
    assert message.submission.for_broker.reference == old
    assert fresh_of(message) not in {"", old}
    assert message.submission.to_consent is None
    assert message.submission.to_recipient is None


def test_the_former_one_is_used_until_the_broker_has_the_new_one(desk: Desk) -> None:
    (old, _) = desk.store.reference_of(HER) or ("", None)
    message = asks(desk)
    assert used(desk, "n-before") == old
    hear(desk, message, ReceiptState.RECEIVED)
    assert used(desk, "n-received") == old
    hear(desk, message, ReceiptState.DELIVERED)
    assert used(desk, "n-after") == fresh_of(message)
    assert desk.store.person_of(old) == desk.store.person_of(fresh_of(message)) == HER


def test_what_it_did_before_goes_on_under_the_new_one(desk: Desk) -> None:
    (old, _) = desk.store.reference_of(HER) or ("", None)
    message = asks(desk)
    hear(desk, message, ReceiptState.DELIVERED)
    withdrawn = desk.sent(type="consent_withdrawal", id="n-back", consent="c-1")
    assert withdrawn.submission.for_broker.reference == fresh_of(message)
    assert desk.register(HER, id="p-again").submission.for_broker.reference == fresh_of(message)
    # Only to know it by, if it still comes.
    assert held(desk).count(old) == 2


def test_said_twice_it_changes_nothing(desk: Desk) -> None:
    message = asks(desk)
    for _ in range(2):
        hear(desk, message, ReceiptState.DELIVERED)
    hear(desk, message, ReceiptState.DELIVERED, Reason.REPLAYED)
    assert used(desk, "n-after") == fresh_of(message)


def test_a_record_of_one_id_is_one_question(desk: Desk) -> None:
    first = asks(desk)
    assert asks(desk).header.id == first.header.id


def test_while_no_word_has_come_nobody_asks_again_and_then_anybody_may(desk: Desk) -> None:
    asks(desk)
    again = desk.take(type="new_reference", id="n-again", person=HER)
    assert isinstance(again, Rejected)
    assert again.code == "asked-already"
    desk.clock.now += DAY + 1
    assert asks(desk, "n-later").header.kind is Kind.REFERENCE_REPLACED


def test_refused_it_is_as_if_nobody_had_asked(desk: Desk) -> None:
    before = sorted(held(desk))
    message = asks(desk)
    hear(desk, message, ReceiptState.REFUSED, Reason.REFERENCE_TAKEN)
    assert sorted(set(held(desk))) == sorted(set(before))
    assert asks(desk, "n-again").submission.for_broker.reference == message.submission.for_broker.reference


NOT_FOR = {
    "not-registered": {"person": "client-404"},
    "not-her-reference": {"reference": "ab" * 16},
}


@pytest.mark.parametrize("code", NOT_FOR)
def test_only_for_somebody_of_its_own_and_one_of_hers(desk: Desk, code: str) -> None:
    refused = desk.take(**{"type": "new_reference", "id": "n-new", "person": HER, **NOT_FOR[code]})
    assert isinstance(refused, Rejected)
    assert refused.code == code


def test_what_is_on_its_way_under_the_former_one_is_hers_and_answered_under_the_new_one(desk: Desk) -> None:
    (old, _) = desk.store.reference_of(HER) or ("", None)
    log, message = GrowingLog(), asks(desk)
    hear(desk, message, ReceiptState.DELIVERED)
    came = arrives(desk, log, old)
    (record,) = desk.receiving.to_hand_over(10)
    assert (record.fields["person"], record.fields["reference"]) == (HER, fresh_of(message))
    heard = desk.inbox.heard(came)
    assert heard is not None
    assert heard.reference == fresh_of(message)


def test_what_waited_for_the_local_system_meanwhile_is_handed_over_under_the_new_one(desk: Desk) -> None:
    (old, _) = desk.store.reference_of(HER) or ("", None)
    log, message = GrowingLog(), asks(desk)
    arrives(desk, log, old)
    hear(desk, message, ReceiptState.DELIVERED)
    desk.clock.now += FORMER_STANDS
    assert Renewing(desk.store).forget(desk.clock()) == 1
    desk.again()
    (record,) = desk.receiving.to_hand_over(10)
    assert (record.fields["person"], record.fields["reference"]) == (HER, fresh_of(message))


def test_whoever_sends_by_the_new_one_tells_that_the_broker_has_it_though_the_receipt_was_lost(desk: Desk) -> None:
    message = asks(desk)
    arrives(desk, GrowingLog(), fresh_of(message))
    (record,) = desk.receiving.to_hand_over(10)
    assert record.fields["person"] == HER
    assert used(desk, "n-after") == fresh_of(message)


def test_replaced_twice_the_first_still_leads_to_the_last(desk: Desk) -> None:
    (old, _) = desk.store.reference_of(HER) or ("", None)
    first = asks(desk)
    hear(desk, first, ReceiptState.DELIVERED)
    second = asks(desk, "n-second")
    hear(desk, second, ReceiptState.DELIVERED)
    renewing = Renewing(desk.store)
    assert {renewing.present(one, desk.clock()) for one in (old, fresh_of(first), fresh_of(second))} == {fresh_of(second)}


def test_after_its_time_the_former_one_stands_nowhere_here(desk: Desk) -> None:
    (old, _) = desk.store.reference_of(HER) or ("", None)
    message = asks(desk)
    hear(desk, message, ReceiptState.DELIVERED)
    renewing = Renewing(desk.store)
    desk.clock.now += FORMER_STANDS - 1
    assert renewing.forget(desk.clock()) == 0
    desk.clock.now += 1
    assert renewing.forget(desk.clock()) == 1
    assert old not in held(desk)
    assert fresh_of(message) in held(desk)


def test_a_kill_in_between_loses_neither(desk: Desk) -> None:
    (old, _) = desk.store.reference_of(HER) or ("", None)
    message = asks(desk)
    desk.again()
    assert used(desk, "n-before") == old
    hear(desk, message, ReceiptState.DELIVERED)
    desk.again()
    assert used(desk, "n-after") == fresh_of(message)


def test_an_unknown_reference_stays_what_it_is(desk: Desk) -> None:
    other = new_id()
    assert Renewing(desk.store).present(other, desk.clock()) == other
    assert Renewing(desk.store).present(None, desk.clock()) is None
