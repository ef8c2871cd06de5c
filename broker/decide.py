"""What becomes of a message: the decision of the broker, read from top to bottom.

The store folds this over a batch: it gathers the facts, carries out what is decided, and gathers them again for the next
message of the same person. Leaves out: input, output and the clock; and whether it may pass, which the consent service says.
"""

from dataclasses import dataclass
from typing import Final, assert_never

from broker.caseloads import Caseload, Partners, Taker
from broker.checks import Checked, CheckFacts, Found, answered, cannot_say, judge_check
from broker.effects import CountGap
from broker.incoming import Examined
from broker.leads import Between, judge_case, judge_lead
from broker.matching.review import Review, judge_answer
from broker.outcome import (
    Alert,
    AskAgain,
    Deliver,
    Done,
    GuardReply,
    Hold,
    Judged,
    Outcome,
    Refuse,
    Repeat,
    TakeBack,
    TakeReceipts,
    TellRecipients,
    TryLater,
)
from broker.prescriptions import Prescribers, Scripts, judge_script
from broker.presentations import Presented, judge_presentation
from broker.registering import judge_registration, judge_replacement
from broker.routing import Answered, misplaced, takes_back
from broker.watches import judge_watch
from contracts.consent_check import Answer, Held, NotYet, Permitted, Recorded, Refused, Stale
from contracts.envelope import Received
from contracts.kinds import SHAPES, Kind
from contracts.notices import AlertName
from contracts.steps import (
    CaseStep,
    CheckStep,
    GapStep,
    LeadStep,
    PresentationStep,
    ReceiptsStep,
    ReferenceStep,
    RegisterStep,
    ReviewStep,
    ScriptStep,
    WatchStep,
)
from contracts.vocabulary import GuardAnswer, Reason, ScriptMove

_FIRST_WAIT: Final = 2_000
_LONGEST_WAIT: Final = 60_000
_TOKENS: Final = frozenset({Kind.PERSON_REGISTERED, Kind.CASELOAD_CHECK})

# A check refused for one of these is the asker's own to mend; every other cause gives the one answer that tells nothing.
_ASKERS_OWN: Final = frozenset(
    {
        Reason.POLICE_NEVER_ASK, Reason.NO_PRESENTATION, Reason.PURPOSE_NOT_COVERED, Reason.BASIS_NOT_ALLOWED,
        Reason.BAD_SIGNATURE, Reason.UNKNOWN_KEY, Reason.REVOKED_KEY, Reason.CANNOT_OPEN, Reason.PARTS_DO_NOT_FIT,
        Reason.EXPIRED, Reason.WRONG_TIME,
    }
)  # fmt: skip


_NO_PARTNERS: Final = Partners()
_NO_CASELOAD: Final = Caseload()
_NO_SCRIPTS: Final = Scripts()
_NOT_PRESCRIBERS: Final = Prescribers(sender=False, recipient=False)


@dataclass(frozen=True, slots=True)
class Row:
    """Where a message of the same id stands in the store."""

    state: str
    header: str
    attempt: int
    reason: str | None = None
    deadline: int | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What the store knows, at this moment and inside this transaction, that bears on one message."""

    row: Row | None = None
    taker: Taker | None = None
    """The sender and the person as it knows her; None while the reference is unknown, or none is given."""
    answered: Answered | None = None
    step_taken: bool = False
    recalled: int = -1
    """The log index of the latest withdrawal for this person: a permit from before it no longer counts."""
    caseload: Caseload = _NO_CASELOAD
    check: Checked | None = None
    scripts: Scripts = _NO_SCRIPTS
    prescribers: Prescribers = _NOT_PRESCRIBERS
    partners: Partners = _NO_PARTNERS
    effect_stands: bool = False
    """The step took effect at an earlier attempt of this very message: it is delivered again, and not taken again."""
    asked: CheckFacts | None = None
    """For a caseload check."""
    presented: Presented | None = None
    """The presentation that a step would close."""
    presentation_stands_for: int = 0
    review: Review | None = None
    fresh_taken: bool = False
    """The reference that is to replace hers is, or was, somebody's of this agency."""
    retired: frozenset[int] = frozenset()
    """Ended epochs of the linkage key."""


NO_FACTS: Final = Facts()


