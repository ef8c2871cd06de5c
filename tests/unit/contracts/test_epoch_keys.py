"""An epoch key is for one role key of one agency and one hour; each message has a key of its own under it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.canonical import MalformedError, from_base64, to_base64
from contracts.epoch_keys import EPOCH, EpochKeys, lock_release, unlock_release
from contracts.keys import OpenKey, SealError

NOW = 1_760_000_000_000
READER = OpenKey(b"r" * 96)
OTHER = OpenKey(b"o" * 96)
CONTEXT = b"c" * 32
SHARES = b'{"openings":[],"shares":{}}'


def opened(wrap: str, sealed: bytes, context: bytes = CONTEXT, role: str = "intake", key: OpenKey = READER) -> bytes:
    return unlock_release(wrap, sealed, context, agency="project-ashby", role=role, key=key)


def test_what_is_released_opens_for_its_reader_and_within_its_context() -> None:
    epoch = EpochKeys().of("project-ashby", "intake", READER.public, NOW)
    assert opened(epoch.wrap, lock_release(epoch.key, SHARES, CONTEXT)) == SHARES


def test_one_key_serves_an_hour_and_every_message_under_it_is_locked_differently() -> None:
    keys = EpochKeys()
    first = keys.of("project-ashby", "intake", READER.public, NOW)
    assert keys.of("project-ashby", "intake", READER.public, NOW + EPOCH - 1) is first
    assert lock_release(first.key, SHARES, b"a" * 32) != lock_release(first.key, SHARES, b"b" * 32)


ANOTHER = {
    "an hour later": ("project-ashby", "intake", READER, NOW + EPOCH),
    "the clock was set back": ("project-ashby", "intake", READER, NOW - 1),
    "another role": ("project-ashby", "prescribing", READER, NOW),
    "another agency": ("housing-ashby", "intake", READER, NOW),
    "another role key": ("project-ashby", "intake", OTHER, NOW),
}


@pytest.mark.parametrize("case", ANOTHER)
def test_nothing_else_shares_it(case: str) -> None:
    keys = EpochKeys()
    first = keys.of("project-ashby", "intake", READER.public, NOW)
    agency, role, reader, now = ANOTHER[case]
    other = keys.of(agency, role, reader.public, now)
    assert other.key != first.key
    assert other.wrap != first.wrap


def test_two_processes_never_draw_the_same() -> None:
    drawn = {EpochKeys().of("project-ashby", "intake", READER.public, NOW).key for _ in range(3)}
    assert len(drawn) == 3


SPOILT: dict[str, dict[str, Any]] = {
    "another context": {"context": b"d" * 32},
    "another role, even under the same key": {"role": "prescribing"},
    "another reader": {"key": OTHER},
}


@pytest.mark.parametrize("case", SPOILT)
def test_it_opens_for_nobody_else_and_in_no_other_context(case: str) -> None:
    epoch = EpochKeys().of("project-ashby", "intake", READER.public, NOW)
    sealed = lock_release(epoch.key, SHARES, CONTEXT)
    assert opened(epoch.wrap, sealed) == SHARES
    with pytest.raises(SealError):
        opened(epoch.wrap, sealed, **SPOILT[case])


EPOCH_KEY = EpochKeys().of("project-ashby", "intake", READER.public, NOW)
SEALED = lock_release(EPOCH_KEY.key, SHARES, CONTEXT)


@given(st.integers(0, 1_000_000), st.integers(1, 255))
def test_a_byte_changed_anywhere_is_seen(place: int, change: int) -> None:
    sealed, wrap = bytearray(SEALED), bytearray(from_base64(EPOCH_KEY.wrap))
    sealed[place % len(sealed)] ^= change
    with pytest.raises(SealError):
        opened(EPOCH_KEY.wrap, bytes(sealed))
    wrap[place % len(wrap)] ^= change
    with pytest.raises(SealError):
        opened(to_base64(bytes(wrap)), SEALED)


def test_a_wrap_that_is_no_base64_or_holds_no_key_is_refused() -> None:
    with pytest.raises(MalformedError):
        opened("not base64", b"")
    with pytest.raises(SealError):
        opened(to_base64(bytes(1200)), b"")


def test_a_key_is_never_shown() -> None:
    assert repr(EPOCH_KEY.key) not in repr(EPOCH_KEY)
    assert EPOCH_KEY.key.hex() not in repr(EPOCH_KEY)
