"""Every bad message is refused by whoever reads it first, with its own code, and nothing else is ever raised."""

import traceback
from collections import Counter

import pytest

from contracts.canonical import MalformedError, canonical
from contracts.envelope import check_addressee, check_signature, check_times, read_submission
from contracts.kinds import Kind
from contracts.opening import OpeningError, open_for_consent
from contracts.reasons import Reason
from contracts.sentences import sentence
from tests.factories import partnership
from tests.hostile.faults import FAULTS, Fault
from tests.hostile.messages import Bad, Workshop, hostile_messages, mutated

SEED = 20261121


@pytest.fixture(scope="module")
def workshop() -> Workshop:
    return Workshop(partnership(), partnership().now)


def judged(bad: Bad) -> Reason | None:
    """What the contracts say, in the order of the broker's first step; any exception but MalformedError fails the test."""
    directory, now = partnership().directory, partnership().now
    try:
        received = read_submission(bad.body)
    except MalformedError as error:
        return error.reason
    if bad.user is None:
        return Reason.SENDER_NOT_PROVEN
    if bad.user != received.header.sender:
        return Reason.SENDER_MISMATCH
    return (
        check_signature(received, directory) or check_times(received.header, now) or check_addressee(received.header, directory)
    )


def spoilt_by(fault: Fault, workshop: Workshop, kind_number: int = 0) -> Bad:
    return list(fault.make(workshop, fault.kinds[kind_number % len(fault.kinds)]))[-1]


READ = {fault.name: fault for fault in FAULTS if fault.where == "reading"}


@pytest.mark.parametrize("name", READ)
def test_a_fault_gets_its_own_code(name: str, workshop: Workshop) -> None:
    assert judged(spoilt_by(READ[name], workshop)) == READ[name].code


def test_the_same_faults_are_refused_in_every_kind_of_message(workshop: Workshop) -> None:
    wrong = [
        (bad.name, judged(bad), bad.code)
        for fault in READ.values()
        for number in range(len(fault.kinds))
        if judged(bad := spoilt_by(fault, workshop, number)) != bad.code
    ]
    assert wrong == []


def test_a_draft_without_a_fault_is_accepted(workshop: Workshop) -> None:
    """Else every fault above could be refused for something that all drafts have."""
    drafts = [workshop.draft(kind) for kind in Kind]
    assert [judged(Bad("good", None, draft.bytes(), draft.user)) for draft in drafts] == [None] * len(drafts)


def test_what_only_the_consent_service_can_see_is_refused_by_it(workshop: Workshop) -> None:
    key = partnership().consent_opener
    found = {}
    for fault in (each for each in FAULTS if each.where == "consent"):
        bad = spoilt_by(fault, workshop)
        assert judged(bad) is None
        received = read_submission(bad.body)
        with pytest.raises(OpeningError) as refusal:
            open_for_consent(received.header, received.submission.to_consent or "", key)
        found[fault.name] = refusal.value.reason
    assert found == {fault.name: fault.code for fault in FAULTS if fault.where == "consent"}


def test_none_of_two_thousand_changed_messages_is_accepted(workshop: Workshop) -> None:
    codes = Counter(judged(bad) for bad in mutated(SEED, 2_000, workshop))
    assert None not in codes
    # The changes reach every door, not only the first.
    assert {Reason.NOT_JSON, Reason.NOT_UTF8, Reason.PARTS_DO_NOT_FIT, Reason.BAD_SIGNATURE, Reason.VALUE_NOT_ALLOWED} < set(
        codes
    )


def test_the_same_seed_gives_the_same_faults_in_the_same_order() -> None:
    once, again = ([bad.name for bad in hostile_messages(SEED, mutants=60, faults=500)] for _ in range(2))
    assert once == again
    assert once != [bad.name for bad in hostile_messages(SEED + 1, mutants=60, faults=500)]


def test_there_are_as_many_as_asked_for_and_every_fault_is_among_them() -> None:
    bad = list(hostile_messages(SEED, mutants=50, faults=2_000))
    shaped = [each for each in bad if each.where != "good" and each.code is not None]
    assert (len(shaped), sum(each.code is None and each.where != "good" for each in bad)) == (2_000, 50)
    assert {each.name.rsplit(": ", 1)[0] for each in shaped} == {fault.name for fault in FAULTS}


# Codes of these families that no bytes of a submission can earn at the door, and where they are tried instead.
ELSEWHERE = {
    Reason.BAD_BASE64,  # what is sealed, and notices: tests/unit/contracts/test_canonical.py and test_notices.py
    Reason.NOT_WHO_SHE_SAYS,  # is of an officer's statement: tests/unit/contracts/test_statements.py
    Reason.REVOKED_KEY,  # needs a directory that revokes one: tests/unit/contracts/test_envelope.py
}


def test_every_code_of_form_signature_and_keys_is_earned_by_some_fault() -> None:
    families = ("FRM-", "SIG-", "KEY-")
    codes = {reason for reason in Reason if reason.value.startswith(families)}
    assert codes - {fault.code for fault in FAULTS} == ELSEWHERE


def test_a_refusal_never_quotes_the_message() -> None:
    secret = "Canary Testname"
    body = canonical({"header": {"sender": secret, secret: secret}, "signature": secret})
    with pytest.raises(MalformedError) as refusal:
        read_submission(body)
    shown = "".join(traceback.format_exception(refusal.value, chain=True)) + sentence(refusal.value.reason)
    assert refusal.value.__cause__ is None
    assert secret not in shown
