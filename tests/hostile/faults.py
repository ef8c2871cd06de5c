"""The faults of the messages shaped by hand: each with its one code, and the kinds of message it can be put in."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from contracts.canonical import canonical, to_base64
from contracts.identifiers import BROKER, CONSENT, new_id
from contracts.keys import SigningKey
from contracts.kinds import SHAPES, Goes, Kind
from contracts.vocabulary import Reason
from tests.factories import DAY, MINUTE
from tests.hostile.messages import Bad, Draft, Where, Workshop

# The first kind of a fault is where it is met at least once: a referral, wherever it fits.
ALL = (Kind.REFERRAL_MADE, *(kind for kind in Kind if kind is not Kind.REFERRAL_MADE))
TO_AGENCY = tuple(kind for kind in ALL if SHAPES[kind].goes is Goes.TO_AGENCY)
TO_BROKER = tuple(kind for kind in ALL if SHAPES[kind].goes is Goes.TO_BROKER)
ASKS = tuple(kind for kind in ALL if SHAPES[kind].asks_consent)

CANARY = "Canarina Testwoman"
"""A name that stands in the open in some bad messages, and must be found in no log and no store."""

Spoil = Callable[[Draft], bytes]


@dataclass(frozen=True)
class Fault:
    """One thing wrong."""

    name: str
    code: Reason
    spoil: Spoil
    kinds: tuple[Kind, ...] = ALL
    where: Where = "reading"

    def make(self, workshop: Workshop, kind: Kind) -> Iterator[Bad]:
        """The bad message; before a replay, the good one that it repeats."""
        draft = workshop.draft(kind)
        if self.where == "replay":
            yield Bad("a good message", None, draft.bytes(), draft.user, "good")
        body = self.spoil(draft)
        yield Bad(f"{self.name}: {kind}", self.code, body, draft.user, self.where)


def _header(**changes: Any) -> Spoil:
    def spoil(draft: Draft) -> bytes:
        draft.header.update(changes)
        return draft.bytes()

    return spoil


def _top(**changes: Any) -> Spoil:
    def spoil(draft: Draft) -> bytes:
        body = json.loads(draft.bytes())
        body.update(changes)
        return canonical(body)

    return spoil


def _without(place: str, name: str) -> Spoil:
    def spoil(draft: Draft) -> bytes:
        body = json.loads(draft.bytes())
        del (body[place] if place else body)[name]
        return canonical(body)

    return spoil


def _text(change: Callable[[str], str]) -> Spoil:
    """Change the finished text."""
    return lambda draft: change(draft.bytes().decode()).encode()


def _bytes(change: Callable[[bytes], bytes]) -> Spoil:
    return lambda draft: change(draft.bytes())


def _put(place: str, name: str, value: Any) -> Spoil:
    """One field of the finished message, set without making anything else fit."""

    def spoil(draft: Draft) -> bytes:
        body = json.loads(draft.bytes())
        (body[place] if place else body)[name] = value
        return canonical(body)

    return spoil


def _json_put(field: str, text: str) -> Spoil:
    """A header field whose JSON text is written by hand."""

    def spoil(draft: Draft) -> bytes:
        body = json.loads(draft.bytes())
        body["header"][field] = "@@here@@"
        return canonical(body).replace(b'"@@here@@"', text.encode())

    return spoil


HEADER_FIELDS = (
    "body", "consent_key", "conversation", "created", "digests", "facts", "for_broker", "id", "in_reply_to", "kc", "kind",
    "kr", "not_after", "recipient", "recipient_key", "role", "sender", "sender_key", "sequence", "subject", "suite", "v",
)  # fmt: skip
TOP_FIELDS = ("compartments", "for_broker", "header", "signature", "to_consent", "to_recipient")
NUMBERS = ("created", "not_after", "sequence")
SAID_BY_PLACE = {"v": Reason.UNKNOWN_VERSION, "suite": Reason.UNKNOWN_SUITE, "kind": Reason.UNKNOWN_KIND}
HEX = ("body", "facts", "for_broker", "kc", "kr", "subject", "conversation", "id", "consent_key", "recipient_key", "sender_key")


def _missing() -> Iterator[Fault]:
    for name in HEADER_FIELDS:
        yield Fault(f"header without {name}", Reason.MISSING_FIELD, _without("header", name))
    for name in TOP_FIELDS:
        yield Fault(f"no {name}", Reason.MISSING_FIELD, _without("", name))
    for name in ("reference", "salt"):
        yield Fault(f"broker's part without {name}", Reason.MISSING_FIELD, _without("for_broker", name))
    yield Fault("broker's part without a step", Reason.MISSING_FIELD, _without("for_broker", "step"), TO_AGENCY)
    yield Fault("an empty object", Reason.MISSING_FIELD, lambda _: b"{}")


def _wrong_type() -> Iterator[Fault]:
    for name in HEADER_FIELDS:
        code = SAID_BY_PLACE.get(name, Reason.WRONG_TYPE)
        other: tuple[Any, ...] = ("7", None, True, [], {}) if name in NUMBERS or name == "v" else (7, True, {}, [1])
        if name == "digests":
            other = (7, True, {}, "x")
        for value in other:
            yield Fault(f"{name} is {json.dumps(value)}", code, _put("header", name, value))
    for name in TOP_FIELDS:
        yield Fault(f"{name} is a number", Reason.WRONG_TYPE, _put("", name, 7))
    yield Fault("the step is a number", Reason.WRONG_TYPE, _put("for_broker", "step", 7))
    yield Fault("the reference is a number", Reason.WRONG_TYPE, _put("for_broker", "reference", 7))


def _values() -> Iterator[Fault]:
    for name in HEX:
        yield Fault(f"{name} too long", Reason.VALUE_NOT_ALLOWED, _put("header", name, "a" * 65))
        yield Fault(f"{name} in capitals", Reason.VALUE_NOT_ALLOWED, _put("header", name, "A" * 64))
    for name in ("sender", "recipient"):
        yield Fault(f"{name} too long", Reason.VALUE_NOT_ALLOWED, _put("header", name, "a" * 41))
        yield Fault(f"{name} is a path", Reason.VALUE_NOT_ALLOWED, _put("header", name, "../cjit-ashby"))
        yield Fault(f"{name} is a pattern", Reason.VALUE_NOT_ALLOWED, _put("header", name, "cjit-#"))
    yield Fault("role too long", Reason.VALUE_NOT_ALLOWED, _put("header", "role", "a" * 32))
    yield Fault("role is SQL", Reason.VALUE_NOT_ALLOWED, _put("header", "role", "intake';--"))
    yield Fault("nine digests", Reason.VALUE_NOT_ALLOWED, _put("header", "digests", ["00" * 32] * 9))
    yield Fault("a short digest", Reason.VALUE_NOT_ALLOWED, _put("header", "digests", ["00" * 31] * 8))
    yield Fault("sequence nought", Reason.VALUE_NOT_ALLOWED, _put("header", "sequence", 0))
    yield Fault("a time before 1970", Reason.VALUE_NOT_ALLOWED, _put("header", "created", -1))
    yield Fault("a time after 2100", Reason.VALUE_NOT_ALLOWED, _put("header", "not_after", 4_102_444_800_001))
    yield Fault("a ninth slot", Reason.VALUE_NOT_ALLOWED, _put("compartments", "8", "AAAA"))
    yield Fault("an empty compartment", Reason.VALUE_NOT_ALLOWED, _put("compartments", "0", ""))
    yield Fault("a compartment in another alphabet", Reason.VALUE_NOT_ALLOWED, _put("compartments", "0", "AA_-"))
    yield Fault("a signature that is prose", Reason.VALUE_NOT_ALLOWED, _top(signature="signed, me"))
    yield Fault("a step nobody knows", Reason.VALUE_NOT_ALLOWED, _put("for_broker", "step", {"step": "promote"}))
    yield Fault("a step without a name", Reason.MISSING_FIELD, _put("for_broker", "step", {"move": "open"}))
    yield Fault("a short salt", Reason.VALUE_NOT_ALLOWED, _put("for_broker", "salt", "00" * 31))
    for version in (0, 2, -1, 2**53):
        yield Fault(f"version {version}", Reason.UNKNOWN_VERSION, _put("header", "v", version))
    for suite in ("relay-2", "relay-0", "none", "", "RELAY-1", "relay-1 "):
        yield Fault(f"suite {suite!r}", Reason.UNKNOWN_SUITE, _put("header", "suite", suite))
    for kind in ("referral-made/2", "referral-made", "", "shutdown/1", "Referral-Made/1"):
        yield Fault(f"kind {kind!r}", Reason.UNKNOWN_KIND, _put("header", "kind", kind))
    for place in ("", "header", "for_broker"):
        yield Fault(f"one field too many in {place or 'the message'}", Reason.UNKNOWN_FIELD, _put(place, "priority", 1))
    yield Fault("a name among the fields", Reason.UNKNOWN_FIELD, _put("header", "person", CANARY))
    yield Fault("a name as a field", Reason.UNKNOWN_FIELD, _put("", CANARY, 1))
    for name in ("id", "role", "sender", "conversation"):
        yield Fault(f"a name as {name}", Reason.VALUE_NOT_ALLOWED, _put("header", name, CANARY))
    yield Fault(
        "a name as a token", Reason.VALUE_NOT_ALLOWED, _put("for_broker", "step", {"step": "register", "tokens": [CANARY]})
    )


def _bent(text: str) -> str:
    """The same JSON with its first two keys the other way round."""
    value = json.loads(text)
    return json.dumps(dict(reversed(list(value.items()))), separators=(",", ":"))


NOT_UTF8 = {
    "a lone continuation byte": b"\x80",
    "an overlong slash": b"\xc0\xaf",
    "a UTF-8 surrogate": b"\xed\xa0\x80",
    "a byte that is never UTF-8": b"\xff",
    "half a character": b"\xe2\x82",
}
NOT_JSON = {
    "nothing at all": b"",
    "a word": b"hello",
    "a sentence about someone": f"{CANARY} was at the clinic".encode(),
    "half a message": b'{"header":',
    "XML": b"<header/>",
    "one quote": b'"',
    "a control byte": b"\x04",
    "a raw new line in text": b'{"a":"\n"}',
}
HIDDEN = {
    "a control character": "\\u0001",
    "an escape sequence": "\\u001b[2J",
    "a right-to-left override": "\u202e",
    "a zero-width joiner": "\u200d",
    "a tag character": "\U000e0041",
    "a lone surrogate": "\\ud800",
    "a line separator": "\u2028",
    "a new line": "\\n",
}


def _form() -> Iterator[Fault]:
    deep = {f"{n} levels deep": ("[" * n + "]" * n, Reason.TOO_DEEP) for n in (8, 100, 900, 25_000)}
    for name, (text, code) in deep.items():
        yield Fault(f"a field {name}", code, _json_put("role", text))
    yield Fault("a field 100 objects deep", Reason.TOO_DEEP, _json_put("role", '{"a":' * 100 + "1" + "}" * 100))
    yield Fault("deep with text in it", Reason.TOO_DEEP, _json_put("role", "[" * 400 + '"é"' + "]" * 400))
    yield Fault("64 KiB and one byte", Reason.TOO_LARGE, _bytes(lambda body: body + b" " * (65_537 - len(body))))
    yield Fault("a megabyte", Reason.TOO_LARGE, lambda _: b"{" * 2**20)
    yield Fault("a compartment that fills 64 KiB", Reason.TOO_LARGE, _put("compartments", "0", "A" * 65_536))
    for name, bad in NOT_UTF8.items():
        yield Fault(name, Reason.NOT_UTF8, _bytes(lambda body, bad=bad: body.replace(b'"relay-1"', b'"' + bad + b'"')))  # type: ignore[misc]
    yield Fault("UTF-16", Reason.NOT_UTF8, _bytes(lambda body: body.decode().encode("utf-16")))
    for name, body in NOT_JSON.items():
        yield Fault(name, Reason.NOT_JSON, lambda _, body=body: body)  # type: ignore[misc]
    yield Fault("a byte order mark", Reason.NOT_JSON, _bytes(lambda body: b"\xef\xbb\xbf" + body))
    yield Fault("two messages in one", Reason.NOT_JSON, _bytes(lambda body: body + body))
    yield Fault("something after the end", Reason.NOT_JSON, _bytes(lambda body: body + b"\x00"))
    for body in (b"[]", b"null", b"true", b"7", b'"text"'):
        yield Fault(f"only {body.decode()}", Reason.NOT_AN_OBJECT, lambda _, body=body: body)  # type: ignore[misc]
    yield Fault("a message in a list", Reason.NOT_AN_OBJECT, _bytes(lambda body: b"[" + body + b"]"))
    for text in ("1.5", "1e3", "1E400", "-1.0", "NaN", "Infinity", "-Infinity", "9007199254740993", "1" + "0" * 5000):
        yield Fault(f"sequence {text[:18]}", Reason.BAD_NUMBER, _json_put("sequence", text))
    yield Fault("a key twice", Reason.DUPLICATE_KEY, _text(lambda text: '{"signature":"AAAA",' + text[1:]))
    yield Fault("a header key twice", Reason.DUPLICATE_KEY, _text(lambda text: text.replace('"v":1', '"v":1,"v":1')))
    yield Fault("keys in another order", Reason.NOT_CANONICAL, _text(_bent))
    yield Fault("a space", Reason.NOT_CANONICAL, _text(lambda text: text.replace(":", ": ", 1)))
    yield Fault("a new line at the end", Reason.NOT_CANONICAL, _text(lambda text: text + "\n"))
    yield Fault("an escape that is not needed", Reason.NOT_CANONICAL, _text(lambda t: t.replace("relay-1", "\\u0072elay-1")))
    yield Fault("an escaped slash", Reason.NOT_CANONICAL, _text(lambda text: text.replace("/1", "\\/1", 1)))
    yield Fault("minus nought", Reason.NOT_CANONICAL, _json_put("sequence", "-0"))
    for name, text in HIDDEN.items():
        yield Fault(name, Reason.FORBIDDEN_CHARACTER, _json_put("role", f'"in{text}take"'))


def _from_another(part: str) -> Spoil:
    """A part taken from another message of the same sender."""

    def spoil(draft: Draft) -> bytes:
        body = json.loads(draft.bytes())
        other = to_base64(new_id().encode() * 40)
        body[part] = {**body[part], "0": other} if part == "compartments" else other
        return canonical(body)

    return spoil


def _dropped(*names: str) -> Spoil:
    """Parts left out, and everything else made to fit and signed."""

    def spoil(draft: Draft) -> bytes:
        for name in names:
            (draft.value if name in draft.value else draft.header)[name] = None
        return draft.bytes()

    return spoil


def _part(**changes: Any) -> Spoil:
    def spoil(draft: Draft) -> bytes:
        draft.value["for_broker"].update(changes)
        return draft.bytes()

    return spoil


def _parts() -> Iterator[Fault]:
    wrong = Reason.PARTS_DO_NOT_FIT
    other_step = {"check": None, "move": "close", "reason": None, "role": "lead", "step": "case"}
    for part in ("compartments", "to_recipient", "to_consent"):
        yield Fault(f"{part} of another message", wrong, _from_another(part), TO_AGENCY)
    yield Fault("another reference than the signed one", wrong, _put("for_broker", "reference", "ab" * 16))
    yield Fault("another salt than the signed one", wrong, _put("for_broker", "salt", "ab" * 32))
    for name in ("to_recipient", "recipient_key", "kr", "kc"):
        yield Fault(f"no {name}, signed so", wrong, _dropped(name), TO_AGENCY)
    for name in ("to_consent", "consent_key", "facts"):
        yield Fault(f"no {name}, signed so", wrong, _dropped(name), ASKS)
    yield Fault("no digests, signed so", wrong, _header(digests=[]), TO_AGENCY)
    yield Fault("a step that its kind does not take", wrong, _part(step=other_step),
                tuple(kind for kind in ALL if SHAPES[kind].step != "case"))  # fmt: skip
    yield Fault("no step where its kind takes one", wrong, _part(step=None), tuple(kind for kind in ALL if SHAPES[kind].step))
    yield Fault("nobody named where its kind names someone", wrong, _part(reference=None),
                tuple(kind for kind in ALL if SHAPES[kind].names_person))  # fmt: skip
    yield Fault("for the broker but sent to an agency", wrong, _header(recipient="project-ashby"), TO_BROKER)
    yield Fault("for the broker but sent to the consent service", wrong, _header(recipient=CONSENT), TO_BROKER)


def _signed_by(party: str, *, name_its_key: bool = False) -> Spoil:
    def spoil(draft: Draft) -> bytes:
        key = draft.keys.signing(party)
        if name_its_key:
            draft.header["sender_key"] = key.id
        draft.signer = key
        return draft.bytes()

    return spoil


def _signature(change: Callable[[Draft, str], str]) -> Spoil:
    def spoil(draft: Draft) -> bytes:
        body = json.loads(draft.bytes())
        body["signature"] = change(draft, body["signature"])
        return canonical(body)

    return spoil


def _unsigned_change(draft: Draft) -> bytes:
    body = json.loads(draft.bytes())
    body["header"]["sequence"] += 1
    return canonical(body)


def _by(user: str | None) -> Spoil:
    """Good bytes over another account's connection, or over one that proves nobody."""

    def spoil(draft: Draft) -> bytes:
        draft.user = user
        return draft.bytes()

    return spoil


