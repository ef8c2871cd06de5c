"""What she said reaches the service: recorded once, taken back for good."""

from dataclasses import asdict
from typing import Any

import pytest

from consent.log.entry import EntryKind
from contracts.kinds import Kind
from contracts.messages.consents import ConsentWithdrawn, CorrectionRecorded
from contracts.vocabulary import AgeBand, ConsentAnswer, Gillick, Interpreter, Label, Purpose, Reason
from tests.factories import MINUTE, consent_given
from tests.unit.consent.conftest import ELSEWHERE, RECORD, Desk, arrives, asked

C0 = "c0" * 16


def takes_back(at: int, consent: str = C0) -> ConsentWithdrawn:
    return ConsentWithdrawn(consent=consent, withdrawn_at=at, taken_by="worker_7")


def test_a_consent_is_recorded_once_however_often_it_is_told(desk: Desk) -> None:
    received = arrives(Kind.CONSENT_RECORDED)
    first, again, later = (desk.ask_one(asked(received, attempt=attempt)) for attempt in (1, 1, 2))
    assert first.answer == again.answer == later.answer == "recorded"
    assert first.index == again.index == later.index == 0
    assert desk.kinds() == [EntryKind.CONSENT]
    assert desk.rows("consent") == 1


def test_a_refusal_she_recorded_says_that_messages_must_be_asked_again(desk: Desk) -> None:
    said = consent_given(answer=ConsentAnswer.REFUSED)
    assert desk.ask_one(asked(arrives(Kind.CONSENT_RECORDED, said=said))).withdrawn is True
    assert desk.ask_one(asked(arrives())).reason is Reason.CONSENT_REFUSED


HOW_SHE_WAS_ASKED: dict[str, Any] = {
    "wording": "easy_read_3",
    "language": "romanian",
    "interpreter": Interpreter.PROFESSIONAL,
    "taken_by": "outreach_worker",
    "how": "face_to_face",
    "setting": "outreach_van",
    "alone": False,
    "freely": None,
    "limits_shown": False,
    "gillick": Gillick.COMPETENT,
    "notice": None,
    "no_notice": "in_crisis",
}


def test_how_she_was_asked_is_kept_with_what_she_said(desk: Desk) -> None:
    said = consent_given(**HOW_SHE_WAS_ASKED, evidence="ab" * 32, replaces="c9" * 16)
    received = arrives(Kind.CONSENT_RECORDED, said=said, facts_changes={"age_band": AgeBand.AGED_13_TO_15})
    desk.ask_one(asked(received))
    (kept,) = desk.recordings(RECORD)
    assert asdict(kept.consent.circumstances) == {**HOW_SHE_WAS_ASKED, "age_band": AgeBand.AGED_13_TO_15}
    assert (kept.evidence, kept.replaces) == ("ab" * 32, "c9" * 16)


@pytest.mark.parametrize("apart", [Label.INVOLVEMENT, Label.SEXUAL_ASSAULT])
def test_a_yes_that_mixes_what_is_asked_alone_with_other_things_is_refused_while_she_is_there(desk: Desk, apart: Label) -> None:
    mixed = consent_given(labels=(Label.IDENTITY, apart))
    answer = desk.ask_one(asked(arrives(Kind.CONSENT_RECORDED, said=mixed)))
    assert (answer.answer, answer.reason) == ("refused", Reason.SEPARATE_CONSENT_NEEDED)
    assert desk.rows("consent") == 0
    # A no may name them together, and a yes may name the one.
    no = consent_given(answer=ConsentAnswer.REFUSED, labels=(Label.IDENTITY, apart))
    yes = consent_given(consent="c1" * 16, labels=(apart,))
    answers = desk.ask(*(asked(arrives(Kind.CONSENT_RECORDED, said=one)) for one in (no, yes)))
    assert [one.answer for one in answers] == ["recorded", "recorded"]


def test_a_consent_id_is_used_once(desk: Desk) -> None:
    desk.consented()
    answer = desk.ask_one(asked(arrives(Kind.CONSENT_RECORDED, said=consent_given(recipient="police-ashby"))))
    assert (answer.answer, answer.reason) == ("refused", Reason.REPLAYED)
    assert desk.rows("consent") == 1


def test_a_consent_waits_for_the_person_to_be_registered(desk: Desk) -> None:
    answer = desk.ask_one(asked(arrives(Kind.CONSENT_RECORDED), own=None))
    assert (answer.answer, answer.reason) == ("not_yet", Reason.UNKNOWN_REFERENCE)
    assert desk.kinds() == []


