"""Sealed by one, opened by those it was meant for, and by nobody else."""

import json
from dataclasses import replace
from typing import Any

import pytest

from contracts.canonical import canonical, from_base64, to_base64
from contracts.envelope import header_ids, read_submission
from contracts.keys import SealError, SignatureError, SigningKey, key_id
from contracts.kinds import SHAPES, Goes, Kind
from contracts.locks import ToConsent, consent_context, facts_hash, recipient_context, slot_digest, slot_key, slot_share, unlock
from contracts.messages.compartments import FreeText, Outcome
from contracts.messages.conversation import Said
from contracts.messages.referrals import ReferralAccepted
from contracts.opening import OpeningError, check_permit, open_delivery, open_for_consent, read_delivery
from contracts.seal import seal
from contracts.vocabulary import Label, Reason
from tests.factories import (
    delivery_bytes,
    delivery_of,
    facts,
    letter,
    partnership,
    person,
    referral,
    said_in,
    seal_letter,
    sealed,
)
from tests.hostile.messages import bind, hash_of

NOW = partnership().now
ASKED = [kind for kind in Kind if SHAPES[kind].asks_consent]
CARRIED = [kind for kind in Kind if SHAPES[kind].goes is Goes.TO_AGENCY]


def opened_by_consent(body: bytes) -> ToConsent:
    received = read_submission(body)
    return open_for_consent(received.header, received.submission.to_consent or "", partnership().consent_opener)


def refused_by_consent(body: bytes) -> Reason:
    with pytest.raises(OpeningError) as refusal:
        opened_by_consent(body)
    return refusal.value.reason


@pytest.mark.parametrize("kind", ASKED)
def test_the_consent_service_reads_facts_labels_and_what_is_said_to_it(kind: Kind) -> None:
    made = letter(kind)
    part = opened_by_consent(seal_letter(made))
    assert part.facts == made.facts
    labels = {opening.label for opening in part.openings}
    assert labels == (set(made.said.compartments()) if isinstance(made.said, Said) else set())
    assert part.said == (made.said if SHAPES[kind].goes is Goes.TO_CONSENT else None)


@pytest.mark.parametrize("kind", CARRIED)
def test_the_recipient_reads_what_the_sender_wrote(kind: Kind) -> None:
    made = letter(kind)
    delivery = read_delivery(delivery_bytes(delivery_of(seal_letter(made))))
    check_permit(delivery, partnership().directory, agency=made.recipient, now=NOW)
    opened = open_delivery(delivery, partnership().opener(made.recipient, made.role))
    assert isinstance(made.said, Said)
    assert opened.compartments == made.said.compartments()
    assert opened.reference == "ee" * 16


def test_only_the_permitted_compartments_are_opened_and_the_others_leave_no_trace() -> None:
    body = sealed()
    slot = next(one.slot for one in opened_by_consent(body).openings if one.label is Label.REQUEST)
    delivery = delivery_of(body, slots=(slot,))
    opened = open_delivery(delivery, partnership().opener("project-ashby"))
    assert set(opened.compartments) == {Label.REQUEST}
    assert list(delivery.compartments) == [str(slot)]
    # Neither the number of withheld compartments nor their labels: eight digests, whatever was sent.
    assert len(delivery.header.digests) == 8


def test_which_slot_holds_what_is_left_to_chance() -> None:
    """Else the place of a withheld compartment would tell its label."""
    letters = [opened_by_consent(sealed()).openings for _ in range(40)]
    places = {label: {one.slot for openings in letters for one in openings if one.label is label} for label in Label}
    assert min(len(slots) for slots in places.values() if slots) >= 5


def test_two_sealings_of_one_letter_share_nothing_that_is_sealed() -> None:
    made = letter()
    one, two = (read_submission(seal_letter(made)).submission for _ in range(2))
    assert one.to_recipient != two.to_recipient
    assert one.to_consent != two.to_consent
    assert not set(one.header.digests) & set(two.header.digests)
    assert not set(one.compartments.values()) & set(two.compartments.values())


def test_nobody_else_opens_the_consent_services_part() -> None:
    received = read_submission(sealed())
    part = received.submission.to_consent or ""
    for agency in ("project-ashby", "police-ashby", "cjit-ashby"):
        key = partnership().opener(agency)
        with pytest.raises(OpeningError) as refusal:
            open_for_consent(received.header, part, key)
        assert refusal.value.reason is Reason.UNKNOWN_KEY
        # Even when the header claims it was sealed to them.
        with pytest.raises(OpeningError) as refusal:
            open_for_consent(received.header.model_copy(update={"consent_key": key.id}), part, key)
        assert refusal.value.reason is Reason.CANNOT_OPEN


