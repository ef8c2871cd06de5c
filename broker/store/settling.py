"""A batch settled in one transaction: facts, decision, effects, rows, notices; message by message, in the order they came.

Steps of a guard are written at once, so that the next message of the same person sees them; everything else is written
together at the end. Whoever loses to a unique index is decided again. Leaves out: the decision itself.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final, assert_never

from broker import effects
from broker.decide import Row, decide
from broker.incoming import Examined, Settled
from broker.outcome import (
    Alert,
    AskAgain,
    Deliver,
    Done,
    Effect,
    GuardReply,
    Hold,
    MoveScript,
    Outcome,
    Refuse,
    Register,
    Repeat,
    StartScript,
    TakeBack,
    TakeReceipts,
    TellRecipients,
    TryLater,
)
from broker.store import (
    acts,
    cases,
    checks,
    former,
    merges,
    messages,
    outbox_rows,
    receipts,
    refusals,
    reviews,
    scripts,
    taking_back,
    watching,
    withdrawals,
)
from broker.store.database import AgainError, LostError, Work
from broker.store.delivery import compose
from broker.store.facts import Knowledge
from broker.store.fallen import CARRIES_A_STEP, fall
from broker.store.house import House
from broker.store.messages import MessageRows, Stand
from broker.store.notices import Notices
from broker.store.outbox_rows import Parcel
from broker.store.sequences import Sequences
from contracts.envelope import Header, Received
from contracts.kinds import Kind
from contracts.vocabulary import Reason, ReceiptState

_DECISIONS: Final = 4
_AS_TOLD: Final = {
    "waiting": ReceiptState.HELD, "held": ReceiptState.HELD, "queued": ReceiptState.RECEIVED, "sent": ReceiptState.RECEIVED,
    "delivered": ReceiptState.DELIVERED, "done": ReceiptState.DELIVERED, "refused": ReceiptState.REFUSED,
    "expired": ReceiptState.EXPIRED,
}  # fmt: skip
# Their own entry in the log, or that of what they speak of, says it already.
_TOLD_OTHERWISE: Final = frozenset({Kind.RECEIPTS, Kind.CONSENT_RECORDED, Kind.CONSENT_WITHDRAWN, Kind.CORRECTION_RECORDED})


def settle(work: Work, house: House, batch: Sequence[Examined], now: int) -> Settled:
    """Settle a batch; the rows that come back are claimed by this process."""
    return _Settling(work, house, batch, now).run(batch)


class _Settling:
    def __init__(self, work: Work, house: House, batch: Sequence[Examined], now: int) -> None:
        self._work, self._house, self._now = work, house, now
        self._known = Knowledge(work, house, batch, now)
        self._rows = MessageRows(now)
        self._notices = Notices(house.directory, now)
        self._refusals = refusals.Refusals(work, house, self._rows, self._notices, now)
        self._sequences = Sequences()
        self._parcels: list[Parcel] = []
        self._counts: Counter[tuple[str, str]] = Counter()
        self._again: list[AskAgain] = []
        self._taken_back: list[str] = []
        self._tell_recipients: list[TellRecipients] = []
        self._registered: list[tuple[str, str]] = []
        self._fallen: list[str] = []
        recipients = {e.incoming.received.header.recipient for e in batch if e.incoming.received is not None}
        self._room = outbox_rows.Room(work, recipients, house.credit)

    def run(self, batch: Sequence[Examined]) -> Settled:
        for examined in batch:
            self._one(examined)
        work, now = self._work, self._now
        self._rows.write(work)
        self._sequences.write(work, now)
        taking_back.stop(work, self._taken_back, self._notices, now)
        messages.wake_references(work, self._registered, now)
        for again in self._again:
            messages.wake(work, again.records, now)
            if again.withdrawn:
                withdrawals.stop(work, again.records, again.index, now)
                for alert in watching.cancel(work, again.records):
                    self._notices.alert(alert)
        for tell in self._tell_recipients:
            # After the recall: what was still here needs no telling.
            withdrawals.tell(work, tell, self._notices, now)
        fall(work, self._fallen, self._notices)
        rows = outbox_rows.add(work, self._house.process, self._parcels, self._notices.mail(self._house.signing), now)
        return Settled(rows, dict(self._counts))

    def _one(self, examined: Examined) -> None:
        """Decide and carry out; decide again while another transaction was first."""
        self._refusals.note_sequence(examined, self._sequences)
        for _ in range(_DECISIONS):
            facts = self._known.about(examined)
            outcome = decide(examined, facts, self._now)
            try:
                self._carry_out(examined, outcome)
            except LostError:
                continue
            self._tell_log(examined, outcome)
            record = facts.taker.record if facts.taker else None
            self._write_down(examined, outcome, record, facts.row, facts.taker.reference if facts.taker else None)
            return
        raise AgainError

    # --- effects

    def _carry_out(self, examined: Examined, outcome: Outcome) -> None:
        wanted = outcome.effects if isinstance(outcome, Deliver | Done | Hold) else ()
        if not wanted:
            return
        received = examined.incoming.received
        assert received is not None
        with self._work.savepoint():
            for effect in wanted:
                self._effect(effect, received.header)

    def _effect(self, effect: Effect, header: Header) -> None:
        work, now = self._work, self._now
        match effect:
            case Register():
                self._registered.append((header.sender, effect.reference))
                self._people_changed(merges.register(work, self._house, header.sender, effect, now))
            case TakeReceipts():
                for result, count in receipts.take(work, header.sender, effect.receipts, self._notices, now).items():
                    self._counts[(result, "")] += count
            case TakeBack():
                self._taken_back.append(effect.message)
            case AskAgain():
                self._again.append(effect)
            case TellRecipients():
                self._tell_recipients.append(effect)
            case effects.KeepCheck() | effects.HoldChecks() | effects.OpenPresentation() | effects.EndPresentation():
                checks.apply(work, effect, header, now, self._house.budgets.presentation_ms)
            case effects.ReplaceReference():
                former.replace(work, effect, header.sender, now)
                self._registered.append((header.sender, effect.fresh))
                self._known.registered()
            case effects.SettleReview():
                self._people_changed(merges.settle_review(work, self._house, effect, now))
            case effects.SetWatch() | effects.EndWatch() | effects.CountGap():
                watching.apply(work, effect, header, now)
            case StartScript() | MoveScript():
                scripts.apply(work, effect, header.id, now)
            case _:
                cases.apply(work, effect, header, now)

    def _tell_log(self, examined: Examined, outcome: Outcome) -> None:
        """Who went on in spite of a guard, by name: an entry of its own, beside what became of the message."""
        received = examined.incoming.received
        for effect in outcome.effects if isinstance(outcome, Done) else ():
            if isinstance(effect, StartScript) and effect.override is not None and received is not None:
                self._notices.act(acts.overridden(effect, effect.override, received.header))

    def _people_changed(self, done: merges.Registered) -> None:
        self._known.registered()
        if done.records:
            self._again.append(AskAgain(done.records, -1, withdrawn=False))
        for alert in done.alerts:
            self._notices.alert(alert)
        reviews.tell(self._work, self._notices, done.reviews)

    # --- what is written down

    def _write_down(
        self, examined: Examined, outcome: Outcome, record: str | None, before: Row | None, reference: str | None
    ) -> None:
        received = examined.incoming.received
        if isinstance(outcome, Refuse) and (
            received is None or examined.incoming.refused is not None or outcome.reason is Reason.REPLAYED
        ):
            self._refusals.refuse(examined, outcome.reason)
            self._counts[("refused", outcome.reason.value)] += 1
            return
        if isinstance(outcome, Repeat):
            self._repeat(examined, outcome)
            return
        assert received is not None, "only a refusal is possible without a message"
        stand = self._stand(received, outcome, new=not examined.incoming.known)
        self._rows.settle(examined, stand, record, self._known.step_keys.get(received.header.id))
        row = Row(stand.state, received.header_hash.hex(), examined.incoming.attempt, stand.reason, stand.deadline)
        self._known.settled(received.header, row)
        self._counts[(stand.state, stand.reason.value if stand.reason else "")] += 1
        if stand.state == "refused" and examined.incoming.known and received.header.kind in CARRIES_A_STEP:
            self._fallen.append(received.header.id)
        self._tell(examined, received.header, outcome, stand, before, reference)
        if isinstance(outcome, Deliver) and received.header.kind is Kind.REFERRAL_MADE and before is None:
            self._reception(received.header, reference)
        if isinstance(outcome, Deliver) and stand.state == "sent":
            assert stand.permit is not None
            body = compose(examined.incoming.body, stand.permit, outcome.permit.decision.slots)
            self._parcels.append(Parcel(received.header.recipient, received.header.id, body))

    def _stand(self, received: Received, outcome: Deliver | Hold | Refuse | TryLater | Done, *, new: bool) -> Stand:
        now = self._now
        match outcome:
            case Deliver():
                permit = outcome.permit
                state = "sent" if self._room.take(received.header.recipient, new=new) else "queued"
                return Stand(
                    state, valid_until=permit.decision.valid_until, log_index=permit.index,
                    permit=permit.wire(),
                )  # fmt: skip
            case Hold():
                return Stand(
                    "held", outcome.reason, due_at=outcome.deadline, owner=outcome.owner, deadline=outcome.deadline,
                    log_index=outcome.index,
                )  # fmt: skip
            case TryLater():
                return Stand("waiting", outcome.reason, due_at=outcome.at, waits_for=outcome.waits_for)
            case Refuse():
                return Stand("refused", outcome.reason, ended=now, log_index=outcome.index)
            case Done():
                return Stand("done", ended=now, log_index=outcome.index)
            case _:
                assert_never(outcome)

    # --- what is told

    def _repeat(self, examined: Examined, outcome: Repeat) -> None:
        received = examined.incoming.received
        self._counts[("repeated", "")] += 1
        if outcome.state is not None and received is not None:
            header = received.header
            self._notices.receipt(header.sender, header.id, header.conversation, _AS_TOLD[outcome.state], Reason.REPLAYED)

    def _tell(
        self, examined: Examined, header: Header, outcome: Outcome, stand: Stand, before: Row | None, reference: str | None
    ) -> None:
        """Tell the sender, and once for each change: not at every retry."""
        notices, attempt = self._notices, examined.incoming.attempt
        first = before is None
        reason = stand.reason.value if stand.reason else None
        # What is said of a check leaves with its answer: nothing on the line may come sooner for her than for another.
        asked = examined.incoming.arrived if header.kind is Kind.CASELOAD_CHECK else None
        if first and stand.state != "refused":
            ticked = asked if isinstance(outcome, Done) else None
            notices.receipt(header.sender, header.id, header.conversation, ReceiptState.RECEIVED, asked=ticked)
        changed = before is None or (before.state, before.reason) != (stand.state, reason)
        if isinstance(outcome, Deliver | Refuse | Done) or (isinstance(outcome, TryLater) and changed):
            self._guard_and_alerts(header, outcome.reply, () if isinstance(outcome, TryLater) else outcome.alerts, reference)
        elif isinstance(outcome, Hold):
            self._guard_and_alerts(header, None, outcome.alerts, reference)
        if isinstance(outcome, Done) and outcome.caseload is not None:
            notices.caseload(header.sender, header.id, header.conversation, outcome.caseload, asked=asked or self._now)
        if stand.state in {"held", "waiting"} and changed:
            notices.receipt(
                header.sender, header.id, header.conversation, ReceiptState.HELD, stand.reason,
                owner=stand.owner, deadline=stand.deadline,
            )  # fmt: skip
        if stand.ended is not None:
            state = ReceiptState.REFUSED if stand.state == "refused" else ReceiptState.DELIVERED
            notices.receipt(header.sender, header.id, header.conversation, state, stand.reason, asked=asked)
            logged = header.kind in _TOLD_OTHERWISE if isinstance(outcome, Done) else outcome.logged  # type: ignore[union-attr]
            if not logged:
                notices.outcome_of(header, attempt, stand.state, stand.reason)

    def _reception(self, header: Header, reference: str | None) -> None:
        """Tell the sender where the service is closed or full: the referral lies there, and nobody waits in the dark."""
        met = self._house.reception(header.recipient, header.role, self._now)
        if met is not None:
            self._notices.alert(Alert(header.sender, met, reference, header.recipient, header.id))

    def _guard_and_alerts(
        self, header: Header, reply: GuardReply | None, alerts: tuple[Alert, ...], reference: str | None
    ) -> None:
        if reply is not None:
            self._notices.guard(header, reply, reference)
        for alert in alerts:
            self._notices.alert(alert)