def _other_end(signature: str) -> str:
    """The same 64 bytes in another spelling: the bits that base64 leaves over are not nought."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return signature[:-3] + alphabet[alphabet.index(signature[-3]) + 1] + "=="


def _signatures() -> Iterator[Fault]:
    bad = Reason.BAD_SIGNATURE
    for party in ("sarc-ashby", BROKER, CONSENT):
        yield Fault(f"signed by {party}", bad, _signed_by(party))
        yield Fault(f"signed by {party}, naming its key", Reason.UNKNOWN_KEY, _signed_by(party, name_its_key=True))
    yield Fault("a key nobody has", Reason.UNKNOWN_KEY, _header(sender_key="0" * 16))
    yield Fault("changed after signing", bad, _unsigned_change)
    yield Fault("half a signature", bad, _signature(lambda _, signature: signature[:44]))
    yield Fault("no bytes of a signature", bad, _signature(lambda *_: "AAAA"))
    yield Fault("a signature of noughts", bad, _signature(lambda *_: to_base64(bytes(64))))
    yield Fault("a signature in another spelling", bad, _signature(lambda _, signature: _other_end(signature)))
    yield Fault("a signature over other words", bad, _signature(lambda draft, _: to_base64(draft.signer.sign(b"pay me"))))
    yield Fault("a signature by a key made up", bad, _signature(lambda *_: to_base64(SigningKey(b"7" * 32).sign(b"x"))))
    yield Fault("no proven sender", Reason.SENDER_NOT_PROVEN, _by(None))
    yield Fault("over another agency's connection", Reason.SENDER_MISMATCH, _by("sarc-ashby"))
    yield Fault("in another agency's name", Reason.SENDER_MISMATCH, _header(sender="sarc-ashby"))
    yield Fault("in the name of an agency that is not there", Reason.SENDER_MISMATCH, _header(sender="nowhere-town"))


def _times(**changes: Callable[[int, int], int]) -> Spoil:
    """Times as functions of now and the kind's lifetime."""

    def spoil(draft: Draft) -> bytes:
        now, lifetime = draft.header["created"], SHAPES[Kind(draft.header["kind"])].lifetime
        draft.header.update({name: change(now, lifetime) for name, change in changes.items()})
        return draft.bytes()

    return spoil


