"""Answer one batch of questions: decide, write down, and only then release anything (design.md D5, invariant V1).

A crash between writing and answering is a question that comes twice: it gets the written answer, sealed again.
Leaves out: RabbitMQ (``app``), the decision (``check``), the log (``log/append``).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError

from consent.beside import NOTHING, Beside, look_beside
from consent.book import Book
from consent.broken import keep_broken
from consent.check import Decided, NotYetKnown, check, holders_to_name
from consent.clauses.asked import Context
from consent.consents import Consents
from consent.draft import Draft, Place, not_yet
from consent.entries import decision_entry, hold_ended_entry, query_entry
from consent.inputs import as_recorded
from consent.log.append import Appended, LogConflictError, LogSigner, append
from consent.new_rows import put
from consent.permits import told
from consent.protocol import Protocol
from consent.questions import Opened, agency_of, context_of, open_questions
from consent.recording import take_down
from consent.refused_before import remember
from consent.releases import put_tellings
from consent.repeated import answer_again
from consent.restrictions import open_restrictions
from consent.store import (
    Answered,
    AnswerKind,
    Recording,
    alone,
    asked_before,
    consents_about,
    put_answers,
    put_consents,
)
from consent.then_and_now import compared
from contracts.canonical import to_base64
from contracts.consent_check import (
    MOST_BYTES,
    Answer,
    AnswerBatch,
    QuestionBatch,
    SignedAnswers,
    answers_hash,
    answers_text,
)
from contracts.directory import Directory
from contracts.epoch_keys import EpochKeys
from contracts.keys import OpenKey, SigningKey
from contracts.kinds import SHAPES, Goes, Kind
from contracts.messages.consents import ConsentRecorded, ConsentWithdrawn
from contracts.permit import Decision
from contracts.statements import BreakGlass
from contracts.vocabulary import Verdict

LATEST: Final = 4_102_444_800_000
"""The last moment that the wire can say."""
_NOBODY_ANSWERED: Final = "A7"
_TO_US = frozenset(kind for kind, shape in SHAPES.items() if shape.goes is Goes.TO_CONSENT)


@dataclass(frozen=True, slots=True)
class Keys:
    """The private keys of the consent service."""

    signing: SigningKey
    opening: OpenKey
    log: LogSigner


@dataclass(frozen=True, slots=True)
class _Case:
    """A message that is to be decided, and what from."""

    asked: Opened
    consents: Consents
    before: dict[int, Answered]
    beside: Beside
    context: Context


class Answers:
    """Answers batches, one after another, on one thread."""

    def __init__(self, engine: Engine, directory: Directory, keys: Keys, protocol: Protocol) -> None:
        self._engine = engine
        self._directory = directory
        self._keys = keys
        self._protocol = protocol
        self._epoch_keys = EpochKeys()

    def follow(self, protocol: Protocol) -> None:
        """Decide by another protocol from here on. On the thread that answers, between two batches."""
        self._protocol = protocol

    def answer(self, body: bytes, now: int) -> tuple[SignedAnswers, list[Draft]]:
        """Answer a batch.

        1. Read it and open its parts; check every signature ourselves.
        2. In one transaction: look up what was said and answered before, decide, write all of it down.
        3. That is committed. Only now seal the shares, sign the permits, and sign the whole.
        """
        batch = QuestionBatch.model_validate_json(body)
        # One attempt of a message at a time: the newest. A question without an answer is asked again.
        newest = {one.message: one for one in sorted(batch.questions, key=lambda one: one.attempt)}
        opened = open_questions(list(newest.values()), self._directory, self._keys.opening, now)
        try:
            drafts = self._decide_and_record(opened, now)
        except (LogConflictError, IntegrityError):
            # Another process answered or wrote at the same moment. What it wrote is found now.
            drafts = self._decide_and_record(opened, now)
        answers = told(drafts, self._keys.signing, self._epoch_keys, now)
        text = _that_fits(batch.id, answers)
        signature = to_base64(self._keys.signing.sign(answers_hash(text)))
        return SignedAnswers(batch=text, signature=signature), drafts

    def _decide_and_record(self, opened: Sequence[Opened], now: int) -> list[Draft]:
        with alone(self._engine) as connection:
            before = asked_before(connection, [one.question.message for one in opened])
            book = Book(consents_about(connection, *_what_to_look_up(opened)), open_restrictions(connection))
            # What she said first: a withdrawal in this batch stops the message that came with it.
            ours_first = sorted(opened, key=lambda one: one.question.header.kind not in _TO_US)
            beside = look_beside(connection, opened, before, self._directory, now)
            # Each step for all of them, as in ``opening``; the first, where she speaks herself, one after another.
            cases = [
                self._case(
                    one, book, before.get(one.question.message, {}), beside.get(one.question.message, NOTHING), connection, now
                )
                for one in ours_first
            ]
            decided = [None if isinstance(case, Draft) else self._decide(case, now) for case in cases]
            drafts = [
                case if isinstance(case, Draft) else self._draft(case, decision, now)
                for case, decision in zip(cases, decided, strict=True)
            ]
            self._record([draft for draft in drafts if draft.entry is not None], connection, now)
        return drafts

    def _case(
        self, one: Opened, book: Book, before: dict[int, Answered], beside: Beside, connection: Connection, now: int
    ) -> "Draft | _Case":
        """The answer, where it was given before or the message is for us; else what it is to be decided from."""
        named = one.part.facts.consents if one.part else ()
        consents = book.about(one.question.records, named)
        if before and (again := answer_again(one, before, consents.version(), self._protocol, connection, now)):
            return again
        if one.question.header.kind in _TO_US:
            return take_down(one, book, self._protocol, connection, now)
        held = [row.deadline for row in before.values() if row.deadline is not None]
        context = context_of(one, self._directory, now, min(held, default=None))
        if beside is not NOTHING:
            context = replace(context, acts=beside.acts, glass=beside.glass, refused_on_another_basis=beside.refused)
        if consents.restricted and one.part is not None and consents.restrict(one.part.facts.purpose):
            context = replace(context, restricted=True)
        return _Case(one, consents, before, beside, context)

    def _decide(self, case: "_Case", now: int) -> Decided | NotYetKnown:
        one = case.asked
        return check(one.question.header, one.part, self._protocol, case.consents, case.context, now)

    def _draft(self, case: "_Case", decided: Decided | NotYetKnown | None, now: int) -> Draft:
        assert decided is not None, "what is a case is decided"
        if isinstance(decided, NotYetKnown):
            return not_yet(case.asked, decided.reason)
        draft = self._judged(case, decided, now)
        if draft.entry is not None:
            draft.entry = compared(draft.entry, case.beside.then)
        return draft

    def _judged(self, case: "_Case", decided: Decided, now: int) -> Draft:
        one, consents, before, beside = case.asked, case.consents, case.before, case.beside
        header, protocol = one.question.header, self._protocol
        inputs = as_recorded(case.context, consents)
        draft = Draft(
            asked=one,
            answer=AnswerKind.REFUSED,
            reason=decided.reason,
            consents=consents.version(),
            valid_until=min(now + protocol.valid_for, max(header.not_after, now), _until(one)),
            broken=beside.glass,
            approved_by=next((act.person for act in beside.acts if act.act == "approve"), None),
        )
        if decided.verdict is Verdict.HOLD:
            draft.answer, draft.owner, draft.deadline = AnswerKind.HELD, decided.owner, decided.deadline
            holding = (spoke.clause for spoke in decided.spoke if protocol.clauses[spoke.clause].verdict is Verdict.HOLD)
            draft.clauses = tuple(clause.lower() for clause in holding)
        elif decided.verdict is not Verdict.REFUSE:
            return self._permit_or_note(draft, decided, consents, inputs, now)
        elif any(spoke.clause == _NOBODY_ANSWERED for spoke in decided.spoke):
            last = max((row for row in before.values() if row.deadline is not None), key=lambda row: row.attempt)
            draft.closed = hold_ended_entry(last.message, last.owner, last.deadline or now, last.index, now)
        draft.entry = decision_entry(one, decided, protocol, now, inputs=inputs)
        return draft

    def _permit_or_note(self, draft: Draft, decided: Decided, consents: Consents, inputs: dict[str, Any], now: int) -> Draft:
        one, header = draft.asked, draft.asked.question.header
        draft.reason = None
        if header.kind is Kind.CASELOAD_CHECK:
            assert one.part is not None, "nothing is allowed that was not opened"
            holders = filter(None, (agency_of(each, self._directory) for each in one.question.holders))
            context = context_of(one, self._directory, now, None)
            named = holders_to_name(header, one.part, self._protocol, consents, context, holders, now)
            draft.answer, draft.holders = AnswerKind.RECORDED, named
            draft.entry = query_entry(one, decided, self._protocol, named, now, inputs)
            return draft
        assert header.recipient_key is not None, "checked with the addressee"
        draft.answer, draft.slots = AnswerKind.PERMITTED, decided.slots
        draft.decision = Decision.put_together(
            attempt=one.question.attempt,
            decided=now,
            entry="decision",
            header=one.header_hash.hex(),
            message=header.id,
            protocol=self._protocol.hash,
            recipient=header.recipient,
            recipient_key=header.recipient_key,
            reference=one.question.reference,
            role=header.role,
            slots=decided.slots,
            valid_until=draft.valid_until,
        )
        draft.entry = decision_entry(one, decided, self._protocol, now, draft.decision, inputs)
        return draft

    def _record(self, drafts: list[Draft], connection: Connection, now: int) -> None:
        """Write everything that is new, in the log and beside it, in the transaction that it was decided in."""
        entries = [draft.entry for draft in drafts if draft.entry is not None]
        if not entries:
            return
        # After them, so that each decision's place is its number in the batch.
        entries += [draft.closed for draft in drafts if draft.closed is not None]
        appended = append(connection, entries, self._keys.log, now)
        for number, draft in enumerate(drafts):
            draft.index = appended.first_index + number
            draft.place = _place(appended, number)
        put_consents(connection, [replace(d.recording, index=d.index) for d in drafts if d.recording])
        tombstones = [
            (*d.withdrawal, d.asked.question.header.sender, d.asked.question.message, d.index) for d in drafts if d.withdrawal
        ]
        put(connection, "withdrawal", "consent_id, withdrawn_at, told_by, message_id, log_index", tombstones)
        for one in drafts:
            if one.told:
                cause, consent = one.asked.question.message, one.consent_told
                put_tellings(connection, one.told, cause, consent, one.index, now)
        keep_broken(connection, drafts, now)
        remember(connection, drafts, now)
        put_answers(connection, [draft.row(self._protocol.hash, now) for draft in drafts])


def _until(one: Opened) -> int:
    """Nothing that goes because the glass was broken may be opened after the end that whoever broke it set."""
    glass = one.part.facts.glass if one.part else None
    return glass.statement.said.until if glass and isinstance(glass.statement.said, BreakGlass) else LATEST


def _what_to_look_up(opened: Sequence[Opened]) -> tuple[list[str], list[str]]:
    """The records and the consent ids that the batch is about."""
    records: list[str] = []
    named: list[str] = []
    for one in opened:
        about = one.question.records
        records += [*((about.own,) if about.own else ()), *about.same, *about.possible]
        if one.part is not None:
            named += one.part.facts.consents
        if one.part is not None and isinstance(one.part.said, ConsentRecorded | ConsentWithdrawn):
            # The message too: a part of a consent that was taken back is kept under it.
            named += [one.part.said.consent, one.question.message]
    return records, named


def _that_fits(batch: str, answers: tuple[Answer, ...]) -> str:
    """The answers as text, or as many as RabbitMQ carries at once: the others are written, and told when asked again."""
    text = answers_text(AnswerBatch(id=batch, answers=answers))
    # It is sent as text within JSON, where each quotation mark is written with two characters: about a sixth more.
    while len(text) > MOST_BYTES * 3 // 4 and answers:
        answers = answers[: len(answers) // 2]
        text = answers_text(AnswerBatch(id=batch, answers=answers))
    return text


def _place(appended: Appended, number: int) -> Place:
    opening = appended.openings[number]
    return Place(
        appended.first_index + number,
        opening.salt,
        opening.skeleton,
        opening.subject,
        appended.proofs[number],
        appended.checkpoint_note,
    )


__all__ = ["Answers", "Keys", "Recording"]