def test_the_recipient_without_a_permit_opens_nothing() -> None:
    """She has the ciphertexts and her own share; the other share is in the consent service alone."""
    received = read_submission(sealed())
    ids = header_ids(received.header)
    kr = partnership().opener("project-ashby").open(from_base64(received.submission.to_recipient or ""), recipient_context(ids))
    for slot, text in received.submission.compartments.items():
        for guess in (kr, bytes(32)):
            key = slot_key(slot_share(kr, int(slot)), slot_share(guess, int(slot)), int(slot), ids)
            with pytest.raises(SealError):
                unlock(key, from_base64(text), int(slot), ids)


def resigned(body: bytes, signer: str, **header: Any) -> bytes:
    """A message that another agency took, readdressed and signed as its own."""
    value = json.loads(body)
    value["header"].update(header)
    bind(value)
    value["signature"] = to_base64(partnership().signing(signer).sign(hash_of(value["header"])))
    return canonical(value)


def test_a_message_taken_by_its_recipient_and_sent_on_in_its_own_name_opens_for_nobody() -> None:
    """Surreptitious forwarding: the locks are bound to the first sender and recipient."""
    onward = partnership().directory.role_key("police-ashby", "intake")
    assert onward is not None
    forwarded = resigned(
        sealed(), "project-ashby", sender="project-ashby", sender_key=partnership().signing("project-ashby").id,
        recipient="police-ashby", recipient_key=onward.id,
    )  # fmt: skip
    assert refused_by_consent(forwarded) is Reason.CANNOT_OPEN


SWAPPED = {"id": "ab" * 16, "sender": "sarc-ashby", "recipient": "police-ashby", "role": "desk", "created": NOW - 5,
           "not_after": NOW + 999, "kind": "referral-received/1"}  # fmt: skip


@pytest.mark.parametrize("name", SWAPPED)
def test_the_sealed_part_of_one_message_does_not_open_in_another(name: str) -> None:
    signer = SWAPPED["sender"] if name == "sender" else "cjit-ashby"
    assert refused_by_consent(resigned(sealed(), str(signer), **{name: SWAPPED[name]})) is Reason.CANNOT_OPEN


COMMITTED = ("kc", "facts", "digests")


@pytest.mark.parametrize("name", COMMITTED)
def test_a_sealed_part_that_is_not_what_the_header_commits_to_is_refused(name: str) -> None:
    value: Any = ["00" * 32] * 8 if name == "digests" else "00" * 32
    assert refused_by_consent(resigned(sealed(), "cjit-ashby", **{name: value})) is Reason.CANNOT_OPEN


def consent_part_replaced(body: bytes, **changes: Any) -> bytes:
    """A sender who seals something else to the consent service than the header says."""
    received = read_submission(body)
    part = opened_by_consent(body).model_copy(update=changes)
    again = partnership().directory.consent_key.seal(part.wire(), consent_context(header_ids(received.header)))
    value = json.loads(body)
    value["to_consent"] = to_base64(again)
    return resigned(canonical(value), received.header.sender)


def test_a_lying_sender_is_refused_whatever_it_lies_about() -> None:
    body = sealed()
    part = opened_by_consent(body)
    relabelled = part.openings[0].model_copy(update={"label": Label.ATTENDANCE})
    lies: dict[str, tuple[dict[str, Any], Reason]] = {
        "other facts": ({"facts": facts(actor="someone_else")}, Reason.CANNOT_OPEN),
        "another salt": ({"salt": "00" * 32}, Reason.CANNOT_OPEN),
        "another share": ({"kc": "00" * 32}, Reason.CANNOT_OPEN),
        "no share": ({"kc": None}, Reason.CANNOT_OPEN),
        "a harmless label on a slot": ({"openings": (relabelled, *part.openings[1:])}, Reason.CANNOT_OPEN),
        "one slot twice": ({"openings": (*part.openings, part.openings[0])}, Reason.PARTS_DO_NOT_FIT),
        "a consent hidden in a referral": ({"said": said_in(Kind.CONSENT_RECORDED, person(), NOW)}, Reason.CANNOT_OPEN),
    }
    for name, (changes, reason) in lies.items():
        assert refused_by_consent(consent_part_replaced(body, **changes)) is reason, name
    assert opened_by_consent(consent_part_replaced(body)) == part


