"""What an adapter believes of a delivery: nothing unchecked; and that each message is handed over once, whatever dies."""

from collections.abc import Callable
from typing import get_args

import pytest

from agencies.arriving import alert_fields
from agencies.checkpoints import ForkError
from agencies.receiving import Parcel
from contracts.canonical import to_base64
from contracts.envelope import read_submission
from contracts.identifiers import new_id
from contracts.kinds import Kind
from contracts.notices import (
    AlertItem,
    AlertName,
    AskedAbout,
    AskedItem,
    CaseloadAnswer,
    CaseloadItem,
    GuardItem,
    Notice,
    ReceiptItem,
    seal_caseload_answer,
    write_notice,
)
from contracts.opening import open_for_consent
from contracts.permit import Delivery
from contracts.topology import WHAT_DELIVERY, WHAT_NOTICE
from contracts.vocabulary import AgeBand, CaseloadStatus, Confidence, GuardAnswer, Purpose, Reason, ReceiptState
from tests.factories import MINUTE, delivery_bytes, letter, partnership, person, seal_letter, sealed, sign_permit
from tests.unit.agencies.town import Desk, GrowingLog

HER_SURNAME = person().identity.surname
NOW = partnership().now


def receipts(desk: Desk) -> list[tuple[str, int, str]]:
    return [(one.message, one.attempt, one.result) for one in desk.inbox.owed_receipts(200)[1]]


def test_a_sound_delivery_becomes_one_record_and_after_it_is_handed_over_one_receipt(desk, log) -> None:
    project = desk("project-ashby")
    delivery = log.deliver(sealed())
    assert project.receive(delivery).outcomes == {"opened": 1}
    assert receipts(project) == [], "nothing is receipted before the local system has it"
    (record,) = project.receiving.to_hand_over(10)
    assert (record.fields["type"], record.fields["from"]) == ("referral", "cjit-ashby")
    assert record.fields["identity"]["surname"] == HER_SURNAME
    project.inbox.handed_over(record.id, None)
    assert receipts(project) == [(record.id, 1, "delivered")]
    assert project.receiving.to_hand_over(10) == []
    kept = project.store.rows.execute("SELECT state, sealed FROM received").fetchall()
    assert kept == [("handed_over", None)], "nothing of what she said is kept"


def test_her_name_is_never_on_the_adapters_disk(desk, log) -> None:
    project = desk("project-ashby")
    project.receive(log.deliver(sealed()))
    (record,) = project.receiving.to_hand_over(10)
    assert HER_SURNAME in str(record.fields)
    assert all(HER_SURNAME.encode() not in path.read_bytes() for path in project.path.parent.iterdir())


def test_the_same_delivery_twice_is_handed_over_once_and_may_be_receipted_twice(desk, log) -> None:
    project = desk("project-ashby")
    delivery = log.deliver(sealed())
    assert project.receive(delivery, delivery).outcomes == {"opened": 1, "again": 1}
    (record,) = project.receiving.to_hand_over(10)
    project.inbox.handed_over(record.id, None)
    _, owed = project.inbox.owed_receipts(10)
    project.inbox.receipts_sealed(len(owed))
    assert project.receive(delivery).outcomes == {"again": 1}
    assert project.receiving.to_hand_over(10) == []
    assert receipts(project) == [(record.id, 1, "delivered")]


def test_a_kill_between_any_two_steps_neither_loses_nor_doubles(desk, log) -> None:
    project = desk("project-ashby")
    delivery = log.deliver(sealed())
    project.receive(delivery)
    project.again()
    project.receive(delivery)
    project.again()
    (record,) = project.receiving.to_hand_over(10)
    project.inbox.handed_over(record.id, None)
    project.again()
    assert project.receiving.to_hand_over(10) == []
    assert project.sending.bundle_receipts() == 1
    project.again()
    assert project.sending.bundle_receipts() == 0
    (queued,) = project.outbox.queued(10)
    step = read_submission(queued.body).submission.for_broker.step
    assert step is not None
    assert step.step == "receipts"


def another(delivery: Delivery, **decision: object) -> Delivery:
    """The delivery under a permit that says something else, signed by the consent service."""
    permit = delivery.permit.model_copy(update={"decision": delivery.permit.decision.model_copy(update=decision)})
    return delivery.model_copy(update={"permit": sign_permit(permit)})


def changed_permit(**changes: object) -> Callable[[Delivery], Delivery]:
    return lambda delivery: delivery.model_copy(update={"permit": delivery.permit.model_copy(update=changes)})


