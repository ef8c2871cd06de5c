"""What recipients say became of their deliveries: delivered, too late, or refused. Only the recipient may say it.

A receipt counts for the attempt it names, once; one that comes again, or for an attempt that is over, changes nothing.
"""

from typing import Final

from broker.store import messages, outbox_rows, withdrawals
from broker.store.database import Row, Work
from broker.store.fallen import fall
from broker.store.notices import Notices
from contracts.steps import Receipt
from contracts.vocabulary import Reason, ReceiptState

_FIND: Final = "SELECT id, sender, recipient, kind, conversation, attempt, state FROM message WHERE id = ANY(?)"
_END: Final = (
    "UPDATE message SET state = ?, reason = ?, ended = ?, valid_until = NULL, step = CASE WHEN ? = 'refused' THEN NULL "
    "ELSE step END WHERE id = ?"
)
_OWN_FAULT: Final = frozenset(
    {
        Reason.RECIPIENT_COULD_NOT_OPEN,
        Reason.RECIPIENT_SYSTEM_REFUSED,
        Reason.CONSENT_WITHDRAWN,
        Reason.LAST_DOSE_MISSING,
    }
)


def take(work: Work, agency: str, receipts: tuple[Receipt, ...], notices: Notices, now: int) -> dict[str, int]:
    """Write down an agency's receipts and tell the senders; how many of each result counted."""
    counted = withdrawals.acknowledge(work, agency, receipts, notices, now)
    rows = {row[0]: row for row in work.rows(_FIND, [receipt.message for receipt in receipts])}
    ends: list[Row] = []
    stale: list[str] = []
    fallen: list[str] = []
    hops: list[Row] = []
    for receipt in receipts:
        row = rows.get(receipt.message)
        if row is None or row[2] != agency or row[5] != receipt.attempt or not _stands(row[6], receipt.result):
            continue
        message, sender, recipient, kind, conversation, attempt, _ = row
        # The same message twice in one notice counts once.
        del rows[message]
        counted[receipt.result] = counted.get(receipt.result, 0) + 1
        if receipt.result == "stale":
            stale.append(message)
            hops.append((message, now, "stale", Reason.PERMIT_STALE.value, attempt, None))
            continue
        reason = None if receipt.result == "delivered" else _why(receipt.reason)
        ends.append((receipt.result, reason.value if reason else None, now, receipt.result, message))
        notices.receipt(sender, message, conversation, ReceiptState(receipt.result), reason)
        notices.outcome(message, attempt, receipt.result, reason, sender, recipient, kind)
        if reason is not None:
            fallen.append(message)
            hops.append((message, now, receipt.result, reason.value, attempt, None))
    work.many(_END, ends)
    messages.back_to_waiting(work, stale, Reason.PERMIT_STALE, now)
    over = [end[4] for end in ends]
    messages.forget(work, over)
    # It may have arrived before RabbitMQ's confirm did.
    outbox_rows.withdraw(work, (*over, *stale))
    fall(work, fallen, notices)
    messages.write_hops(work, hops)
    return counted


def _stands(state: str, result: str) -> bool:
    # Handed over before the end and told after it: that it arrived is the truth, and the sender must not send again.
    return state == "sent" or (state == "expired" and result == "delivered")


def _why(reason: Reason | None) -> Reason:
    if reason is None:
        return Reason.RECIPIENT_SYSTEM_REFUSED
    return reason if reason in _OWN_FAULT else Reason.RECIPIENT_COULD_NOT_OPEN