def test_a_consent_from_the_future_is_refused(desk: Desk) -> None:
    said = consent_given(taken_at=desk.now + 2 * MINUTE)
    assert desk.ask_one(asked(arrives(Kind.CONSENT_RECORDED, said=said))).reason is Reason.WRONG_TIME


def test_a_message_and_the_consent_it_names_may_come_together_in_either_order(desk: Desk) -> None:
    referral, consent = arrives(), arrives(Kind.CONSENT_RECORDED)
    assert [answer.answer for answer in desk.ask(asked(referral), asked(consent))] == ["permitted", "recorded"]


def test_a_message_whose_consent_has_not_come_waits_and_nothing_is_written(desk: Desk) -> None:
    answer = desk.ask_one(asked(arrives()))
    assert (answer.answer, answer.reason) == ("not_yet", Reason.UNKNOWN_CONSENT)
    assert desk.kinds() == []
    assert desk.rows("decision") == 0


def test_a_withdrawal_stops_even_the_message_that_came_with_it(desk: Desk) -> None:
    desk.consented()
    answers = desk.ask(asked(arrives()), asked(arrives(Kind.CONSENT_WITHDRAWN)))
    assert [answer.answer for answer in answers] == ["refused", "recorded"]
    assert answers[1].withdrawn is True  # type: ignore[union-attr]
    assert desk.kinds() == [EntryKind.CONSENT, EntryKind.WITHDRAWAL, EntryKind.REFUSAL]


def test_a_withdrawal_stands_for_good(desk: Desk) -> None:
    desk.consented()
    received = arrives(Kind.CONSENT_WITHDRAWN)
    first = desk.ask_one(asked(received))
    again = desk.ask_one(asked(arrives(Kind.CONSENT_WITHDRAWN)))
    # The same consent, recorded again, is not a new yes.
    desk.ask_one(asked(arrives(Kind.CONSENT_RECORDED)))
    assert first.index == again.index
    assert desk.rows("withdrawal") == 1
    assert desk.ask_one(asked(arrives())).reason is Reason.CONSENT_WITHDRAWN


def test_two_withdrawals_in_one_batch_are_one(desk: Desk) -> None:
    desk.consented()
    answers = desk.ask(asked(arrives(Kind.CONSENT_WITHDRAWN)), asked(arrives(Kind.CONSENT_WITHDRAWN)))
    assert [answer.answer for answer in answers] == ["recorded", "not_yet"]
    assert desk.rows("withdrawal") == 1


def test_a_withdrawal_of_what_was_never_recorded_waits(desk: Desk) -> None:
    answer = desk.ask_one(asked(arrives(Kind.CONSENT_WITHDRAWN)))
    assert (answer.answer, answer.reason) == ("not_yet", Reason.UNKNOWN_CONSENT)


def test_a_clock_that_runs_ahead_does_not_keep_her_consent_standing(desk: Desk) -> None:
    desk.consented()
    said = takes_back(desk.now + 60 * MINUTE)
    assert desk.ask_one(asked(arrives(Kind.CONSENT_WITHDRAWN, said=said))).answer == "recorded"
    assert desk.ask_one(asked(arrives())).reason is Reason.CONSENT_WITHDRAWN

    # Nor does it keep her from agreeing again a minute later.
    desk.now += MINUTE
    anew = consent_given(consent="c1" * 16, taken_at=desk.now)
    desk.ask_one(asked(arrives(Kind.CONSENT_RECORDED, said=anew)))
    assert desk.ask_one(asked(arrives(facts_changes={"consents": ("c1" * 16,)}))).answer == "permitted"


WHO: dict[str, tuple[str, dict[str, Any], str]] = {
    "the agency that asked her, by another record": ("cjit-ashby", {}, "recorded"),
    "another agency that knows her": ("drugs-ashby", {"same": (ELSEWHERE, RECORD)}, "recorded"),
    "an agency that may know her": ("drugs-ashby", {"possible": (RECORD,)}, "held"),
    "an agency that does not know her": ("drugs-ashby", {}, "refused"),
}


@pytest.mark.parametrize("who", WHO)
def test_who_may_tell_that_she_took_it_back(desk: Desk, who: str) -> None:
    sender, records, expected = WHO[who]
    desk.consented()
    answer = desk.ask_one(asked(arrives(Kind.CONSENT_WITHDRAWN, sender), own=ELSEWHERE, **records))
    assert answer.answer == expected
    assert desk.rows("withdrawal") == (1 if expected == "recorded" else 0)


def test_a_yes_counts_for_records_that_are_her_and_not_for_those_that_may_be(desk: Desk) -> None:
    desk.consented()
    known = asked(arrives(), own=ELSEWHERE, same=(ELSEWHERE, RECORD))
    doubtful = asked(arrives(), own=ELSEWHERE, possible=(RECORD,))
    assert [answer.answer for answer in desk.ask(known, doubtful)] == ["permitted", "refused"]


