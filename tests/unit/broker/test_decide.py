"""What becomes of a message, walked step by step without a store."""

from dataclasses import replace
from typing import Any

import pytest

from broker.caseloads import Caseload, Taker
from broker.decide import NO_FACTS, Facts, Row, backoff, decide
from broker.effects import KeepCheck
from broker.incoming import Examined, Incoming, Who
from broker.outcome import AskAgain, Deliver, Done, Hold, Refuse, Register, Repeat, TakeBack, TakeReceipts, TryLater
from broker.prescriptions import Prescribers
from broker.routing import Answered
from contracts.consent_check import Held, NotYet, Permitted, Recorded, Refused, Stale
from contracts.envelope import read_submission
from contracts.kinds import Kind
from contracts.steps import ScriptStep
from contracts.vocabulary import GuardAnswer, Reason, ScriptMove
from tests.factories import letter, permit_for, seal_letter

HER = Taker("cjit-ashby", "aa" * 16, "bb" * 16, "cc" * 16)
KNOWN = Who(None, HER.record, HER.person, (HER.record,), (), False, None, None, ())
UNKNOWN = replace(KNOWN, own=None, person=None, same=(), unknown_reference=True)
ANSWERED = Answered("cjit-ashby", "project-ashby", Kind.REFERRAL_MADE, "a0" * 16, "delivered")


def arrives(kind: Kind = Kind.REFERRAL_MADE, *, known: bool = False, attempt: int = 1, **changes: Any) -> Incoming:
    received = read_submission(seal_letter(letter(kind, **changes)))
    return Incoming(received.header.sender, b"", received, None, received.header.id, attempt, 0, known)


def judged(incoming: Incoming, answer: Any = None, *, who: Who = KNOWN, now: int = 0, **facts: Any) -> Any:
    return decide(Examined(incoming, who, answer, True), replace(Facts(taker=HER), **facts), now)


def about(incoming: Incoming) -> dict[str, Any]:
    return {"message": incoming.message, "attempt": incoming.attempt}


def permitted(incoming: Incoming) -> Permitted:
    assert incoming.received is not None
    return Permitted(permit=permit_for(incoming.received), **about(incoming))


# --- (1) here before


@pytest.mark.parametrize("state", ["waiting", "held", "queued", "sent", "delivered", "refused", "expired", "done"])
def test_a_message_that_was_here_before_is_told_where_it_stands_and_nothing_happens(state: str) -> None:
    message = arrives()
    assert message.received is not None
    row = Row(state, message.received.header_hash.hex(), 1)
    assert judged(message, permitted(message), row=row) == Repeat(state)


def test_another_header_under_the_same_id_is_refused() -> None:
    message = arrives()
    assert judged(message, permitted(message), row=Row("sent", "00" * 32, 1)) == Refuse(Reason.REPLAYED)


ROWS = {
    "its turn": (Row("waiting", "", 3), False),
    "held, and its turn": (Row("held", "", 3), False),
    "another process is further": (Row("waiting", "", 4), True),
    "it was sent meanwhile": (Row("sent", "", 3), True),
    "it was never stored": (None, True),
}


@pytest.mark.parametrize("case", ROWS)
def test_a_stored_message_is_settled_only_by_the_attempt_that_stands(case: str) -> None:
    row, nothing = ROWS[case]
    message = arrives(known=True, attempt=3)
    assert (judged(message, permitted(message), row=row) == Repeat(None)) is nothing


# --- (2) refused by intake


def test_what_intake_refused_is_refused_for_that_reason() -> None:
    message = replace(arrives(), refused=Reason.BAD_SIGNATURE)
    assert judged(message) == Refuse(Reason.BAD_SIGNATURE)
    unreadable = Incoming("cjit-ashby", b"{", None, Reason.NOT_JSON, None, 1, 0, False)
    assert decide(Examined(unreadable, KNOWN, None, False), NO_FACTS, 0) == Refuse(Reason.NOT_JSON)


