"""A submission as it is read: every field, every part, every hash, and what the directory and the clock say of it."""

import json
from typing import Any

import pytest

from contracts.canonical import MalformedError, canonical
from contracts.directory import Directory
from contracts.envelope import (
    Header,
    body_hash,
    check_addressee,
    check_signature,
    check_times,
    header_hash,
    header_ids,
    read_submission,
    subject_commitment,
)
from contracts.identifiers import BROKER, CONSENT
from contracts.kinds import SHAPES, SKEW, Goes, Kind
from contracts.vocabulary import Reason
from tests.factories import DAY, MINUTE, partnership, sealed
from tests.hostile.messages import Workshop

NOW = partnership().now


def refused(body: bytes) -> Reason | None:
    try:
        read_submission(body)
    except MalformedError as error:
        return error.reason
    return None


@pytest.mark.parametrize("kind", list(Kind))
def test_a_message_of_every_kind_is_read_and_proven(kind: Kind) -> None:
    received = read_submission(sealed(kind))
    directory = partnership().directory
    assert received.header.kind is kind
    assert received.header_hash == header_hash(received.header)
    assert check_signature(received, directory) is None
    assert check_times(received.header, NOW) is None
    assert check_addressee(received.header, directory) is None


@pytest.mark.parametrize("kind", list(Kind))
def test_a_message_says_outside_only_what_its_kind_needs(kind: Kind) -> None:
    submission, shape = read_submission(sealed(kind)).submission, SHAPES[kind]
    to_agency = shape.goes is Goes.TO_AGENCY
    assert (submission.to_recipient is not None, bool(submission.compartments)) == (to_agency, to_agency)
    assert (submission.to_consent is not None) is shape.asks_consent
    assert submission.header.recipient == {Goes.TO_BROKER: BROKER, Goes.TO_CONSENT: CONSENT}.get(
        shape.goes, submission.header.recipient
    )


def test_nothing_that_is_sealed_stands_in_the_message() -> None:
    body = sealed()
    for word in (b"Marisol", b"Quillfeather", b"07700", b"violence", b"identity", b"safety", b"support_referral", b"worker_7"):
        assert word not in body


def test_unused_slots_cannot_be_told_from_used_ones() -> None:
    few = read_submission(sealed(Kind.REFERRAL_RECEIVED)).header
    many = read_submission(sealed(Kind.REFERRAL_MADE)).header
    assert len(few.digests) == len(many.digests) == len(set(many.digests)) == 8


def _without(body: bytes, *path: str) -> bytes:
    value = json.loads(body)
    inside = value
    for name in path[:-1]:
        inside = inside[name]
    del inside[path[-1]]
    return canonical(value)


@pytest.mark.parametrize("name", list(Header.model_fields))
def test_a_header_without_any_one_field_is_refused(name: str) -> None:
    assert refused(_without(sealed(), "header", name)) is Reason.MISSING_FIELD


LEFT_TO_DEFAULT = {
    "the step of a message that takes none": (Kind.REFERRAL_MADE, ("for_broker", "step")),
    "the check of a case step": (Kind.CASE_OPENED, ("for_broker", "step", "check")),
    "the override of a script step": (Kind.SCRIPT_RESERVED, ("for_broker", "step", "override")),
    "the name of a step": (Kind.CASE_OPENED, ("for_broker", "step", "step")),
}


@pytest.mark.parametrize("case", LEFT_TO_DEFAULT)
def test_a_field_left_to_its_usual_value_is_missing(case: str) -> None:
    """Else two bodies would say the same, and only one of them is what was signed."""
    kind, path = LEFT_TO_DEFAULT[case]
    assert refused(_without(sealed(kind), *path)) is Reason.MISSING_FIELD


HASHED: dict[str, tuple[str, Any]] = {
    "sender": ("sender", "sarc-ashby"),
    "recipient": ("recipient", "housing-ashby"),
    "role": ("role", "prescribing"),
    "kind": ("kind", "referral-received/1"),
    "created": ("created", NOW - 1),
    "not_after": ("not_after", NOW + 1),
    "sequence": ("sequence", 99_999),
    "in_reply_to": ("in_reply_to", "ab" * 16),
    "conversation": ("conversation", "ab" * 16),
    "id": ("id", "ab" * 16),
    "digests": ("digests", ["00" * 32] * 8),
    "kr": ("kr", "00" * 32),
    "kc": ("kc", "00" * 32),
    "facts": ("facts", "00" * 32),
    "recipient_key": ("recipient_key", "00" * 8),
    "consent_key": ("consent_key", "00" * 8),
}


