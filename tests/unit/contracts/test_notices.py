"""What the broker says: signed, to one agency, and a caseload answer that looks like every other."""

import json

import pytest

from contracts.canonical import MalformedError, canonical, from_base64, to_base64
from contracts.identifiers import new_id
from contracts.kinds import Kind
from contracts.notices import (
    AlertItem,
    CaseloadAnswer,
    CaseloadItem,
    GuardItem,
    Notice,
    ReceiptItem,
    open_caseload_answer,
    read_notice,
    seal_caseload_answer,
    write_notice,
)
from contracts.vocabulary import CaseloadStatus, GuardAnswer, Reason, ReceiptState
from tests.factories import AGENCIES, partnership

NOW = partnership().now
HERE = "cjit-ashby"


def notice() -> Notice:
    message, conversation = new_id(), new_id()
    return Notice(
        notice=new_id(),
        to=HERE,
        created=NOW,
        items=(
            ReceiptItem(message=None, state=ReceiptState.REFUSED, reason=Reason.NOT_JSON),
            ReceiptItem(message=message, state=ReceiptState.HELD, owner="ig_officer", deadline=NOW + 1),
            GuardItem(message=message, conversation=conversation, kind=Kind.SCRIPT_RESERVED, answer=GuardAnswer.CLEARED),
            AlertItem(alert="check_was_made", reference=new_id()),
            CaseloadItem(message=message, conversation=conversation, sealed="AAAA"),
        ),
    )


def written() -> bytes:
    return write_notice(notice(), partnership().signing("broker"))


def refusal_of(body: bytes, agency: str = HERE) -> Reason:
    with pytest.raises(MalformedError) as refusal:
        read_notice(body, partnership().directory, agency=agency)
    return refusal.value.reason


def test_a_notice_is_read_by_the_agency_it_is_to() -> None:
    said = notice()
    assert read_notice(write_notice(said, partnership().signing("broker")), partnership().directory, agency=HERE) == said


def test_a_notice_passed_on_to_another_agency_is_refused() -> None:
    for other in (agency for agency in AGENCIES if agency != HERE):
        assert refusal_of(written(), other) is Reason.UNKNOWN_RECIPIENT


def test_a_notice_that_no_broker_signed_is_refused() -> None:
    for party in (HERE, "consent"):
        assert refusal_of(write_notice(notice(), partnership().signing(party))) is Reason.BAD_SIGNATURE


@pytest.mark.parametrize("name", ["to", "created", "notice", "items"])
def test_a_notice_altered_on_the_way_is_refused(name: str) -> None:
    value = json.loads(written())
    value["body"][name] = {"to": "sarc-ashby", "created": 1, "notice": "00" * 16, "items": value["body"]["items"][:1]}[name]
    assert refusal_of(canonical(value), value["body"]["to"]) is Reason.BAD_SIGNATURE


ALTERED: dict[str, tuple[bytes, Reason]] = {
    "nothing": (b"", Reason.NOT_JSON),
    "no items": (b'{"body":{"items":[]},"signature":"AAAA"}', Reason.PARTS_DO_NOT_FIT),
    "a space": (written() + b" ", Reason.NOT_CANONICAL),
    "an unknown field": (canonical({**json.loads(written()), "more": 1}), Reason.PARTS_DO_NOT_FIT),
    "a signature that is none": (canonical({**json.loads(written()), "signature": "AB=="}), Reason.BAD_BASE64),
}


@pytest.mark.parametrize("case", ALTERED)
def test_what_is_not_a_notice_is_refused(case: str) -> None:
    body, reason = ALTERED[case]
    assert refusal_of(body) is reason


LONGEST = tuple(f"agency-{number:02}-{'x' * 30}" for number in range(12))
ANSWERS = {
    "not known": CaseloadAnswer(status=CaseloadStatus.NOT_KNOWN, covers=AGENCIES, made=NOW),
    "cannot say": CaseloadAnswer(status=CaseloadStatus.CANNOT_SAY, made=NOW),
    "active at one": CaseloadAnswer(status=CaseloadStatus.ACTIVE, agencies=AGENCIES[:1], covers=AGENCIES, made=NOW),
    "known at as many as there can be": CaseloadAnswer(
        status=CaseloadStatus.KNOWN_NOT_ACTIVE, agencies=LONGEST, covers=LONGEST, made=4_102_444_800_000
    ),
}


def test_every_caseload_answer_is_of_one_size() -> None:
    key = partnership().opener(HERE).public
    sizes = {len(seal_caseload_answer(answer, "ab" * 16, key)) for answer in ANSWERS.values()}
    assert len(sizes) == 1
    assert all(len(agency) == 40 for agency in LONGEST)


@pytest.mark.parametrize("case", ANSWERS)
def test_the_asker_opens_the_answer_to_her_own_question(case: str) -> None:
    key, question = partnership().opener(HERE), new_id()
    sealed = seal_caseload_answer(ANSWERS[case], question, key.public)
    assert open_caseload_answer(sealed, question, key) == ANSWERS[case]


def test_an_answer_opens_for_nobody_else_and_to_no_other_question() -> None:
    key, question = partnership().opener(HERE), new_id()
    sealed = seal_caseload_answer(ANSWERS["not known"], question, key.public)
    changed = to_base64(from_base64(sealed)[:-1] + b"x")
    for text, asked, opener in (
        (sealed, new_id(), key),
        (sealed, question, partnership().opener("sarc-ashby")),
        (changed, question, key),
    ):
        with pytest.raises(MalformedError) as refusal:
            open_caseload_answer(text, asked, opener)
        assert refusal.value.reason is Reason.CANNOT_OPEN


def test_an_alert_says_only_what_is_on_the_list() -> None:
    with pytest.raises(ValueError, match="alert"):
        AlertItem(alert="she_was_seen_at_the_clinic")  # type: ignore[arg-type]
