"""The one byte form, and every way in which bytes fail to be in it."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.canonical import (
    MAX_BYTES,
    MAX_DEPTH,
    MAX_WHOLE,
    MalformedError,
    canonical,
    from_base64,
    parse_canonical,
    parse_loose,
    to_base64,
)
from contracts.vocabulary import Reason

# From RFC 8785 sections 3.2.2 and 3.2.3, as far as we allow them: no floats, ASCII keys.
WRITTEN: dict[str, tuple[object, bytes]] = {
    "an empty object": ({}, b"{}"),
    "keys in order of their code units": (
        {"b": 1, "a": 2, "A": 3, "1": 4, "10": 5, "": 6},
        b'{"":6,"1":4,"10":5,"A":3,"a":2,"b":1}',
    ),
    "keys in order at every level": ({"a": {"z": 1, "b": []}}, b'{"a":{"b":[],"z":1}}'),
    "literals": ({"a": [True, False, None]}, b'{"a":[true,false,null]}'),
    "nought": ({"n": 0}, b'{"n":0}'),
    "below nought": ({"n": -1}, b'{"n":-1}'),
    "the largest whole number": ({"n": MAX_WHOLE}, b'{"n":9007199254740992}'),
    "short escapes": ({"s": '"\\\b\t\n\f\r'}, rb'{"s":"\"\\\b\t\n\f\r"}'),
    "other controls by number, in small letters": ({"s": "\x00\x0f\x1f"}, rb'{"s":"\u0000\u000f\u001f"}'),
    "a slash is not escaped": ({"s": "a/b"}, b'{"s":"a/b"}'),
    "the RFC's own text": ({"string": '€$\x0f\nA\'B"\\\\"/'}, '{"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'.encode()),
    "letters of any script as they are": ({"s": "Zoë Дарья 🌿"}, '{"s":"Zoë Дарья 🌿"}'.encode()),
}


@pytest.mark.parametrize("case", WRITTEN)
def test_a_value_is_written_in_its_one_form(case: str) -> None:
    value, expected = WRITTEN[case]
    assert canonical(value) == expected


def _deep(levels: int, inside: str = "1") -> bytes:
    return ('{"a":' + "[" * (levels - 1) + inside + "]" * (levels - 1) + "}").encode()


REFUSED: dict[str, tuple[bytes, Reason]] = {
    "one byte too many": (b'{"a":"' + b"x" * (MAX_BYTES - 7) + b'"}', Reason.TOO_LARGE),
    "invalid UTF-8": (b'{"a":"\xff"}', Reason.NOT_UTF8),
    "an overlong form": (b'{"a":"\xc0\xaf"}', Reason.NOT_UTF8),
    "a surrogate in UTF-8": (b'{"a":"\xed\xa0\x80"}', Reason.NOT_UTF8),
    "not JSON": (b"hello", Reason.NOT_JSON),
    "nothing": (b"", Reason.NOT_JSON),
    "a byte order mark": (b"\xef\xbb\xbf{}", Reason.NOT_JSON),
    "single quotes": (b"{'a':1}", Reason.NOT_JSON),
    "a comma too many": (b'{"a":1,}', Reason.NOT_JSON),
    "a comment": (b'{"a":1}//', Reason.NOT_JSON),
    "a raw control character": (b'{"a":"\x01"}', Reason.NOT_JSON),
    "an array": (b"[]", Reason.NOT_AN_OBJECT),
    "text alone": (b'"a"', Reason.NOT_AN_OBJECT),
    "null": (b"null", Reason.NOT_AN_OBJECT),
    "a key twice": (b'{"a":1,"a":1}', Reason.DUPLICATE_KEY),
    "a key twice inside": (b'{"a":{"b":1,"b":2}}', Reason.DUPLICATE_KEY),
    "a key twice, once escaped": (rb'{"a":1,"\u0061":1}', Reason.DUPLICATE_KEY),
    "a float": (b'{"a":1.5}', Reason.BAD_NUMBER),
    "a float that is whole": (b'{"a":1.0}', Reason.BAD_NUMBER),
    "an exponent": (b'{"a":1e2}', Reason.BAD_NUMBER),
    "a number beyond floats": (b'{"a":1e400}', Reason.BAD_NUMBER),
    "NaN": (b'{"a":NaN}', Reason.BAD_NUMBER),
    "infinity": (b'{"a":-Infinity}', Reason.BAD_NUMBER),
    "one more than the largest": (b'{"a":9007199254740993}', Reason.BAD_NUMBER),
    "one less than the least": (b'{"a":-9007199254740993}', Reason.BAD_NUMBER),
    "five thousand digits": (b'{"a":' + b"9" * 5000 + b"}", Reason.BAD_NUMBER),
    "a leading nought": (b'{"a":01}', Reason.NOT_JSON),
    "minus nought": (b'{"a":-0}', Reason.NOT_CANONICAL),
    "keys in another order": (b'{"b":1,"a":1}', Reason.NOT_CANONICAL),
    "keys in another order inside a list": (b'{"a":[{"c":1,"b":1}]}', Reason.NOT_CANONICAL),
    "a key that is not ASCII": ('{"é":1}'.encode(), Reason.NOT_CANONICAL),
    "a space": (b'{"a": 1}', Reason.NOT_CANONICAL),
    "a new line at the end": (b'{"a":1}\n', Reason.NOT_CANONICAL),
    "an escape that is not needed": (rb'{"a":"\u0041"}', Reason.NOT_CANONICAL),
    "an escaped slash": (rb'{"a":"\/"}', Reason.NOT_CANONICAL),
    "an escape in capitals": (rb'{"a":"\u00E9"}', Reason.NOT_CANONICAL),
    "nine levels": (_deep(MAX_DEPTH + 1), Reason.TOO_DEEP),
    "100 levels": (_deep(100), Reason.TOO_DEEP),
    "100 levels with text of another script": (_deep(100, '"é"'), Reason.TOO_DEEP),
    "900 levels with text of another script": (_deep(900, '"é"'), Reason.TOO_DEEP),
    "20,000 levels": (_deep(20_000), Reason.TOO_DEEP),
    "20,000 levels that never close": (b'{"a":' * 10_000, Reason.TOO_DEEP),
    "a control character": (rb'{"a":"\u0007"}', Reason.FORBIDDEN_CHARACTER),
    "a delete": (b'{"a":"\x7f"}', Reason.FORBIDDEN_CHARACTER),
    "a C1 control": ('{"a":"\x85"}'.encode(), Reason.FORBIDDEN_CHARACTER),
    "a new line where nobody writes": (rb'{"a":"\n"}', Reason.FORBIDDEN_CHARACTER),
    "a right-to-left override": ('{"a":"\u202e"}'.encode(), Reason.FORBIDDEN_CHARACTER),
    "an isolate": ('{"a":"\u2067"}'.encode(), Reason.FORBIDDEN_CHARACTER),
    "a zero-width space": ('{"a":"\u200b"}'.encode(), Reason.FORBIDDEN_CHARACTER),
    "a soft hyphen": ('{"a":"\u00ad"}'.encode(), Reason.FORBIDDEN_CHARACTER),
    "a tag character": ('{"a":"\U000e0041"}'.encode(), Reason.FORBIDDEN_CHARACTER),
    "a byte order mark inside": ('{"a":"\ufeff"}'.encode(), Reason.FORBIDDEN_CHARACTER),
    "a forbidden character in a key": (b'{"\x7f":1}', Reason.FORBIDDEN_CHARACTER),
    "a lone surrogate": (rb'{"a":"\ud800"}', Reason.FORBIDDEN_CHARACTER),
    "a lone low surrogate": (rb'{"a":"\udc00"}', Reason.FORBIDDEN_CHARACTER),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_canonical_is_refused_with_its_own_code(case: str) -> None:
    body, reason = REFUSED[case]
    with pytest.raises(MalformedError) as refusal:
        parse_canonical(body)
    assert refusal.value.reason is reason
    # Nothing of the bytes is left in the error, nor hangs on it.
    assert str(refusal.value) == reason.value
    assert refusal.value.__cause__ is None


def test_a_hundred_thousand_levels_are_refused_where_large_bodies_are_read() -> None:
    with pytest.raises(MalformedError) as refusal:
        parse_canonical(_deep(100_000, '"é"'), limit=2**20)
    assert refusal.value.reason is Reason.TOO_DEEP


def test_as_deep_and_as_large_as_allowed_is_read() -> None:
    assert parse_canonical(_deep(MAX_DEPTH)) == json.loads(_deep(MAX_DEPTH))
    largest = b'{"a":"' + b"x" * (MAX_BYTES - 8) + b'"}'
    assert parse_canonical(largest) == {"a": "x" * (MAX_BYTES - 8)}


def test_new_lines_pass_where_people_write_and_other_controls_do_not() -> None:
    assert parse_canonical(rb'{"a":"one\ntwo"}', newlines=True) == {"a": "one\ntwo"}
    with pytest.raises(MalformedError) as refusal:
        parse_canonical(rb'{"a":"one\ttwo"}', newlines=True)
    assert refusal.value.reason is Reason.FORBIDDEN_CHARACTER


# Any text without the characters that may hide something, and so every letter of every script.
PLAIN = st.text(st.characters(exclude_categories=("Cc", "Cf", "Cs", "Cn", "Zl", "Zp"), max_codepoint=0xFFF8)).filter(
    lambda text: not any("\u2060" <= c <= "\u2069" or c in "\u061c\u180e" for c in text)
)
WHOLE = st.integers(-MAX_WHOLE, MAX_WHOLE)
KEYS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | WHOLE | PLAIN,
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(KEYS, inside, max_size=4),
    max_leaves=12,
)

FORBIDDEN = set("\n\r\t\b\f\x00\x1f\x7f\x85\u200b\u202e\ufeff")


def _levels(value: object) -> int:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inside is None else 1 + max(map(_levels, inside), default=0)


@given(st.dictionaries(KEYS, VALUES, max_size=5).filter(lambda value: _levels(value) <= MAX_DEPTH))
def test_what_was_written_is_read_back(value: dict[str, object]) -> None:
    assert parse_canonical(canonical(value)) == value


# Everything that RFC 8785 escapes, what looks like an escape and is none, and what people must not be shown.
TROUBLESOME = st.text(st.sampled_from('\\"/nrtbfu0047 \n\r\t\b\f\x00\x1f\x7fé\x85\u200b\u202e\ufeff\U0001f600'), max_size=10)


@given(st.dictionaries(TROUBLESOME, TROUBLESOME | st.lists(TROUBLESOME, max_size=3), max_size=3), st.booleans())
def test_forbidden_characters_are_found_in_any_spelling_and_nothing_else_is_taken_for_one(
    value: dict[str, object], newlines: bool
) -> None:
    body = canonical(value)
    words = [str(word) for each in value.values() for word in (each if isinstance(each, list) else [each])]
    found = [word for word in words if FORBIDDEN & set(word.replace("\n", "") if newlines else word)]
    if found or any(FORBIDDEN & set(key) for key in value):
        with pytest.raises(MalformedError) as refusal:
            parse_canonical(body, newlines=newlines)
        assert refusal.value.reason is Reason.FORBIDDEN_CHARACTER
    elif all(key.isascii() for key in value):
        assert parse_canonical(body, newlines=newlines) == value


@given(st.dictionaries(KEYS, VALUES, max_size=5).filter(lambda value: _levels(value) <= MAX_DEPTH))
def test_any_other_spelling_of_the_same_value_is_refused(value: dict[str, object]) -> None:
    for body in (json.dumps(value, indent=1).encode(), json.dumps(value, separators=(",", ":")).encode() + b" "):
        if body != canonical(value):
            with pytest.raises(MalformedError):
                parse_canonical(body)


@given(st.binary(max_size=400))
def test_reading_any_bytes_gives_an_object_of_the_same_bytes_or_one_code(body: bytes) -> None:
    with suppress(MalformedError):
        assert canonical(parse_canonical(body)) == body


LOOSE: dict[str, tuple[bytes, Reason]] = {
    "too large": (b" " * (MAX_BYTES + 1), Reason.TOO_LARGE),
    "invalid UTF-8": (b'{"a":"\xff"}', Reason.NOT_UTF8),
    "a key twice": (b'{"a":1,"a":2}', Reason.DUPLICATE_KEY),
    "a float": (b'{"a":1.5}', Reason.BAD_NUMBER),
    "an array": (b"[1]", Reason.NOT_AN_OBJECT),
    "too deep": (_deep(100), Reason.TOO_DEEP),
    "a bidi override": ('{"a":"\u202e"}'.encode(), Reason.FORBIDDEN_CHARACTER),
}


@pytest.mark.parametrize("case", LOOSE)
def test_what_another_system_wrote_keeps_all_limits_but_spelling(case: str) -> None:
    body, reason = LOOSE[case]
    with pytest.raises(MalformedError) as refusal:
        parse_loose(body)
    assert refusal.value.reason is reason


def test_what_another_system_wrote_may_be_spelled_its_own_way() -> None:
    assert parse_loose(b'\xef\xbb\xbf{ "b": 1,\n  "a": "one\\ntwo" }') == {"b": 1, "a": "one\ntwo"}


@given(st.binary(max_size=200))
def test_base64_is_read_back(value: bytes) -> None:
    assert from_base64(to_base64(value)) == value


@given(st.text(alphabet="Aa/+-_=g \n", max_size=12))
def test_what_is_read_as_base64_is_what_would_be_written(text: str) -> None:
    """Whatever the reader makes of other spellings, none of them passes."""
    with suppress(MalformedError):
        assert to_base64(from_base64(text)) == text


BASE64 = {
    "bits left over": "AB==",
    "no padding": "AA",
    "too much padding": "AA===",
    "the other alphabet": "A-_A",
    "a space inside": "AA AA",
    "a new line at the end": "AAAA\n",
    "padding inside": "AA==AAAA",
    "one character": "A",
    "letters of another script": "ÀÀÀÀ",
}


@pytest.mark.parametrize("case", BASE64)
def test_base64_in_any_other_spelling_is_refused(case: str) -> None:
    with pytest.raises(MalformedError) as refusal:
        from_base64(BASE64[case])
    assert refusal.value.reason is Reason.BAD_BASE64
