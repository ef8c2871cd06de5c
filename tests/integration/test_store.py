"""The broker's store on both databases: what becomes of a message, what is told, and what is left behind."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from broker.incoming import Incoming, Who
from contracts.consent_check import Answer
from contracts.identifiers import new_id
from contracts.kinds import Kind
from contracts.notices import AlertItem, ReceiptItem
from contracts.steps import CaseStep, CheckStep, LeadStep, RegisterStep, ScriptStep
from contracts.vocabulary import (
    CaseloadStatus,
    CaseMove,
    CaseRole,
    CloseReason,
    LeadMove,
    LeadReason,
    Presentation,
    Reason,
    ReceiptState,
    ScriptMove,
)
from tests.factories import DAY, MINUTE, letter, person, seal_letter
from tests.integration.counter import (
    Counter,
    away,
    holds,
    incoming,
    lets_pass,
    not_yet,
    permits_broken,
    permits_until,
    refuses,
    stale,
)

CJIT, PROJECT, DRUGS, HOUSING, SARC = "cjit-ashby", "project-ashby", "drugs-ashby", "housing-ashby", "sarc-ashby"
OPEN_LEAD = CaseStep(move=CaseMove.OPEN, role=CaseRole.LEAD)
CUSTODY = Presentation.CUSTODY
RECEIVED, DELIVERED = ("received", None), ("delivered", None)


@pytest.fixture
def broker(database_url: str) -> Iterator[Counter]:
    counter = Counter(database_url)
    yield counter
    counter.store.close()


def referral(broker: Counter, **changes: Any) -> str:
    """A referral from the CJIT to the project about someone the CJIT has registered."""
    reference = changes.pop("reference", None) or broker.register(CJIT, person())
    return broker.send(Kind.REFERRAL_MADE, CJIT, reference=reference, **changes)


# --- the straight way


def test_a_referral_is_delivered_and_its_sender_learns_of_each_turn(broker: Counter) -> None:
    message = referral(broker)
    assert broker.delivered_to(PROJECT) == [message]
    assert broker.told(CJIT, message) == [RECEIVED]
    assert broker.state(message) == "sent"
    broker.receipt(PROJECT, message, "delivered")
    assert broker.told(CJIT, message) == [RECEIVED, DELIVERED]
    assert broker.state(message) == "delivered"
    assert broker.logged(message) == [("delivered", None)]
    assert broker.ask("SELECT * FROM body WHERE message = ?", message) == []


def test_the_recipient_has_a_reference_of_its_own_and_keeps_it(broker: Counter) -> None:
    reference = broker.register(CJIT, person())
    for _ in range(2):
        referral(broker, reference=reference)
    references = {delivery.permit.decision.reference for _, delivery in broker.deliveries}
    assert len(references) == 1
    assert reference not in references
    assert None not in references


def test_a_delivery_holds_only_what_the_permit_names(broker: Counter) -> None:
    referral(broker)
    ((_, delivery),) = broker.deliveries
    assert sorted(delivery.compartments) == [str(slot) for slot in sorted(delivery.permit.decision.slots)]
    assert [row.body for row in broker.rows if row.what == "delivery"] == [delivery.wire()]


# --- nothing twice


def test_a_message_that_comes_again_has_no_second_effect(broker: Counter) -> None:
    reference = broker.register(CJIT, person())
    body = seal_letter(letter(Kind.REFERRAL_MADE, CJIT, created=broker.now, reference=reference))
    first = incoming(body, CJIT, broker.now)
    broker.settle([first, first])
    broker.settle([first])
    assert broker.delivered_to(PROJECT) == [first.message]
    assert broker.told(CJIT, first.message) == [RECEIVED, ("received", "REPLAYED"), ("received", "REPLAYED")]
    assert broker.ask("SELECT count(*) FROM message WHERE id = ?", first.message) == [(1,)]


def test_a_message_that_comes_again_after_its_time_still_stands(broker: Counter) -> None:
    reference = broker.register(CJIT, person())
    body = seal_letter(letter(Kind.REFERRAL_MADE, CJIT, created=broker.now, reference=reference))
    broker.settle([incoming(body, CJIT, broker.now)])
    again = incoming(body, CJIT, broker.now + 2 * DAY, refused=Reason.EXPIRED)
    broker.settle([again])
    assert broker.told(CJIT, again.message) == [RECEIVED, ("received", "REPLAYED")]
    assert broker.logged(again.message or "") == []


def test_another_message_under_the_same_id_is_refused_and_the_first_one_stands(broker: Counter) -> None:
    message = referral(broker)
    forged = letter(Kind.REFERRAL_MADE, PROJECT, id=message, created=broker.now, recipient=CJIT)
    broker.settle([incoming(seal_letter(forged), PROJECT, broker.now)])
    assert broker.told(PROJECT, message) == [("refused", "REPLAYED")]
    assert broker.state(message) == "sent"
    assert broker.logged(message) == []


def test_a_step_is_taken_once_in_a_conversation_and_again_only_after_it_failed(broker: Counter) -> None:
    reference, conversation = broker.register(CJIT, person()), new_id()
    again = {"reference": reference, "conversation": conversation}
    failed = referral(broker, says=refuses(Reason.NO_CONSENT), **again)
    first, second = referral(broker, **again), referral(broker, **again)
    assert broker.told(CJIT, failed) == [("refused", "NO_CONSENT")]
    assert broker.delivered_to(PROJECT) == [first]
    assert broker.told(CJIT, second) == [("refused", "STEP_ALREADY_TAKEN")]
    assert broker.logged(second) == [("refused", "STEP_ALREADY_TAKEN")]
    assert broker.logged(failed) == []


# --- conversations


def test_only_who_received_a_referral_may_answer_it(broker: Counter) -> None:
    reference, conversation = broker.register(CJIT, person()), new_id()
    made = referral(broker, reference=reference, conversation=conversation)
    hers = broker.deliveries[0][1].permit.decision.reference
    answer: dict[str, Any] = {"conversation": conversation, "in_reply_to": made, "recipient": CJIT}
    good = broker.send(Kind.REFERRAL_ACCEPTED, PROJECT, reference=hers, **answer)
    other = broker.send(Kind.REFERRAL_DECLINED, HOUSING, reference=None, **answer)
    no_such = broker.send(Kind.REFERRAL_DECLINED, PROJECT, reference=hers, recipient=CJIT, in_reply_to=new_id())
    assert broker.delivered_to(CJIT) == [good]
    assert broker.told(HOUSING, other) == [("refused", "NO_CONVERSATION")]
    assert broker.told(PROJECT, no_such) == [("refused", "NO_CONVERSATION")]


# --- waiting


def test_a_message_waits_for_the_registration_and_its_sender_is_told_once(broker: Counter) -> None:
    reference = new_id()
    message = referral(broker, reference=reference)
    broker.now += 2_000
    assert broker.due() == 1
    assert broker.told(CJIT, message) == [RECEIVED, ("held", "UNKNOWN_REFERENCE")]
    broker.register(CJIT, person(), reference)
    assert broker.due() == 1
    assert broker.delivered_to(PROJECT) == [message]
    assert broker.told(CJIT, message) == [RECEIVED, ("held", "UNKNOWN_REFERENCE")]


def test_a_registration_and_a_referral_in_one_batch(broker: Counter) -> None:
    reference = new_id()
    step = RegisterStep(tokens=person().tokens)
    both = [
        letter(Kind.PERSON_REGISTERED, CJIT, created=broker.now, reference=reference, step=step),
        letter(Kind.REFERRAL_MADE, CJIT, created=broker.now, reference=reference),
    ]
    broker.settle([incoming(seal_letter(each), CJIT, broker.now) for each in both])
    assert broker.due() == 1
    assert broker.delivered_to(PROJECT) == [both[1].id]


def test_a_reference_that_is_never_registered_is_refused_at_the_end(broker: Counter) -> None:
    message = referral(broker, reference=new_id())
    broker.now += DAY
    broker.expire()
    assert broker.told(CJIT, message)[-1] == ("refused", "UNKNOWN_REFERENCE")
    assert broker.logged(message) == [("refused", "UNKNOWN_REFERENCE")]


def test_while_the_consent_service_is_away_messages_wait_longer_and_longer(broker: Counter) -> None:
    message = referral(broker, says=away)
    for wait in (2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000):
        broker.now += wait - 1
        assert broker.due(says=away) == 0
        broker.now += 1
        assert broker.due(says=away) == 1
    assert broker.told(CJIT, message) == [RECEIVED, ("held", "CHECK_NOT_AVAILABLE")]
    assert broker.deliveries == []
    broker.now += 60_000
    broker.due()
    ((_, delivery),) = broker.deliveries
    assert delivery.permit.decision.attempt == 9


@pytest.mark.parametrize("says", [not_yet(), stale])
def test_what_cannot_be_told_yet_is_asked_again_at_the_next_attempt(broker: Counter, says: object) -> None:
    message = referral(broker, says=says)
    broker.now += 2_000
    assert broker.due() == 1
    assert broker.delivered_to(PROJECT) == [message]
    assert broker.deliveries[0][1].permit.decision.attempt == 2


def test_a_row_that_is_being_asked_about_is_nobody_elses(broker: Counter) -> None:
    referral(broker, says=away)
    broker.now += 2_000
    assert len(broker.store.due(10, broker.now)) == 1
    assert broker.store.due(10, broker.now) == []
    broker.now += 30_000
    assert [each.attempt for each in broker.store.due(10, broker.now)] == [3]


def test_an_answer_for_an_attempt_that_another_process_took_over_changes_nothing(broker: Counter) -> None:
    message = referral(broker, says=away)
    broker.now += 2_000
    slow = broker.store.due(10, broker.now)
    broker.now += 30_000
    assert broker.due() == 1
    broker.settle(slow)
    assert broker.delivered_to(PROJECT) == [message]
    assert broker.state(message) == "sent"


# --- holds


def test_a_hold_names_who_must_act_and_by_when_and_ends_at_its_deadline(broker: Counter) -> None:
    deadline = broker.now + 20_000
    message = referral(broker, says=holds(deadline))
    (held,) = [i for i in broker.items[CJIT] if isinstance(i, ReceiptItem) and i.state is ReceiptState.HELD]
    assert (held.message, held.owner, held.deadline) == (message, "officer", deadline)
    assert broker.due() == 0
    broker.now = deadline
    # A later deadline in the second answer does not put it off.
    assert broker.due(says=holds(deadline + 50_000)) == 1
    assert broker.told(CJIT, message) == [RECEIVED, ("held", "CAPACITY_DOUBTED"), ("refused", "HOLD_DEADLINE_PASSED")]
    assert broker.logged(message) == [("refused", "HOLD_DEADLINE_PASSED")]
    assert broker.ask("SELECT * FROM body WHERE message = ?", message) == []


def test_what_waits_can_be_asked_again_at_any_time_and_the_answer_decides(broker: Counter) -> None:
    message = referral(broker, says=holds(broker.now + MINUTE))
    assert [hold["message"] for hold in broker.store.holds()] == [message]
    assert broker.store.ask_now(message, now=broker.now)
    broker.due(says=holds(broker.now + MINUTE))
    assert broker.state(message) == "held"
    assert broker.store.ask_now(message, now=broker.now)
    broker.due(says=refuses(Reason.OFFICER_REFUSED))
    assert broker.told(CJIT, message)[-1] == ("refused", "OFFICER_REFUSED")
    assert broker.delivered_to(PROJECT) == []
    assert not broker.store.ask_now(message, now=broker.now)
    assert "asked again" in [turn["what"] for turn in broker.store.trace(message)]


def test_who_breaks_the_glass_is_told_on_at_once_without_a_word_of_her(broker: Counter) -> None:
    message = referral(broker, says=holds(broker.now + MINUTE, Reason.SECOND_PERSON_AWAITED))
    broker.store.ask_now(message, now=broker.now)
    broker.due(says=permits_broken)
    told = [item for item in broker.items[CJIT] if isinstance(item, AlertItem)]
    assert [item.alert for item in told] == ["second_person_wanted", "glass_broken"]
    assert {(item.message, item.agency, item.reference) for item in told} == {(message, PROJECT, None)}
    assert broker.delivered_to(PROJECT) == [message]


def test_a_new_consent_asks_again_about_what_is_held_for_her(broker: Counter) -> None:
    reference = broker.register(CJIT, person())
    message = referral(broker, reference=reference, says=holds(broker.now + MINUTE, Reason.UNKNOWN_CONSENT))
    broker.send(Kind.CONSENT_RECORDED, CJIT, reference=reference)
    assert broker.due() == 1
    assert broker.delivered_to(PROJECT) == [message]


# --- withdrawal


def test_a_withdrawal_takes_back_what_still_waits_for_room(broker: Counter, database_url: str) -> None:
    broker.store.close()
    broker.credit = 0
    broker.__post_init__()
    reference = broker.register(CJIT, person())
    message = referral(broker, reference=reference)
    assert broker.state(message) == "queued"
    broker.send(Kind.CONSENT_WITHDRAWN, CJIT, reference=reference)
    assert broker.ask("SELECT permit FROM body WHERE message = ?", message) == [(None,)]
    assert broker.due(says=refuses(Reason.CONSENT_WITHDRAWN)) == 1
    assert broker.told(CJIT, message)[-1] == ("refused", "CONSENT_WITHDRAWN")
    assert broker.deliveries == []


def test_a_permit_from_before_a_withdrawal_does_not_count_after_it(broker: Counter) -> None:
    reference = broker.register(CJIT, person())
    broker.send(Kind.CONSENT_WITHDRAWN, CJIT, reference=reference)
    message = referral(broker, reference=reference, says=permits_until(broker.now + MINUTE, index=8))
    assert broker.deliveries == []
    assert broker.due(says=permits_until(broker.now + MINUTE, index=10)) == 1
    assert broker.delivered_to(PROJECT) == [message]


def test_a_withdrawal_stops_a_message_that_stands_before_it_in_the_same_batch(broker: Counter) -> None:
    reference = broker.register(CJIT, person())
    letters = [
        letter(kind, CJIT, created=broker.now, reference=reference) for kind in (Kind.REFERRAL_MADE, Kind.CONSENT_WITHDRAWN)
    ]
    broker.settle([incoming(seal_letter(each), CJIT, broker.now) for each in letters])
    assert broker.deliveries == []
    assert broker.state(letters[0].id) == "waiting"


# --- credit, claims, permits that lapse


def test_an_inbox_takes_only_as_much_as_its_credit_and_the_rest_follows(database_url: str) -> None:
    broker = Counter(database_url, credit=2)
    reference = broker.register(CJIT, person())
    sent = [referral(broker, reference=reference) for _ in range(3)]
    assert broker.delivered_to(PROJECT) == sent[:2]
    assert broker.claim() == []
    broker.receipt(PROJECT, sent[0], "delivered")
    broker.claim()
    assert broker.delivered_to(PROJECT) == sent
    broker.store.close()


def test_what_a_process_left_behind_is_published_by_another(broker: Counter) -> None:
    message = referral(broker)
    other = Counter(broker.url, process="two")
    other.now = broker.now + 29_000
    assert other.claim() == []
    other.now = broker.now + 30_000
    other.claim()
    assert other.deliveries == broker.deliveries
    assert other.told(CJIT, message) == [RECEIVED]
    other.publish()
    other.now += DAY
    assert [row.what for row in other.claim()] == []
    other.store.close()


def test_what_could_not_be_published_is_tried_again_later(broker: Counter) -> None:
    referral(broker)
    broker.store.postponed([row.id for row in broker.rows], broker.now + 2_000)
    assert broker.claim() == []
    broker.now += 2_000
    assert len(broker.claim()) == len(broker.rows) // 2


def test_a_permit_too_old_to_arrive_is_not_sent_but_asked_for_again(broker: Counter) -> None:
    message = referral(broker, says=permits_until(broker.now + 20_000))
    broker.deliveries.clear()
    broker.now += 30_000
    broker.claim()
    assert broker.deliveries == []
    assert broker.due() == 1
    ((_, delivery),) = broker.deliveries
    assert (delivery.header.id, delivery.permit.decision.attempt) == (message, 2)


def test_what_waited_for_the_check_goes_on_as_its_sender_numbered_it(database_url: str) -> None:
    broker = Counter(database_url)
    sent = [referral(broker, says=away) for _ in range(5)]
    assert {broker.state(each) for each in sent} == {"waiting"}
    broker.now += 60_000
    assert broker.due() == 5
    assert broker.delivered_to(PROJECT) == sent
    broker.store.close()


def test_what_is_new_does_not_go_before_what_waits_for_room(database_url: str) -> None:
    broker = Counter(database_url, credit=1)
    first, second = referral(broker), referral(broker)
    broker.receipt(PROJECT, first, "delivered")
    third = referral(broker)
    assert (broker.state(second), broker.state(third)) == ("queued", "queued")
    broker.claim()
    assert broker.delivered_to(PROJECT) == [first, second]
    broker.receipt(PROJECT, second, "delivered")
    broker.claim()
    assert broker.delivered_to(PROJECT) == [first, second, third]
    broker.store.close()


def test_permits_that_grow_old_while_their_inbox_is_full_are_asked_for_again_when_there_is_room_and_no_sooner(
    database_url: str,
) -> None:
    broker = Counter(database_url, credit=1)
    first, *others = [referral(broker, says=permits_until(broker.now + 20_000)) for _ in range(3)]
    broker.now += 19_001
    for _ in range(2):
        broker.claim()
        assert [broker.state(each) for each in others] == ["queued", "queued"]
    broker.receipt(PROJECT, first, "delivered")
    for _ in range(2):
        broker.claim()
        assert [broker.state(each) for each in others] == ["waiting", "queued"]
    assert broker.ask("SELECT permit FROM body WHERE message = ?", others[0]) == [(None,)]
    assert broker.delivered_to(PROJECT) == [first]
    assert broker.due() == 1
    assert broker.delivered_to(PROJECT) == [first, others[0]]
    assert broker.told(CJIT, others[0]) == [RECEIVED]
    broker.claim()
    assert broker.state(others[1]) == "queued"
    broker.store.close()


# --- receipts


COULD_NOT = ("refused", "RECIPIENT_COULD_NOT_OPEN")
RECEIPTS: dict[str, Any] = {
    "the recipient has it": (PROJECT, "delivered", 1, None, "delivered", DELIVERED),
    "someone else says so": (HOUSING, "delivered", 1, None, "sent", None),
    "about an attempt that never was": (PROJECT, "delivered", 2, None, "sent", None),
    "its system refused": (PROJECT, "refused", 1, None, "refused", ("refused", "RECIPIENT_SYSTEM_REFUSED")),
    "its adapter could not open it": (PROJECT, "refused", 1, Reason.BAD_SIGNATURE, "refused", COULD_NOT),
    "it came too late": (PROJECT, "stale", 1, None, "waiting", None),
}  # fmt: skip


@pytest.mark.parametrize("case", RECEIPTS)
def test_a_receipt_counts_from_the_recipient_for_the_attempt_it_names(broker: Counter, case: str) -> None:
    agency, result, attempt, reason, state, told = RECEIPTS[case]
    message = referral(broker)
    for _ in range(2):
        broker.receipt(agency, message, result, attempt=attempt, reason=reason)
    assert broker.state(message) == state
    assert broker.told(CJIT, message) == [RECEIVED, *([told] if told else [])]


def test_a_stale_delivery_is_decided_again(broker: Counter) -> None:
    message = referral(broker)
    broker.receipt(PROJECT, message, "stale")
    assert broker.due() == 1
    assert [d.permit.decision.attempt for _, d in broker.deliveries] == [1, 2]
    broker.receipt(PROJECT, message, "delivered", attempt=2)
    assert broker.state(message) == "delivered"


# --- time


def test_what_is_past_its_time_expires_and_may_be_sent_again_in_its_conversation(broker: Counter) -> None:
    reference, conversation = broker.register(CJIT, person()), new_id()
    late = referral(broker, reference=reference, conversation=conversation, says=away)
    broker.now += DAY
    assert broker.due() == 0
    broker.expire()
    broker.expire()
    assert broker.told(CJIT, late)[-1] == ("expired", "CHECK_NOT_AVAILABLE")
    assert broker.logged(late) == [("expired", "CHECK_NOT_AVAILABLE")]
    again = referral(broker, reference=reference, conversation=conversation)
    assert broker.delivered_to(PROJECT) == [again]


def test_a_delivery_receipted_after_its_end_was_delivered(broker: Counter) -> None:
    message = referral(broker)
    broker.now += DAY + 60_000
    broker.expire()
    assert broker.state(message) == "expired"
    broker.receipt(PROJECT, message, "delivered")
    assert broker.told(CJIT, message) == [RECEIVED, ("expired", None), DELIVERED]


def test_a_caseload_check_that_could_not_be_made_is_answered_cannot_say(broker: Counter) -> None:
    message = broker.send(Kind.CASELOAD_CHECK, CJIT, says=away)
    broker.now += 10 * MINUTE
    broker.expire()
    assert broker.caseload_answer(CJIT, message).status is CaseloadStatus.CANNOT_SAY
    assert broker.told(CJIT, message)[-1] == ("expired", "CHECK_NOT_AVAILABLE")


# --- bytes that are no message


def test_bytes_that_are_no_message_are_logged_once_and_told_each_time(broker: Counter) -> None:
    junk = Incoming(CJIT, b"{", None, Reason.NOT_JSON, None, 1, broker.now, False)
    broker.settle([junk, junk])
    broker.settle([junk])
    assert broker.told(CJIT, None) == [("refused", "NOT_JSON")] * 3
    assert [(o.state, o.reason, o.sender) for o in broker.outcomes] == [("refused", Reason.NOT_JSON, CJIT)]
    assert broker.ask("SELECT count(*) FROM refusal") == [(1,)]


def test_a_forged_message_does_not_take_the_id_of_the_true_one(broker: Counter) -> None:
    reference = broker.register(CJIT, person())
    body = seal_letter(letter(Kind.REFERRAL_MADE, CJIT, created=broker.now, reference=reference))
    true = incoming(body, CJIT, broker.now)
    broker.settle([replace(true, sender=PROJECT, refused=Reason.SENDER_MISMATCH)])
    assert broker.told(PROJECT, true.message) == [("refused", "SENDER_MISMATCH")]
    assert broker.told(CJIT, true.message) == []
    broker.settle([true])
    assert broker.delivered_to(PROJECT) == [true.message]


def test_a_sender_that_is_no_agency_is_told_nothing_and_still_logged(broker: Counter) -> None:
    broker.settle([Incoming("", b"x", None, Reason.NOT_JSON, None, 1, broker.now, False)])
    assert dict(broker.items) == {}
    assert [o.sender for o in broker.outcomes] == ["unknown"]


# --- sequences


GAPPY = (9001, 9005, 9003)


def test_a_gap_is_told_once_after_it_had_time_to_close_and_holds_nothing(broker: Counter) -> None:
    reference = broker.register(CJIT, person())
    made = {
        n: letter(Kind.REFERRAL_MADE, CJIT, created=broker.now, reference=reference, sequence=n) for n in (9001, 9005, 9003)
    }
    last = broker.ask("SELECT last FROM sequence WHERE sender = ?", CJIT)[0][0]
    for each in made.values():
        broker.settle([incoming(seal_letter(each), CJIT, broker.now)])
    assert len(broker.delivered_to(PROJECT)) == 3
    broker.expire()
    assert broker.alerts(CJIT) == []
    broker.now += 60_000
    broker.expire()
    broker.expire()
    gaps = [(alert.first, alert.last) for alert in broker.alerts(CJIT) if alert.alert == "sequence_gap"]
    assert sorted(gap for gap in gaps if gap[1] > last) == [(last + 1, 9000), (9002, 9002), (9004, 9004)]


# --- people


def test_two_agencies_that_register_her_share_her_and_neither_reference(broker: Counter) -> None:
    first, second = broker.register(CJIT, person()), broker.register(DRUGS, person())
    broker.register(HOUSING, person(1))
    people = broker.ask("SELECT reference, person FROM record ORDER BY n")
    by_reference = dict(people)
    assert by_reference[first] == by_reference[second]
    assert len(set(by_reference.values())) == 2
    assert broker.ask("SELECT count(*) FROM merge") == [(1,)]


def live_script(broker: Counter, agency: str, number: int) -> str:
    reference = broker.register(agency, person(number))
    broker.send(Kind.SCRIPT_RESERVED, agency, reference=reference, step=ScriptStep(move=ScriptMove.RESERVE))
    return reference


def test_a_merge_that_shows_two_live_prescriptions_tells_both_at_once(broker: Counter) -> None:
    hers, same = live_script(broker, DRUGS, 0), live_script(broker, PROJECT, 1)
    both = person(0).tokens + person(1).tokens[:1]
    broker.send(Kind.PERSON_REGISTERED, PROJECT, reference=same, step=RegisterStep(tokens=both))
    assert broker.ask("SELECT state, before FROM script") == [("in_conflict", "reserved")] * 2
    assert [(a.alert, a.reference, a.agency) for a in broker.alerts(DRUGS)] == [("script_in_conflict", hers, PROJECT)]
    assert [(a.alert, a.reference, a.agency) for a in broker.alerts(PROJECT)] == [("script_in_conflict", same, DRUGS)]
    broker.send(Kind.SCRIPT_ENDED, DRUGS, reference=hers, step=ScriptStep(move=ScriptMove.RELEASE))
    assert sorted(broker.ask("SELECT agency, state FROM script")) == [(DRUGS, "ended"), (PROJECT, "reserved")]


def open_lead(broker: Counter, agency: str, number: int, reference: str | None = None) -> tuple[str, str]:
    reference = reference or broker.register(agency, person(number))
    check, _ = broker.check(agency, person(number))
    step = OPEN_LEAD.model_copy(update={"check": check})
    return reference, broker.send(Kind.CASE_OPENED, agency, reference=reference, step=step)


def test_a_merge_that_shows_two_leads_tells_both_and_the_last_one_leads(broker: Counter) -> None:
    hers, _ = open_lead(broker, CJIT, 0)
    same, _ = open_lead(broker, PROJECT, 1)
    both = person(0).tokens + person(1).tokens[:1]
    broker.send(Kind.PERSON_REGISTERED, PROJECT, reference=same, step=RegisterStep(tokens=both))
    assert [a.alert for a in broker.alerts(CJIT)] == ["lead_in_conflict"]
    assert [a.alert for a in broker.alerts(PROJECT)] == ["lead_in_conflict"]
    close = CaseStep(move=CaseMove.CLOSE, role=CaseRole.LEAD, reason=CloseReason.HER_CHOICE)
    broker.send(Kind.CASE_CLOSED, CJIT, reference=hers, step=close)
    assert sorted(broker.ask("SELECT agency, role, state FROM cases")) == [
        (CJIT, "lead", "closed"), (PROJECT, "lead", "open"),
    ]  # fmt: skip


# --- guards, end to end


def test_the_lead_is_handed_over_when_the_other_accepts_and_not_before(broker: Counter) -> None:
    hers, _ = open_lead(broker, CJIT, 0)
    conversation = new_id()
    propose = LeadStep(move=LeadMove.PROPOSE, reason=LeadReason.HER_CHOICE)
    proposed = broker.send(Kind.LEAD_PROPOSED, CJIT, reference=hers, conversation=conversation, step=propose)
    assert broker.ask("SELECT agency FROM cases WHERE role = 'lead' AND state = 'open'") == [(CJIT,)]
    theirs = broker.deliveries[-1][1].permit.decision.reference
    accept = LeadStep(move=LeadMove.ACCEPT, reason=LeadReason.HER_CHOICE)
    accepted = broker.send(
        Kind.LEAD_ACCEPTED, PROJECT, recipient=CJIT, reference=theirs, conversation=conversation, in_reply_to=proposed,
        step=accept,
    )  # fmt: skip
    assert broker.guard(PROJECT, accepted) == [("cleared", None, None)]
    assert sorted(broker.ask("SELECT agency, role, state FROM cases")) == [
        (CJIT, "supplementary", "open"), (PROJECT, "lead", "open"),
    ]  # fmt: skip
    assert [(a.alert, a.reference) for a in broker.alerts(CJIT)] == [("lead_changed", hers)]
    assert [(a.alert, a.reference) for a in broker.alerts(PROJECT)] == [("lead_changed", theirs)]
    assert broker.delivered_to(CJIT) == [accepted]


def test_a_case_is_not_opened_with_a_check_about_someone_else(broker: Counter) -> None:
    reference = broker.register(CJIT, person(0))
    other, _ = broker.check(CJIT, person(1))
    message = broker.send(Kind.CASE_OPENED, CJIT, reference=reference, step=OPEN_LEAD.model_copy(update={"check": other}))
    assert broker.guard(CJIT, message) == [("not_cleared", "CHECK_NEEDED_FIRST", None)]
    assert broker.ask("SELECT * FROM cases") == []


def test_a_proposal_whose_message_never_arrives_falls(broker: Counter) -> None:
    hers, _ = open_lead(broker, CJIT, 0)
    propose = LeadStep(move=LeadMove.PROPOSE, reason=LeadReason.HER_CHOICE)
    first = broker.send(Kind.LEAD_PROPOSED, CJIT, reference=hers, step=propose)
    blocked = broker.send(Kind.LEAD_PROPOSED, CJIT, reference=hers, step=propose)
    assert broker.guard(CJIT, blocked) == [("not_cleared", "PROPOSAL_OPEN", None)]
    broker.receipt(PROJECT, first, "refused")
    broker.send(Kind.LEAD_PROPOSED, CJIT, reference=hers, step=propose)
    assert sorted(broker.ask("SELECT state FROM proposal")) == [("fallen",), ("open",)]


ANSWERS = {
    "nobody knows her": (None, lets_pass, CaseloadStatus.NOT_KNOWN, ()),
    "someone has her case": ("open", lets_pass, CaseloadStatus.ACTIVE, (PROJECT,)),
    "someone had it": ("closed", lets_pass, CaseloadStatus.KNOWN_NOT_ACTIVE, (PROJECT,)),
    "her holder may not be named": ("open", lambda i, w: lets_pass(i, replace(w, holders=())), CaseloadStatus.CANNOT_SAY, ()),
    "the agreement does not allow it": ("open", refuses(Reason.NO_AGREEMENT), CaseloadStatus.CANNOT_SAY, ()),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_a_caseload_check_has_one_of_four_answers(broker: Counter, case: str) -> None:
    history, says, status, agencies = ANSWERS[case]
    if history:
        reference, _ = open_lead(broker, PROJECT, 0)
        if history == "closed":
            step = CaseStep(move=CaseMove.CLOSE, role=CaseRole.LEAD, reason=CloseReason.HER_CHOICE)
            broker.send(Kind.CASE_CLOSED, PROJECT, reference=reference, step=step)
    message, answer = broker.check(CJIT, person(), says=says)
    assert (answer.status, answer.agencies) == (status, agencies)
    assert broker.told(CJIT, message) == [RECEIVED, DELIVERED]
    named = [(a.alert, a.agency) for a in broker.alerts(PROJECT)]
    assert named == ([("check_was_made", CJIT)] if agencies else [])


def test_answers_to_checks_leave_on_the_tick_and_are_of_one_size(broker: Counter) -> None:
    open_lead(broker, PROJECT, 0)
    broker.rows.clear()
    broker.now += 7
    broker.check(CJIT, person(0))
    broker.check(CJIT, person(5))
    on_tick = [row for row in broker.rows if row.not_before]
    assert {row.not_before % 50 for row in on_tick} == {0}
    # The first tick that is sixty milliseconds away, whatever the look-up took; and what is said of it leaves with it.
    assert all(broker.now + 60 < row.not_before <= broker.now + 110 for row in on_tick)
    assert len({len(row.body) for row in on_tick}) == 1


def test_a_hundred_answers_at_once_are_a_hundred_notices_of_one_size(broker: Counter) -> None:
    open_lead(broker, PROJECT, 0)
    broker.rows.clear()
    asked = [
        letter(Kind.CASELOAD_CHECK, CJIT, created=broker.now, step=CheckStep(tokens=person(n).tokens, presentation=CUSTODY))
        for n in range(100)
    ]
    broker.settle([incoming(seal_letter(each), CJIT, broker.now) for each in asked])
    on_tick = [row for row in broker.rows if row.not_before]
    assert (len(on_tick), len({len(row.body) for row in on_tick})) == (100, 1)
    assert {broker.caseload_answer(CJIT, each.id).status.value for each in asked} == {"active", "not_known"}


def test_a_sarc_case_is_never_spoken_of(broker: Counter) -> None:
    open_lead(broker, SARC, 0)
    asked_about: list[str] = []

    def says(incoming: Incoming, who: Who) -> Answer:
        asked_about.extend(who.holders)
        return lets_pass(incoming, who)

    _, answer = broker.check(CJIT, person(), says=says)
    assert asked_about == []
    assert answer.status is CaseloadStatus.NOT_KNOWN
    assert SARC not in answer.covers
    assert broker.alerts(SARC) == []


# --- what people see


def test_the_overview_counts_what_there_is(broker: Counter) -> None:
    referral(broker)
    referral(broker, says=away)
    seen = broker.store.overview()
    assert seen["messages"] == {"done": 2, "sent": 1, "waiting": 1}
    assert seen["oldest_waiting_since"] == broker.now
    assert seen["outbox"] > 0


def test_the_trace_tells_every_turn_in_order(broker: Counter) -> None:
    message = referral(broker, says=away)
    broker.now += 2_000
    broker.due()
    broker.receipt(PROJECT, message, "delivered", attempt=2)
    assert [turn["what"] for turn in broker.store.trace(message)] == ["arrived", "waiting", "sent", "delivered"]
    assert broker.store.trace("00" * 16) == []