def decide(examined: Examined, facts: Facts, now: int) -> Outcome:
    """Decide one message.

    1. Here before: nothing happens twice.  2. Refused by intake.  3. Its reference is known, or is waited for.
    4. The consent service lets it pass.  5. It has its place in the conversation.  6. The guard clears its step.
    7. It goes where it is addressed.
    """
    incoming = examined.incoming
    # (1) Before everything: a message that came back after a crash may be past its time by now, and still stands.
    if (repeat := _here_before(examined, facts)) is not None:
        return repeat
    received = incoming.received
    # (2) What is not a message of its sender can be judged by nothing that it says.
    if incoming.refused is not None or received is None:
        return Refuse(incoming.refused or Reason.NOT_JSON)
    shape = SHAPES[received.header.kind]
    if takes_back(received.header, facts.answered) and not facts.step_taken:
        return Done((TakeBack(received.header.in_reply_to or ""),))
    # (3) Before the answer of the consent service: it was asked without a record, or not at all.
    if facts.taker is None and (shape.names_person or examined.who.unknown_reference) and received.header.kind not in _TOKENS:
        return _wait_for_registration(received, incoming.attempt, now)
    if shape.asks_consent:
        if examined.asked and not examined.who.unknown_reference:
            return _as_answered(examined, received, examined.answer, facts, now)
        # The registration came between the question and now.
        return TryLater(Reason.UNKNOWN_REFERENCE, now)
    return _own_step(received, facts, now)


def glass_alert(alert: AlertName, received: Received) -> Alert:
    """G4: to the agency whose person broke the glass, at once; the message's id and its recipient, and nothing of her."""
    return Alert(received.header.sender, alert, about=received.header.recipient, message=received.header.id)


def backoff(attempt: int) -> int:
    """How long until the next attempt: 2 s, 4 s, 8 s … at most a minute."""
    return min(_FIRST_WAIT << min(max(attempt, 1) - 1, 6), _LONGEST_WAIT)


def _here_before(examined: Examined, facts: Facts) -> Outcome | None:
    incoming, row = examined.incoming, facts.row
    if incoming.known:
        # Another process took this row meanwhile, or it ended; only the attempt that was handed out may settle it.
        current = row is not None and row.state in {"waiting", "held"} and row.attempt == incoming.attempt
        return None if current else Repeat(None)
    if row is None or incoming.received is None or incoming.refused not in {None, Reason.EXPIRED}:
        return None
    if row.header == incoming.received.header_hash.hex():
        return Repeat(row.state)
    return Refuse(Reason.REPLAYED)


def _wait_for_registration(received: Received, attempt: int, now: int) -> Outcome:
    step = received.submission.for_broker.step
    reserving = isinstance(step, ScriptStep) and step.move is ScriptMove.RESERVE
    # Silence would read as "clear" to a prescriber with the person before them (W03).
    reply = GuardReply(GuardAnswer.NOT_CHECKED, Reason.UNKNOWN_REFERENCE) if reserving else None
    return TryLater(Reason.UNKNOWN_REFERENCE, now + backoff(attempt), received.submission.for_broker.reference, reply)


def _as_answered(examined: Examined, received: Received, answer: Answer | None, facts: Facts, now: int) -> Outcome:
    """(4) What the consent service said, and what the broker makes of it."""
    check = received.header.kind is Kind.CASELOAD_CHECK
    match answer:
        case None:
            return TryLater(Reason.CHECK_NOT_AVAILABLE, now + backoff(examined.incoming.attempt))
        case Stale():
            return TryLater(Reason.CHECK_NOT_AVAILABLE, now)
        case NotYet():
            return TryLater(answer.reason, now + backoff(examined.incoming.attempt))
        case Refused():
            if check and answer.reason not in _ASKERS_OWN:
                return answered(_check_step(received), answer.index, cannot_say(now))
            return Refuse(answer.reason, logged=True, index=answer.index)
        case Held():
            if check:
                return answered(_check_step(received), answer.index, cannot_say(now))
            return _held(answer, received, facts, now)
        case Recorded():
            return _recorded(examined, received, answer, facts, now)
        case Permitted():
            return _permitted(received, answer, facts, now)
        case _:
            assert_never(answer)


def _held(answer: Held, received: Received, facts: Facts, now: int) -> Outcome:
    row = facts.row
    # The first deadline stands: asking again must not put it off. It lies before not_after, so that a hold ends as a hold.
    first = row.deadline if row and row.state == "held" and row.reason == answer.reason.value else None
    deadline = min(first or answer.deadline, received.header.not_after - 1)
    if now >= deadline:
        return Refuse(Reason.HOLD_DEADLINE_PASSED, index=answer.index)
    # Whoever breaks the glass alone is not left alone: her agency is told at once that a second person is wanted.
    alone = answer.reason is Reason.SECOND_PERSON_AWAITED and first is None
    wanted = (glass_alert("second_person_wanted", received),) if alone else ()
    return Hold(answer.reason, answer.owner, deadline, answer.index, alerts=wanted)


