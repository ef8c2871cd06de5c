"""The one byte form of everything signed or hashed: RFC 8785, and the strict reader of that form.

RFC 8785 over the values we allow (objects with ASCII keys, arrays, text, whole numbers up to 2**53, true, false, null) is
what ``json.dumps`` writes with sorted keys and no spaces; floats and other keys are refused instead of handled. Reading is
done twice over: good bytes pass a quick way in Rust, and only bytes that do not are looked at slowly, to say why.
Leaves out: what the fields mean (``envelope``), and who signed them (``keys``).
"""

import json
import re
from binascii import b2a_base64
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final, NoReturn, TypeVar, cast

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

from contracts.frozen import Frozen
from contracts.vocabulary import Reason

MAX_BYTES: Final = 64 * 1024
MAX_DEPTH: Final = 8
# Beyond this, two whole numbers share one spelling in RFC 8785.
MAX_WHOLE: Final = 2**53

# C0/C1 controls, bidirectional overrides and isolates, zero-width, soft, tag and separator characters, lone surrogates: in
# text that people will read these can hide or reorder what is said (trust.md T18).
_FORBIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\uffff\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)
_encode = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=False
).encode

_base64 = TypeAdapter(bytes, config=ConfigDict(val_json_bytes="base64"))

Model = TypeVar("Model", bound=Frozen)


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

    1. At most ``limit`` bytes.  2. UTF-8, JSON, one object.  3. At most eight levels deep, no floats, keys in order.
    4. Exactly the canonical bytes, so no duplicate keys and no other spelling.  5. No control or bidi characters (new
    lines only where people write: ``newlines``).
    """
    if len(body) > limit:
        raise MalformedError(Reason.TOO_LARGE)
    value: Any = None
    # A ValueError here is said more exactly by the closer look.
    with suppress(ValueError):
        value = from_json(body, allow_inf_nan=False)
    plain = isinstance(value, dict) and _is_plain(value, MAX_DEPTH) and to_json(value) == body
    if not plain or _carries_forbidden(body, newlines=newlines):
        raise MalformedError(_why_refused(body, newlines=newlines))
    return cast("dict[str, Any]", value)


def read_exact(model: type[Model], body: bytes) -> Model | None:
    """The model whose canonical form is exactly these bytes, when they are plain ASCII; None when they need a closer look.

    What it leaves to that closer look is only why: bytes for which this gives a model are such that ``parse_canonical`` and
    the model accept them.
    """
    if len(body) > MAX_BYTES or not body.isascii() or b"\\" in body or b"\x7f" in body:
        return None
    try:
        value = model.model_validate_json(body)
    except ValidationError:
        return None
    return value if value.wire() == body else None


def parse_loose(body: bytes, *, limit: int = MAX_BYTES) -> dict[str, Any]:
    """Read one object that a person or another system wrote: any spacing and order, all the other limits."""
    if len(body) > limit:
        raise MalformedError(Reason.TOO_LARGE)
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise MalformedError(Reason.NOT_UTF8) from None
    return _checked(text, newlines=True)


def to_base64(value: bytes) -> str:
    """Standard base64 with padding."""
    return b2a_base64(value, newline=False).decode()


def from_base64(text: str) -> bytes:
    """Read base64 that is spelled the one way we spell it; MalformedError otherwise (two spellings, two messages)."""
    try:
        value = _base64.validate_strings(text)
    except ValueError:
        raise MalformedError(Reason.BAD_BASE64) from None
    # The decoder in Rust takes a quarter of the time of Python's, and more spellings than one: another alphabet, no padding,
    # other last characters. What stands before those has one spelling alone.
    whole = len(value) // 3
    if "-" in text or "_" in text or text[whole * 4 :] != to_base64(value[whole * 3 :]):
        raise MalformedError(Reason.BAD_BASE64)
    return value


def _refuse_number(_: str) -> NoReturn:
    raise MalformedError(Reason.BAD_NUMBER)


def _whole(text: str) -> int:
    """A number of at most 2**53, looked at before Python makes an integer of ten thousand digits."""
    if len(text) > 17 or not -MAX_WHOLE <= (value := int(text)) <= MAX_WHOLE:
        raise MalformedError(Reason.BAD_NUMBER)
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise MalformedError(Reason.DUPLICATE_KEY)
    return value


_strict = json.JSONDecoder(
    parse_float=_refuse_number, parse_constant=_refuse_number, parse_int=_whole, object_pairs_hook=_unique
)


def _is_plain(value: Any, left: int) -> bool:
    """True when a parsed container holds only what we allow, with its keys in order, at most ``left`` levels deep."""
    if left == 0:
        return False
    inside = value
    if isinstance(value, dict):
        keys, every = list(value), "".join(value)
        if keys != sorted(keys) or not every.isascii() or not every.isprintable():
            return False
        inside = value.values()
    for one in inside:
        kind = type(one)
        if kind is int:
            if not -MAX_WHOLE <= one <= MAX_WHOLE:
                return False
        elif kind is float or (kind in (dict, list) and not _is_plain(one, left - 1)):
            return False
    return True


def _why_refused(body: bytes, *, newlines: bool) -> Reason:
    """Which code it is, for bytes that were not accepted."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return Reason.NOT_UTF8
    try:
        _checked(text, newlines=newlines)
    except MalformedError as error:
        return error.reason
    return Reason.NOT_CANONICAL


