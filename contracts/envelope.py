"""A message as it travels to the broker: the signed header and the sealed parts around it, read strictly.

1. The bytes are canonical (``canonical``).  2. Every field is known and of its type.  3. The parts are those its kind
needs.  4. The header's hashes fit the parts.  Who signed is checked by whoever holds the directory (``check_signature``).
Leaves out: making one (``seal``) and opening one (``opening``).
"""

from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, ValidationError
from pydantic_core import to_json

from contracts.canonical import MalformedError, from_base64, parse_canonical, read_exact
from contracts.directory import Directory
from contracts.frozen import Frozen, in_key_order
from contracts.hashes import domain_hash
from contracts.identifiers import AgencyId, Base64, ConversationId, Digest, KeyId, MessageId, Moment, RoleName
from contracts.keys import SignatureError
from contracts.kinds import SHAPES, SKEW, Goes, Kind
from contracts.steps import ForBroker
from contracts.vocabulary import Reason

SLOTS: Final = 8
Compartments = Annotated[dict[Annotated[str, Field(pattern=r"^[0-7]$")], Base64], AfterValidator(in_key_order)]


class Header(Frozen):
    """What the sender signs. ``recipient`` is an agency, ``broker`` or ``consent``."""

    v: Literal[1]
    suite: Literal["relay-1"]
    id: MessageId
    conversation: ConversationId
    in_reply_to: MessageId | None
    sender: AgencyId
    sender_key: KeyId
    recipient: AgencyId
    role: RoleName
    recipient_key: KeyId | None
    consent_key: KeyId | None
    kind: Kind
    created: Moment
    not_after: Moment
    sequence: Annotated[int, Field(ge=1, le=2**53)]
    digests: Annotated[tuple[Digest, ...], Field(max_length=SLOTS)]
    kr: Digest | None
    kc: Digest | None
    facts: Digest | None
    subject: Digest
    for_broker: Digest
    body: Digest


class Submission(Frozen):
    """Everything an agency hands to the broker in one message."""

    header: Header
    signature: Base64
    compartments: Compartments
    to_recipient: Base64 | None
    to_consent: Base64 | None
    for_broker: ForBroker


@dataclass(frozen=True, slots=True)
class Received:
    """A submission whose form is right, with its header's hash. The signature is not yet checked."""

    submission: Submission
    header_hash: bytes

    @property
    def header(self) -> Header:
        """The signed header."""
        return self.submission.header


def header_hash(header: Header) -> bytes:
    """The hash that the sender signs: 32 bytes over the header's canonical form."""
    return domain_hash("relay-1 header", header.wire())


def for_broker_hash(part: ForBroker) -> bytes:
    """What binds the broker's part to the header."""
    return domain_hash("relay-1 for broker", part.wire())


def subject_commitment(reference: str | None, salt: str) -> bytes:
    """The header's salted commitment to the subject reference; no reference is committed to as well."""
    return domain_hash("relay-1 subject", bytes.fromhex(salt), (reference or "").encode())


def body_hash(to_recipient: str | None, to_consent: str | None, compartments: dict[str, str]) -> bytes:
    """What binds the sealed parts to the header, over their base64 text."""
    # Slots and base64 are plain ASCII, so in order of slot this is the canonical form.
    shown = to_json(in_key_order(compartments))
    return domain_hash("relay-1 body", (to_recipient or "").encode(), (to_consent or "").encode(), shown)


def header_ids(header: Header) -> bytes:
    """The part of the header that every lock is bound to, known before anything is sealed."""
    names = (header.suite, header.id, header.sender, header.sender_key, header.recipient, header.role)
    keys = (header.recipient_key or "", header.consent_key or "", header.kind)
    times = (str(header.created), str(header.not_after))
    return domain_hash("relay-1 ids", *[part.encode() for part in (*names, *keys, *times)])


def read_submission(body: bytes) -> Received:
    """Read the bytes of a submission: steps 1 to 4 above. MalformedError carries the code for the sender."""
    submission = read_exact(Submission, body)
    if submission is None:
        raise MalformedError(_why_refused(body))
    _check_shape(submission)
    header = submission.header
    part = submission.for_broker
    fits = (
        for_broker_hash(part).hex() == header.for_broker
        and subject_commitment(part.reference, part.salt).hex() == header.subject
        and body_hash(submission.to_recipient, submission.to_consent, submission.compartments).hex() == header.body
    )
    if not fits:
        raise MalformedError(Reason.PARTS_DO_NOT_FIT)
    return Received(submission, header_hash(header))


