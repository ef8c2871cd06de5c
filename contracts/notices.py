"""What the broker says back to an agency: receipts, answers of the guards, alerts. Ids and codes, signed, many at once.

A notice never carries anything about a person but the agency's own reference. The one answer that would tell something to
whoever watches the line, the caseload answer, is sealed and always of one size (design.md, the caseload check).
"""

from typing import Annotated, Final, Literal

from pydantic import Field, ValidationError

from contracts.canonical import MalformedError, from_base64, parse_canonical, to_base64
from contracts.directory import Directory
from contracts.frozen import Frozen
from contracts.hashes import domain_hash
from contracts.identifiers import AgencyId, Base64, Code, ConversationId, MessageId, Moment, Reference
from contracts.keys import OpenKey, SealError, SealKey, SignatureError, SigningKey
from contracts.kinds import Kind
from contracts.vocabulary import CaseloadStatus, GuardAnswer, Reason, ReceiptState, ReviewState, Strength

MAX_NOTICE_BYTES: Final = 256 * 1024
AlertName = Literal[
    "check_was_made", "script_in_conflict", "script_overridden", "script_transferred", "script_lapsed", "transfer_fell",
    "lead_changed", "lead_in_conflict", "lead_fell_to_you", "lead_unanswered", "lead_nobody_takes", "lead_question_open",
    "conflict_over", "case_opened", "case_closed", "she_appeared",
    "watch_ended", "possible_match", "service_closed", "service_full", "sequence_gap",
    "consent_withdrawn", "value_corrected", "checks_on_hold", "presentation_unexplained",
    "glass_broken", "second_person_wanted",
]  # fmt: skip
MOST_ASKED: Final = 500
# Room for the longest answer: twelve agencies held and twelve covered, each of forty characters.
_ANSWER_SIZE: Final = 1280


class ReceiptItem(Frozen):
    """What became of one of the agency's own messages. ``message`` is None where the bytes named none."""

    item: Literal["receipt"] = "receipt"
    message: MessageId | None
    conversation: ConversationId | None = None
    state: ReceiptState
    reason: Reason | None = None
    owner: Code | None = None
    deadline: Moment | None = None


class GuardItem(Frozen):
    """What a guard answers to a step: cleared or not, and which agency to ring."""

    item: Literal["guard"] = "guard"
    message: MessageId
    conversation: ConversationId
    kind: Kind
    answer: GuardAnswer
    reason: Reason | None = None
    agency: AgencyId | None = None
    reference: Reference | None = None


class CaseloadItem(Frozen):
    """The sealed answer to a caseload check."""

    item: Literal["caseload"] = "caseload"
    message: MessageId
    conversation: ConversationId
    sealed: Base64


class AlertItem(Frozen):
    """Something an agency must know without having asked."""

    item: Literal["alert"] = "alert"
    alert: AlertName
    reference: Reference | None = None
    agency: AgencyId | None = None
    message: MessageId | None = None
    telling: MessageId | None = None
    """To be acknowledged by this id, in a receipt, once the agency's own system has it."""
    first: Annotated[int, Field(ge=1)] | None = None
    last: Annotated[int, Field(ge=1)] | None = None


class ReviewItem(Frozen):
    """Two records may be one person: what one of the two agencies is told. Its own reference and the strength in words."""

    item: Literal["review"] = "review"
    review: MessageId
    reference: Reference
    strength: Strength
    state: ReviewState
    deadline: Moment | None = None


class AskedAbout(Frozen):
    """One caseload check that an agency was told of: about whom of its own, and who asked. Never where she had come."""

    reference: Reference
    agency: AgencyId
    worker: Code
    at: Moment


class AskedItem(Frozen):
    """Who was asked about in a week, for the agency whose people they are (trust.md T1). An empty one says: nobody."""

    item: Literal["asked"] = "asked"
    since: Moment
    until: Moment
    checks: Annotated[tuple[AskedAbout, ...], Field(max_length=MOST_ASKED)] = ()
    part: Annotated[int, Field(ge=1)] = 1
    parts: Annotated[int, Field(ge=1)] = 1


Item = Annotated[ReceiptItem | GuardItem | CaseloadItem | AlertItem | ReviewItem | AskedItem, Field(discriminator="item")]


class Notice(Frozen):
    """One message of the broker to one agency. ``to`` is bound by the signature, so it cannot be passed to another."""

    v: Literal[1] = 1
    notice: MessageId
    to: AgencyId
    created: Moment
    items: Annotated[tuple[Item, ...], Field(min_length=1, max_length=500)]


class SignedNotice(Frozen):
    """The notice and the broker's signature."""

    body: Notice
    signature: Base64


class CaseloadAnswer(Frozen):
    """The answer to a caseload check: one of four, and which agencies it covers. Never case content (W01)."""

    status: CaseloadStatus
    agencies: Annotated[tuple[AgencyId, ...], Field(max_length=12)] = ()
    """The agencies to ring: those that hold her and may be named to the asker."""
    covers: Annotated[tuple[AgencyId, ...], Field(max_length=12)] = ()
    """The agencies whose caseloads were looked at."""
    made: Moment


def write_notice(notice: Notice, key: SigningKey) -> bytes:
    """The canonical bytes of a signed notice."""
    return SignedNotice(body=notice, signature=to_base64(key.sign(_notice_hash(notice)))).wire()


def read_notice(body: bytes, directory: Directory, *, agency: str) -> Notice:
    """Read a notice for this agency; MalformedError when its form, signature or addressee is wrong."""
    parse_canonical(body, limit=MAX_NOTICE_BYTES)
    try:
        signed = SignedNotice.model_validate_json(body)
        directory.broker_signing.verify(from_base64(signed.signature), _notice_hash(signed.body))
    except ValidationError:
        raise MalformedError(Reason.PARTS_DO_NOT_FIT) from None
    except SignatureError:
        raise MalformedError(Reason.BAD_SIGNATURE) from None
    if signed.body.to != agency:
        raise MalformedError(Reason.UNKNOWN_RECIPIENT)
    return signed.body


def seal_caseload_answer(answer: CaseloadAnswer, message: str, role: SealKey) -> str:
    """Seal an answer to the asker's role key; every answer is of one size."""
    body = answer.wire()
    if len(body) > _ANSWER_SIZE:
        raise ValueError(f"a caseload answer is at most {_ANSWER_SIZE} bytes")
    return to_base64(role.seal(body.ljust(_ANSWER_SIZE), _context(message)))


def open_caseload_answer(sealed: str, message: str, key: OpenKey) -> CaseloadAnswer:
    """Open an answer; MalformedError when it does not fit the question."""
    try:
        return CaseloadAnswer.model_validate_json(key.open(from_base64(sealed), _context(message)).rstrip())
    except (SealError, ValidationError):
        raise MalformedError(Reason.CANNOT_OPEN) from None


def _notice_hash(notice: Notice) -> bytes:
    return domain_hash("relay-1 notice", notice.wire())


def _context(message: str) -> bytes:
    return domain_hash("relay-1 caseload answer", message.encode())
