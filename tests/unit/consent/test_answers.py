"""Asked, decided, written down, and only then released."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

import consent.answers
import consent.permits
from consent.log.entry import EntryKind
from contracts.envelope import Received, read_submission
from contracts.kinds import Kind
from contracts.messages.compartments import Involvement
from contracts.opening import check_permit, open_delivery
from contracts.seal import Letter
from contracts.vocabulary import AgeBand, Capacity, Label, Reason
from tests.factories import MINUTE, letter, person, referral, seal_letter
from tests.unit.consent.conftest import Desk, arrives, asked, delivered


def test_what_is_permitted_can_be_checked_and_opened_by_its_recipient(desk: Desk) -> None:
    desk.consented()
    received = arrives()

    permit = desk.ask_one(asked(received)).permit

    brought = delivered(received, permit)
    check_permit(brought, desk.keys.directory, agency="project-ashby", now=desk.now)
    opened = open_delivery(brought, desk.keys.opener("project-ashby"))
    assert set(opened.compartments) == {Label.IDENTITY, Label.CONTACT, Label.REQUEST, Label.SAFETY}
    assert (opened.reference, opened.index) == ("ee" * 16, 1)


def test_a_withheld_slot_is_not_in_the_permit_nor_in_what_is_opened(desk: Desk) -> None:
    desk.consented()
    received = arrives(said=referral(involvement=Involvement(basis="her_own_account")))

    permit = desk.ask_one(asked(received)).permit

    opened = open_delivery(delivered(received, permit), desk.keys.opener("project-ashby"))
    assert len(received.submission.compartments) == 5
    assert len(permit.decision.slots) == 4
    assert Label.INVOLVEMENT not in opened.compartments
    subject = desk.log()[-1].subject
    assert subject is not None
    assert subject.fields["withheld"] == {"R16": ["involvement"]}


def test_what_the_permit_shows_is_what_the_log_shows(desk: Desk) -> None:
    desk.consented()
    permit = desk.ask_one(asked(arrives())).permit
    assert desk.log()[-1].shown == permit.decision.model_dump(mode="json")


def test_what_does_not_fit_into_one_answer_is_told_when_it_is_asked_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.consented()
    questions = [asked(arrives()) for _ in range(6)]
    monkeypatch.setattr(consent.answers, "MOST_BYTES", 14_000)
    told: list[str] = []
    rounds = 0
    while left := [one for one in questions if one.message not in told]:
        told += [answer.message for answer in desk.ask(*left)]
        rounds += 1
    assert rounds > 1
    assert sorted(told) == sorted(one.message for one in questions)
    # Decided and written once each, whenever it was told.
    written = [entry.message_id for entry in desk.log() if entry.kind is EntryKind.DECISION]
    assert sorted(filter(None, written)) == sorted(told)


def test_a_second_question_gets_the_same_decision_and_writes_nothing(desk: Desk) -> None:
    desk.consented()
    received = arrives()
    first = desk.ask_one(asked(received)).permit
    desk.ask_one(asked(arrives()))

    again = desk.ask_one(asked(received)).permit

    assert again.decision == first.decision
    assert desk.kinds() == [EntryKind.CONSENT, EntryKind.DECISION, EntryKind.DECISION]
    # The log has grown, so the proof is against its newest head.
    assert again.checkpoint != first.checkpoint
    check_permit(delivered(received, again), desk.keys.directory, agency="project-ashby", now=desk.now)


def test_nothing_is_sealed_for_what_was_not_written(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.consented()
    received = arrives()
    sealed: list[object] = []
    monkeypatch.setattr(consent.permits, "lock_shares", lambda *args: sealed.append(args))

    @event.listens_for(desk.engine, "commit")
    def the_disk_is_full(_: object) -> None:
        raise OperationalError("COMMIT", None, Exception("disk full"))

    with pytest.raises(OperationalError):
        desk.ask_one(asked(received))
    event.remove(desk.engine, "commit", the_disk_is_full)

    assert sealed == []
    assert desk.kinds() == [EntryKind.CONSENT]
    assert desk.rows("decision") == 1


@pytest.mark.parametrize("what", ["time", "protocol", "her word"])
def test_an_answer_that_no_longer_stands_is_stale_and_the_next_attempt_is_decided_afresh(desk: Desk, what: str) -> None:
    desk.consented()
    received = arrives()
    assert desk.ask_one(asked(received)).answer == "permitted"
    if what == "time":
        desk.now += desk.protocol.valid_for + 1
    elif what == "protocol":
        desk.protocol = replace(desk.protocol, hash="11" * 32)
    else:
        desk.ask_one(asked(arrives(Kind.CONSENT_WITHDRAWN)))

    assert desk.ask_one(asked(received)).answer == "stale"
    next_one = desk.ask_one(asked(received, attempt=2))
    assert next_one.answer == ("refused" if what == "her word" else "permitted")
    assert desk.ask_one(asked(received)).answer == "stale"


def test_an_attempt_that_was_passed_over_is_stale(desk: Desk) -> None:
    desk.consented()
    received = arrives()
    assert desk.ask_one(asked(received, attempt=3)).answer == "permitted"
    assert desk.ask_one(asked(received, attempt=2)).answer == "stale"


def test_another_message_under_a_known_id_is_a_replay(desk: Desk) -> None:
    desk.consented()
    first = letter()
    desk.ask_one(asked(arrives_as(first)))
    answer = desk.ask_one(asked(arrives_as(first), attempt=2))
    assert (answer.answer, answer.reason) == ("refused", Reason.REPLAYED)


def arrives_as(made: Letter) -> Received:
    return read_submission(seal_letter(made))


def test_a_signature_that_does_not_fit_is_refused_and_written_down(desk: Desk) -> None:
    desk.consented()
    one, other = arrives(), arrives()
    answer = desk.ask_one(asked(one, signature=other.submission.signature))
    assert (answer.answer, answer.reason) == ("refused", Reason.BAD_SIGNATURE)
    assert desk.kinds()[-1] is EntryKind.REFUSAL


def test_a_part_that_belongs_to_another_message_is_refused(desk: Desk) -> None:
    desk.consented()
    one, other = arrives(), arrives()
    answer = desk.ask_one(asked(one, to_consent=other.submission.to_consent))
    assert (answer.answer, answer.reason) == ("refused", Reason.CANNOT_OPEN)


def test_a_question_about_another_message_than_its_header_is_refused(desk: Desk) -> None:
    desk.consented()
    answer = desk.ask_one(asked(arrives(), message="f0" * 16))
    assert (answer.answer, answer.reason) == ("refused", Reason.PARTS_DO_NOT_FIT)


def test_a_message_past_its_time_is_refused(desk: Desk) -> None:
    desk.consented()
    received = arrives(created=desk.now - 3 * MINUTE, not_after=desk.now)
    assert desk.ask_one(asked(received)).reason is Reason.EXPIRED


def test_a_hold_names_who_must_act_and_its_deadline_neither_moves_nor_opens_anything(desk: Desk) -> None:
    desk.consented()
    c5 = replace(desk.protocol.clauses["C5"], within=10 * MINUTE)
    desk.protocol = replace(desk.protocol, clauses={**desk.protocol.clauses, "C5": c5})
    received, began = arrives(facts_changes={"capacity": Capacity.DOUBTED}), desk.now
    first = desk.ask_one(asked(received))
    desk.now += MINUTE
    again = desk.ask_one(asked(received, attempt=2))
    desk.now = first.deadline
    late = desk.ask_one(asked(received, attempt=3))

    assert (first.answer, first.owner, first.clauses) == ("held", "sending_worker", ("c5",))
    assert first.deadline == again.deadline == began + 10 * MINUTE
    assert (late.answer, late.reason) == ("refused", Reason.HOLD_DEADLINE_PASSED)
    assert desk.kinds()[-4:] == [EntryKind.HOLD, EntryKind.HOLD, EntryKind.REFUSAL, EntryKind.HOLD_CLOSED]
    ended, held = desk.log()[-1], desk.log()[-3]
    assert ended.skeleton["act"] == "deadline_passed"
    assert (ended.skeleton["message"], ended.skeleton["held_in"]) == (received.header.id, held.index)
    assert (ended.skeleton["owner"], ended.skeleton["deadline"]) == ("sending_worker", first.deadline)


def test_a_refusal_says_why_and_the_log_says_by_which_clause(desk: Desk) -> None:
    desk.consented()
    answer = desk.ask_one(asked(arrives(facts_changes={"age_band": AgeBand.UNKNOWN})))
    entry = desk.log()[-1]
    assert (answer.answer, answer.reason, answer.index) == ("refused", Reason.UNDER_18, entry.index)
    assert entry.skeleton["clauses"] == [{"clause": "R30", "code": "SAF-06:under-18"}]
    assert entry.skeleton["protocol"] == desk.protocol.hash


def test_each_message_of_a_batch_gets_its_own_answer_whatever_is_wrong_with_the_others(desk: Desk) -> None:
    """Each step is taken for the whole batch, so a message that falls out must not shift what belongs to the next."""
    desk.consented()
    good = [arrives(), arrives(), arrives()]
    unsigned, strange, late = arrives(), arrives(), arrives(not_after=desk.now + 1)
    desk.now += 2
    questions = [
        asked(good[0]),
        asked(unsigned, signature=good[0].submission.signature),
        asked(good[1]),
        asked(strange, to_consent=good[0].submission.to_consent),
        asked(late),
        asked(good[2]),
    ]

    answers: dict[str, Any] = {answer.message: answer for answer in desk.ask(*questions)}

    reasons = {one.header.id: answers[one.header.id].reason for one in (unsigned, strange, late)}
    assert reasons == {
        unsigned.header.id: Reason.BAD_SIGNATURE,
        strange.header.id: Reason.CANNOT_OPEN,
        late.header.id: Reason.EXPIRED,
    }
    for one in good:
        brought = delivered(one, answers[one.header.id].permit)
        check_permit(brought, desk.keys.directory, agency="project-ashby", now=desk.now)
        open_delivery(brought, desk.keys.opener("project-ashby"))


def test_a_batch_is_one_checkpoint(desk: Desk) -> None:
    desk.consented()
    answers = desk.ask(*(asked(arrives()) for _ in range(5)))
    assert {answer.answer for answer in answers} == {"permitted"}
    assert len({answer.permit.checkpoint for answer in answers}) == 1  # type: ignore[union-attr]
    assert desk.rows("checkpoint") == 2


def test_a_check_names_only_who_may_be_named_and_is_written_as_a_question(desk: Desk) -> None:
    check = arrives(Kind.CASELOAD_CHECK)
    answer = desk.ask_one(asked(check, holders=("drugs-ashby", "sarc-ashby", "housing-ashby", "police-ashby")))
    assert (answer.answer, answer.holders) == ("recorded", ("drugs-ashby", "housing-ashby"))
    assert desk.kinds() == [EntryKind.QUERY]
    assert desk.log()[-1].shown == {"entry": "query"}


def test_no_group_of_any_entry_holds_her_details(desk: Desk) -> None:
    desk.consented()
    desk.ask_one(asked(arrives()))
    everything = str([(entry.shown, entry.skeleton, entry.subject) for entry in desk.log()])
    identity = person().identity
    assert not [word for word in (identity.forename, identity.surname, identity.nhs_number, "07700") if word in everything]  # type: ignore[operator]
