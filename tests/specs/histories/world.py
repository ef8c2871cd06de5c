"""A consent service and a broker without RabbitMQ: their real stores, decisions, clauses, log; what adapters check; a clock.

What RabbitMQ does is done by hand, so that a crash, a loss or a delay can happen between any two steps. Opening the same sealed
bytes again is remembered, since every cohort plays with the same letters.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import broker.intake
import broker.store.messages
import contracts.opening
from broker.consent_client import ConsentClient
from broker.incoming import Incoming, OutRow
from broker.intake import examine
from broker.matching.index import load_weights
from broker.migrations import upgrade
from broker.store import Store, load_budgets
from broker.store.database import Database
from broker.store.house import furnish
from broker.watch import Watch
from consent.acts import take_act, waiting
from consent.answers import Answers, Keys
from consent.broken import take_review, unreviewed
from consent.log.append import LogSigner
from consent.migrations import bring_up_to_date
from consent.protocol import Protocol
from consent.protocol_file import load_protocol
from consent.store import alone
from consent.store import open_store as open_consent_store
from contracts import topology
from contracts.consent_check import Answer, AnswerBatch, SignedAnswers
from contracts.directory import Directory
from contracts.identifiers import new_id
from contracts.kinds import Kind
from contracts.notices import AlertItem, read_notice
from contracts.opening import OpeningError, check_permit, read_delivery
from contracts.permit import Delivery
from contracts.statements import Review, sign_statement
from contracts.steps import Receipt, ReceiptsStep
from contracts.vocabulary import AgencyKind, Finding, Purpose, Reason
from tests.factories import letter, partnership, seal_letter
from tests.specs.consent.emergency import act, hers, posted
from tests.specs.histories.letters import BEGIN, PROJECT

_ASHBY = Path(__file__).parents[3] / "consent" / "clauses" / "ashby.yaml"
_DAY = 24 * 60 * 60_000


@cache
def protocols() -> dict[str, Protocol]:
    """As it is shipped; with the agreement on support ended; with that agreement past its review date."""
    whole = load_protocol(_ASHBY)[0]
    way = (AgencyKind.CJIT.value, AgencyKind.PROJECT.value, Purpose.SUPPORT_REFERRAL)
    ended = {key: tuple(one for one in shares if key != way) for key, shares in whole.shares.items()}
    late = {
        key: tuple(replace(one, review=BEGIN - _DAY) if key == way else one for one in shares)
        for key, shares in whole.shares.items()
    }
    return {
        "shipped": whole,
        "tightened": replace(whole, hash="bb" * 32, shares=ended),
        "under review": replace(whole, hash="cc" * 32, shares=late),
    }


@cache
def directories() -> dict[str, Directory]:
    """As it was made; without one officer's key; without the CJIT's signing key."""
    document = partnership().directory.document
    officer, sender = hers("f_osgodby").id, partnership().signing("cjit-ashby").id
    return {
        "made": partnership().directory,
        "an officer's key revoked": Directory(document.model_copy(update={"revoked": (officer,)})),
        "the sender's key revoked": Directory(document.model_copy(update={"revoked": (officer, sender)})),
    }


@cache
def _tables() -> tuple[Any, Any]:
    return load_weights(), load_budgets()


# Of the same bytes the same is always found, whoever looks; so it is looked for once in a process, not once in a cohort.
_REMEMBERED = (
    (contracts.opening, "_unsealed_for_consent"),
    (broker.intake, "read_submission"),
    (broker.store.messages, "read_submission"),
)


@contextmanager
def remembering() -> Iterator[None]:
    """While this is open, what was read and opened before is not read and opened again."""
    real = [(module, name, getattr(module, name)) for module, name in _REMEMBERED]
    for module, name, function in real:
        setattr(module, name, _remembered(function))
    try:
        yield
    finally:
        for module, name, function in real:
            setattr(module, name, function)


@cache
def _remembered(function: Callable[..., Any]) -> Callable[..., Any]:
    return lru_cache(maxsize=20_000)(function)


class _Line:
    """The broker's line to the consent service, without a wire."""

    def __init__(self, world: "World") -> None:
        self._world = world

    async def ask(self, _: str, body: bytes, __: float) -> bytes | None:
        return self._world.answered(body)


