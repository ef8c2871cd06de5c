"""A permit is for one message, one attempt, one recipient, one moment; a change anywhere in it is refused."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from contracts.canonical import MalformedError, canonical, to_base64
from contracts.directory import Directory
from contracts.envelope import read_submission
from contracts.opening import OpeningError, check_permit, lock_shares, open_delivery, open_for_consent, read_delivery
from contracts.permit import MAX_DELIVERY_BYTES, Decision, Delivery, Permit, shares_context
from contracts.vocabulary import Label, Reason
from tests.factories import EPOCH_KEYS, MINUTE, delivery_bytes, delivery_of, partnership, sealed, sign_permit

NOW = partnership().now
HERE = "project-ashby"


def checked_and_opened(delivery: Delivery, *, agency: str = HERE, now: int = NOW) -> None:
    check_permit(delivery, partnership().directory, agency=agency, now=now)
    open_delivery(delivery, partnership().opener(HERE))


def refusal_of(delivery: Delivery, **changes: Any) -> Reason:
    with pytest.raises(OpeningError) as refusal:
        checked_and_opened(delivery, **changes)
    assert str(refusal.value) == refusal.value.reason.value
    return refusal.value.reason


@pytest.fixture(scope="module")
def good() -> Delivery:
    return delivery_of(sealed())


def test_a_sound_delivery_opens(good: Delivery) -> None:
    checked_and_opened(good)


def test_it_stands_until_its_last_millisecond(good: Delivery) -> None:
    until = good.permit.decision.valid_until
    checked_and_opened(good, now=until)
    assert refusal_of(good, now=until + 1) is Reason.PERMIT_STALE


def test_it_is_for_the_agency_it_names_alone(good: Delivery) -> None:
    for other in (agency.id for agency in partnership().directory.agencies if agency.id != HERE):
        assert refusal_of(good, agency=other) is Reason.PARTS_DO_NOT_FIT


# Any field of the permit changed by somebody on the way, who cannot sign: the signature no longer fits.
CHANGED: dict[str, Any] = {
    "salt": "00" * 32, "skeleton": "00" * 32, "subject": "00" * 32, "index": 1, "proof": (), "checkpoint": "no note",
    "wrap": "AAAA", "shares": "AAAA", "signature": to_base64(bytes(64)),
}  # fmt: skip
CHANGED_IN_DECISION: dict[str, Any] = {
    "message": "00" * 16, "header": "00" * 32, "attempt": 2, "recipient": "police-ashby", "role": "desk",
    "recipient_key": "00" * 8, "reference": None, "slots": (0,), "protocol": "11" * 32, "decided": 1, "valid_until": NOW * 2,
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGED)
def test_a_field_of_the_permit_changed_on_the_way_is_refused(name: str, good: Delivery) -> None:
    permit = good.permit.model_copy(update={name: CHANGED[name]})
    assert refusal_of(good.model_copy(update={"permit": permit})) is Reason.BAD_SIGNATURE


@pytest.mark.parametrize("name", CHANGED_IN_DECISION)
def test_a_field_of_the_decision_changed_on_the_way_is_refused(name: str, good: Delivery) -> None:
    decision = good.permit.decision.model_copy(update={name: CHANGED_IN_DECISION[name]})
    permit = good.permit.model_copy(update={"decision": decision})
    assert refusal_of(good.model_copy(update={"permit": permit})) is Reason.BAD_SIGNATURE


def test_every_field_of_permit_and_decision_is_in_a_table_above_or_fixed() -> None:
    assert set(CHANGED) | {"v", "release", "decision"} == set(Permit.model_fields)
    assert set(CHANGED_IN_DECISION) | {"entry"} == set(Decision.model_fields)


@pytest.mark.parametrize("name", CHANGED_IN_DECISION)
def test_even_the_consent_service_cannot_sign_a_decision_that_the_log_does_not_show(name: str, good: Delivery) -> None:
    """A permit signed again over another decision: the leaf it opens is not the one under the checkpoint."""
    decision = good.permit.decision.model_copy(update={name: CHANGED_IN_DECISION[name]})
    permit = sign_permit(good.permit.model_copy(update={"decision": decision}))
    assert refusal_of(good.model_copy(update={"permit": permit})) in {Reason.BAD_SIGNATURE, Reason.PARTS_DO_NOT_FIT}


UNLOGGED: dict[str, dict[str, Any]] = {
    "another salt": {"salt": "00" * 32},
    "another place in the log": {"index": 1},
    "a place beyond the log": {"index": 2},
    "no proof": {"proof": ()},
    "another proof": {"proof": ("00" * 32,)},
    "a proof too long": {"proof": ("00" * 32, "00" * 32)},
    "no checkpoint": {"checkpoint": ""},
    "a checkpoint that is not signed": {"checkpoint": "relay.ashby.example/consent/2026\n2\n" + "A" * 43 + "=\n"},
}


@pytest.mark.parametrize("case", UNLOGGED)
def test_a_signed_permit_without_its_place_in_the_log_is_refused(case: str, good: Delivery) -> None:
    permit = sign_permit(good.permit.model_copy(update=UNLOGGED[case]))
    assert refusal_of(good.model_copy(update={"permit": permit})) is Reason.BAD_SIGNATURE


@dataclass(frozen=True)
class Meddling:
    """A change to a delivery around its permit."""

    change: dict[str, Any]
    reason: Reason


def test_whatever_stands_around_the_permit_must_be_what_the_permit_is_for(good: Delivery) -> None:
    other = delivery_of(sealed())
    slots = list(good.compartments)
    exchanged = {**good.compartments, slots[0]: good.compartments[slots[1]], slots[1]: good.compartments[slots[0]]}
    fewer = {slot: good.compartments[slot] for slot in slots[1:]}
    meddled = {
        "the permit of another message": Meddling({"permit": other.permit}, Reason.PARTS_DO_NOT_FIT),
        "the header of another message": Meddling({"header": other.header}, Reason.BAD_SIGNATURE),
        "the share of another message": Meddling({"to_recipient": other.to_recipient}, Reason.CANNOT_OPEN),
        "the signature of another message": Meddling({"signature": other.signature}, Reason.BAD_SIGNATURE),
        "one compartment more": Meddling({"compartments": _one_more(good)}, Reason.PARTS_DO_NOT_FIT),
        "one compartment fewer": Meddling({"compartments": fewer}, Reason.PARTS_DO_NOT_FIT),
        "compartments in each other's slots": Meddling({"compartments": exchanged}, Reason.CANNOT_OPEN),
        "the compartments of another message": Meddling(
            {"compartments": dict(zip(slots, other.compartments.values(), strict=True))}, Reason.CANNOT_OPEN
        ),
    }
    for name, meddling in meddled.items():
        assert refusal_of(good.model_copy(update=meddling.change)) is meddling.reason, name


def _one_more(delivery: Delivery) -> dict[str, str]:
    free = next(str(slot) for slot in range(8) if str(slot) not in delivery.compartments)
    return {**delivery.compartments, free: "AAAA"}


def test_a_permit_without_a_single_slot_is_still_for_one_message_alone() -> None:
    """Nothing else could tell the two apart: neither shows a compartment."""
    one, other = delivery_of(sealed(), slots=()), delivery_of(sealed(), slots=())
    checked_and_opened(one)
    with pytest.raises(OpeningError) as refusal:
        check_permit(one.model_copy(update={"permit": other.permit}), partnership().directory, agency=HERE, now=NOW)
    assert refusal.value.reason is Reason.PARTS_DO_NOT_FIT


RELABELLED: dict[str, dict[str, Any]] = {
    "another label": {"label": Label.FREE_TEXT},
    "another schema": {"schema_name": "free_text/1"},
    "another label and schema": {"label": Label.FREE_TEXT, "schema_name": "free_text/1"},
    "the same by another digest": {"blind": "00" * 32},
}


@pytest.mark.parametrize("case", RELABELLED)
def test_even_the_consent_service_cannot_pass_a_compartment_off_as_another(case: str) -> None:
    """Openings that are not those of the header's digests, released and signed all the same."""
    body = sealed()
    received = read_submission(body)
    part = open_for_consent(received.header, received.submission.to_consent or "", partnership().consent_opener)
    lie = tuple(opening.model_copy(update=RELABELLED[case]) for opening in part.openings[:1])
    slots, role = (lie[0].slot,), partnership().directory.role_key(HERE, "intake")
    assert role is not None
    honest = delivery_of(body, slots=slots)
    epoch = EPOCH_KEYS.of(HERE, "intake", role, NOW)
    context = shares_context(received.header_hash, 1, bytes.fromhex(honest.permit.salt))
    shares = lock_shares(part.model_copy(update={"openings": lie}), slots, epoch.key, context)
    permit = sign_permit(honest.permit.model_copy(update={"shares": to_base64(shares)}))
    assert refusal_of(honest.model_copy(update={"permit": permit})) is Reason.CANNOT_OPEN