def resigned(**changes: object) -> Callable[[Delivery], Delivery]:
    return lambda delivery: delivery.model_copy(update={"permit": sign_permit(delivery.permit.model_copy(update=changes))})


def swapped(delivery: Delivery) -> Delivery:
    slots = sorted(delivery.compartments)
    turned = {slots[0]: delivery.compartments[slots[1]], slots[1]: delivery.compartments[slots[0]]}
    return delivery.model_copy(update={"compartments": {**delivery.compartments, **turned}})


TAMPERED: dict[str, Callable[[Delivery], Delivery]] = {
    "the permit's signature": changed_permit(signature=to_base64(bytes(64))),
    "a decision changed after it was signed": lambda one: another(one, valid_until=NOW + 60 * MINUTE),
    "a permit for another message": lambda one: another(one, message=new_id()),
    "a permit for another agency": lambda one: another(one, recipient="housing-ashby"),
    "a slot more than was permitted": lambda one: another(one, slots=(*one.permit.decision.slots, 9 - 2)),
    "a proof of another entry": resigned(index=0),
    "a proof with a wrong step": resigned(proof=("00" * 32,)),
    "a checkpoint nobody signed": resigned(checkpoint="relay\n2\nAAAA\n"),
    "another salt": resigned(salt="00" * 32),
    "the sender's signature": lambda one: one.model_copy(update={"signature": to_base64(bytes(64))}),
    "the header": lambda one: one.model_copy(update={"header": one.header.model_copy(update={"conversation": new_id()})}),
    "two compartments swapped": swapped,
    "a compartment of zeros": lambda one: one.model_copy(
        update={"compartments": {slot: to_base64(bytes(300)) for slot in one.compartments}}
    ),
    "the share to the recipient": lambda one: one.model_copy(update={"to_recipient": to_base64(bytes(1200))}),
    "the released shares": resigned(shares=to_base64(bytes(1200))),
}


@pytest.mark.parametrize("case", TAMPERED)
def test_a_delivery_that_was_tampered_with_is_refused_and_nothing_is_handed_over(case: str, desk, log) -> None:
    project = desk("project-ashby")
    delivery = log.deliver(sealed())
    tally = project.receive(TAMPERED[case](delivery))
    assert tally.outcomes == {"refused": 1}
    assert project.receiving.to_hand_over(10) == []
    assert receipts(project) == [(delivery.header.id, 1, "refused")]
    assert project.receive(delivery).outcomes == {"opened": 1}, "and the sound one still comes through"


def test_what_was_handed_over_stands_whatever_comes_under_its_id_later(desk, log) -> None:
    project = desk("project-ashby")
    delivery = log.deliver(sealed())
    project.receive(delivery)
    project.inbox.handed_over(delivery.header.id, None)
    project.receive(TAMPERED["two compartments swapped"](delivery), TAMPERED["the header"](delivery))
    assert receipts(project) == [(delivery.header.id, 1, "delivered")]


def test_a_message_for_another_agency_is_not_opened(desk, log) -> None:
    assert desk("housing-ashby").receive(log.deliver(sealed())).outcomes == {"refused": 1}


def test_a_permit_past_its_time_is_told_as_stale_and_a_later_attempt_is_opened(desk, log) -> None:
    project = desk("project-ashby")
    body = sealed()
    first, second = log.deliver(body, valid_until=NOW + MINUTE), log.deliver(body, attempt=2)
    project.clock.now = NOW + 2 * MINUTE
    assert project.receive(first).outcomes == {"stale": 1}
    assert receipts(project) == [(first.header.id, 1, "stale")]
    assert project.receive(second).outcomes == {"opened": 1}
    project.inbox.handed_over(first.header.id, None)
    assert receipts(project)[-1] == (first.header.id, 2, "delivered")


def test_a_later_attempt_at_what_is_here_already_is_receipted_as_that_attempt(desk, log) -> None:
    project = desk("project-ashby")
    body = sealed()
    project.receive(log.deliver(body))
    project.receive(log.deliver(body, attempt=2))
    (record,) = project.receiving.to_hand_over(10)
    project.inbox.handed_over(record.id, None)
    assert receipts(project) == [(record.id, 2, "delivered")]


def test_what_the_local_system_refuses_is_receipted_as_refused_for_good(desk, log) -> None:
    project = desk("project-ashby")
    delivery = log.deliver(sealed())
    project.receive(delivery)
    project.inbox.handed_over(delivery.header.id, Reason.RECIPIENT_SYSTEM_REFUSED)
    project.receive(delivery)
    assert receipts(project) == [(delivery.header.id, 1, "refused")]
    assert project.receiving.to_hand_over(10) == []