def _late() -> Iterator[Fault]:
    yield Fault(
        "expired yesterday", Reason.EXPIRED, _times(created=lambda now, _: now - 2 * DAY, not_after=lambda now, _: now - DAY)
    )
    yield Fault("expires as it is made", Reason.EXPIRED, _times(not_after=lambda now, _: now))
    yield Fault("from an hour ahead", Reason.WRONG_TIME,
                _times(created=lambda now, _: now + 60 * MINUTE, not_after=lambda now, _: now + 65 * MINUTE))  # fmt: skip
    yield Fault("from next year", Reason.WRONG_TIME,
                _times(created=lambda now, _: now + 365 * DAY, not_after=lambda now, _: now + 366 * DAY))  # fmt: skip
    yield Fault("lives longer than its kind", Reason.WRONG_TIME, _times(not_after=lambda now, life: now + life + 10 * MINUTE))
    yield Fault("lives for ever", Reason.WRONG_TIME, _times(not_after=lambda *_: 4_102_444_800_000))


def _other_key(draft: Draft) -> bytes:
    key = draft.keys.directory.role_key("sarc-ashby", "intake")
    assert key is not None
    draft.header["recipient_key"] = key.id
    return draft.bytes()


def _self(draft: Draft) -> bytes:
    draft.header["recipient"] = draft.header["sender"]
    return draft.bytes()


