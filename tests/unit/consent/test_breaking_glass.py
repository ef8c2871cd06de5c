"""G4 at the consent service itself: a broken glass counts whole, once, for one message, and is reviewed."""

from typing import Any

import pytest

from consent.broken import take_review, unreviewed
from consent.log.append import LogSigner
from consent.log.entry import EntryKind
from consent.store import alone
from contracts.identifiers import new_id
from contracts.kinds import Kind
from contracts.messages.compartments import Contact, Request, Safety
from contracts.messages.referrals import ReferralMade
from contracts.opening import check_permit, open_delivery
from contracts.statements import Glass, Review, sign_statement
from contracts.vocabulary import ConsentAnswer, Finding, Label, Purpose, Reason
from tests.factories import consent_given, person
from tests.specs.consent.emergency import (
    AT_RISK,
    BREAKER,
    GOVERNANCE,
    HOUR,
    LABELS,
    PARTS,
    SECOND,
    act,
    broken,
    glass,
    hers,
    posted,
)
from tests.unit.consent.conftest import Desk, arrives, asked, delivered


@pytest.fixture
def at_risk(desk: Desk) -> Desk:
    """She said no to her safety being spoken of to the project."""
    no = consent_given(
        answer=ConsentAnswer.REFUSED, purpose=Purpose.SAFEGUARDING, taken_at=desk.now, labels=(*LABELS, Label.CONTACT)
    )
    assert desk.ask_one(asked(arrives(Kind.CONSENT_RECORDED, said=no))).answer == "recorded"
    return desk


def urgent(broken_glass: Glass | None) -> Any:
    said = ReferralMade(
        request=Request(needs=("safety",)),
        identity=person().identity,
        contact=Contact(safe_method="text_only", details="07700 900123"),
        safety=Safety(risks=("violence_from_partner",), safe_to_contact=False),
    )
    return arrives(said=said, facts_changes={**AT_RISK, "glass": broken_glass})


def review(desk: Desk, message: str, person_: str = GOVERNANCE, **changes: Any) -> int | Reason:
    said = Review(
        id=new_id(),
        message=message,
        finding=Finding.JUSTIFIED,
        reason="she was found in time",
        made=desk.now,
        **posted(person_),
    ).model_copy(update=changes)
    signer = LogSigner(desk.keys.directory.log_name, desk.keys.log_signing.ed25519)
    with alone(desk.engine) as connection:
        return take_review(connection, sign_statement(said, hers(person_)), desk.keys.directory, signer, desk.now)


def test_without_it_an_adult_who_said_no_waits_for_people(at_risk: Desk) -> None:
    answer = at_risk.ask_one(asked(urgent(None)))
    assert (answer.answer, answer.reason, answer.owner) == ("held", Reason.CONSENT_REFUSED, "safeguarding_lead")


def test_whole_it_passes_at_once_and_nothing_that_was_not_named(at_risk: Desk) -> None:
    received = urgent(glass(at_risk.now))
    answer = at_risk.ask_one(asked(received))
    assert (answer.answer, answer.broken_glass) == ("permitted", True)
    brought = delivered(received, answer.permit)
    check_permit(brought, at_risk.keys.directory, agency="project-ashby", now=at_risk.now)
    assert set(open_delivery(brought, at_risk.keys.opener("project-ashby")).compartments) == set(LABELS)
    entry = at_risk.log()[-1]
    assert entry.skeleton["excused"] == {"C2-risk": "glass"}
    assert {"clause": "G4-scope", "code": Reason.BREAK_GLASS} in entry.skeleton["clauses"]
    # What the glass excused is not told as withheld: it went.
    assert entry.subject is not None
    assert set(entry.subject.fields["withheld"]) == {"G4-scope"}
    # Her words are where their key can be destroyed, and nowhere else.
    assert "at the door" not in str(entry.skeleton)


def test_a_permit_never_outlives_the_end_that_was_set(at_risk: Desk) -> None:
    soon = at_risk.now + 30_000
    permit = at_risk.ask_one(asked(urgent(glass(at_risk.now, until=soon)))).permit
    assert permit.decision.valid_until == soon


@pytest.mark.parametrize("part", PARTS)
def test_missing_any_one_part_it_is_refused(at_risk: Desk, part: str) -> None:
    answer = at_risk.ask_one(asked(urgent(PARTS[part].make(at_risk.now))))
    assert (answer.answer, answer.reason) == ("refused", PARTS[part].why)
    assert at_risk.log()[-1].kind is EntryKind.REFUSAL
    assert at_risk.rows("glass") == 0


def test_alone_it_waits_for_a_second_person_and_goes_when_she_approves(at_risk: Desk) -> None:
    received = urgent(glass(at_risk.now, second=None))
    held = at_risk.ask_one(asked(received))
    assert (held.answer, held.reason, held.owner) == ("held", Reason.SECOND_PERSON_AWAITED, "second_person")
    assert held.deadline == at_risk.now + 15 * 60_000
    header = received.header_hash.hex()
    assert at_risk.take(act(received.header.id, header, at_risk.now, BREAKER)) is Reason.APPROVER_NOT_ALLOWED
    assert isinstance(at_risk.take(act(received.header.id, header, at_risk.now, SECOND)), int)
    assert at_risk.ask_one(asked(received, attempt=2)).answer == "permitted"


def test_alone_it_goes_after_fifteen_minutes_of_silence_and_not_before(at_risk: Desk) -> None:
    received = urgent(glass(at_risk.now, second=None))
    deadline = at_risk.ask_one(asked(received)).deadline
    at_risk.now = deadline - 1
    assert at_risk.ask_one(asked(received, attempt=2)).answer == "held"
    at_risk.now = deadline
    assert at_risk.ask_one(asked(received, attempt=3)).answer == "permitted"