@pytest.mark.parametrize("case", HASHED)
def test_a_header_field_changed_after_signing_breaks_the_signature(case: str) -> None:
    name, value = HASHED[case]
    body = json.loads(sealed())
    before = body["header"][name]
    body["header"][name] = value
    assert before != value
    received = read_submission(canonical(body))
    assert check_signature(received, partnership().directory) is (
        Reason.UNKNOWN_KEY if name == "sender" else Reason.BAD_SIGNATURE
    )


BOUND = ("body", "for_broker", "subject")


@pytest.mark.parametrize("name", BOUND)
def test_a_header_whose_hash_is_of_other_parts_is_refused(name: str) -> None:
    body = json.loads(sealed())
    body["header"][name] = "00" * 32
    assert refused(canonical(body)) is Reason.PARTS_DO_NOT_FIT


def test_every_field_of_the_header_is_signed() -> None:
    """Each is in a table above, or read before anyone looks at the signature."""
    assert set(HASHED) | set(BOUND) | {"v", "suite", "sender_key"} == set(Header.model_fields)


def test_no_reference_and_an_empty_reference_are_committed_to_alike_only_under_one_salt() -> None:
    assert subject_commitment(None, "00" * 32) != subject_commitment("ab" * 16, "00" * 32)
    assert subject_commitment(None, "00" * 32) != subject_commitment(None, "01" * 32)


def test_the_body_hash_does_not_depend_on_the_order_of_slots_and_tells_parts_apart() -> None:
    assert body_hash("AAAA", None, {"1": "AA", "0": "BB"}) == body_hash("AAAA", None, {"0": "BB", "1": "AA"})
    assert body_hash("AAAA", None, {}) != body_hash(None, "AAAA", {})


def test_every_lock_is_bound_to_who_when_and_what() -> None:
    header = read_submission(sealed()).header
    bound = ("id", "sender", "sender_key", "recipient", "role", "recipient_key", "consent_key", "created", "not_after", "kind")
    for name in bound:
        other: Any = {"created": 1, "not_after": 2, "kind": Kind.REFERRAL_RECEIVED}.get(name, "other-one")
        assert header_ids(header.model_copy(update={name: other})) != header_ids(header), name


TIMES: dict[str, tuple[int, int, Kind, Reason | None]] = {
    "just made": (0, DAY, Kind.REFERRAL_MADE, None),
    "the last millisecond of its life": (-DAY, 1, Kind.REFERRAL_MADE, None),
    "expired this millisecond": (-DAY, 0, Kind.REFERRAL_MADE, Reason.EXPIRED),
    "a clock as far ahead as allowed": (SKEW, SKEW + DAY, Kind.REFERRAL_MADE, None),
    "a clock one millisecond further ahead": (SKEW + 1, SKEW + DAY, Kind.REFERRAL_MADE, Reason.WRONG_TIME),
    "ends before it begins": (SKEW, SKEW - 1, Kind.REFERRAL_MADE, Reason.WRONG_TIME),
    "fourteen days": (0, 14 * DAY + SKEW, Kind.REFERRAL_MADE, None),
    "fourteen days and a little": (0, 14 * DAY + SKEW + 1, Kind.REFERRAL_MADE, Reason.WRONG_TIME),
    "a check that lives for an hour": (0, 60 * MINUTE, Kind.CASELOAD_CHECK, Reason.WRONG_TIME),
}


@pytest.mark.parametrize("case", TIMES)
def test_times_are_judged_to_the_millisecond(case: str) -> None:
    created, not_after, kind, expected = TIMES[case]
    header = read_submission(sealed(kind)).header.model_copy(update={"created": NOW + created, "not_after": NOW + not_after})
    assert check_times(header, NOW) is expected


def test_a_revoked_signing_key_proves_nothing() -> None:
    received = read_submission(sealed())
    document = partnership().directory.document.model_copy(update={"revoked": (received.header.sender_key,)})
    assert check_signature(received, Directory(document)) is Reason.REVOKED_KEY


def test_a_message_sealed_to_a_revoked_key_is_refused_and_nobody_seals_to_it_again() -> None:
    header = read_submission(sealed()).header
    document = partnership().directory.document.model_copy(update={"revoked": (header.recipient_key,)})
    assert check_addressee(header, Directory(document)) is Reason.REVOKED_KEY
    assert Directory(document).role_key(header.recipient, header.role) is None


def test_a_key_of_one_agency_does_not_sign_for_another() -> None:
    draft = Workshop(partnership(), NOW).draft()
    draft.header["sender_key"] = partnership().signing("sarc-ashby").id
    draft.signer = partnership().signing("sarc-ashby")
    assert check_signature(read_submission(draft.bytes()), partnership().directory) is Reason.UNKNOWN_KEY
