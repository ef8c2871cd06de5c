"""One answer while it is made: decided, then written down, and only then sealed and told.

Leaves out: deciding (``check``, ``recording``), writing (``answers``), telling (``permits``).
"""

from dataclasses import dataclass

from consent.clauses.glass import Broken
from consent.log.entry import Entry
from consent.questions import Opened
from consent.releases import Told
from consent.store import Answered, AnswerKind, Recording
from contracts.consent_check import Telling
from contracts.permit import Decision
from contracts.vocabulary import Reason


@dataclass(frozen=True, slots=True)
class Place:
    """Where a decision stands in the log, with what its recipient needs to see that it does."""

    index: int
    salt: bytes
    skeleton: bytes
    subject: bytes
    proof: tuple[bytes, ...]
    checkpoint: str


@dataclass(slots=True, kw_only=True)
class Draft:
    """What will be answered to one question. ``place`` is filled when it is in the log."""

    asked: Opened
    answer: AnswerKind
    reason: Reason | None = None
    clauses: tuple[str, ...] = ()
    owner: str | None = None
    deadline: int | None = None
    slots: tuple[int, ...] = ()
    holders: tuple[str, ...] = ()
    withdrawn: bool = False
    decision: Decision | None = None
    valid_until: int = 0
    consents: str = ""
    """The version of the consents it was decided on."""
    entry: Entry | None = None
    """What is to be written, or None when nothing new was decided."""
    closed: Entry | None = None
    """The end of a hold that nobody answered in time: an entry of its own, after the refusal that follows from it."""
    index: int = -1
    place: Place | None = None
    recording: Recording | None = None
    """A consent to be written down with it."""
    withdrawal: tuple[str, int] | None = None
    """A consent to be marked as taken back, and when."""
    told: tuple[Told, ...] = ()
    """Who received what is withdrawn or corrected here, and is told so for the first time."""
    tellings: tuple[Telling, ...] = ()
    """The same, as the broker carries them."""

    @property
    def consent_told(self) -> str | None:
        """The consent whose end is told, or None for a correction."""
        if self.withdrawal is not None:
            return self.withdrawal[0]
        return self.recording.consent.id if self.recording else None

    broken: Broken | None = None
    """The glass that was broken for it, and judged."""
    approved_by: str | None = None
    """Who stood by the one who broke it, where she was asked afterwards."""

    def row(self, protocol: str, now: int) -> Answered:
        """The answer as it is kept, so that the same question gets the same answer."""
        question = self.asked.question
        return Answered(
            message=question.message,
            attempt=question.attempt,
            header=self.asked.header_hash.hex(),
            protocol=protocol,
            consents=self.consents,
            answer=self.answer,
            reason=self.reason,
            clauses=self.clauses,
            owner=self.owner,
            deadline=self.deadline,
            slots=self.slots,
            reference=question.reference,
            holders=self.holders,
            withdrawn=self.withdrawn,
            decided=now,
            valid_until=self.valid_until,
            index=self.index,
            **self._release(),
        )

    def _release(self) -> dict[str, str | None]:
        """What a withdrawal or a correction must find again."""
        part, question = self.asked.part, self.asked.question
        if self.answer is not AnswerKind.PERMITTED or part is None:
            return {}
        return {
            "record": question.records.own,
            "sender": question.header.sender,
            "recipient": question.header.recipient,
            "purpose": part.facts.purpose.value,
            "labels": " ".join([one.label for one in part.openings if one.slot in self.slots]),
        }


def refusal(one: Opened, reason: Reason, entry: Entry, valid_until: int) -> Draft:
    """It may not pass."""
    return Draft(asked=one, answer=AnswerKind.REFUSED, reason=reason, entry=entry, valid_until=valid_until)


def not_yet(one: Opened, reason: Reason) -> Draft:
    """Nothing was decided, so nothing is written."""
    return Draft(asked=one, answer=AnswerKind.NOT_YET, reason=reason)
