"""What the broker asks the consent service, and what it answers: one question for a whole batch (design.md D5).

Answers are signed as a batch, so the broker checks one signature. Leaves out: the decision (``consent/check.py``).
"""

from collections.abc import Iterator, Sequence
from typing import Annotated, Final, Literal

from pydantic import Field

from contracts.envelope import Header
from contracts.frozen import Frozen
from contracts.hashes import domain_hash
from contracts.identifiers import AgencyId, Base64, Code, Digest, MessageId, Moment, Reference, new_id
from contracts.permit import Permit
from contracts.statements import Statement
from contracts.vocabulary import CaseRole, Reason

MOST_BYTES: Final = 900_000
"""The most that one question or one answer is in bytes: RabbitMQ closes the line on a message of more than 1 MiB."""


MOST_QUESTIONS: Final = 100
"""The most that are put in one piece: their answers fit into one message, too. A larger batch is put to both services."""
# What stands around the questions of a batch, and to spare.
_AROUND: Final = 200


class Records(Frozen):
    """Whose consents count: a yes only from records that are the same person, a no from those that may be, too (D9)."""

    own: Reference | None = None
    """The sender's own record of the person, by the broker's record id; None when no person is named or known."""
    same: Annotated[tuple[Reference, ...], Field(max_length=200)] = ()
    possible: Annotated[tuple[Reference, ...], Field(max_length=200)] = ()


class Question(Frozen):
    """May this message pass, at this attempt? The consent service checks the signature itself."""

    message: MessageId
    attempt: Annotated[int, Field(ge=1)]
    header: Header
    signature: Base64
    to_consent: Base64
    records: Records
    reference: Reference | None = None
    """The recipient's own reference for the person, to be bound into the permit."""
    recipient_role: CaseRole | None = None
    """What the recipient is to her case, as the broker knows it (R29)."""
    holders: Annotated[tuple[AgencyId, ...], Field(max_length=50)] = ()
    """For a caseload check: the agencies that hold this person, each of which may or may not be named."""


class QuestionBatch(Frozen):
    """One question of the broker."""

    v: Literal[1] = 1
    id: MessageId
    asked: Moment
    questions: Annotated[tuple[Question, ...], Field(min_length=1, max_length=MOST_QUESTIONS)]


class Permitted(Frozen):
    """It may pass, as the permit says."""

    answer: Literal["permitted"] = "permitted"
    message: MessageId
    attempt: int
    permit: Permit
    broken_glass: bool = False
    """The glass was broken for it: the sender's governance officer is told at once (clause G4)."""


class Telling(Frozen):
    """Someone who received a message is to be told something about it, and to acknowledge it by this id."""

    id: MessageId
    message: MessageId


class Recorded(Frozen):
    """A consent, withdrawal or check is in the log. For a check: the holders that may be named."""

    answer: Literal["recorded"] = "recorded"
    message: MessageId
    attempt: int
    index: int
    holders: tuple[AgencyId, ...] = ()
    withdrawn: bool = False
    """A consent of these records ended or was refused: what waits for a recipient is asked again."""
    tellings: tuple[Telling, ...] = ()
    """What was released before and is now withdrawn or wrong: its recipients are told (H1, H6)."""


class Held(Frozen):
    """A person must act first: who, and by when."""

    answer: Literal["held"] = "held"
    message: MessageId
    attempt: int
    reason: Reason
    clauses: tuple[Code, ...] = ()
    owner: Code
    deadline: Moment
    index: int


class Refused(Frozen):
    """It may not pass."""

    answer: Literal["refused"] = "refused"
    message: MessageId
    attempt: int
    reason: Reason
    index: int


class NotYet(Frozen):
    """It cannot be told yet, and nobody need act: ask again after a while."""

    answer: Literal["not_yet"] = "not_yet"
    message: MessageId
    attempt: int
    reason: Reason


class Stale(Frozen):
    """This attempt was answered before and that answer no longer stands: ask the next attempt."""

    answer: Literal["stale"] = "stale"
    message: MessageId
    attempt: int


Answer = Annotated[Permitted | Recorded | Held | Refused | NotYet | Stale, Field(discriminator="answer")]


class AnswerBatch(Frozen):
    """The answers to one batch, in any order; a question without an answer is asked again."""

    v: Literal[1] = 1
    id: MessageId
    answers: tuple[Answer, ...]


class SignedAnswers(Frozen):
    """The answers as canonical text and the consent service's signature over it."""

    batch: Annotated[str, Field(max_length=MOST_BYTES)]
    signature: Base64


class Outcome(Frozen):
    """What became of a message after the decision, for the log: idempotent by message, state and attempt."""

    message: MessageId
    attempt: Annotated[int, Field(ge=0)]
    state: Annotated[str, Field(pattern=r"^(delivered|refused|expired|withdrawn|recalled|done|acknowledged)$")]
    reason: Reason | None
    sender: AgencyId
    recipient: AgencyId
    kind: Annotated[str, Field(max_length=40)]
    at: Moment


class GuardAct(Frozen):
    """What a named person did at one of the broker's guards, for the log: idempotent by id and what became of it."""

    act: Literal["override", "checks_lifted", "merge_undone", "override_reviewed", "epoch_retired"]
    id: MessageId
    """Of her signed statement; of an override, its message."""
    agency: AgencyId
    person: Annotated[str, Field(max_length=50)]
    about: Annotated[str, Field(max_length=120)] = ""
    """Of an override, the agency it went past; otherwise whose checks, which merge, which override, which epoch."""
    why: Code | None = None
    refused: Reason | None = None
    """Why it did not count, if it did not."""
    at: Moment
    statement: Statement | None = None
    """Her word under her own key; an override is a step of its agency's own message instead."""


class OutcomeBatch(Frozen):
    """Outcomes told by the broker, and what people did at its guards."""

    v: Literal[1] = 1
    id: MessageId
    outcomes: Annotated[tuple[Outcome, ...], Field(max_length=500)] = ()
    acts: Annotated[tuple[GuardAct, ...], Field(max_length=100)] = ()


def put_questions(questions: Sequence[Question], asked: int) -> Iterator[tuple[str, bytes]]:
    """The questions as the bytes of as few ``QuestionBatch`` as may be, each with its id.

    Their canonical form is put together here, so that each question is written and measured once.
    """
    waiting: list[bytes] = []
    size = 0
    for one in questions:
        written = one.wire()
        if waiting and (len(waiting) == MOST_QUESTIONS or size + len(written) > MOST_BYTES - _AROUND):
            yield _put(waiting, asked)
            waiting, size = [], 0
        waiting.append(written)
        size += len(written) + 1
    if waiting:
        yield _put(waiting, asked)


def _put(written: list[bytes], asked: int) -> tuple[str, bytes]:
    batch = new_id()
    return batch, b'{"asked":%d,"id":"%s","questions":[%s],"v":1}' % (asked, batch.encode(), b",".join(written))


def answers_hash(text: str) -> bytes:
    """What the consent service signs over a batch of answers."""
    return domain_hash("relay-1 answers", text.encode())


def answers_text(batch: AnswerBatch) -> str:
    """The canonical text of a batch of answers."""
    return batch.wire().decode()


def protocol_hash(text: bytes) -> Digest:
    """The hash that names a protocol: over the exact bytes that officers read."""
    return domain_hash("relay-1 protocol", text).hex()
