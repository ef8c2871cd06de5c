"""The two locks: both shares are needed, each slot has its own key, and sizes tell little."""

from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from contracts.hashes import domain_hash, framed
from contracts.keys import SealError
from contracts.locks import (
    SlotOpening,
    ciphertext_hash,
    lock,
    plaintext_commitment,
    slot_digest,
    slot_key,
    slot_share,
    slot_shares,
    unlock,
)
from contracts.messages.compartments import schema_name
from contracts.vocabulary import Label

KR, KC, IDS, SALT = b"r" * 32, b"c" * 32, b"i" * 32, b"s" * 32
TAG = 16


def locked(plaintext: bytes, slot: int = 3) -> bytes:
    return lock(slot_key(slot_share(KR, slot), slot_share(KC, slot), slot, IDS), SALT, plaintext, slot, IDS)


def test_both_shares_open_it() -> None:
    key = slot_key(slot_share(KR, 3), slot_share(KC, 3), 3, IDS)
    assert unlock(key, locked(b"words"), 3, IDS) == (SALT, b"words")


def wrong_keys() -> Iterator[tuple[str, bytes]]:
    kr, kc, none = slot_share(KR, 3), slot_share(KC, 3), bytes(32)
    yield "without the recipient's share", slot_key(none, kc, 3, IDS)
    yield "without the consent service's share", slot_key(kr, none, 3, IDS)
    yield "the shares the other way round", slot_key(kc, kr, 3, IDS)
    yield "the shares of another slot", slot_key(slot_share(KR, 4), slot_share(KC, 4), 3, IDS)
    yield "one share of another slot", slot_key(kr, slot_share(KC, 4), 3, IDS)
    yield "derived for another slot", slot_key(kr, kc, 4, IDS)
    yield "derived for another message", slot_key(kr, kc, 3, b"j" * 32)
    yield "the undivided shares", slot_key(KR, KC, 3, IDS)


@pytest.mark.parametrize(("case", "key"), list(wrong_keys()))
def test_any_other_key_opens_nothing(case: str, key: bytes) -> None:
    with pytest.raises(SealError):
        unlock(key, locked(b"words"), 3, IDS)


def test_a_ciphertext_put_into_another_slot_or_message_does_not_open() -> None:
    key = slot_key(slot_share(KR, 3), slot_share(KC, 3), 3, IDS)
    for slot, ids in ((4, IDS), (3, b"j" * 32)):
        with pytest.raises(SealError):
            unlock(key, locked(b"words"), slot, ids)


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_ciphertext_with_any_byte_changed_does_not_open(at: int, change: int) -> None:
    key, body = slot_key(slot_share(KR, 3), slot_share(KC, 3), 3, IDS), bytearray(locked(b"words"))
    body[at % len(body)] ^= change
    with pytest.raises(SealError):
        unlock(key, bytes(body), 3, IDS)


BUCKETS = {0: 256, 220: 256, 221: 512, 476: 512, 477: 1024, 988: 1024, 2012: 2048, 4060: 4096, 4061: 8192, 8156: 8192}


@pytest.mark.parametrize("length", BUCKETS)
def test_a_compartment_is_padded_to_one_of_six_sizes(length: int) -> None:
    body = locked(b"x" * length)
    assert len(body) == BUCKETS[length] + TAG
    assert unlock(slot_key(slot_share(KR, 3), slot_share(KC, 3), 3, IDS), body, 3, IDS)[1] == b"x" * length


def test_a_compartment_larger_than_the_largest_size_is_not_locked() -> None:
    with pytest.raises(ValueError, match="too large"):
        locked(b"x" * 8157)


def test_padding_that_hides_something_is_refused() -> None:
    """What stands behind the text must be nought, or two readers could read two things."""
    key = slot_key(slot_share(KR, 3), slot_share(KC, 3), 3, IDS)
    for body in (SALT + (5).to_bytes(4, "big") + b"wordsHIDDEN", SALT + (99).to_bytes(4, "big") + b"words", SALT[:8], b""):
        with pytest.raises(SealError):
            unlock(key, AESGCM(key).encrypt(bytes(12), body, IDS + b"\x03"), 3, IDS)


OPENING = SlotOpening(
    slot=3, label=Label.SAFETY, schema_name="safety/1", blind="11" * 32, ciphertext="22" * 32, plaintext="33" * 32
)


OTHERWISE: dict[str, object] = {
    "slot": 4,
    "label": Label.HOUSING,
    "schema_name": "safety/2",
    "blind": "12" * 32,
    "ciphertext": "23" * 32,
    "plaintext": "34" * 32,
}


@pytest.mark.parametrize("label", Label)
@pytest.mark.parametrize("slot", range(8))
def test_a_slots_digest_is_over_the_wire_form_of_its_opening(slot: int, label: Label) -> None:
    opening = SlotOpening.model_validate_json(
        OPENING.model_copy(update={"slot": slot, "label": label, "schema_name": schema_name(label)}).wire()
    )
    told = opening.wire(leave_out={"blind"})
    assert slot_digest(opening) == domain_hash("relay-1 slot", bytes.fromhex(opening.blind), told)


@pytest.mark.parametrize("name", OTHERWISE)
def test_a_slots_digest_commits_to_everything_in_its_opening(name: str) -> None:
    assert slot_digest(OPENING.model_copy(update={name: OTHERWISE[name]})) != slot_digest(OPENING)


def test_hashes_of_different_meanings_never_meet() -> None:
    assert (
        len(
            {
                share(b"x" * 32)
                for share in (ciphertext_hash, lambda b: plaintext_commitment(b, b""), lambda b: domain_hash("x", b))
            }
        )
        == 3
    )
    assert plaintext_commitment(b"a" * 32, b"b") != plaintext_commitment(b"a" * 31, b"ab")


@given(st.lists(st.binary(max_size=20), max_size=5), st.lists(st.binary(max_size=20), max_size=5))
def test_two_lists_of_parts_are_never_framed_alike(one: list[bytes], other: list[bytes]) -> None:
    assert (framed(*one) == framed(*other)) is (one == other)


@given(st.binary(min_size=32, max_size=32), st.sets(st.integers(0, 7)))
def test_the_parts_of_several_slots_are_those_of_each(share: bytes, slots: set[int]) -> None:
    assert slot_shares(share, slots) == {slot: slot_share(share, slot) for slot in slots}


@given(st.binary(min_size=32, max_size=32), st.integers(0, 7))
def test_shares_and_keys_are_derived_by_hkdf(share: bytes, slot: int) -> None:
    def derived(secret: bytes, info: bytes) -> bytes:
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(secret)

    assert slot_share(share, slot) == derived(share, b"share" + bytes([slot]))
    assert slot_key(share, KC, slot, IDS) == derived(share + KC, b"slot" + bytes([slot]) + IDS)
