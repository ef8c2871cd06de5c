"""What may go out now: rows that a process left behind, and messages that waited for room in their inbox.

A permit that would arrive stale is not sent; its message is asked about again. Leaves out: publishing.
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
_STALE: Final = "SELECT id FROM message WHERE state = 'queued' AND valid_until < ? LIMIT ?"
_NEXT: Final = (
    "SELECT m.id, b.submission, b.permit FROM message AS m JOIN body AS b ON b.message = m.id "
    "WHERE m.state = 'queued' AND m.recipient = ? ORDER BY m.decided, m.arrived LIMIT ?"
)
_SEND: Final = "UPDATE message SET state = 'sent' WHERE id = ANY(?) AND state = 'queued'"


def claim(work: Work, house: House, limit: int, now: int, trust: Trust) -> list[OutRow]:
    """Rows to publish now, claimed by this process. What was permitted before a change is asked about again."""
    rows, stale = outbox_rows.claim(work, house.process, limit, now, trust)
    stale += [message for (message,) in work.rows(_STALE, now + MARGIN, limit)]
    messages.back_to_waiting(work, stale, Reason.PERMIT_STALE, now)
    if len(rows) < limit:
        parcels = _released(work, house, limit - len(rows), now, trust)
        rows += outbox_rows.add(work, house.process, parcels, [], now)
    return rows


def _released(work: Work, house: House, limit: int, now: int, trust: Trust) -> list[Parcel]:
    """Messages whose inbox has room again, the oldest first."""
    inboxes = [recipient for (recipient,) in work.rows(_WAITING_INBOXES)]
    if not inboxes:
        return []
    parcels: list[Parcel] = []
    doubted: list[str] = []
    # Two processes may both see the same room: they take turns, so that neither sends the other's message again.
    work.lock(["0" * 15])
    for recipient, lying in outbox_rows.unreceipted(work, inboxes).items():
        room = min(house.credit - lying, limit - len(parcels))
        if room > 0:
            for message, submission, permit in work.rows(_NEXT, recipient, room):
                if not trust.holds_for(permit):
                    doubted.append(message)
                else:
                    parcels.append(Parcel(recipient, message, compose_stored(bytes(submission), bytes(permit))))
    messages.back_to_waiting(work, doubted, Reason.PERMIT_STALE, now)
    work.run(_SEND, [parcel.message for parcel in parcels])
    return parcels