def _recorded(examined: Examined, received: Received, answer: Recorded, facts: Facts, now: int) -> Outcome:
    header, who = received.header, examined.who
    if header.kind is not Kind.CASELOAD_CHECK:
        own = (facts.taker.record,) if facts.taker else ()
        records = tuple(dict.fromkeys((*own, *who.same)))
        again = AskAgain(records, answer.index, answer.withdrawn)
        if not answer.tellings:
            return Done((again,), index=answer.index)
        corrected = header.kind is Kind.CORRECTION_RECORDED
        tell = TellRecipients("value_corrected" if corrected else "consent_withdrawn", answer.tellings)
        return Done((again, tell), index=answer.index)
    assert facts.asked is not None, "the store looks up for every check what was asked before it"
    found = Found(who.person is not None, bool(who.possible), facts.caseload, frozenset(answer.holders), facts.partners.hidden)
    return judge_check(header, _check_step(received), facts.asked, found, answer.index, now)


def _check_step(received: Received) -> CheckStep:
    step = received.submission.for_broker.step
    assert isinstance(step, CheckStep), "the reader takes no check without its step"
    return step


def _permitted(received: Received, answer: Permitted, facts: Facts, now: int) -> Outcome:
    """(5) to (7) for a message to another agency."""
    permit, step = answer.permit, received.submission.for_broker.step
    # A withdrawal that came between the question and now: the permit is from before it.
    if permit.index < facts.recalled:
        return TryLater(Reason.CONSENT_WITHDRAWN, now)
    if facts.step_taken:
        return Refuse(Reason.STEP_ALREADY_TAKEN)
    if (reason := misplaced(received.header, facts.answered)) is not None:
        return TryLater(reason, now + backoff(answer.attempt)) if reason is Reason.NOT_ITS_TURN else Refuse(reason)
    broken = (glass_alert("glass_broken", received),) if answer.broken_glass else ()
    if step is None or facts.effect_stands:
        return Deliver(permit, alerts=broken)
    judged = _judge(received, facts, now)
    if (reason := judged.refusal) is not None:
        return Refuse(reason, reply=judged.reply, alerts=judged.alerts)
    return Deliver(permit, judged.effects, judged.reply, (*judged.alerts, *broken))


def _own_step(received: Received, facts: Facts, now: int) -> Outcome:
    """(6) for a message that ends at the broker."""
    part = received.submission.for_broker
    match part.step:
        case RegisterStep():
            return judge_registration(part.reference or "", part.step, facts.retired)
        case ReferenceStep() if facts.taker is not None:
            return judge_replacement(part.step, facts.taker, taken=facts.fresh_taken)
        case ReceiptsStep():
            return Done((TakeReceipts(part.step.receipts),))
        case PresentationStep():
            header, stands_for = received.header, facts.presentation_stands_for
            told = judge_presentation(part.step, header.sender, header.id, facts.presented, now, stands_for)
            return Refuse(told) if isinstance(told, Reason) else Done((told,))
        case GapStep():
            return Done((CountGap(part.step.needs, part.step.why),))
        case ReviewStep():
            said = judge_answer(facts.review, received.header.sender, part.step.answer)
            return Refuse(said) if isinstance(said, Reason) else Done((said,))
        case _:
            judged = _judge(received, facts, now)
            if (reason := judged.refusal) is not None:
                return Refuse(reason, reply=judged.reply, alerts=judged.alerts)
            return Done(judged.effects, judged.reply, judged.alerts)


def _judge(received: Received, facts: Facts, now: int) -> Judged:
    header, step, partners = received.header, received.submission.for_broker.step, facts.partners
    assert facts.taker is not None, "a guard step names a person, and (3) waited for her registration"
    match step:
        case CaseStep():
            return judge_case(step, facts.taker, facts.caseload, facts.check, partners, now)
        case LeadStep():
            between = Between(header.recipient, header.conversation, header.not_after)
            return judge_lead(step, facts.taker, between, facts.caseload, partners)
        case ScriptStep():
            return judge_script(step, facts.taker, header.recipient, facts.scripts, facts.prescribers)
        case WatchStep():
            return judge_watch(step, facts.taker, facts.caseload, now)
        case _:
            raise AssertionError("no guard judges this step")
