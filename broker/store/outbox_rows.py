"""The outbox as rows: what is to be published, who is publishing it, and how much an inbox may still take.

A delivery's bytes are not written twice: its row names the message, whose submission and permit are kept until it has
ended. Leaves out: publishing (the broker's shell).
"""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from broker.incoming import OutRow
from broker.store.database import Work
from broker.store.delivery import Trust, compose_stored
from broker.store.notices import Mail
from contracts import topology

CLAIM: Final = 30_000
"""How long a process may take to publish a row before another takes it over."""
MARGIN: Final = 1_000
"""A permit with less time than this left would reach its recipient stale, so it is not sent at all."""

_OUTBOX: Final = "outbox (id, exchange, routing_key, what, about, body, not_before, claimed_by, claimed_until)"
_SENT: Final = "DELETE FROM outbox WHERE id = ANY(?)"
_POSTPONE: Final = "UPDATE outbox SET not_before = ?, claimed_by = NULL, claimed_until = 0 WHERE id = ANY(?)"
_CLAIMABLE: Final = (
    "SELECT o.id, o.exchange, o.routing_key, o.what, o.about, o.body, o.not_before, m.state, m.valid_until, b.submission, "
    "b.permit, r.recalled > m.log_index FROM outbox AS o LEFT JOIN message AS m ON m.id = o.about "
    "LEFT JOIN body AS b ON b.message = o.about LEFT JOIN record AS r ON r.id = m.record "
    "WHERE o.claimed_until <= ? AND o.not_before <= ? ORDER BY o.id LIMIT ?"
)
_CLAIM: Final = "UPDATE outbox SET claimed_by = ?, claimed_until = ? WHERE id = ANY(?)"
_UNRECEIPTED: Final = "SELECT recipient, count(*) FROM message WHERE state = 'sent' AND recipient = ANY(?) GROUP BY recipient"
_QUEUED_FOR: Final = (
    "SELECT value FROM EACH(?) WHERE EXISTS (SELECT 1 FROM message WHERE state = 'queued' AND recipient = value)"
)
_RELEASE: Final = "UPDATE outbox SET claimed_by = NULL, claimed_until = 0 WHERE claimed_by = ? AND claimed_until > ?"
_WITHDRAW: Final = "DELETE FROM outbox WHERE about = ANY(?)"


@dataclass(frozen=True, slots=True)
class Parcel:
    """A delivery to publish: the message it is about, and its bytes as made now."""

    recipient: str
    message: str
    body: bytes


def add(work: Work, process: str, parcels: Sequence[Parcel], mail: Sequence[Mail], now: int) -> list[OutRow]:
    """Write what is to be published, claimed by this process, which may publish it from memory after the commit."""
    count = len(parcels) + len(mail)
    if not count:
        return []
    numbers, names = work.numbers(count), _names(count)
    rows = [
        OutRow(number, topology.INBOX, p.recipient, p.body, topology.WHAT_DELIVERY, name, 0)
        for p, number, name in zip(parcels, numbers, names, strict=False)
    ]
    rows += [
        OutRow(number, m.exchange, m.routing_key, m.body, m.what, name, m.not_before)
        for m, number, name in zip(mail, numbers[len(parcels) :], names[len(parcels) :], strict=True)
    ]
    about = [*(p.message for p in parcels), *(None for _ in mail)]
    until = now + CLAIM
    work.add(
        _OUTBOX,
        [
            (r.id, r.exchange, r.routing_key, r.what, a, None if a else r.body, r.not_before, process, until)
            for r, a in zip(rows, about, strict=True)
        ],
    )
    return rows


def sent(work: Work, numbers: Collection[int]) -> None:
    """RabbitMQ has confirmed these."""
    if numbers:
        work.run(_SENT, list(numbers))


def postpone(work: Work, numbers: Collection[int], until: int) -> None:
    """These could not be published; not again before ``until``."""
    work.run(_POSTPONE, until, list(numbers))


def release(work: Work, process: str, now: int) -> None:
    """This process publishes none of its rows any more; anyone may."""
    work.run(_RELEASE, process, now)


def withdraw(work: Work, messages: Collection[str]) -> None:
    """These messages are not to be published after all."""
    if messages:
        work.run(_WITHDRAW, list(messages))


def unreceipted(work: Work, recipients: Collection[str]) -> dict[str, int]:
    """How many deliveries lie in each inbox without a receipt."""
    return dict.fromkeys(recipients, 0) | dict(work.rows(_UNRECEIPTED, list(recipients)))


class Room:
    """How much more these inboxes may take, counted when it is first asked. What is new does not go before what waits."""

    def __init__(self, work: Work, recipients: Collection[str], credit: int) -> None:
        self._work, self._recipients, self._credit = work, recipients, credit
        self._left: dict[str, int] = {}
        self._waited_for: set[str] = set()

    def take(self, recipient: str, *, new: bool) -> bool:
        """Whether the inbox may take this one; the place is taken. ``new``: it was not here before."""
        if not self._left:
            lying = unreceipted(self._work, self._recipients)
            self._left = {each: self._credit - count for each, count in lying.items()}
            self._waited_for = {inbox for (inbox,) in self._work.rows(_QUEUED_FOR, list(self._recipients))}
        left = 0 if new and recipient in self._waited_for else self._left[recipient]
        if left <= 0:
            self._waited_for.add(recipient)
            return False
        self._left[recipient] = left - 1
        return True


def claim(work: Work, process: str, limit: int, now: int, trust: Trust) -> tuple[list[OutRow], list[str]]:
    """Rows that nobody publishes, now claimed; and the messages whose permit would be stale when they arrive.

    Stale is also what she took back after it was permitted: whoever had claimed it then may have died before publishing it.
    """
    sql = _CLAIMABLE if work.sqlite else f"{_CLAIMABLE} FOR UPDATE OF o SKIP LOCKED"
    found = work.rows(sql, now, now, limit)
    rows: list[OutRow] = []
    stale: list[str] = []
    ended: list[str] = []
    names = _names(len(found))
    for row, name in zip(found, names, strict=True):
        number, exchange, routing_key, what, about, body, not_before, state, valid_until, submission, permit, recalled = row
        if about is None:
            rows.append(OutRow(number, exchange, routing_key, bytes(body), what, name, not_before))
        elif state != "sent" or submission is None or permit is None:
            ended.append(about)
        elif recalled or valid_until < now + MARGIN or not trust.holds_for(permit):
            stale.append(about)
        else:
            whole = compose_stored(bytes(submission), bytes(permit))
            rows.append(OutRow(number, exchange, routing_key, whole, what, name, not_before))
    withdraw(work, (*stale, *ended))
    if rows:
        work.run(_CLAIM, process, now + CLAIM, [row.id for row in rows])
    return rows, stale


def _names(count: int) -> list[str]:
    """A fresh AMQP message id for every publish: one call for the random bytes of all of them."""
    text = secrets.token_hex(16 * count)
    return [text[place : place + 32] for place in range(0, len(text), 32)]
