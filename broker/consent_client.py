"""Ask the consent service about a whole batch, and believe only what it signed (design.md D5).

An answer that is late, unsigned or not to our question is no answer: the messages wait. Leaves out: what an answer leads to
(``decide``).
"""

import asyncio
from collections.abc import Sequence

import structlog
from pydantic import ValidationError

from broker.incoming import Examined, Incoming, Who
from broker.rabbit import Line
from broker.watch import Watch
from contracts.canonical import MalformedError, from_base64
from contracts.consent_check import (
    Answer,
    AnswerBatch,
    Question,
    Records,
    SignedAnswers,
    answers_hash,
    put_questions,
)
from contracts.directory import Directory
from contracts.keys import SignatureError
from contracts.kinds import SHAPES

log = structlog.get_logger()


class ConsentClient:
    """One question for a batch, or as few as carry it; to each one signed answer."""

    def __init__(self, line: Line, directory: Directory, watch: Watch, timeout: float) -> None:
        self._line = line
        self._directory = directory
        self._watch = watch
        self._timeout = timeout

    async def examine(self, batch: Sequence[Incoming], whom: Sequence[Who], now: int) -> list[Examined]:
        """Each message with its answer; ``asked`` without an answer where the service did not answer in time."""
        asked = [_must_be_asked(incoming, who) for incoming, who in zip(batch, whom, strict=True)]
        questions = tuple(_question(incoming, who) for incoming, who, ask in zip(batch, whom, asked, strict=True) if ask)
        answers = await self._ask(questions, now) if questions else {}
        return [
            Examined(incoming, who, answers.get((incoming.message or "", incoming.attempt)) if ask else None, ask)
            for incoming, who, ask in zip(batch, whom, asked, strict=True)
        ]

    async def _ask(self, questions: Sequence[Question], now: int) -> dict[tuple[str, int], Answer]:
        """Put in as many pieces as RabbitMQ takes, side by side: whichever consent service is free takes the next."""
        answered = await asyncio.gather(*[self._put(batch, body) for batch, body in put_questions(questions, now)])
        return {(answer.message, answer.attempt): answer for answers in answered for answer in answers}

    async def _put(self, question: str, put: bytes) -> tuple[Answer, ...]:
        body = await self._line.ask(question, put, self._timeout)
        if body is None:
            self._watch.question_unanswered()
            log.warning("consent.no_answer", bytes=len(put))
            return ()
        try:
            answers = self._read(body, question)
        except (ValidationError, SignatureError, MalformedError) as error:
            log.error("consent.answer_not_believed", kind=type(error).__name__)
            self._watch.question_unanswered()
            return ()
        self._watch.question_answered()
        return answers.answers

    def _read(self, body: bytes, question: str) -> AnswerBatch:
        signed = SignedAnswers.model_validate_json(body)
        self._directory.consent_signing.verify(from_base64(signed.signature), answers_hash(signed.batch))
        answers = AnswerBatch.model_validate_json(signed.batch)
        if answers.id != question:
            raise SignatureError("an answer to another question")
        return answers


def _must_be_asked(incoming: Incoming, who: Who) -> bool:
    """Whether the consent service has a say: the form is right, it is no repeat, the person can be told, the kind asks."""
    if incoming.received is None or incoming.refused is not None or who.unknown_reference:
        return False
    if who.seen is not None and not incoming.known:
        return False
    return SHAPES[incoming.received.header.kind].asks_consent


def _question(incoming: Incoming, who: Who) -> Question:
    received = incoming.received
    assert received is not None, "only a message whose form is right is asked about"
    submission = received.submission
    return Question(
        message=received.header.id,
        attempt=incoming.attempt,
        header=received.header,
        signature=submission.signature,
        to_consent=submission.to_consent or "",
        records=Records(own=who.own, same=who.same, possible=who.possible),
        reference=who.recipient_reference,
        recipient_role=who.recipient_role,
        holders=who.holders,
    )