def test_shares_sealed_for_one_attempt_do_not_open_at_another() -> None:
    body = sealed()
    first, second = delivery_of(body, attempt=1), delivery_of(body, attempt=2)
    mixed = sign_permit(second.permit.model_copy(update={"shares": first.permit.shares}))
    assert refusal_of(second.model_copy(update={"permit": mixed})) is Reason.CANNOT_OPEN


def test_shares_released_to_one_role_do_not_open_under_the_wrap_of_another(good: Delivery) -> None:
    """Even where the consent service mixes two of its keys up, nothing crosses from one role to another."""
    prescribing = partnership().directory.role_key(HERE, "prescribing")
    assert prescribing is not None
    other = EPOCH_KEYS.of(HERE, "prescribing", prescribing, NOW)
    mixed = sign_permit(good.permit.model_copy(update={"wrap": other.wrap}))
    assert refusal_of(good.model_copy(update={"permit": mixed})) is Reason.CANNOT_OPEN


def test_a_permit_for_more_slots_than_were_released_opens_nothing() -> None:
    body = sealed()
    slots = delivery_of(body).permit.decision.slots
    few = delivery_of(body, slots=slots[:1])
    generous = delivery_of(body)
    mixed = generous.model_copy(
        update={"permit": sign_permit(generous.permit.model_copy(update={"shares": few.permit.shares}))}
    )
    assert refusal_of(mixed) is Reason.PARTS_DO_NOT_FIT


