"""The consent service as a program of its own, on a real RabbitMQ: asked, answered, killed, and asked again."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import aio_pika
import pytest
from aio_pika import Message
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from contracts import topology
from contracts.canonical import from_base64
from contracts.consent_check import (
    Answer,
    AnswerBatch,
    Outcome,
    OutcomeBatch,
    Question,
    QuestionBatch,
    Records,
    SignedAnswers,
    answers_hash,
)
from contracts.envelope import Received, read_submission
from contracts.identifiers import new_id
from contracts.kinds import Kind
from contracts.opening import check_permit, open_delivery
from contracts.permit import Delivery, Permit
from contracts.vocabulary import Reason
from tests import factories
from tests.factories import Partnership, letter, seal_letter
from tests.integration.rabbitmq import Rabbit
from tests.specs.agreements.paper import LESS, signed

RECORD = "a1" * 16


def moment() -> int:
    return time.time_ns() // 1_000_000


@dataclass
class Service:
    """The program, as an operator starts it."""

    env: dict[str, str]
    health: str
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as output:
            self.process = subprocess.Popen([sys.executable, "-m", "consent"], env=self.env, stderr=output, stdout=output)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(how)
        return self.process.wait(30)

    async def until_ready(self) -> None:
        for _ in range(300):
            if self.page("ready")[0] == 200:
                return
            assert self.process is not None
            assert self.process.poll() is None, self.log.read_text()
            await asyncio.sleep(0.1)
        raise AssertionError(self.log.read_text())

    def page(self, name: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"{self.health}/{name}", timeout=5) as page:
                return page.status, page.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except (urllib.error.URLError, ConnectionError):
            return 0, ""


@dataclass
class Asker:
    """The broker's side: one connection, direct reply-to."""

    channel: AbstractChannel
    keys: Partnership
    waiting: dict[str, "asyncio.Future[bytes]"] = field(default_factory=dict)

    async def listen(self) -> None:
        replies = await self.channel.get_queue(topology.DIRECT_REPLY, ensure=False)
        await replies.consume(self._take, no_ack=True)

    async def _take(self, message: AbstractIncomingMessage) -> None:
        self.waiting[message.correlation_id or ""].set_result(message.body)

    async def ask(self, *questions: Question, user: str = topology.BROKER_USER) -> dict[str, Answer]:
        """The answers by message, whose signature was checked."""
        batch = QuestionBatch(id=new_id(), asked=moment(), questions=questions)
        self.waiting[batch.id] = asyncio.get_running_loop().create_future()
        exchange = await self.channel.get_exchange(topology.ASK, ensure=False)
        await exchange.publish(
            Message(
                batch.model_dump_json().encode(),
                reply_to=topology.DIRECT_REPLY,
                correlation_id=batch.id,
                user_id=user,
                expiration=10,
            ),
            topology.QUESTION_KEY,
        )
        body = await asyncio.wait_for(self.waiting[batch.id], 15)
        signed = SignedAnswers.model_validate_json(body)
        self.keys.directory.consent_signing.verify(from_base64(signed.signature), answers_hash(signed.batch))
        answers = AnswerBatch.model_validate_json(signed.batch)
        assert answers.id == batch.id
        return {answer.message: answer for answer in answers.answers}

    async def tell(self, *outcomes: Outcome) -> None:
        batch = OutcomeBatch(id=new_id(), outcomes=outcomes)
        exchange = await self.channel.get_exchange(topology.ASK, ensure=False)
        await exchange.publish(
            Message(batch.model_dump_json().encode(), user_id=topology.BROKER_USER, delivery_mode=2), topology.OUTCOME_KEY
        )


def fresh(keys: Partnership, kind: Kind = Kind.REFERRAL_MADE) -> Received:
    return read_submission(seal_letter(letter(kind, created=moment()), keys=keys))


def question(received: Received, *, attempt: int = 1, own: str = RECORD) -> Question:
    return Question(
        message=received.header.id,
        attempt=attempt,
        header=received.header,
        signature=received.submission.signature,
        to_consent=received.submission.to_consent or "",
        records=Records(own=own),
        reference="ee" * 16,
    )