def test_a_kind_that_this_agency_does_not_take_is_refused(desk, log) -> None:
    housing = desk("housing-ashby")
    body = sealed(Kind.ATTENDANCE_REPORTED, recipient="housing-ashby")
    assert housing.receive(log.deliver(body)).outcomes == {"refused": 1}
    assert housing.receiving.to_hand_over(10) == []


GARBAGE = {
    "nothing": (WHAT_DELIVERY, b""),
    "no JSON": (WHAT_DELIVERY, b"\xff\xfe"),
    "JSON that is no delivery": (WHAT_DELIVERY, b"{}"),
    "a notice that is a delivery": (WHAT_NOTICE, b'{"v":1}'),
    "neither": ("surprise", b"{}"),
}


@pytest.mark.parametrize("case", GARBAGE)
def test_what_cannot_be_read_is_left_for_a_person_and_its_neighbours_go_on(case: str, desk, log) -> None:
    project = desk("project-ashby")
    sound = Parcel(WHAT_DELIVERY, delivery_bytes(log.deliver(sealed())))
    tally = project.receiving.take([Parcel(*GARBAGE[case]), sound])
    assert (tally.dead, tally.outcomes) == ({0}, {"unreadable": 1, "opened": 1})


# --- the log tells one story


def test_two_roots_for_one_size_stop_everything_and_are_kept_as_evidence(desk, log) -> None:
    project = desk("project-ashby")
    other = GrowingLog()
    before, after = log.deliver(sealed()), log.deliver(sealed())
    project.receive(before)
    forked = other.deliver(sealed())
    with pytest.raises(ForkError):
        project.receive(forked, after)
    assert len(project.receiving.to_hand_over(10)) == 1, "what came before it stays; nothing after it is opened"
    project.again()
    assert project.checkpoints.evidence() == "two roots for one size"
    kept = project.store.rows.execute("SELECT remembered, shown FROM fork").fetchall()
    assert kept == [(before.permit.checkpoint, forked.permit.checkpoint)]


def test_a_log_that_got_shorter_stops_everything(desk, log) -> None:
    project = desk("project-ashby")
    short = GrowingLog()
    short.leaves.append(b"\7" * 32)
    for _ in range(3):
        log.deliver(sealed())
    project.receive(log.deliver(sealed()))
    late = short.deliver(sealed(), decided=NOW + 5 * MINUTE)
    with pytest.raises(ForkError, match="shorter"):
        project.receive(late)


def test_an_older_decision_that_comes_late_is_no_fork(desk, log) -> None:
    project = desk("project-ashby")
    old = log.deliver(sealed())
    new = log.deliver(sealed(), decided=NOW + 5 * MINUTE)
    assert project.receive(new, old).outcomes == {"opened": 2}
    latest = project.checkpoints.latest()
    assert latest is not None
    assert latest[0] == 3


# --- people and conversations


def test_a_person_who_comes_by_referral_keeps_the_reference_she_came_by(desk, log) -> None:
    project = desk("project-ashby")
    delivery = log.deliver(sealed())
    project.receive(delivery)
    project.register("client-5", arrived=delivery.header.id)
    reference = project.store.reference_of("client-5")
    assert reference is not None
    assert reference[0] == delivery.permit.decision.reference
    second = log.deliver(sealed(), reference=reference[0])
    project.receive(second)
    assert project.receiving.to_hand_over(10)[1].fields["person"] == "client-5"


def test_an_answer_goes_into_the_conversation_about_the_person_as_this_agency_knows_her(desk, log) -> None:
    project = desk("project-ashby")
    delivery = log.deliver(sealed())
    project.receive(delivery)
    answer = {"type": "referral_answer", "answers": delivery.header.id, "answer": "accepted", "outcome": {"result": "yes"}}
    sent = project.sent(id="a-1", **answer)
    assert (sent.header.kind, sent.header.recipient) == (Kind.REFERRAL_ACCEPTED, "cjit-ashby")
    assert (sent.header.conversation, sent.header.in_reply_to) == (delivery.header.conversation, delivery.header.id)
    assert sent.submission.for_broker.reference == delivery.permit.decision.reference
    facts = open_for_consent(sent.header, sent.submission.to_consent or "", partnership().consent_opener).facts
    assert (facts.confidence, facts.purpose) == (Confidence.IMPLIED_DIRECT_CARE, Purpose.SUPPORT_REFERRAL)
    assert facts.age_band is AgeBand.ADULT, "as old as her date of birth in the referral says"