def test_a_no_counts_for_records_that_may_be_her_too(desk: Desk) -> None:
    desk.consented()
    said = consent_given(consent="c1" * 16, answer=ConsentAnswer.REFUSED, taken_at=desk.now)
    desk.ask_one(asked(arrives(Kind.CONSENT_RECORDED, "drugs-ashby", said=said), own=ELSEWHERE))
    answer = desk.ask_one(asked(arrives(), possible=(ELSEWHERE,)))
    assert (answer.answer, answer.reason) == ("held", Reason.MAY_BE_ANOTHER_PERSON)


# --- a withdrawal travels


def delivered(desk: Desk, **changes: Any) -> str:
    """A referral that was released; its id."""
    received = arrives(**changes)
    assert desk.ask_one(asked(received)).answer == "permitted"
    return received.header.id


def test_a_withdrawal_names_everyone_who_was_told_on_it_and_nobody_else(desk: Desk) -> None:
    desk.consented()
    first, second = delivered(desk), delivered(desk)
    elsewhere = consent_given(consent="c1" * 16, purpose=Purpose.TREATMENT_REFERRAL, recipient="drugs-ashby")
    desk.ask_one(asked(arrives(Kind.CONSENT_RECORDED, said=elsewhere)))
    other = arrives(recipient="drugs-ashby", facts_changes={"purpose": Purpose.TREATMENT_REFERRAL, "consents": ("c1" * 16,)})
    assert desk.ask_one(asked(other)).answer == "permitted"

    question = asked(arrives(Kind.CONSENT_WITHDRAWN))
    answer = desk.ask_one(question)
    assert [one.message for one in answer.tellings] == [first, second]
    assert desk.ask_one(question).tellings == answer.tellings, "asked again after a crash, they are the same"
    entry = desk.log()[-1]
    named = [(one["message"], one["recipient"]) for one in entry.skeleton["to_tell"]]
    assert named == [(first, "project-ashby"), (second, "project-ashby")]
    assert desk.rows("telling") == 2


def test_a_no_after_a_yes_is_told_to_whoever_acted_on_the_yes(desk: Desk) -> None:
    desk.consented()
    message = delivered(desk)
    no = consent_given(consent="c1" * 16, answer=ConsentAnswer.REFUSED, taken_at=desk.now)
    assert [one.message for one in desk.ask_one(asked(arrives(Kind.CONSENT_RECORDED, said=no))).tellings] == [message]


def test_what_another_agency_told_on_the_same_consent_is_found_by_every_record_that_is_hers(desk: Desk) -> None:
    desk.consented()
    received = arrives(sender="drugs-ashby", facts_changes={"consents": ()})
    assert desk.ask_one(asked(received, own=ELSEWHERE, same=(ELSEWHERE, RECORD))).answer == "permitted"
    answer = desk.ask_one(asked(arrives(Kind.CONSENT_WITHDRAWN), same=(RECORD, ELSEWHERE)))
    assert [one.message for one in answer.tellings] == [received.header.id]


# --- what was told wrongly


def corrects(message: str, *labels: Label) -> CorrectionRecorded:
    return CorrectionRecorded(message=message, labels=labels, why="typing_error", found_at=0, taken_by="worker_7")


def test_a_correction_follows_to_everyone_who_was_told_the_same(desk: Desk) -> None:
    desk.consented()
    first, second = delivered(desk), delivered(desk)
    answer = desk.ask_one(asked(arrives(Kind.CORRECTION_RECORDED, said=corrects(first, Label.IDENTITY))))
    assert (answer.answer, answer.withdrawn) == ("recorded", False)
    assert [one.message for one in answer.tellings] == [first, second]
    assert desk.kinds()[-1] is EntryKind.CORRECTION
    nothing = desk.ask_one(asked(arrives(Kind.CORRECTION_RECORDED, said=corrects(first, Label.PRESCRIBING))))
    assert nothing.tellings == (), "what was never told needs no correction"


def test_only_its_sender_corrects_a_message_and_only_once_it_was_released(desk: Desk) -> None:
    desk.consented()
    message = delivered(desk)
    theirs = arrives(Kind.CORRECTION_RECORDED, "drugs-ashby", said=corrects(message, Label.IDENTITY))
    assert desk.ask_one(asked(theirs, own=ELSEWHERE)).reason is Reason.VALUE_NOT_ALLOWED
    early = arrives(Kind.CORRECTION_RECORDED, said=corrects("0f" * 16, Label.IDENTITY))
    assert desk.ask_one(asked(early)).answer == "not_yet"
    assert desk.rows("telling") == 0