def delivery(received: Received, permit: Permit) -> Delivery:
    submission = received.submission
    return Delivery(
        header=received.header,
        signature=submission.signature,
        compartments={str(slot): submission.compartments[str(slot)] for slot in permit.decision.slots},
        to_recipient=submission.to_recipient or "",
        permit=permit,
    )


@pytest.fixture
def keys(tmp_path: Path) -> Partnership:
    return factories.make_demonstration(tmp_path / "keys")


@pytest.fixture
def service(rabbitmq: Rabbit, keys: Partnership, database_url: str, tmp_path: Path) -> Iterator[Service]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {
        **os.environ,
        "CONSENT_AMQP_URL": rabbitmq.url(topology.CONSENT_USER),
        "CONSENT_DATABASE_URL": database_url,
        "CONSENT_KEYS": str(keys.folder / "consent"),
        "CONSENT_DIRECTORY": str(keys.folder / "directory.json"),
        "CONSENT_HEALTH_PORT": str(port),
        "DEMONSTRATION": "1",
    }
    made = Service(env, f"http://127.0.0.1:{port}/health", tmp_path / "consent.log")
    made.start()
    yield made
    if made.process is not None and made.process.poll() is None:
        made.stop(signal.SIGKILL)


@pytest.fixture
async def asker(rabbitmq: Rabbit, keys: Partnership) -> AsyncIterator[Asker]:
    connection = await aio_pika.connect(rabbitmq.url(topology.BROKER_USER))
    async with connection:
        asker = Asker(await connection.channel(publisher_confirms=False), keys)
        await asker.listen()
        yield asker
    await rabbitmq.purge(topology.QUESTIONS_QUEUE, topology.OUTCOMES_QUEUE)


async def test_what_is_asked_is_answered_and_what_is_released_opens(service: Service, asker: Asker, keys: Partnership) -> None:
    await service.until_ready()
    consent = fresh(keys, Kind.CONSENT_RECORDED)
    referral = fresh(keys)

    answers = await asker.ask(question(consent), question(referral))

    assert answers[consent.header.id].answer == "recorded"
    permitted = answers[referral.header.id]
    assert permitted.answer == "permitted"
    brought = delivery(referral, permitted.permit)
    check_permit(brought, keys.directory, agency="project-ashby", now=moment())
    opened = open_delivery(brought, keys.opener("project-ashby"))
    assert sorted(opened.compartments) == ["contact", "identity", "request", "safety"]


async def test_killed_after_the_decision_it_gives_the_same_one_again(service: Service, asker: Asker, keys: Partnership) -> None:
    await service.until_ready()
    consent = fresh(keys, Kind.CONSENT_RECORDED)
    referral = fresh(keys)
    await asker.ask(question(consent))
    first = (await asker.ask(question(referral)))[referral.header.id]
    service.stop(signal.SIGKILL)
    service.start()
    await service.until_ready()

    again = (await asker.ask(question(referral)))[referral.header.id]

    assert first.answer == again.answer == "permitted"
    assert first.permit.decision == again.permit.decision
    assert (first.permit.index, first.permit.salt) == (again.permit.index, again.permit.salt)
    check_permit(delivery(referral, again.permit), keys.directory, agency="project-ashby", now=moment())


async def test_an_outcome_told_twice_is_written_once(service: Service, asker: Asker, keys: Partnership) -> None:
    await service.until_ready()
    outcome = Outcome(
        message=new_id(), attempt=1, state="delivered", reason=None, sender="cjit-ashby", recipient="project-ashby",
        kind="referral-made/1", at=moment(),
    )  # fmt: skip
    await asker.tell(outcome)
    await asker.tell(outcome)

    consent = fresh(keys, Kind.CONSENT_RECORDED)
    for _ in range(100):
        if "consent_outcomes_total 1.0" in metrics(service):
            break
        await asyncio.sleep(0.1)
    answer = (await asker.ask(question(consent)))[consent.header.id]

    assert answer.answer == "recorded"
    # The protocol, one outcome, this consent.
    assert answer.index == 2