# --- notices


def test_a_notice_is_told_once_with_the_record_it_is_about(desk) -> None:
    cjit = desk("cjit-ashby")
    sent = cjit.register().header
    held = ReceiptItem(
        message=sent.id, state=ReceiptState.HELD, reason=Reason.CHECK_NOT_AVAILABLE, owner="ig_officer", deadline=NOW + MINUTE
    )
    guard = GuardItem(message=sent.id, conversation=sent.conversation, kind=Kind.PERSON_REGISTERED, answer=GuardAnswer.CLEARED)
    notice = new_id()
    assert cjit.hear(held, guard, AlertItem(alert="check_was_made"), notice=notice).outcomes == {"noticed": 1}
    assert cjit.hear(held, guard, notice=notice).outcomes == {"again": 1}
    told = [one.fields for one in cjit.inbox.to_tell(10)]
    assert [one["type"] for one in told] == ["receipt", "guard", "alert"]
    assert told[0]["record"] == told[1]["record"] == "p-client-9"
    assert (told[0]["owner"], told[0]["reason"]) == ("ig_officer", "SYS-01:check-not-available")
    assert "tried again by itself" in told[0]["sentence"]
    cjit.again()
    assert len(cjit.inbox.to_tell(10)) == 3, "a kill before the local system was told loses nothing"


def test_a_receipt_is_told_when_it_says_something_new_and_nothing_follows_the_last_word(desk) -> None:
    cjit = desk("cjit-ashby")
    sent = cjit.register().header
    order = (ReceiptState.RECEIVED, ReceiptState.RECEIVED, ReceiptState.DELIVERED, ReceiptState.HELD)
    for state in order:
        cjit.hear(ReceiptItem(message=sent.id, state=state))
    cjit.hear(ReceiptItem(message=sent.id, state=ReceiptState.REFUSED, reason=Reason.REPLAYED))
    assert [one.fields["state"] for one in cjit.inbox.to_tell(10)] == ["received", "delivered"]


def test_that_a_second_publish_was_a_repeat_is_no_news_of_the_first(desk) -> None:
    cjit = desk("cjit-ashby")
    sent = cjit.register().header
    cjit.hear(ReceiptItem(message=sent.id, state=ReceiptState.REFUSED, reason=Reason.REPLAYED))
    cjit.hear(ReceiptItem(message=sent.id, state=ReceiptState.DELIVERED))
    assert [one.fields["state"] for one in cjit.inbox.to_tell(10)] == ["delivered"]


def test_a_notice_nobody_signed_or_for_another_is_not_believed(desk) -> None:
    cjit = desk("cjit-ashby")
    items = (AlertItem(alert="check_was_made"),)
    for to, signer in (("project-ashby", "broker"), ("cjit-ashby", "consent")):
        body = write_notice(Notice(notice=new_id(), to=to, created=NOW, items=items), partnership().signing(signer))
        assert cjit.receiving.take([Parcel(WHAT_NOTICE, body)]).dead == {0}
    assert cjit.inbox.to_tell(10) == []


@pytest.mark.parametrize("status", CaseloadStatus)
def test_each_of_the_four_answers_reaches_the_one_who_asked(status: CaseloadStatus, desk) -> None:
    cjit = desk("cjit-ashby")
    sent = cjit.sent(type="caseload_check", id="k-1", presentation="custody", identity={"forename": "A", "surname": "B"}).header
    answer = CaseloadAnswer(status=status, covers=("project-ashby",), made=NOW)
    key = partnership().directory.role_key("cjit-ashby", "intake")
    assert key is not None
    cjit.hear(CaseloadItem(message=sent.id, conversation=sent.conversation, sealed=seal_caseload_answer(answer, sent.id, key)))
    (told,) = cjit.inbox.to_tell(10)
    assert (told.fields["status"], told.fields["record"], told.fields["covers"]) == (status.value, "k-1", ["project-ashby"])


def test_an_answer_that_does_not_open_is_told_as_cannot_say(desk) -> None:
    cjit = desk("cjit-ashby")
    cjit.hear(CaseloadItem(message=new_id(), conversation=new_id(), sealed=to_base64(bytes(1200))))
    (told,) = cjit.inbox.to_tell(10)
    assert told.fields["status"] == "cannot_say"