# --- (3) her reference


def test_an_unknown_reference_waits_for_its_registration_whatever_was_answered() -> None:
    message = arrives(reference="dd" * 16)
    outcome = judged(message, permitted(message), who=UNKNOWN, taker=None, now=10)
    assert outcome == TryLater(Reason.UNKNOWN_REFERENCE, 2_010, "dd" * 16)


def test_a_registration_that_came_meanwhile_is_asked_about_at_once() -> None:
    assert judged(arrives(), who=UNKNOWN, now=10) == TryLater(Reason.UNKNOWN_REFERENCE, 10)


def test_a_prescriber_who_must_wait_is_told_that_nothing_was_checked() -> None:
    message = arrives(Kind.SCRIPT_RESERVED)
    outcome = judged(message, who=UNKNOWN, taker=None)
    assert isinstance(outcome, TryLater)
    assert outcome.reply is not None
    assert outcome.reply.answer is GuardAnswer.NOT_CHECKED


def test_a_message_about_nobody_needs_no_registration() -> None:
    message = arrives(Kind.INCIDENT_REPORTED, reference=None)
    assert isinstance(judged(message, permitted(message), taker=None, who=replace(KNOWN, own=None)), Deliver)


# --- (4) what the consent service said


def test_each_answer_of_the_consent_service() -> None:
    message = arrives(attempt=3)
    a = about(message)
    assert isinstance(judged(message, permitted(message)), Deliver)
    assert judged(message, None, now=5) == TryLater(Reason.CHECK_NOT_AVAILABLE, 8_005)
    assert judged(message, Stale(**a), now=5) == TryLater(Reason.CHECK_NOT_AVAILABLE, 5)
    assert judged(message, NotYet(reason=Reason.UNKNOWN_CONSENT, **a), now=5) == TryLater(Reason.UNKNOWN_CONSENT, 8_005)
    refused = judged(message, Refused(reason=Reason.NO_CONSENT, index=7, **a))
    assert refused == Refuse(Reason.NO_CONSENT, logged=True, index=7)
    held = Held(reason=Reason.UNDER_18, owner="lead", deadline=900, index=7, **a)
    assert judged(message, held, now=5) == Hold(Reason.UNDER_18, "lead", 900, 7)


def test_a_hold_ends_at_its_first_deadline_and_before_the_message_itself() -> None:
    message = arrives(known=True, created=1_000)
    assert message.received is not None
    not_after = message.received.header.not_after
    late = Held(reason=Reason.UNDER_18, owner="lead", deadline=not_after + 1, index=7, **about(message))
    first = Row("held", "", 1, Reason.UNDER_18.value, 2_000)
    assert judged(message, late, now=1_999, row=first) == Hold(Reason.UNDER_18, "lead", 2_000, 7)
    assert judged(message, late, now=2_000, row=first) == Refuse(Reason.HOLD_DEADLINE_PASSED, index=7)
    other = replace(first, reason=Reason.CAPACITY_DOUBTED.value)
    assert judged(message, late, now=2_000, row=other) == Hold(Reason.UNDER_18, "lead", not_after - 1, 7)


def test_a_permit_from_before_a_withdrawal_is_asked_for_again() -> None:
    message = arrives()
    assert judged(message, permitted(message), recalled=1, now=4) == TryLater(Reason.CONSENT_WITHDRAWN, 4)


def test_a_withdrawal_names_every_record_that_is_she() -> None:
    message = arrives(Kind.CONSENT_WITHDRAWN)
    who = replace(KNOWN, same=(HER.record, "ee" * 16))
    outcome = judged(message, Recorded(index=5, withdrawn=True, **about(message)), who=who)
    assert outcome == Done((AskAgain((HER.record, "ee" * 16), 5, True),), index=5)


