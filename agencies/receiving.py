"""Take a delivery or a notice in: believe nothing unchecked, keep it once, and owe a receipt. Runs on the store's thread.

A delivery is opened only when its permit is sound, its decision is in the log, and the log tells one story (trust.md D10).
Leaves out: acknowledging (``line``), and handing over (``adapter``).
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import structlog

from agencies.arriving import (
    alert_fields,
    arrived_fields,
    asked_fields,
    caseload_fields,
    guard_fields,
    receipt_fields,
    review_fields,
    unreadable_answer,
)
from agencies.case_system import LocalRecord
from agencies.checkpoints import Checkpoints, ForkError
from agencies.drafts import Heard, age_band
from agencies.inbox import Inbox, Waiting
from agencies.outbox import Outbox
from agencies.party import Party
from agencies.renewing import Renewing
from agencies.store import Store
from contracts.canonical import MalformedError
from contracts.kinds import Kind
from contracts.messages.compartments import Identity
from contracts.messages.prescriptions import names_last_dose
from contracts.notices import (
    AlertItem,
    AskedItem,
    CaseloadItem,
    GuardItem,
    Item,
    Notice,
    ReceiptItem,
    ReviewItem,
    open_caseload_answer,
    read_notice,
)
from contracts.opening import Opened, OpeningError, check_permit, open_delivery, read_delivery, signed_head
from contracts.permit import Delivery
from contracts.topology import WHAT_DELIVERY, WHAT_NOTICE
from contracts.vocabulary import Label, Reason

log = structlog.get_logger()

_MOST_OPEN: Final = 256
"""So many arrivals at most stay open in memory until they are handed over."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One AMQP message: what it says it is, and its bytes."""

    what: str
    body: bytes


@dataclass(slots=True)
class Tally:
    """What became of a batch, for the counters: outcome to number. ``dead`` are the places of what could not be read."""

    outcomes: dict[str, int] = field(default_factory=dict)
    dead: set[int] = field(default_factory=set)

    def add(self, outcome: str) -> None:
        """One more."""
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1


