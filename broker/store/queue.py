"""What may go out now: rows that a process left behind, and messages that waited for room in their inbox.

A permit that would arrive stale is not sent; its message is asked about again, but not before there is room for it: while much
waits for a full inbox, nothing is decided in vain. Leaves out: publishing.
"""

from typing import Final

from broker.incoming import OutRow
from broker.store import messages, outbox_rows
from broker.store.database import Work
from broker.store.delivery import Trust, compose_stored
from broker.store.house import House
from broker.store.outbox_rows import MARGIN, Parcel
from contracts.vocabulary import Reason

_WAITING_INBOXES: Final = "SELECT DISTINCT recipient FROM message WHERE state = 'queued'"
_NEXT: Final = (
    "SELECT m.id, m.valid_until, b.submission, b.permit FROM message AS m JOIN body AS b ON b.message = m.id "
    "WHERE m.state = 'queued' AND m.recipient = ? ORDER BY m.decided, m.arrived, m.sequence LIMIT ?"
)
# The two states are those of the index.
_BEING_ASKED: Final = (
    "SELECT recipient, count(*) FROM message WHERE state IN ('waiting', 'held') AND state = 'waiting' AND reason = ANY(?) "
    "GROUP BY recipient"
)
_ASKING: Final = [Reason.PERMIT_STALE.value, Reason.CHECK_NOT_AVAILABLE.value]
_SEND: Final = "UPDATE message SET state = 'sent' WHERE id = ANY(?) AND state = 'queued'"


def claim(work: Work, house: House, limit: int, now: int, trust: Trust) -> list[OutRow]:
    """Rows to publish now, claimed by this process. What was permitted before a change is asked about again."""
    rows, stale = outbox_rows.claim(work, house.process, limit, now, trust)
    messages.back_to_waiting(work, stale, Reason.PERMIT_STALE, now)
    if len(rows) < limit:
        parcels = _released(work, house, limit - len(rows), now, trust)
        rows += outbox_rows.add(work, house.process, parcels, [], now)
    return rows


def _released(work: Work, house: House, limit: int, now: int, trust: Trust) -> list[Parcel]:
    """Messages whose inbox has room again, the oldest first, and those of one batch as their sender numbered them."""
    inboxes = [recipient for (recipient,) in work.rows(_WAITING_INBOXES)]
    if not inboxes:
        return []
    parcels: list[Parcel] = []
    doubted: list[str] = []
    # Two processes may both see the same room: they take turns, so that neither sends the other's message again.
    work.lock(["0" * 15])
    being_asked: dict[str, int] = dict(work.rows(_BEING_ASKED, _ASKING))
    for recipient, lying in outbox_rows.unreceipted(work, inboxes).items():
        room = min(house.credit - lying, limit - len(parcels))
        # What is being asked about has its place, or the next look would find the same room and ask about the next ones too.
        to_ask = room - being_asked.get(recipient, 0)
        for message, valid_until, submission, permit in work.rows(_NEXT, recipient, max(0, room)):
            if now + MARGIN <= valid_until and trust.holds_for(permit):
                parcels.append(Parcel(recipient, message, compose_stored(bytes(submission), bytes(permit))))
            elif to_ask > 0:
                doubted.append(message)
                to_ask -= 1
    messages.back_to_waiting(work, doubted, Reason.PERMIT_STALE, now)
    work.run(_SEND, [parcel.message for parcel in parcels])
    return parcels