CHECKS: dict[str, Any] = {
    "no agreement": (Refused, {"reason": Reason.NO_AGREEMENT}, True),
    "she refused": (Refused, {"reason": Reason.CONSENT_REFUSED}, True),
    "an officer must look": (Held, {"reason": Reason.CAPACITY_DOUBTED, "owner": "officer", "deadline": 9}, True),
    "the police": (Refused, {"reason": Reason.POLICE_NEVER_ASK}, False),
    "nobody is with the asker": (Refused, {"reason": Reason.NO_PRESENTATION}, False),
}


@pytest.mark.parametrize("case", CHECKS)
def test_a_check_that_may_not_be_answered_is_cannot_say_and_the_askers_own_mistake_is_a_refusal(case: str) -> None:
    answer, fields, cannot_say = CHECKS[case]
    message = arrives(Kind.CASELOAD_CHECK)
    outcome = judged(message, answer(index=1, **fields, **about(message)), taker=None)
    assert isinstance(outcome, Done if cannot_say else Refuse)
    if isinstance(outcome, Done):
        assert outcome.caseload is not None
        assert outcome.caseload.status.value == "cannot_say"
        assert any(isinstance(effect, KeepCheck) for effect in outcome.effects)


# --- (5) to (7)


def test_an_answer_belongs_to_a_conversation_that_its_sender_was_in() -> None:
    talk: dict[str, Any] = {"conversation": "a0" * 16, "in_reply_to": "ab" * 16}
    message = arrives(Kind.REFERRAL_ACCEPTED, sender="project-ashby", recipient="cjit-ashby", **talk)
    assert isinstance(judged(message, permitted(message), answered=ANSWERED), Deliver)
    assert judged(message, permitted(message)) == Refuse(Reason.NO_CONVERSATION)


STANDS_HERE = replace(ANSWERED, state="held")
TALK: dict[str, Any] = {"conversation": "a0" * 16, "in_reply_to": "ab" * 16, "recipient": "project-ashby", "role": "intake"}


@pytest.mark.parametrize("answer", [permitted, lambda message: None])
def test_what_has_not_left_is_taken_back_whatever_the_consent_service_says(answer: Any) -> None:
    message = arrives(Kind.REFERRAL_WITHDRAWN, **TALK)
    assert judged(message, answer(message), answered=STANDS_HERE) == Done((TakeBack("ab" * 16),))


def test_what_has_not_left_is_not_overtaken_by_what_follows_it() -> None:
    message = arrives(Kind.REFERRAL_COMPLETED, **TALK)
    assert judged(message, permitted(message), answered=STANDS_HERE, now=5) == TryLater(Reason.NOT_ITS_TURN, 2_005)


def test_a_step_is_taken_once() -> None:
    message = arrives()
    assert judged(message, permitted(message), step_taken=True) == Refuse(Reason.STEP_ALREADY_TAKEN)


def test_a_guard_refuses_before_a_message_is_delivered() -> None:
    message = arrives(Kind.LEAD_PROPOSED)
    outcome = judged(message, permitted(message), caseload=Caseload())
    assert isinstance(outcome, Refuse)
    assert outcome.reason is Reason.NOT_THE_LEAD
    assert outcome.reply is not None
    assert not outcome.logged


def test_steps_of_the_brokers_own_need_no_question() -> None:
    assert isinstance(judged(arrives(Kind.PERSON_REGISTERED), taker=None).effects[0], Register)
    assert isinstance(judged(arrives(Kind.RECEIPTS), taker=None, who=KNOWN).effects[0], TakeReceipts)
    reserve = arrives(Kind.SCRIPT_RESERVED, step=ScriptStep(move=ScriptMove.RESERVE))
    assert isinstance(judged(reserve, prescribers=Prescribers(sender=True)), Done)
    assert isinstance(judged(reserve), Refuse)


def test_the_waits_grow_to_a_minute() -> None:
    assert [backoff(n) // 1000 for n in (1, 2, 3, 4, 5, 6, 7, 100)] == [2, 4, 8, 16, 32, 60, 60, 60]