async def test_it_connects_again_by_itself_when_its_connections_are_cut(
    service: Service, asker: Asker, keys: Partnership, rabbitmq: Rabbit
) -> None:
    await service.until_ready()
    rabbitmq.node.control("close_all_user_connections", topology.CONSENT_USER, "test")
    consent = fresh(keys, Kind.CONSENT_RECORDED)

    answers: dict[str, Answer] = {}
    for _ in range(20):
        with contextlib.suppress(TimeoutError):
            answers = await asyncio.wait_for(asker.ask(question(consent)), 2)
            break

    assert answers[consent.header.id].answer == "recorded"
    await service.until_ready()


async def test_a_question_of_anyone_but_the_broker_is_not_answered(
    service: Service, rabbitmq: Rabbit, keys: Partnership
) -> None:
    await service.until_ready()
    connection = await rabbitmq.connect("operator")
    async with connection:
        other = Asker(await connection.channel(publisher_confirms=False), keys)
        await other.listen()
        consent = fresh(keys, Kind.CONSENT_RECORDED)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(other.ask(question(consent), user="operator"), 2)
    assert "question.not_from_the_broker" in service.log.read_text()


async def test_told_to_stop_it_stops_and_nobody_s_details_are_in_what_it_logged(
    service: Service, asker: Asker, keys: Partnership
) -> None:
    await service.until_ready()
    consent = fresh(keys, Kind.CONSENT_RECORDED)
    referral = fresh(keys)
    await asker.ask(question(consent), question(referral))

    assert service.stop() == 0

    said = service.log.read_text()
    assert "consent.stopped" in said
    assert all(json.loads(line)["event"] for line in said.splitlines())
    her = factories.person().identity
    assert not [word for word in (her.forename, her.surname, "07700", RECORD, consent.submission.signature) if word in said]


async def test_demonstration_keys_are_refused_in_earnest(service: Service) -> None:
    service.stop(signal.SIGKILL)
    service.env["DEMONSTRATION"] = "0"
    service.start()
    assert service.process is not None
    assert service.process.wait(30) == 2
    assert "demonstration keys" in service.log.read_text()


def metrics(service: Service) -> str:
    with urllib.request.urlopen(service.health.replace("/health", "/metrics"), timeout=5) as page:
        return str(page.read().decode())


async def test_a_tighter_agreement_counts_within_seconds_and_a_broken_file_changes_nothing(
    service: Service, asker: Asker, keys: Partnership, tmp_path: Path
) -> None:
    paper = signed(tmp_path / "officers", keys)
    service.stop()
    service.env |= {"CONSENT_PROTOCOL": str(paper.protocol), "CONSENT_AGREEMENTS": str(paper.approvals)}
    service.env["CONSENT_RELOAD_SECONDS"] = "0.3"
    # Another database: what was in force before is another partnership's protocol.
    service.env["CONSENT_DATABASE_URL"] = f"sqlite:///{tmp_path}/another.sqlite"
    service.start()
    await service.until_ready()
    await asker.ask(question(fresh(keys, Kind.CONSENT_RECORDED)))
    assert await answered(asker, keys) == ("permitted", None)

    paper.new_version(2, f"{datetime.now(UTC):%Y-%m-%d}", LESS)
    await until(lambda: "no governance officer of cjit-ashby has signed these words" in service.page("ready")[1])
    assert await answered(asker, keys) == ("permitted", None)
    paper.sign("w_tilling", 2)
    await until(lambda: service.page("ready")[0] == 200)
    assert await answered(asker, keys) == ("refused", Reason.LABEL_NOT_COVERED)

    paper.approvals.write_text("{}x")
    await until(lambda: "may not take over, and the one in force goes on" in service.page("ready")[1])
    assert await answered(asker, keys) == ("refused", Reason.LABEL_NOT_COVERED)
    # And it would not start by it.
    service.stop()
    service.start()
    assert service.process is not None
    assert service.process.wait(30) == 2
    assert "cannot be read; put a whole copy back" in service.log.read_text()


async def answered(asker: Asker, keys: Partnership) -> tuple[str, Reason | None]:
    referral = fresh(keys)
    answer = (await asker.ask(question(referral)))[referral.header.id]
    return answer.answer, getattr(answer, "reason", None)


async def until(so: Callable[[], bool]) -> None:
    for _ in range(150):
        if await asyncio.to_thread(so):
            return
        await asyncio.sleep(0.1)
    raise AssertionError("waited in vain")