SAID_ASTRAY: dict[str, tuple[Kind, Kind | None]] = {
    "a consent hidden in a referral": (Kind.REFERRAL_MADE, Kind.CONSENT_RECORDED),
    "a withdrawal that says a consent": (Kind.CONSENT_WITHDRAWN, Kind.CONSENT_RECORDED),
    "a consent that says a withdrawal": (Kind.CONSENT_RECORDED, Kind.CONSENT_WITHDRAWN),
    "a consent that says nothing": (Kind.CONSENT_RECORDED, None),
}


@pytest.mark.parametrize("case", SAID_ASTRAY)
def test_something_is_said_to_the_consent_service_only_as_its_kind_says(case: str) -> None:
    """Sealed, committed to and signed in order; only the kind does not fit."""
    kind, says = SAID_ASTRAY[case]
    body = sealed(kind)
    said = said_in(says, person(), NOW) if says else None
    part = opened_by_consent(body).model_copy(update={"said": said})
    lying = consent_part_replaced(body, said=said)
    assert refused_by_consent(resigned(lying, "cjit-ashby", facts=facts_hash(part).hex())) is Reason.PARTS_DO_NOT_FIT


@pytest.mark.parametrize("name", ["ciphertext", "plaintext", "schema_name"])
def test_a_sender_that_commits_to_something_else_than_it_sends_is_found_out_by_the_recipient(name: str) -> None:
    """Signed and consistent all the way, so only the one who opens it can see it; later it could be denied what was sent."""
    body = sealed()
    part = opened_by_consent(body)
    lie = part.openings[0].model_copy(update={name: "request/9" if name == "schema_name" else "00" * 32})
    digests = list(read_submission(body).header.digests)
    digests[lie.slot] = slot_digest(lie).hex()
    lying = consent_part_replaced(body, openings=(lie, *part.openings[1:]))
    delivery = delivery_of(resigned(lying, "cjit-ashby", digests=digests))
    check_permit(delivery, partnership().directory, agency="project-ashby", now=NOW)
    with pytest.raises(OpeningError) as refusal:
        open_delivery(delivery, partnership().opener("project-ashby"))
    assert refusal.value.reason is Reason.CANNOT_OPEN


def test_a_withdrawal_does_not_pass_as_a_consent() -> None:
    made = letter(Kind.CONSENT_RECORDED)
    with pytest.raises(ValueError, match="does not fit"):
        seal_letter(replace(made, said=said_in(Kind.CONSENT_WITHDRAWN, person(), NOW)))


UNFIT: dict[str, dict[str, Any]] = {
    "no facts where the consent service is asked": {"facts": None},
    "nothing said where something is carried": {"said": None},
    "the words of another kind": {"said": ReferralAccepted(outcome=Outcome(result="accepted"))},
}


@pytest.mark.parametrize("case", UNFIT)
def test_a_letter_that_does_not_fit_its_kind_is_not_sealed(case: str) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        seal_letter(replace(letter(), **UNFIT[case]))


def test_more_than_a_compartment_holds_is_not_sealed() -> None:
    essay = FreeText(text="🌿" * 4000, read_by="lead_worker")
    with pytest.raises(ValueError, match="too large"):
        seal_letter(letter(said=referral(free_text=essay)))


def test_a_letter_without_the_recipients_key_is_not_sealed() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        seal(letter(), signing=partnership().signing("cjit-ashby"), recipient=None, consent=partnership().directory.consent_key)


def test_a_signature_of_another_key_or_over_other_bytes_raises() -> None:
    key, other = SigningKey(b"1" * 32), SigningKey(b"2" * 32)
    key.public.verify(key.sign(b"words"), b"words")
    for signature, words in ((key.sign(b"words"), b"Words"), (other.sign(b"words"), b"words"), (b"", b"words")):
        with pytest.raises(SignatureError):
            key.public.verify(signature, words)


def test_sealed_bytes_open_in_their_own_context_only() -> None:
    key = partnership().opener("project-ashby")
    box = key.public.seal(b"words", b"this message")
    assert key.open(box, b"this message") == b"words"
    with pytest.raises(SealError):
        key.open(box, b"that message")
    for spoilt in (box[:-1], b"", box + b"x", b"x" + box[1:]):
        with pytest.raises(SealError):
            key.open(spoilt, b"this message")


def test_a_key_is_named_by_its_own_bytes() -> None:
    keys = partnership()
    ids = {keys.opener(agency.id).id for agency in keys.directory.agencies} | {
        keys.signing(agency.id).id for agency in keys.directory.agencies
    }
    assert len(ids) == 2 * len(keys.directory.agencies)
    assert key_id(keys.opener("cjit-ashby").public.raw) == keys.opener("cjit-ashby").id