def test_a_second_person_who_says_no_ends_it(at_risk: Desk) -> None:
    received = urgent(glass(at_risk.now, second=None))
    deadline = at_risk.ask_one(asked(received)).deadline
    at_risk.take(act(received.header.id, received.header_hash.hex(), at_risk.now, SECOND, "refuse"))
    at_risk.now = deadline
    answer = at_risk.ask_one(asked(received, attempt=2))
    assert (answer.answer, answer.reason) == ("refused", Reason.OFFICER_REFUSED)


def test_one_statement_is_for_one_message(at_risk: Desk) -> None:
    once = glass(at_risk.now)
    assert at_risk.ask_one(asked(urgent(once))).answer == "permitted"
    assert at_risk.ask_one(asked(urgent(once))).reason is Reason.BREAK_GLASS_USED


def test_the_third_in_a_row_is_blocked_until_one_is_reviewed(at_risk: Desk) -> None:
    first = urgent(glass(at_risk.now))
    assert at_risk.ask_one(asked(first)).answer == "permitted"
    assert at_risk.ask_one(asked(urgent(glass(at_risk.now)))).answer == "permitted"
    assert at_risk.ask_one(asked(urgent(glass(at_risk.now)))).reason is Reason.BREAK_GLASS_UNREVIEWED
    assert isinstance(review(at_risk, first.header.id), int)
    assert at_risk.ask_one(asked(urgent(glass(at_risk.now)))).answer == "permitted"


def test_neither_is_got_round_by_asking_many_at_once(at_risk: Desk) -> None:
    once = glass(at_risk.now)
    same = at_risk.ask(*[asked(urgent(once)) for _ in range(3)])
    assert [(one.answer, getattr(one, "reason", None)) for one in same] == [
        ("permitted", None), ("refused", Reason.BREAK_GLASS_USED), ("refused", Reason.BREAK_GLASS_USED),
    ]  # fmt: skip
    more = at_risk.ask(*[asked(urgent(glass(at_risk.now))) for _ in range(3)])
    assert [getattr(one, "reason", None) for one in more] == [None, *[Reason.BREAK_GLASS_UNREVIEWED] * 2]


def test_one_that_is_late_for_its_review_blocks_the_next(at_risk: Desk) -> None:
    first = urgent(glass(at_risk.now))
    assert at_risk.ask_one(asked(first)).answer == "permitted"
    at_risk.now += 72 * HOUR
    later = arrives(
        said=ReferralMade(request=Request(needs=("safety",)), identity=person().identity), created=at_risk.now,
        facts_changes={**AT_RISK, "glass": glass(at_risk.now)},
    )  # fmt: skip
    assert at_risk.ask_one(asked(later)).reason is Reason.BREAK_GLASS_UNREVIEWED
    with alone(at_risk.engine) as connection:
        (open_one,) = unreviewed(connection)
    assert (open_one.message, open_one.due, open_one.alone) == (first.header.id, at_risk.now, False)


def test_nobody_reviews_what_she_had_a_hand_in_and_nothing_twice(at_risk: Desk) -> None:
    with_governance = glass(at_risk.now, second=GOVERNANCE)
    received = urgent(with_governance)
    assert at_risk.ask_one(asked(received)).answer == "permitted"
    message = received.header.id
    assert review(at_risk, message, BREAKER) is Reason.APPROVER_NOT_ALLOWED
    assert review(at_risk, message, SECOND) is Reason.APPROVER_NOT_ALLOWED
    assert review(at_risk, message, GOVERNANCE) is Reason.APPROVER_NOT_ALLOWED
    assert review(at_risk, message, "v_marchmont", reason=" ") is Reason.MISSING_FIELD
    assert isinstance(review(at_risk, message, "v_marchmont"), int)
    assert review(at_risk, message, "c_varley") is Reason.NOTHING_WAITS
    assert at_risk.kinds()[-2:] == [EntryKind.REVIEW, EntryKind.ACT_REFUSED]
    tried = [entry for entry in at_risk.log() if entry.kind is EntryKind.ACT_REFUSED]
    # Who, on what, and why it does not count; not a word of what she said.
    assert [(entry.skeleton["by"], entry.skeleton["code"]) for entry in tried] == [
        (f"cjit-ashby/{BREAKER}", "INS-02:approver-not-allowed"),
        (f"cjit-ashby/{SECOND}", "INS-02:approver-not-allowed"),
        (f"cjit-ashby/{GOVERNANCE}", "INS-02:approver-not-allowed"),
        ("project-ashby/v_marchmont", "FRM-14:missing-field"),
        ("drugs-ashby/c_varley", "HLD-03:nothing-waits"),
    ]
    assert {(entry.skeleton["act"], entry.skeleton["message"]) for entry in tried} == {("review", message)}
    assert all(entry.subject is not None and entry.subject.fields == {} for entry in tried)


def test_it_excuses_nothing_but_what_she_said(at_risk: Desk) -> None:
    # No agreement lets the CJIT tell the police about support, whoever is in danger.
    said = broken(at_risk.now, recipient="police-ashby")
    forbidden = arrives(
        recipient="police-ashby",
        facts_changes={"glass": Glass(statement=sign_statement(said, hers(BREAKER)))},
    )
    answer = at_risk.ask_one(asked(forbidden))
    assert answer.answer == "refused"
    assert answer.reason in {Reason.NOT_FOR_POLICE, Reason.NO_AGREEMENT, Reason.PURPOSE_NOT_COVERED}