def _checked(text: str, *, newlines: bool) -> dict[str, Any]:
    """One object within all limits but those of its spelling."""
    try:
        value = _strict.decode(text)
    except RecursionError:
        raise MalformedError(Reason.TOO_DEEP) from None
    except MalformedError:
        raise
    except ValueError:
        raise MalformedError(Reason.NOT_JSON) from None
    if not isinstance(value, dict):
        raise MalformedError(Reason.NOT_AN_OBJECT)
    # Before anything that walks the value in Python: no later step may run out of stack.
    if _depth_over(value, MAX_DEPTH):
        raise MalformedError(Reason.TOO_DEEP)
    if _forbidden_inside(value, newlines=newlines):
        raise MalformedError(Reason.FORBIDDEN_CHARACTER)
    return value


def _depth_over(value: object, left: int) -> bool:
    """True when the value nests deeper than ``left`` levels. Walks containers only, and never deeper than the limit."""
    if isinstance(value, dict):
        return left == 0 or any(_depth_over(v, left - 1) for v in value.values() if isinstance(v, dict | list))
    if isinstance(value, list):
        return left == 0 or any(_depth_over(v, left - 1) for v in value if isinstance(v, dict | list))
    return False


def _carries_forbidden(body: bytes, *, newlines: bool) -> bool:
    """Whether any text in these canonical bytes does, whose keys were looked at. Scans in C, and no walk over the values.

    Canonical bytes escape quotes, backslashes and control characters, and nothing else: so any other escape is forbidden.
    """
    if not body.isascii() and _FORBIDDEN.search(body.decode()):
        return True
    if b"\x7f" in body:
        return True
    if b"\\" not in body:
        return False
    single = body.replace(b"\\\\", b"")
    allowed = single.count(b'\\"') + (single.count(b"\\n") if newlines else 0)
    return single.count(b"\\") != allowed


def _forbidden_inside(value: object, *, newlines: bool) -> bool:
    """True when any text inside carries a forbidden character."""
    if isinstance(value, str):
        return _FORBIDDEN.search(value.replace("\n", "") if newlines else value) is not None
    if isinstance(value, Mapping):
        return any(_forbidden_inside(k, newlines=False) or _forbidden_inside(v, newlines=newlines) for k, v in value.items())
    return isinstance(value, list) and any(_forbidden_inside(v, newlines=newlines) for v in value)