def test_another_role_key_of_the_same_agency_does_not_open_it(good: Delivery) -> None:
    with pytest.raises(OpeningError) as refusal:
        open_delivery(good, partnership().opener(HERE, "prescribing"))
    assert refusal.value.reason is Reason.CANNOT_OPEN


def test_a_sender_whose_key_was_revoked_is_no_longer_believed(good: Delivery) -> None:
    document = partnership().directory.document.model_copy(update={"revoked": (good.header.sender_key,)})
    with pytest.raises(OpeningError) as refusal:
        check_permit(good, Directory(document), agency=HERE, now=NOW)
    assert refusal.value.reason is Reason.UNKNOWN_KEY


NOT_DELIVERIES: dict[str, tuple[bytes, Reason]] = {
    "nothing": (b"", Reason.NOT_JSON),
    "a submission": (sealed(), Reason.PARTS_DO_NOT_FIT),
    "too large": (b" " * (MAX_DELIVERY_BYTES + 1), Reason.TOO_LARGE),
}


@pytest.mark.parametrize("case", NOT_DELIVERIES)
def test_what_is_not_a_delivery_is_refused_before_anything_is_checked(case: str) -> None:
    body, reason = NOT_DELIVERIES[case]
    with pytest.raises(MalformedError) as refusal:
        read_delivery(body)
    assert refusal.value.reason is reason


def test_a_delivery_never_carries_what_was_for_the_others(good: Delivery) -> None:
    body = json.loads(delivery_bytes(good))
    assert set(body) == {"v", "header", "signature", "compartments", "to_recipient", "permit"}
    for intruder in ("to_consent", "for_broker"):
        with pytest.raises(MalformedError):
            read_delivery(canonical({**body, intruder: "AAAA"}))


def test_a_permit_that_lasts_longer_is_another_permit() -> None:
    received = read_submission(sealed())
    short = delivery_of(sealed(), valid_until=NOW + MINUTE).permit
    assert short.decision.message != received.header.id
    assert short.decision.valid_until == NOW + MINUTE