def _addressees() -> Iterator[Fault]:
    nobody = Reason.UNKNOWN_RECIPIENT
    for recipient in ("nowhere-town", BROKER, CONSENT):
        yield Fault(f"to {recipient}", nobody, _header(recipient=recipient), TO_AGENCY)
    yield Fault("to itself", nobody, _self, TO_AGENCY)
    yield Fault("to a role that is not there", Reason.UNKNOWN_ROLE, _header(role="director"), TO_AGENCY)
    yield Fault("to a role only others have", Reason.UNKNOWN_ROLE, _header(role="public_protection"),
                tuple(kind for kind in TO_AGENCY if kind is not Kind.INCIDENT_REPORTED))  # fmt: skip
    yield Fault("sealed to another agency's key", Reason.WRONG_RECIPIENT_KEY, _other_key, TO_AGENCY)
    yield Fault("sealed to a key nobody has", Reason.WRONG_RECIPIENT_KEY, _header(recipient_key="0" * 16), TO_AGENCY)


def _later() -> Iterator[Fault]:
    """What the reader cannot see: repeats, and what is sealed to the consent service."""
    repeatable = (Kind.PERSON_REGISTERED,)
    other_words = _header(conversation="ab" * 16)
    yield Fault("sent twice", Reason.REPLAYED, lambda draft: draft.bytes(), repeatable, "replay")
    yield Fault("other words under a number that was used", Reason.REPLAYED, other_words, repeatable, "replay")
    # A draft has fresh ids, so what was sealed for the old ones opens for nobody. Of kinds that name nobody, because a name
    # that was never registered is waited for.
    asked = (Kind.REFERRAL_RECEIVED, Kind.REFERRAL_ACCEPTED, Kind.ATTENDANCE_REPORTED, Kind.CASELOAD_CHECK)
    yield Fault("sealed in another message", Reason.CANNOT_OPEN, lambda draft: draft.bytes(), asked, "consent")
    yield Fault("a consent key nobody has", Reason.UNKNOWN_KEY, _header(consent_key="0" * 16), asked, "consent")


FAULTS: tuple[Fault, ...] = tuple(
    fault
    for group in (_missing, _wrong_type, _values, _form, _parts, _signatures, _late, _addressees, _later)
    for fault in group()
)
