"""A referral that its sender takes back before it has left: it ends here, and its recipient hears of neither.

Leaves out: which one may be taken back (``broker/routing.py``), and one that has left: the withdrawal follows it.
"""

from collections.abc import Collection
from typing import Final

from broker.store import messages
from broker.store.database import AgainError, Work
from broker.store.notices import Notices
from contracts.vocabulary import Reason, ReceiptState

_STOP: Final = (
    "UPDATE message SET state = 'refused', reason = ?, ended = ?, step = NULL, valid_until = NULL WHERE id = ANY(?) "
    "AND state IN ('waiting', 'held', 'queued') RETURNING id, sender, recipient, kind, conversation, attempt"
)


def stop(work: Work, taken_back: Collection[str], notices: Notices, now: int) -> None:
    """End these messages, and tell their sender and the log. AgainError when one has left in this very moment."""
    if not taken_back:
        return
    stopped = work.rows(_STOP, Reason.TAKEN_BACK.value, now, list(taken_back))
    if len(stopped) < len(set(taken_back)):
        raise AgainError
    for message, sender, recipient, kind, conversation, attempt in stopped:
        notices.receipt(sender, message, conversation, ReceiptState.REFUSED, Reason.TAKEN_BACK)
        notices.outcome(message, attempt, "refused", Reason.TAKEN_BACK, sender, recipient, kind)
    messages.forget(work, [row[0] for row in stopped])
    messages.write_hops(work, [(row[0], now, "refused", Reason.TAKEN_BACK.value, row[5], None) for row in stopped])
