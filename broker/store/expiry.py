"""What time ends: messages past their time, reservations nobody confirmed, proposals nobody answered, gaps that stayed open.

Leaves out: holds, which are asked again at their deadline and then decided (``broker/decide.py``).
"""

from collections import Counter
from typing import Final

from broker.checks import cannot_say
from broker.incoming import Settled
from broker.store import cases, checks, former, merges, messages, outbox_rows, reviews, scripts, sequences, watching
from broker.store.database import Row, Work
from broker.store.fallen import fall
from broker.store.house import House
from broker.store.notices import Notices
from contracts.kinds import Kind
from contracts.vocabulary import Reason, ReceiptState

SENT_GRACE: Final = 60_000
"""A delivery handed over at the last moment may still be receipted; until then nobody is told that it expired."""

_PAST: Final = (
    "SELECT id, sender, recipient, kind, conversation, attempt, state, reason FROM message "
    "WHERE ended IS NULL AND not_after <= ? AND (state <> 'sent' OR (not_after <= ? AND coalesce(valid_until, 0) <= ?)) "
    "ORDER BY not_after LIMIT ?"
)
_END: Final = "UPDATE message SET state = ?, reason = ?, ended = ?, due_at = NULL, step = NULL WHERE id = ?"


def expire(work: Work, house: House, limit: int, now: int) -> Settled:
    """End what is past its time, and tell whoever waits for it."""
    notices = Notices(house.directory, now)
    counts: Counter[tuple[str, str]] = Counter()
    _expire_messages(work, house, notices, counts, limit, now)
    released = scripts.release_lapsed(work, limit, now)
    unanswered = cases.proposals_lapse(work, house.partners, now)
    for alert in released:
        notices.alert(alert)
        counts[("reservation released", "")] += 1
    for alert in unanswered:
        notices.alert(alert)
        counts[("proposal lapsed", "")] += alert.alert == "lead_unanswered"
    for alert in watching.lapse(work, limit, now):
        notices.alert(alert)
        counts[("watch ended", "")] += 1
    if forgotten := former.forget(work, now):
        counts[("former reference forgotten", "")] += forgotten
    for alert in checks.unexplained(work, now):
        notices.alert(alert)
        counts[("presentation unexplained", "")] += 1
    _reviews(work, house, notices, counts, now)
    for sender, first, last in sequences.gaps_due(work, limit, now):
        notices.gap(sender, first, last)
        counts[("sequence gap", "")] += 1
    return Settled(outbox_rows.add(work, house.process, [], notices.mail(house.signing), now), dict(counts))


def _reviews(work: Work, house: House, notices: Notices, counts: Counter[tuple[str, str]], now: int) -> None:
    """Reviews that nobody answered, and differences that were decided too long ago."""
    lapsed, again = reviews.lapse(work, now), merges.forget_differences(work, house, now)
    reviews.tell(work, notices, (*lapsed, *again))
    for what, which in (("review lapsed", lapsed), ("review again", again)):
        if which:
            counts[(what, "")] += len(which)


def _expire_messages(
    work: Work, house: House, notices: Notices, counts: Counter[tuple[str, str]], limit: int, now: int
) -> None:
    sql = _PAST if work.sqlite else f"{_PAST} FOR UPDATE SKIP LOCKED"
    late = now - SENT_GRACE
    ends: list[Row] = []
    hops: list[Row] = []
    unanswered: list[str] = []
    for message, sender, recipient, kind, conversation, attempt, state, why in work.rows(sql, now, late, late, limit):
        # What waited for a registration in vain never was about anyone: that is the sender's to mend, and a refusal.
        refused = state == "waiting" and why == Reason.UNKNOWN_REFERENCE.value
        end = "refused" if refused else "expired"
        reason = Reason(why) if why else None
        ends.append((end, why, now, message))
        hops.append((message, now, end, why, attempt, None))
        if kind == Kind.CASELOAD_CHECK.value:
            # Silence is none of the four answers.
            notices.caseload(sender, message, conversation, cannot_say(now), asked=now)
            unanswered.append(message)
        notices.receipt(sender, message, conversation, ReceiptState(end), reason)
        notices.outcome(message, attempt, end, reason, sender, recipient, kind)
        counts[(end, why or "")] += 1
    work.many(_END, ends)
    checks.ended_unanswered(work, unanswered, now, house.budgets.presentation_ms)
    over = [end[3] for end in ends]
    messages.forget(work, over)
    outbox_rows.withdraw(work, over)
    fall(work, over, notices)
    messages.write_hops(work, hops)
