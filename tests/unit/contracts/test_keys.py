"""A signature fits or it does not, and two libraries say the same of it (docs/decisions/0010)."""

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as some

from contracts.keys import SignatureError, SigningKey, VerifyKey

ORDER = 2**252 + 27742317777372353535851937790883648493


def ours_says(raw: bytes, signature: bytes, message: bytes) -> bool:
    try:
        VerifyKey.from_bytes(raw).verify(signature, message)
    except SignatureError:
        return False
    return True


def theirs_says(raw: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(raw).verify(signature, message)
    except InvalidSignature:
        return False
    return True


@given(seed=some.binary(min_size=32, max_size=32), message=some.binary(max_size=200))
@settings(max_examples=100)
def test_a_signature_fits_its_message_and_no_other(seed: bytes, message: bytes) -> None:
    key = SigningKey(seed)
    signature = key.sign(message)

    assert ours_says(key.public.raw, signature, message)
    assert not ours_says(key.public.raw, signature, message + b"x")
    assert not ours_says(SigningKey(bytes([seed[0] ^ 1]) + seed[1:]).public.raw, signature, message)


@given(seed=some.binary(min_size=32, max_size=32), at=some.integers(0, 511), message=some.binary(max_size=100))
@settings(max_examples=200)
def test_two_libraries_say_the_same_of_a_changed_signature(seed: bytes, at: int, message: bytes) -> None:
    key = Ed25519PrivateKey.from_private_bytes(seed)
    raw = key.public_key().public_bytes_raw()
    changed = bytearray(key.sign(message))
    changed[at // 8] ^= 1 << at % 8

    assert ours_says(raw, bytes(changed), message) is theirs_says(raw, bytes(changed), message) is False


def test_a_second_spelling_of_a_signature_is_no_signature() -> None:
    key = SigningKey(bytes(32))
    signature = key.sign(b"a referral")
    second = signature[:32] + (int.from_bytes(signature[32:], "little") + ORDER).to_bytes(32, "little")

    assert ours_says(key.public.raw, signature, b"a referral")
    assert not ours_says(key.public.raw, second, b"a referral")


@pytest.mark.parametrize("length", [0, 1, 63, 65, 128])
def test_a_signature_has_sixty_four_bytes_and_borrows_none_from_the_message(length: int) -> None:
    key = SigningKey(bytes(32))
    signature = key.sign(b"a referral")
    whole = signature + b"a referral"

    with pytest.raises(SignatureError):
        key.public.verify(whole.ljust(128, b"\0")[:length], whole.ljust(128, b"\0")[length:])