def test_no_reference_to_her_leaves_in_an_answer_to_an_anonymous_referral(desk, log) -> None:
    project = desk("project-ashby")
    delivery = log.deliver(seal_letter(letter(reference=None)), reference=None)
    project.receive(delivery)
    answer = {"type": "referral_answer", "answers": delivery.header.id, "answer": "received", "outcome": {"result": "seen"}}
    assert project.sent(id="a-1", **answer).submission.for_broker.reference is None


# --- what she took back


def withdrawn(message: str, telling: str) -> AlertItem:
    return AlertItem(alert="consent_withdrawn", message=message, agency="cjit-ashby", telling=telling)


def test_what_she_took_back_before_the_local_system_had_it_is_never_handed_over(desk, log) -> None:
    project, telling = desk("project-ashby"), new_id()
    delivery = log.deliver(sealed())
    project.receive(delivery)
    project.hear(withdrawn(delivery.header.id, telling))
    assert project.receiving.to_hand_over(10) == []
    (owed,) = project.inbox.owed_receipts(10)[1]
    assert (owed.result, owed.reason) == ("refused", Reason.CONSENT_WITHDRAWN)
    assert project.store.rows.execute("SELECT state, sealed FROM received").fetchall() == [("refused", None)]


def test_what_was_read_for_a_system_that_was_down_is_not_given_once_she_took_it_back(desk, log) -> None:
    project = desk("project-ashby")
    first, second = log.deliver(sealed()), log.deliver(sealed())
    project.receive(first, second)
    assert len(project.receiving.to_hand_over(10)) == 2
    project.hear(withdrawn(second.header.id, new_id()))
    given = [one.header.id for one in (first, second) if project.receiving.may_be_given(one.header.id)]
    assert given == [first.header.id]
    project.inbox.handed_over(first.header.id, None)
    assert project.receiving.to_hand_over(10) == []
    assert [(message, result) for message, _, result in receipts(project)] == [
        (first.header.id, "delivered"),
        (second.header.id, "refused"),
    ]


def test_what_the_local_system_is_just_being_given_counts_as_given(desk, log) -> None:
    project = desk("project-ashby")
    delivery = log.deliver(sealed())
    project.receive(delivery)
    (record,) = project.receiving.to_hand_over(10)
    project.hear(withdrawn(delivery.header.id, new_id()))
    project.inbox.handed_over(record.id, None)
    assert project.receiving.to_hand_over(10) == []
    assert receipts(project) == [(record.id, 1, "delivered")]


def test_that_the_local_system_was_told_is_acknowledged_and_not_before(desk, log) -> None:
    project, telling = desk("project-ashby"), new_id()
    project.hear(withdrawn(new_id(), telling))
    assert receipts(project) == []
    (notice,) = project.inbox.to_tell(10)
    project.inbox.told([notice.id])
    assert receipts(project) == [(telling, 1, "acknowledged")]


@pytest.mark.parametrize("alert", get_args(AlertName))
def test_every_alert_of_the_broker_has_a_sentence_for_a_worker(alert: str) -> None:
    told = alert_fields(AlertItem.model_validate({"alert": alert, "message": "a" * 32}), None, 0)
    assert told["sentence"].endswith(".")
    assert told["message"] == "a" * 32


def test_the_weekly_list_is_told_by_the_agencys_own_ids_and_counted_by_worker(desk, log) -> None:
    project = desk("project-ashby")
    known, unknown = new_id(), new_id()
    with project.store.writing():
        project.store.remember_person("client-7", known, AgeBand.ADULT)
    asked = [(known, "worker_2"), (unknown, "worker_1"), (known, "worker_1"), (known, "worker_1")]
    checks = tuple(
        AskedAbout(reference=reference, agency="cjit-ashby", worker=worker, at=NOW + n)
        for n, (reference, worker) in enumerate(asked)
    )
    project.hear(AskedItem(since=NOW - 9, until=NOW + 9, checks=checks), AskedItem(since=NOW + 9, until=NOW + 18))
    full, empty = (notice.fields for notice in project.inbox.to_tell(10))
    assert [one["person"] for one in full["checks"]] == ["client-7", None, "client-7", "client-7"]
    assert full["askers"] == [
        {"agency": "cjit-ashby", "worker": "worker_1", "checks": 3, "people": 2, "most": 2},
        {"agency": "cjit-ashby", "worker": "worker_2", "checks": 1, "people": 1, "most": 1},
    ]
    assert (empty["checks"], empty["askers"], "no caseload check" in empty["sentence"]) == ([], [], True)
