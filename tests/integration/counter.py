"""The broker without RabbitMQ and without a consent service: what is handed to its store, and what comes out at the other end.

The store, its database, the decision and the guards are the shipped ones; only the answer of the consent service is written
by hand, with a sound permit.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from broker.budgets import Budgets
from broker.her_key import undoing
from broker.incoming import Examined, Incoming, OutRow, Settled
from broker.store import Store, open_store
from contracts import topology
from contracts.consent_check import (
    Answer,
    GuardAct,
    Held,
    NotYet,
    Outcome,
    OutcomeBatch,
    Permitted,
    Recorded,
    Refused,
    Stale,
)
from contracts.envelope import Received, read_submission
from contracts.identifiers import new_id
from contracts.keyring import PEOPLE
from contracts.kinds import SHAPES, Goes, Kind
from contracts.notices import (
    AlertItem,
    CaseloadAnswer,
    CaseloadItem,
    GuardItem,
    Item,
    ReceiptItem,
    open_caseload_answer,
    read_notice,
)
from contracts.opening import read_delivery
from contracts.permit import Delivery
from contracts.statements import Statement
from contracts.steps import CheckStep, Receipt, ReceiptsStep, RegisterStep
from contracts.vocabulary import Presentation, Reason
from tests.factories import Person, letter, partnership, permit_for, seal_letter

Says = Callable[["Incoming", Any], Answer | None]


def lets_pass(incoming: Incoming, who: Any) -> Answer:
    """Everything may pass; consents and checks are recorded; every holder may be named."""
    received = incoming.received
    assert received is not None
    message, attempt = received.header.id, incoming.attempt
    if SHAPES[received.header.kind].goes is Goes.TO_AGENCY:
        permit = permit_for(received, attempt=incoming.attempt, reference=who.recipient_reference)
        return Permitted(message=message, attempt=attempt, permit=permit)
    withdrawn = received.header.kind is Kind.CONSENT_WITHDRAWN
    return Recorded(message=message, attempt=attempt, index=9, holders=who.holders, withdrawn=withdrawn)


def away(incoming: Incoming, who: Any) -> Answer | None:
    """The consent service does not answer."""
    return None


def holds(deadline: int, reason: Reason = Reason.CAPACITY_DOUBTED) -> Says:
    """An officer must act."""
    return lambda incoming, who: Held(
        message=incoming.message or "", attempt=incoming.attempt, reason=reason, owner="officer", deadline=deadline, index=3
    )


def refuses(reason: Reason) -> Says:
    """It may not pass."""
    return lambda incoming, who: Refused(message=incoming.message or "", attempt=incoming.attempt, reason=reason, index=3)


def not_yet(reason: Reason = Reason.UNKNOWN_CONSENT) -> Says:
    """It cannot be told yet."""
    return lambda incoming, who: NotYet(message=incoming.message or "", attempt=incoming.attempt, reason=reason)


def stale(incoming: Incoming, who: Any) -> Answer:
    """That attempt is over."""
    return Stale(message=incoming.message or "", attempt=incoming.attempt)


def permits_until(moment: int, index: int = 0) -> Says:
    """It may pass, for a while."""

    def says(incoming: Incoming, who: Any) -> Answer:
        assert incoming.received is not None
        permit = permit_for(incoming.received, attempt=incoming.attempt, valid_until=moment, reference=who.recipient_reference)
        return Permitted(
            message=incoming.message or "", attempt=incoming.attempt, permit=permit.model_copy(update={"index": index})
        )

    return says


def permits_broken(incoming: Incoming, who: Any) -> Answer:
    """It may pass, because the glass was broken for it."""
    assert incoming.received is not None
    permit = permit_for(incoming.received, attempt=incoming.attempt, reference=who.recipient_reference)
    return Permitted(message=incoming.message or "", attempt=incoming.attempt, permit=permit, broken_glass=True)


@dataclass
class Counter:
    """One broker process, and everything it has given out so far."""

    url: str
    process: str = "one"
    credit: int = 100
    budgets: Budgets = field(default_factory=lambda: Budgets(worker=10_000, agency=100_000))
    now: int = field(default_factory=lambda: partnership().now)
    store: Store = field(init=False)
    items: dict[str, list[Item]] = field(default_factory=lambda: defaultdict(list))
    deliveries: list[tuple[str, Delivery]] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    acts: list[GuardAct] = field(default_factory=list)
    rows: list[OutRow] = field(default_factory=list)

    def __post_init__(self) -> None:
        keys = partnership()
        self.store = open_store(
            self.url,
            signing=keys.signing("broker"),
            directory=keys.directory,
            credit=self.credit,
            process=self.process,
            budgets=self.budgets,
        )

    # --- what is handed in

    def send(self, kind: Kind, sender: str, *, says: Says = lets_pass, **changes: Any) -> str:
        """One good message of a kind, settled; its id."""
        made = letter(kind, sender, created=self.now, **changes)
        self.settle([incoming(seal_letter(made), sender, self.now)], says=says)
        return made.id

    def settle(self, batch: list[Incoming], *, says: Says = lets_pass) -> Settled:
        """A batch through the three beats."""
        whom = self.store.who(batch, self.now)
        examined = []
        for each, who in zip(batch, whom, strict=True):
            asks = (
                each.received is not None and each.refused is None and SHAPES[each.received.header.kind].asks_consent
                and not who.unknown_reference and not (who.seen is not None and not each.known)
            )  # fmt: skip
            examined.append(Examined(each, who, says(each, who) if asks else None, asks))
        settled = self.store.settle(examined, self.now)
        self.take(settled.rows)
        return settled

    def register(self, agency: str, her: Person, reference: str | None = None) -> str:
        """An agency registers someone; its reference for her."""
        reference = reference or new_id()
        self.send(Kind.PERSON_REGISTERED, agency, reference=reference, step=RegisterStep(tokens=her.tokens))
        return reference

    def check(self, agency: str, her: Person, *, says: Says = lets_pass, **changes: Any) -> tuple[str, CaseloadAnswer]:
        """A caseload check, and what is answered."""
        step = CheckStep(tokens=her.tokens, presentation=Presentation.CUSTODY, **changes)
        message = self.send(Kind.CASELOAD_CHECK, agency, step=step, says=says)
        return message, self.caseload_answer(agency, message)

    def caseload_answer(self, agency: str, message: str) -> CaseloadAnswer:
        sealed = next(i for i in self.items[agency] if isinstance(i, CaseloadItem) and i.message == message)
        return open_caseload_answer(sealed.sealed, message, partnership().opener(agency))

    def receipt(
        self, agency: str, message: str, result: Literal["delivered", "stale", "refused"], *, attempt: int = 1,
        reason: Reason | None = None,
    ) -> None:  # fmt: skip
        """A recipient's word on a delivery."""
        receipts = (Receipt(message=message, attempt=attempt, result=result, reason=reason),)
        self.send(Kind.RECEIPTS, agency, step=ReceiptsStep(receipts=receipts))

    def due(self, *, says: Says = lets_pass) -> int:
        """Ask again about everything whose time has come; how many."""
        found = self.store.due(100, self.now)
        if found:
            self.settle(found, says=says)
        return len(found)

    def claim(self) -> list[OutRow]:
        """Take over what nobody publishes."""
        found = self.store.claim(100, self.now)
        self.take(found)
        return found

    def expire(self) -> Settled:
        settled = self.store.expire(100, self.now)
        self.take(settled.rows)
        return settled

    def publish(self) -> None:
        """RabbitMQ confirms everything so far."""
        self.store.sent([row.id for row in self.rows], self.now)
        self.rows.clear()

    # --- what came out

    def take(self, rows: list[OutRow]) -> None:
        """Read rows as their receivers would."""
        directory = partnership().directory
        self.rows += rows
        for row in rows:
            if row.what == topology.WHAT_DELIVERY:
                self.deliveries.append((row.routing_key, read_delivery(row.body)))
            elif row.what == topology.WHAT_NOTICE:
                self.items[row.routing_key] += read_notice(row.body, directory, agency=row.routing_key).items
            else:
                told = OutcomeBatch.model_validate_json(row.body)
                self.outcomes += told.outcomes
                self.acts += told.acts

    def told_by_officers(self) -> list[GuardAct]:
        """What people did at the guards, as the log is told; what officers' own commands left is published by the broker."""
        self.publish()
        self.take(self.store.claim(100, self.now))
        return self.acts

    def told(self, agency: str, message: str | None) -> list[tuple[str, str | None]]:
        """The receipts an agency had for a message: state, and the name of the reason."""
        return [
            (i.state.value, i.reason.name if i.reason else None)
            for i in self.items[agency]
            if isinstance(i, ReceiptItem) and i.message == message
        ]

    def guard(self, agency: str, message: str) -> list[tuple[str, str | None, str | None]]:
        """What the guard said: answer, reason, agency to ring."""
        return [
            (i.answer.value, i.reason.name if i.reason else None, i.agency)
            for i in self.items[agency]
            if isinstance(i, GuardItem) and i.message == message
        ]

    def alerts(self, agency: str) -> list[AlertItem]:
        return [i for i in self.items[agency] if isinstance(i, AlertItem)]

    def delivered_to(self, agency: str) -> list[str]:
        return [delivery.header.id for recipient, delivery in self.deliveries if recipient == agency]

    def logged(self, message: str) -> list[tuple[str, str | None]]:
        """The outcomes told to the log for a message."""
        return [(o.state, o.reason.name if o.reason else None) for o in self.outcomes if o.message == message]

    def state(self, message: str) -> str | None:
        """Where a message stands in the store."""
        found = self.ask("SELECT state FROM message WHERE id = ?", message)
        return found[0][0] if found else None

    def ask(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """A question to the tables, as a test of what was left behind may ask."""
        return self.store._database.read(lambda work: work.rows(sql, *values))


def taking_back(merge: str, why: str, now: int, person: str = "v_marchmont") -> Statement:
    """An officer's signed word that a merge is taken back; the project's governance officer, unless a test says otherwise."""
    keys = partnership()
    return undoing(keys.folder / PEOPLE / person, keys.directory, merge, why, now)


def incoming(body: bytes, user: str, now: int, *, refused: Reason | None = None) -> Incoming:
    """What intake would make of bytes that are a message."""
    received: Received = read_submission(body)
    return Incoming(user, body, received, refused, received.header.id, 1, now, False)