def check_signature(received: Received, directory: Directory) -> Reason | None:
    """Clause A1: signed by a current key of the agency the header names. None when it is."""
    header = received.header
    key = directory.signing_key(header.sender, header.sender_key)
    if key is None:
        return Reason.REVOKED_KEY if directory.is_revoked(header.sender_key) else Reason.UNKNOWN_KEY
    try:
        key.verify(from_base64(received.submission.signature), received.header_hash)
    except (SignatureError, MalformedError):
        return Reason.BAD_SIGNATURE
    return None


def check_times(header: Header, now: int) -> Reason | None:
    """Clause A3: not expired, not from the future, not longer-lived than its kind allows. None when all is well."""
    if header.not_after <= now:
        return Reason.EXPIRED
    too_long = header.not_after - header.created > SHAPES[header.kind].lifetime + SKEW
    if header.created > now + SKEW or header.not_after <= header.created or too_long:
        return Reason.WRONG_TIME
    return None


def check_addressee(header: Header, directory: Directory) -> Reason | None:
    """The recipient takes part, has that role, and the message is sealed to that role's key. None when so."""
    if SHAPES[header.kind].goes is not Goes.TO_AGENCY:
        return None
    agency = directory.agency(header.recipient)
    if agency is None or header.recipient == header.sender:
        return Reason.UNKNOWN_RECIPIENT
    if directory.is_revoked(header.recipient_key or ""):
        return Reason.REVOKED_KEY
    key = directory.role_key(header.recipient, header.role)
    if key is None:
        return Reason.UNKNOWN_ROLE
    return None if header.recipient_key == key.id else Reason.WRONG_RECIPIENT_KEY


def _check_shape(submission: Submission) -> None:
    """Refuse a message whose parts are not those of its kind."""
    header, shape = submission.header, SHAPES[submission.header.kind]
    to_agency = shape.goes is Goes.TO_AGENCY
    sealed_parts = (submission.to_recipient, header.recipient_key, header.kr, header.kc)
    consent_parts = (submission.to_consent, header.consent_key, header.facts)
    step = submission.for_broker.step
    fits = (
        all((part is not None) is to_agency for part in sealed_parts)
        and all((part is not None) is shape.asks_consent for part in consent_parts)
        and len(header.digests) == (SLOTS if to_agency else 0)
        and bool(submission.compartments) is to_agency
        and (step.step if step else None) == shape.step
        and (to_agency or header.recipient == shape.goes.value)
        and not (shape.names_person and submission.for_broker.reference is None)
    )
    if not fits:
        raise MalformedError(Reason.PARTS_DO_NOT_FIT)


_BY_PLACE: Final = {
    ("header", "v"): Reason.UNKNOWN_VERSION,
    ("header", "suite"): Reason.UNKNOWN_SUITE,
    ("header", "kind"): Reason.UNKNOWN_KIND,
}


def _why_refused(body: bytes) -> Reason:
    """The code for bytes that are not exactly a submission: what is wrong with the JSON first, then with its fields."""
    try:
        value = parse_canonical(body)
        Submission.model_validate_json(body)
    except MalformedError as error:
        return error.reason
    except ValidationError as error:
        return _reason_of(error)
    # Canonical, and right but for what a reader in good faith would fill in: a field left out for its usual value, true for 1.
    return Reason.UNKNOWN_VERSION if value["header"]["v"] is True else Reason.MISSING_FIELD


def _reason_of(error: ValidationError) -> Reason:
    """The one code for a body that is JSON but not ours: the first thing found, by place before by type."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    for one in found:
        kind = one["type"]
        if kind not in {"missing", "extra_forbidden"} and (place := _BY_PLACE.get(tuple(one["loc"])[:2])):  # type: ignore[arg-type]
            return place
    return _reason_of_type(found[0]["type"])


def _reason_of_type(kind: str) -> Reason:
    if kind == "extra_forbidden":
        return Reason.UNKNOWN_FIELD
    if kind == "missing" or kind == "union_tag_not_found":
        return Reason.MISSING_FIELD
    if kind.endswith("_type") or kind == "int_from_float":
        return Reason.WRONG_TYPE
    return Reason.VALUE_NOT_ALLOWED


__all__ = [
    "SLOTS", "Header", "Received", "Submission", "body_hash", "check_addressee", "check_signature", "check_times",
    "for_broker_hash", "header_hash", "header_ids", "read_submission", "subject_commitment",
]  # fmt: skip
