"""Take a local record in: read it, draft it, seal it, and keep it, in one transaction; only then is it promised to go.

Runs on the store's thread. Leaves out: publishing (``line``), and the order of the loops (``adapter``).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from agencies.addressing import CASELOAD_ROLE
from agencies.arriving import receipt_fields
from agencies.case_system import LocalRecord
from agencies.drafts import Draft, Heard, Known, Rejected
from agencies.inbox import Inbox
from agencies.local_desk import NewReference
from agencies.local_fields import ErrorInRecord, LocalIdentity
from agencies.local_records import Outgoing, read_record
from agencies.outbox import Leaving, Outbox, Queued
from agencies.party import Party
from agencies.renewing import Renewing
from agencies.store import Store
from contracts.canonical import MAX_BYTES, canonical
from contracts.directory import Agency
from contracts.identifiers import BROKER, new_id
from contracts.kinds import SHAPES, Goes, Kind
from contracts.notices import ReceiptItem
from contracts.seal import Letter, seal
from contracts.steps import Keyed, ReceiptsStep, RegisterStep
from contracts.vocabulary import AgeBand, Reason, ReceiptState

MAX_RECEIPTS = 200


@dataclass(frozen=True, slots=True)
class Taken:
    """A record that is safe in the outbox."""

    message: str
    kind: str | None
    """None when it was taken before."""


class TooLargeError(Exception):
    """A part is larger than any slot, or the message larger than the broker takes."""


class Sending:
    """From local records to sealed messages in the outbox."""

    def __init__(self, party: Party, store: Store, outbox: Outbox, inbox: Inbox, clock: Callable[[], int]) -> None:
        self._party = party
        self._store = store
        self._renewing = Renewing(store)
        self._outbox = outbox
        self._inbox = inbox
        self._clock = clock

    def take(self, record: LocalRecord) -> Taken | Rejected:
        """Seal and keep one record.

        1. A record taken before is the same message still; another record under its id is refused.
        2. Its form.  3. What it refers to.  4. The draft, by this kind's mapping.  5. Sealed and kept, all or nothing.
        """
        fingerprint = _fingerprint(record)
        if before := self._outbox.taken_before(record.id):
            if before[1] == fingerprint:
                return Taken(before[0], None)
            return Rejected("id-used-before", "Another record was sent under this id. Give this one an id of its own.")
        try:
            written = read_record(record.fields)
        except ErrorInRecord as error:
            return Rejected(error.code, error.sentence)
        now = self._clock()
        draft = self._party.mapping.write(written, self._known(written, now))
        if isinstance(draft, Rejected):
            return draft
        return self._keep(draft, record.id, fingerprint, now)

    def take_all(self, records: Sequence[LocalRecord]) -> list[Taken | Rejected]:
        """Seal and keep these, in one transaction: what a worker is told of one is told when all of them are safe."""
        with self._store.writing():
            return [self.take(record) for record in records]

    def bundle_receipts(self) -> int:
        """Seal what receipts are owed, at most 200, into one message; how many there were."""
        last, receipts = self._inbox.owed_receipts(MAX_RECEIPTS)
        if not receipts:
            return 0
        draft = Draft(
            kind=Kind.RECEIPTS,
            recipient=BROKER,
            role=CASELOAD_ROLE,
            step=ReceiptsStep(receipts=tuple(receipts)),
            lifetime=SHAPES[Kind.RECEIPTS].lifetime,
        )
        with self._store.writing():
            self._keep(draft, None, "", self._clock())
            self._inbox.receipts_sealed(last)
        return len(receipts)

    def due(self, limit: int) -> list[Queued]:
        """What to publish next, in order. What is past its time is not sent: its writer is told instead."""
        while batch := self._outbox.queued(limit):
            now = self._clock()
            fresh = [one for one in batch if one.not_after > now]
            with self._store.writing():
                for one in batch:
                    if one.not_after <= now:
                        self._expire(one.id, now)
            if fresh:
                return fresh
        return []

    def _expire(self, message: str, now: int) -> None:
        item = ReceiptItem(message=message, state=ReceiptState.EXPIRED, reason=Reason.EXPIRED)
        self._outbox.told(message, item.state, item.reason)
        if record := self._outbox.record_of(message):
            self._inbox.owe_telling(f"expired-{message}", receipt_fields(item, record, now))

    def _keep(self, draft: Draft, record: str | None, fingerprint: str, now: int) -> Taken | Rejected:
        # The refusal is made outside the transaction, which takes the number back with it.
        try:
            return self._seal_and_keep(draft, record, fingerprint, now)
        except TooLargeError:
            return Rejected("too-large", "This record, or one part of it, is too large to be sealed. Send less of it.")

    def _seal_and_keep(self, draft: Draft, record: str | None, fingerprint: str, now: int) -> Taken:
        with self._store.writing():
            letter = self._letter(draft, now)
            body = self._sealed(letter)
            if draft.person:
                self._store.remember_person(*draft.person)
            if isinstance(draft.step, RegisterStep) and draft.reference:
                self._store.remember_epoch(draft.reference, draft.step.epoch)
            if draft.renewal:
                self._renewing.asked(draft.renewal, letter.id, letter.not_after)
            if draft.consent:
                self._store.remember_consent(*draft.consent)
            self._outbox.add(
                Leaving(
                    id=letter.id,
                    sequence=letter.sequence,
                    record=record,
                    fingerprint=fingerprint,
                    kind=draft.kind,
                    conversation=letter.conversation,
                    other=draft.recipient,
                    reference=draft.reference,
                    purpose=draft.facts.purpose if draft.facts else None,
                    created=now,
                    not_after=letter.not_after,
                    body=body,
                )
            )
        return Taken(letter.id, draft.kind.value)

    def _letter(self, draft: Draft, now: int) -> Letter:
        return Letter(
            id=new_id(),
            conversation=draft.conversation or new_id(),
            kind=draft.kind,
            sender=self._party.id,
            recipient=draft.recipient,
            role=draft.role,
            created=now,
            not_after=now + draft.lifetime,
            sequence=self._store.next_sequence(),
            in_reply_to=draft.in_reply_to,
            reference=draft.reference,
            step=draft.step,
            said=draft.said,
            facts=draft.facts,
        )

    def _sealed(self, letter: Letter) -> bytes:
        shape, directory = SHAPES[letter.kind], self._party.directory
        recipient = directory.role_key(letter.recipient, letter.role) if shape.goes is Goes.TO_AGENCY else None
        consent = directory.consent_key if shape.asks_consent else None
        try:
            body = seal(letter, signing=self._party.signing, recipient=recipient, consent=consent)
        except ValueError:
            raise TooLargeError from None
        if len(body) > MAX_BYTES:
            raise TooLargeError
        return body

    def _known(self, record: Outgoing, now: int) -> Known:
        """What the store and the directory know of everything that the record names."""
        person = getattr(record, "person", None)
        found = self._store.reference_of(person) if person else None
        names = [*record.consents, *([record.consent] if record.type == "consent_withdrawal" else [])]
        names += [record.replaces] if record.type == "consent" and record.replaces else []
        consents = {name: consent for name in names if (consent := self._store.consent_of(name))}
        heard = self._heard(getattr(record, "answers", None) or getattr(record, "arrived", None))
        heard = self._outbox.heard(record.corrects) if record.type == "correction" else heard
        check = self._outbox.heard(getattr(record, "check", None) or "")
        opened = self._outbox.heard(getattr(record, "opened", None) or "")
        identity = getattr(record, "identity", None)
        return Known(
            now=now,
            fresh=new_id(),
            reference=found[0] if found else None,
            references=self._renewing.references_of(record.person, now) if isinstance(record, NewReference) else {},
            age_band=found[1] if found else AgeBand.UNKNOWN,
            consents=consents,
            heard=heard,
            check=check.message if check and check.kind is Kind.CASELOAD_CHECK else None,
            offered=self._party.offered if record.type == "need" else (),
            opened=opened.message if opened and opened.kind is Kind.PRESENTATION_OPENED else None,
            continues=self._outbox.heard(getattr(record, "continues", None) or ""),
            other=self._other(getattr(record, "to", None)),
            prescriber=self._party.agency.prescriber,
            keyed=self._keyed(record.type, identity),
        )

    def _heard(self, name: str | None) -> Heard | None:
        """What a record answers, with her age band as this agency has since learned it."""
        heard = (self._inbox.heard(name) or self._outbox.heard(name)) if name else None
        person = self._store.person_of(heard.reference) if heard else None
        found = self._store.reference_of(person) if person else None
        return replace(heard, age_band=found[1]) if heard and found else heard

    def _other(self, to: str | None) -> Agency | None:
        return self._party.directory.agency(to) if to and to != self._party.id else None

    def _keyed(self, kind: str, identity: LocalIdentity | None) -> tuple[Keyed, ...]:
        if kind not in ("person", "caseload_check") or identity is None or self._party.tokens is None:
            return ()
        return self._party.tokens.keyed(identity.details())


def _fingerprint(record: LocalRecord) -> str:
    """Tells one content from another under the same id; keyed by nothing, because the file holds the sealed body beside it."""
    try:
        return sha256(canonical(dict(record.fields))).hexdigest()
    except (TypeError, ValueError):
        return ""
