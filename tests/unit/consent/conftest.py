"""A consent service without RabbitMQ: real keys, real database, a clock in the hand."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from consent.acts import take_act
from consent.answers import Answers, Keys
from consent.log.append import LogSigner
from consent.log.entry import EntryKind
from consent.log.read import LoggedEntry, newest_entries
from consent.migrations import bring_up_to_date
from consent.protocol import Protocol
from consent.protocol_file import load_protocol
from consent.store import Recording, alone, consents_about, open_store
from contracts.canonical import from_base64
from contracts.consent_check import Answer, AnswerBatch, Question, QuestionBatch, Records, answers_hash
from contracts.envelope import Received, read_submission
from contracts.identifiers import new_id
from contracts.kinds import Kind
from contracts.permit import Delivery, Permit
from contracts.reasons import Reason
from contracts.statements import Statement
from tests.factories import Partnership, partnership, sealed

RECORD, ELSEWHERE = "a1" * 16, "b2" * 16
ASHBY = Path(__file__).parents[3] / "consent" / "clauses" / "ashby.yaml"


@cache
def ashby() -> Protocol:
    """The protocol as it is shipped."""
    return load_protocol(ASHBY)[0]


def arrives(kind: Kind = Kind.REFERRAL_MADE, sender: str | None = None, **changes: Any) -> Received:
    """A message of a kind, as the broker has read it."""
    return read_submission(sealed(kind, sender, **changes))


def asked(received: Received, *, attempt: int = 1, **changes: Any) -> Question:
    """The broker's question about a message; the sender's own record is ``RECORD``."""
    records = {"own": RECORD, **{key: changes.pop(key) for key in ("own", "same", "possible") if key in changes}}
    question = Question(
        message=received.header.id,
        attempt=attempt,
        header=received.header,
        signature=received.submission.signature,
        to_consent=received.submission.to_consent or "",
        records=Records(**records),
        reference="ee" * 16,
    )
    return question.model_copy(update=changes)


def delivered(received: Received, permit: Permit) -> Delivery:
    """What the broker would hand to the recipient."""
    submission = received.submission
    return Delivery(
        header=received.header,
        signature=submission.signature,
        compartments={str(slot): submission.compartments[str(slot)] for slot in permit.decision.slots},
        to_recipient=submission.to_recipient or "",
        permit=permit,
    )


@dataclass
class Desk:
    """The service; ``now`` is moved by hand."""

    engine: Engine
    keys: Partnership
    protocol: Protocol
    now: int

    @property
    def signer(self) -> LogSigner:
        return LogSigner(self.keys.directory.log_name, self.keys.log_signing.ed25519)

    @property
    def answers(self) -> Answers:
        ours = Keys(self.keys.signing("consent"), self.keys.consent_opener, self.signer)
        return Answers(self.engine, self.keys.directory, ours, self.protocol)

    def ask(self, *questions: Question) -> list[Answer]:
        """The answers in the order of the questions, as many as were told; the signature is checked."""
        batch = QuestionBatch(id=new_id(), asked=self.now, questions=questions)
        signed, _ = self.answers.answer(batch.model_dump_json().encode(), self.now)
        self.keys.directory.consent_signing.verify(from_base64(signed.signature), answers_hash(signed.batch))
        read = AnswerBatch.model_validate_json(signed.batch)
        assert read.wire().decode() == signed.batch, "what was put together unlooked at is what a strict reader makes of it"
        found = {answer.message: answer for answer in read.answers}
        return [found[question.message] for question in questions if question.message in found]

    def ask_one(self, question: Question) -> Any:
        return self.ask(question)[0]

    def take(self, statement: Statement) -> int | Reason:
        """An officer's act on a message that waits."""
        signer = LogSigner(self.keys.directory.log_name, self.keys.log_signing.ed25519)
        with alone(self.engine) as connection:
            return take_act(connection, statement, self.keys.directory, self.protocol, signer, self.now)

    def log(self, count: int = 100) -> list[LoggedEntry]:
        with self.engine.begin() as connection:
            return newest_entries(connection, count, subjects=True)

    def kinds(self) -> list[EntryKind]:
        return [entry.kind for entry in self.log()]

    def rows(self, table: str) -> int:
        with self.engine.begin() as connection:
            return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())

    def recordings(self, record: str) -> list[Recording]:
        """What the store has of what she said, under one record."""
        with self.engine.begin() as connection:
            return consents_about(connection, [record], [])

    def consented(self) -> None:
        """She agreed to what an ordinary referral says."""
        assert self.ask_one(asked(arrives(Kind.CONSENT_RECORDED))).answer == "recorded"


@pytest.fixture(scope="session")
def fresh_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database, made by its steps once; every test takes a copy."""
    file = tmp_path_factory.mktemp("consent") / "fresh.sqlite"
    engine = open_store(f"sqlite:///{file}")
    bring_up_to_date(engine)
    engine.dispose()
    return file


@pytest.fixture
def desk(tmp_path: Path, fresh_database: Path) -> Iterator[Desk]:
    file = tmp_path / "consent.sqlite"
    shutil.copy(fresh_database, file)
    engine = open_store(f"sqlite:///{file}")
    yield Desk(engine, partnership(), ashby(), partnership().now)
    engine.dispose()
