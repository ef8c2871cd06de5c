"""The one byte form of everything signed or hashed: RFC 8785, and the strict reader of that form.

RFC 8785 over the values we allow (objects with ASCII keys, arrays, text, whole numbers, true, false, null) is what
``json.dumps`` writes with sorted keys and no spaces; floats and other keys are refused instead of handled.
Leaves out: what the fields mean (``envelope``), and who signed them (``keys``).
"""

import json
import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping
from typing import Any, Final, NoReturn, cast

from contracts.vocabulary import Reason

MAX_BYTES: Final = 64 * 1024
MAX_DEPTH: Final = 8

# C0/C1 controls, bidirectional overrides and isolates, zero-width and line separators, lone surrogates: in text that people
# will read these can hide or reorder what is said (trust.md T18).
_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\uffff\ud800-\udfff]")
_encode = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=False
).encode


class MalformedError(ValueError):
    """The bytes are not a message of ours. Carries a reason code; never quotes the bytes."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


def canonical(value: object) -> bytes:
    """Write a value of whole numbers, text, booleans, nulls, lists and ASCII-keyed objects in its one byte form."""
    return _encode(value).encode()


def parse_canonical(body: bytes, *, limit: int = MAX_BYTES, newlines: bool = False) -> dict[str, Any]:
    """Read one object whose bytes are already canonical; anything else raises MalformedError with its own code.

    1. At most ``limit`` bytes.  2. UTF-8.  3. JSON, one object, no floats, no NaN.  4. At most eight levels deep.
    5. Exactly the canonical bytes, so no duplicate keys, other order or other spelling.  6. No control or bidi characters
    (new lines only where people write: ``newlines``).
    """
    if len(body) > limit:
        raise MalformedError(Reason.TOO_LARGE)
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise MalformedError(Reason.NOT_UTF8) from None
    value = _load(text)
    if not isinstance(value, dict):
        raise MalformedError(Reason.NOT_AN_OBJECT)
    # Re-encoding is one call into C and catches duplicate keys, spaces, key order and odd escapes together; only when it
    # differs do we look for which of them it was.
    try:
        same = _encode(value) == text
    except (ValueError, RecursionError):
        raise MalformedError(Reason.TOO_DEEP) from None
    if not same:
        raise MalformedError(_why_not_canonical(text))
    if _carries_forbidden(text, value, newlines=newlines):
        raise MalformedError(Reason.FORBIDDEN_CHARACTER)
    if _depth_over(value, MAX_DEPTH):
        raise MalformedError(Reason.TOO_DEEP)
    return cast("dict[str, Any]", value)


def parse_loose(body: bytes, *, limit: int = MAX_BYTES) -> dict[str, Any]:
    """Read one object that a person or another system wrote: any spacing and order, all the other limits."""
    if len(body) > limit:
        raise MalformedError(Reason.TOO_LARGE)
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise MalformedError(Reason.NOT_UTF8) from None
    value = _load(text, unique_keys=True)
    if not isinstance(value, dict):
        raise MalformedError(Reason.NOT_AN_OBJECT)
    if _depth_over(value, MAX_DEPTH):
        raise MalformedError(Reason.TOO_DEEP)
    if _forbidden_inside(value, newlines=True):
        raise MalformedError(Reason.FORBIDDEN_CHARACTER)
    return cast("dict[str, Any]", value)


def to_base64(value: bytes) -> str:
    """Standard base64 with padding."""
    return b64encode(value).decode()


def from_base64(text: str) -> bytes:
    """Read base64 that is spelled the one way we spell it; MalformedError otherwise (two spellings, two messages)."""
    try:
        value = b64decode(text, validate=True)
    except (Base64Error, ValueError):
        raise MalformedError(Reason.BAD_BASE64) from None
    if b64encode(value).decode() != text:
        raise MalformedError(Reason.BAD_BASE64)
    return value


def _refuse_number(_: str) -> NoReturn:
    raise MalformedError(Reason.BAD_NUMBER)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise MalformedError(Reason.DUPLICATE_KEY)
    return value


_strict = json.JSONDecoder(parse_float=_refuse_number, parse_constant=_refuse_number)
_strict_unique = json.JSONDecoder(parse_float=_refuse_number, parse_constant=_refuse_number, object_pairs_hook=_unique)


def _load(text: str, *, unique_keys: bool = False) -> object:
    decoder = _strict_unique if unique_keys else _strict
    try:
        return decoder.decode(text)
    except RecursionError:
        raise MalformedError(Reason.TOO_DEEP) from None
    except MalformedError:
        raise
    except ValueError:
        raise MalformedError(Reason.NOT_JSON) from None


def _why_not_canonical(text: str) -> Reason:
    try:
        _load(text, unique_keys=True)
    except MalformedError as error:
        return error.reason
    return Reason.NOT_CANONICAL


def _depth_over(value: object, left: int) -> bool:
    """True when the value nests deeper than ``left`` levels. Walks containers only, and never deeper than the limit."""
    if isinstance(value, dict):
        return left == 0 or any(_depth_over(v, left - 1) for v in value.values() if isinstance(v, dict | list))
    if isinstance(value, list):
        return left == 0 or any(_depth_over(v, left - 1) for v in value if isinstance(v, dict | list))
    return False


def _carries_forbidden(text: str, value: object, *, newlines: bool) -> bool:
    # The hot path is plain ASCII without a backslash: two scans in C and done.
    if text.isascii():
        return "\x7f" in text or ("\\" in text and _forbidden_inside(value, newlines=newlines))
    return _forbidden_inside(value, newlines=newlines)


def _forbidden_inside(value: object, *, newlines: bool) -> bool:
    """True when any text inside carries a forbidden character."""
    if isinstance(value, str):
        return _FORBIDDEN.search(value.replace("\n", "") if newlines else value) is not None
    if isinstance(value, Mapping):
        return any(_forbidden_inside(k, newlines=False) or _forbidden_inside(v, newlines=newlines) for k, v in value.items())
    return isinstance(value, list) and any(_forbidden_inside(v, newlines=newlines) for v in value)