@dataclass
class World:
    """One partnership in which a cohort of histories is played."""

    broker_url: str
    consent_url: str
    credit: int = 6
    """So few deliveries may lie unreceipted in the project's inbox: the rest waits here, where a withdrawal reaches it."""
    now: int = BEGIN
    protocol: str = "shipped"
    directory: str = "made"
    answers_now: list[Answer] = field(default_factory=list)
    in_inbox: list[tuple[Delivery, int]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    """Messages whose recipient was told that they were taken back, since this was last looked at."""
    consent_away: bool = False
    starts: int = 0
    made: bool = False
    """Whether the databases have their tables already."""

    def __post_init__(self) -> None:
        self.engine = open_consent_store(self.consent_url)
        if not self.made:
            upgrade(self.broker_url)
            bring_up_to_date(self.engine)
        self._loop = asyncio.new_event_loop()
        self._signer = LogSigner(partnership().directory.log_name, partnership().log_signing.ed25519)
        self._store: Store | None = None
        self.start_again()

    def close(self) -> None:
        self.store.close()
        self.engine.dispose()
        self._loop.close()

    @property
    def store(self) -> Store:
        assert self._store is not None
        return self._store

    def start_again(self) -> None:
        """Both services start anew on their stores, with the directory and protocol of now."""
        keys, directory = partnership(), directories()[self.directory]
        if self._store is not None:
            self._store.close()
        self.starts += 1
        process, (weights, budgets) = f"broker-{self.starts}", _tables()
        house = furnish(keys.signing("broker"), directory, self.credit, process, weights, budgets)
        self._store = Store(Database(self.broker_url), house)
        self._store.trust_since(self.now)
        self.meet(directory)
        self.start_consent_again()

    def meet(self, directory: Directory) -> None:
        """How the broker reaches the consent service."""
        self._client = ConsentClient(_Line(self), directory, Watch(), 1.0)  # type: ignore[arg-type]

    def start_consent_again(self) -> None:
        """The consent service alone: with another protocol, as an officer brings it into force."""
        self.answers = self.consent_service()

    def consent_service(self) -> Answers:
        """A consent service on its store, with the directory and protocol of now."""
        keys = partnership()
        ours = Keys(keys.signing("consent"), keys.consent_opener, self._signer)
        return Answers(self.engine, directories()[self.directory], ours, protocols()[self.protocol])

    def leave(self, *, away: bool) -> None:
        """The consent service goes away, or comes back."""
        self.consent_away = away

    def lost(self) -> list[OutRow]:
        """The process dies before it publishes what it just recorded; what comes of what it had taken from RabbitMQ."""
        return []

    def answered(self, body: bytes) -> bytes | None:
        if self.consent_away:
            return None
        signed, _ = self.answers.answer(body, self.now)
        self.answers_now += AnswerBatch.model_validate_json(signed.batch).answers
        return SignedAnswers(batch=signed.batch, signature=signed.signature).model_dump_json().encode()

    # --- the broker's beats

    def take_in(self, bodies: Sequence[bytes], user: str) -> list[OutRow]:
        """What intake does with what arrived."""
        directory = directories()[self.directory]
        return self.settle(examine([(body, user) for body in bodies], directory, self.now))

    def settle(self, batch: Sequence[Incoming]) -> list[OutRow]:
        if not batch:
            return []
        whom = self.store.who(batch, self.now)
        examined = self._loop.run_until_complete(self._client.examine(batch, whom, self.now))
        return self.store.settle(examined, self.now).rows

    def due(self) -> list[OutRow]:
        return self.settle(self.store.due(200, self.now))

    def claimed(self) -> list[OutRow]:
        return self.store.claim(200, self.now)

    def expired(self) -> list[OutRow]:
        return self.store.expire(200, self.now).rows

    def publish(self, rows: Iterable[OutRow]) -> list[Delivery]:
        """RabbitMQ takes these and confirms them: what is a delivery lies in its inbox from now on."""
        rows = list(rows)
        self.store.sent([row.id for row in rows], self.now)
        out = [read_delivery(row.body) for row in rows if row.what == topology.WHAT_DELIVERY]
        self.in_inbox += [(delivery, self.now) for delivery in out]
        self.hear([row.body for row in rows if row.what == topology.WHAT_NOTICE and row.routing_key == PROJECT])
        return out

    def hear(self, notices: Iterable[bytes]) -> None:
        """The recipient reads its notices."""
        for body in notices:
            items = read_notice(body, directories()[self.directory], agency=PROJECT).items
            withdrawn = (one for one in items if isinstance(one, AlertItem) and one.alert == "consent_withdrawn")
            self.told += [one.message for one in withdrawn if one.message]

    # --- people

    def opens(self, delivery: Delivery) -> Reason | None:
        """What the recipient's adapter finds; None when it opens."""
        try:
            check_permit(delivery, directories()[self.directory], agency=PROJECT, now=self.now)
        except OpeningError as error:
            return error.reason
        return None

    def receipts(self, told: Sequence[tuple[Delivery, Any]]) -> list[OutRow]:
        receipts = tuple(
            Receipt(message=one.header.id, attempt=one.permit.decision.attempt, result=result) for one, result in told
        )
        made = letter(Kind.RECEIPTS, PROJECT, created=self.now, step=ReceiptsStep(receipts=receipts))
        return self.take_in([seal_letter(made)], PROJECT)

    def acts(self, message: str, person: str, decision: str) -> bool:
        """An officer acts; whether it counts. What waits is then asked again."""
        directory, protocol = directories()[self.directory], protocols()[self.protocol]
        with alone(self.engine) as connection:
            held = waiting(connection, message, protocol, self.now)
            if held is None:
                return False
            statement = act(message, held.header, self.now, person, decision)
            taken = take_act(connection, statement, directory, protocol, self._signer, self.now)
        self.store.ask_now(message, now=self.now)
        return not isinstance(taken, Reason)

    def review(self) -> list[str]:
        """The governance officer reviews everything that waits; which messages."""
        done: list[str] = []
        with alone(self.engine) as connection:
            for one in unreviewed(connection):
                said = Review(
                    id=new_id(), message=one.message, finding=Finding.JUSTIFIED, reason="read and heard", made=self.now,
                    **posted("r_ellery"),
                )  # fmt: skip
                directory = directories()[self.directory]
                statement = sign_statement(said, hers("r_ellery"))
                if not isinstance(take_review(connection, statement, directory, self._signer, self.now), Reason):
                    done.append(one.message)
        return done