class Receiving:
    """From the inbox queue to opened records and told notices in the store."""

    def __init__(
        self,
        party: Party,
        store: Store,
        outbox: Outbox,
        inbox: Inbox,
        checkpoints: Checkpoints,
        clock: Callable[[], int],
    ) -> None:
        self._party = party
        self._store = store
        self._outbox = outbox
        self._inbox = inbox
        self._checkpoints = checkpoints
        self._clock = clock
        self._renewing = Renewing(store)
        self._taken_back: set[str] = set()
        self._open: dict[str, Opened] = {}

    def take(self, parcels: list[Parcel]) -> Tally:
        """Take a batch in, in one transaction. ForkError stops everything: what came before it is kept, nothing after."""
        tally = Tally()
        fork: ForkError | None = None
        with self._store.writing():
            for place, parcel in enumerate(parcels):
                try:
                    outcome = self._take_one(parcel)
                except ForkError as error:
                    fork = error
                    break
                tally.add(outcome)
                if outcome == "unreadable":
                    tally.dead.add(place)
        if fork:
            raise fork
        return tally

    def _take_one(self, parcel: Parcel) -> str:
        try:
            if parcel.what == WHAT_DELIVERY:
                return self._take_delivery(read_delivery(parcel.body), parcel.body)
            if parcel.what == WHAT_NOTICE:
                return self._take_notice(read_notice(parcel.body, self._party.directory, agency=self._party.id))
        except MalformedError as error:
            log.warning("inbox.unreadable", what=parcel.what, reason=error.reason.value)
            return "unreadable"
        log.warning("inbox.unreadable", reason="neither a delivery nor a notice")
        return "unreadable"

    # --- deliveries

    def _take_delivery(self, delivery: Delivery, body: bytes) -> str:
        """One delivery.

        1. Its permit is for us, sound, in force, and in the log.  2. The log tells one story.  3. What came before is not
        opened again.  4. It opens, and our kind takes such messages.  5. It is kept, and handed over later.
        """
        began, header, attempt = time.perf_counter(), delivery.header, delivery.permit.decision.attempt
        try:
            check_permit(delivery, self._party.directory, agency=self._party.id, now=self._clock())
            self._compare_heads(delivery)
            if self._seen_before(header.id, attempt):
                return "again"
            if not self._party.mapping.takes(header.kind):
                raise OpeningError(Reason.RECIPIENT_SYSTEM_REFUSED)
            opened = open_delivery(delivery, self._party.roles[header.role])
            if header.kind is Kind.SCRIPT_TRANSFERRED and not names_last_dose(opened.compartments):
                # The sender's word to the broker was not true: the old prescriber goes on holding it (W03).
                raise OpeningError(Reason.LAST_DOSE_MISSING)
        except OpeningError as error:
            return self._refuse(header.id, attempt, error.reason)
        self._keep(opened, attempt, body)
        log.info(
            "delivery.opened", message=header.id, kind=header.kind.value, ms=round((time.perf_counter() - began) * 1000, 1)
        )
        return "opened"

    def _refuse(self, message: str, attempt: int, reason: Reason) -> str:
        """Owe a receipt. What was taken before stands, whatever comes under its id later."""
        stale = reason is Reason.PERMIT_STALE
        if self._inbox.standing(message) is None or stale:
            self._inbox.owe_receipt(message, attempt, "stale" if stale else "refused", reason)
        log.warning("delivery.stale" if stale else "delivery.refused", message=message, attempt=attempt, reason=reason.value)
        return "stale" if stale else "refused"

    def _compare_heads(self, delivery: Delivery) -> None:
        permit, directory = delivery.permit, self._party.directory
        head = signed_head(permit.checkpoint, directory.log_name, directory.log_signing)
        found = self._checkpoints.contradiction(head, permit.decision.decided)
        if found:
            self._checkpoints.keep_evidence(*found, permit.checkpoint, delivery.header.id, self._clock())
            raise ForkError(found[0])
        self._checkpoints.remember(head, permit.checkpoint, permit.decision.decided)

    def _seen_before(self, message: str, attempt: int) -> bool:
        standing = self._inbox.standing(message)
        if standing is None:
            return False
        self._inbox.new_attempt(message, attempt)
        if standing.state == "handed_over":
            self._inbox.owe_receipt(message, attempt, "delivered", None)
        elif standing.state == "refused":
            self._inbox.owe_receipt(message, attempt, "refused", Reason.RECIPIENT_SYSTEM_REFUSED)
        return True

    def _keep(self, opened: Opened, attempt: int, body: bytes) -> None:
        header, now = opened.header, self._clock()
        identity = opened.compartments.get(Label.IDENTITY)
        born = identity.date_of_birth if isinstance(identity, Identity) else None
        hers = self._renewing.present(opened.reference, now)
        heard = Heard(header.id, header.conversation, header.sender, header.kind, hers, None, age_band(None, born, now))
        self._inbox.add(heard, attempt, now, body)
        if len(self._open) < _MOST_OPEN:
            self._open[header.id] = opened

    def may_be_given(self, message: str) -> bool:
        """Whether she has not taken it back since it was read for the local system, which may have been down for days."""
        return message not in self._taken_back

    def to_hand_over(self, limit: int) -> list[LocalRecord]:
        """Records for the local system, oldest first: plain words are never on this disk, so what waited is opened again.

        One that opened when it came and does not then is refused: its key is gone. So is what she took back meanwhile.
        """
        found = []
        for message in self._inbox.withdrawn():
            log.info("delivery.withdrawn", message=message)
            self._open.pop(message, None)
            self._inbox.handed_over(message, Reason.CONSENT_WITHDRAWN)
        for waiting in self._inbox.to_hand_over(limit):
            try:
                found.append(self._record(waiting))
            except OpeningError:
                log.warning("delivery.opens_no_more", message=waiting.message)
                self._inbox.handed_over(waiting.message, Reason.RECIPIENT_COULD_NOT_OPEN)
        return found

    def _record(self, waiting: Waiting) -> LocalRecord:
        opened = self._open.pop(waiting.message, None)
        if opened is None:
            delivery = read_delivery(waiting.sealed)
            opened = open_delivery(delivery, self._party.roles[delivery.header.role])
        fields = arrived_fields(
            opened,
            person=self._store.person_of(waiting.reference),
            reference=waiting.reference,
            answers=self._outbox.record_of(opened.header.in_reply_to),
            sender=self._party.directory.agency(opened.header.sender),
            now=waiting.arrived,
        )
        return LocalRecord(waiting.message, fields)

    # --- notices

    def _take_notice(self, notice: Notice) -> str:
        if not self._inbox.first_sight(notice.notice, self._clock()):
            return "again"
        for place, item in enumerate(notice.items):
            fields = self._fields(item, notice.created)
            if fields is not None:
                self._inbox.owe_telling(f"{notice.notice}-{place}", fields)
        return "noticed"

    def _fields(self, item: Item, at: int) -> Mapping[str, Any] | None:
        """What the local system is told of one item; None where it says nothing to it."""
        match item:
            case ReceiptItem():
                return self._receipt(item, at)
            case GuardItem():
                person = self._store.person_of(item.reference)
                return guard_fields(item, self._outbox.record_of(item.message), person, at)
            case CaseloadItem():
                return self._caseload_answer(item, at)
            case ReviewItem():
                return review_fields(item, self._store.person_of(item.reference), at)
            case AskedItem():
                return asked_fields(item, self._store.person_of, at)
            case AlertItem():
                if item.alert == "consent_withdrawn" and item.message:
                    self._inbox.withdraw(item.message)
                    self._taken_back.add(item.message)
                return alert_fields(item, self._store.person_of(item.reference), at)

    def _receipt(self, item: ReceiptItem, at: int) -> Mapping[str, Any] | None:
        if item.message is None:
            log.warning("receipt.nameless", state=item.state.value, reason=item.reason)
            return receipt_fields(item, None, at)
        self._renewing.told(item.message, item.state, self._clock())
        new = self._outbox.told(item.message, item.state, item.reason)
        log.info("receipt", message=item.message, state=item.state.value, reason=item.reason)
        if not new or not self._outbox.is_ours(item.message):
            return None
        return receipt_fields(item, self._outbox.record_of(item.message), at)

    def _caseload_answer(self, item: CaseloadItem, at: int) -> Mapping[str, Any]:
        record = self._outbox.record_of(item.message)
        try:
            answer = open_caseload_answer(item.sealed, item.message, self._party.roles["intake"])
        except MalformedError as error:
            log.warning("answer.unreadable", message=item.message, reason=error.reason.value)
            return unreadable_answer(record, item.message, at)
        return caseload_fields(answer, record, item.message, at, self._party.directory)
