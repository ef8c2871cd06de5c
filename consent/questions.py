"""Open the questions of a batch: who asks, whether the sender signed it, and what is sealed to us.

The consent service trusts the broker with none of this (design.md D5). Leaves out: the decision (``check``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from consent.clauses.asked import Context
from consent.protocol import Agency
from contracts.canonical import MalformedError, from_base64
from contracts.consent_check import Question
from contracts.directory import Directory
from contracts.envelope import check_addressee, check_times, header_hash
from contracts.keys import OpenKey, SealKey, SignatureError
from contracts.kinds import SHAPES, Goes
from contracts.locks import ToConsent
from contracts.opening import open_all_for_consent
from contracts.vocabulary import Reason


@dataclass(frozen=True, slots=True)
class Opened:
    """A question whose signature was checked and whose part was opened, or what was wrong with it."""

    question: Question
    header_hash: bytes
    part: ToConsent | None
    fault: Reason | None
    role_key: SealKey | None
    """What shares are sealed to, for a message to an agency."""

    @property
    def key(self) -> tuple[str, int]:
        """Message and attempt: what is answered once."""
        return self.question.message, self.question.attempt


def open_questions(questions: Sequence[Question], directory: Directory, key: OpenKey, now: int) -> list[Opened]:
    """Open the questions of a batch.

    1. Each is about the message whose header it carries.  2. The sender signed that header.  3. It is in time, and for a role
    that exists.  4. Of those that are, our part opens, and is what the header commits to.
    """
    hashes = [header_hash(one.header) for one in questions]
    faults = [_fault(one, hashed, directory, now) for one, hashed in zip(questions, hashes, strict=True)]
    sound = [one for one, fault in zip(questions, faults, strict=True) if fault is None]
    parts = iter(open_all_for_consent([(one.header, one.to_consent) for one in sound], key))
    return [
        _opened(one, hashed, fault or next(parts), directory)
        for one, hashed, fault in zip(questions, hashes, faults, strict=True)
    ]


def _fault(question: Question, hashed: bytes, directory: Directory, now: int) -> Reason | None:
    """What is wrong with a question before its part is opened."""
    header = question.header
    fault = Reason.PARTS_DO_NOT_FIT if question.message != header.id else None
    fault = fault or _check_signature(question, hashed, directory)
    return fault or check_times(header, now) or check_addressee(header, directory)


def _opened(question: Question, hashed: bytes, part: ToConsent | Reason, directory: Directory) -> Opened:
    header = question.header
    role_key = directory.role_key(header.recipient, header.role) if SHAPES[header.kind].goes is Goes.TO_AGENCY else None
    if isinstance(part, Reason):
        return Opened(question, hashed, None, part, role_key)
    return Opened(question, hashed, part, None, role_key)


def context_of(one: Opened, directory: Directory, now: int, held_until: int | None) -> Context:
    """What is known beside the message. For a check, whoever asks is the one that would learn something."""
    header, records = one.question.header, one.question.records
    sender = agency_of(header.sender, directory)
    to_agency = SHAPES[header.kind].goes is Goes.TO_AGENCY
    names_person = bool(records.own or records.same or records.possible or one.question.reference)
    return Context(
        sender=sender,
        recipient=agency_of(header.recipient, directory) if to_agency else sender,
        names_person=names_person,
        role=one.question.recipient_role,
        fault=one.fault,
        directory_current=now < directory.document.expires,
        held_until=held_until,
    )


@lru_cache(maxsize=1000)
def agency_of(agency: str, directory: Directory) -> Agency | None:
    """An agency as the clauses know it."""
    found = directory.agency(agency)
    return Agency(found.id, found.kind, found.prescriber) if found else None


def _check_signature(question: Question, hashed: bytes, directory: Directory) -> Reason | None:
    """Clause A1, from the header alone: the broker's own check is not taken on trust."""
    header = question.header
    signer = directory.signing_key(header.sender, header.sender_key)
    if signer is None:
        return Reason.REVOKED_KEY if directory.is_revoked(header.sender_key) else Reason.UNKNOWN_KEY
    try:
        signer.verify(from_base64(question.signature), hashed)
    except (SignatureError, MalformedError):
        return Reason.BAD_SIGNATURE
    return None
