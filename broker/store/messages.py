"""Messages as rows: where each stands, when it is asked about again, and what it carries until it has ended.

Leaves out: what becomes of one (``broker/decide.py``) and who carries that out (``settling``).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from broker import decide
from broker.incoming import Examined, Incoming
from broker.routing import Answered
from broker.store.database import Row, Work
from contracts.canonical import MalformedError
from contracts.envelope import read_submission
from contracts.kinds import Kind
from contracts.vocabulary import Reason

LEASE: Final = 30_000
"""How long a process may take to ask about a row before another does."""

_STANDING: Final = "SELECT id, state, header, attempt, reason, deadline FROM message WHERE id = ANY(?)"
_STEPS: Final = "SELECT step, id FROM message WHERE step = ANY(?)"
_ANSWERED: Final = "SELECT id, sender, recipient, kind, conversation, state FROM message WHERE id = ANY(?)"
_MESSAGE: Final = (
    "message (id, header, sender, recipient, kind, conversation, in_reply_to, sequence, created, not_after, arrived, attempt, "
    "state, reason, decided, ended, due_at, owner, deadline, record, waits_for, step, valid_until, log_index)"
)
_UPDATE: Final = (
    "UPDATE message SET state = ?, reason = ?, decided = ?, ended = ?, due_at = ?, owner = ?, deadline = ?, record = ?, "
    "waits_for = ?, step = ?, valid_until = ?, log_index = ? WHERE id = ?"
)
_BODY: Final = "body (message, submission, permit)"
_PERMIT: Final = "UPDATE body SET permit = ? WHERE message = ?"
_DELETE_BODY: Final = "DELETE FROM body WHERE message = ANY(?)"
_HOP: Final = "hop (message, at, what, reason, attempt, officer)"
_REFUSED_BEFORE: Final = "SELECT body_hash FROM refusal WHERE body_hash = ?"
_REFUSAL: Final = "INSERT INTO refusal (body_hash, sender, message, reason, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
_DUE: Final = (
    "SELECT id FROM message WHERE state IN ('waiting', 'held') AND due_at <= ? AND not_after > ? "
    "ORDER BY due_at, arrived, sequence LIMIT ?"
)
_LEASED: Final = "UPDATE message SET due_at = ?, attempt = attempt + 1 WHERE id = ANY(?)"
_BODIES: Final = (
    "SELECT m.id, m.sender, m.attempt, m.arrived, b.submission FROM message AS m JOIN body AS b ON b.message = m.id "
    "WHERE m.id = ANY(?) ORDER BY m.arrived, m.sequence, m.id"
)
_WAKE: Final = "UPDATE message SET due_at = ? WHERE record = ANY(?) AND state IN ('waiting', 'held')"
_WAKE_REFERENCE: Final = "UPDATE message SET due_at = ? WHERE waits_for = ? AND sender = ? AND state = 'waiting'"
_RECALLABLE: Final = (
    "SELECT id, attempt FROM message WHERE record = ANY(?) AND state = 'queued' UNION ALL "
    "SELECT m.id, m.attempt FROM message AS m JOIN outbox AS o ON o.about = m.id "
    "WHERE m.record = ANY(?) AND m.state = 'sent' AND o.claimed_until <= ?"
)
_BACK: Final = (
    "UPDATE message SET state = 'waiting', reason = ?, due_at = ?, valid_until = NULL WHERE id = ANY(?) "
    "AND state IN ('sent', 'queued')"
)
_REFUSE: Final = "UPDATE message SET state = 'refused', reason = ?, ended = ?, step = NULL WHERE id = ? AND ended IS NULL"
_PERMITS_LAPSE: Final = "UPDATE body SET permit = NULL WHERE message = ANY(?)"


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a message stands after it was decided."""

    state: str
    reason: Reason | None = None
    ended: int | None = None
    due_at: int | None = None
    owner: str | None = None
    deadline: int | None = None
    waits_for: str | None = None
    valid_until: int | None = None
    log_index: int | None = None
    permit: bytes | None = None


def standing(work: Work, ids: Collection[str]) -> dict[str, decide.Row]:
    """Where messages of these ids stand, by id."""
    if not ids:
        return {}
    return {row[0]: decide.Row(*row[1:]) for row in work.rows(_STANDING, list(ids))}


def steps_taken(work: Work, keys: Collection[str]) -> dict[str, str]:
    """Which of these steps stand already, and by which message."""
    return dict(work.rows(_STEPS, list(keys))) if keys else {}


def answered(work: Work, ids: Collection[str]) -> dict[str, Answered]:
    """The messages that are answered, by id."""
    if not ids:
        return {}
    found = work.rows(_ANSWERED, list(ids))
    return {row[0]: Answered(row[1], row[2], Kind(row[3]), row[4], row[5]) for row in found}


class MessageRows:
    """The rows that a batch changes, written together at its end."""

    def __init__(self, now: int) -> None:
        self._now = now
        self._inserts: list[Row] = []
        self._updates: list[Row] = []
        self._bodies: list[Row] = []
        self._permits: list[Row] = []
        self._over: list[str] = []
        self._hops: list[Row] = []
        self._refusals: list[Row] = []

    def settle(self, examined: Examined, stand: Stand, record: str | None, step: str | None) -> None:
        """A message that can be read stands here now."""
        incoming = examined.incoming
        received = incoming.received
        assert received is not None
        header = received.header
        kept = stand.ended is None
        reason = stand.reason.value if stand.reason else None
        tail = (
            stand.state, reason, self._now, stand.ended, stand.due_at, stand.owner, stand.deadline, record, stand.waits_for,
            None if stand.state == "refused" else step, stand.valid_until, stand.log_index,
        )  # fmt: skip
        if incoming.known:
            self._updates.append((*tail, header.id))
            if kept:
                self._permits.append((stand.permit, header.id))
            else:
                self._over.append(header.id)
        else:
            self._inserts.append(
                (
                    header.id, received.header_hash.hex(), header.sender, header.recipient, header.kind.value,
                    header.conversation, header.in_reply_to, header.sequence, header.created, header.not_after,
                    incoming.arrived, incoming.attempt, *tail,
                )
            )  # fmt: skip
            if kept:
                self._bodies.append((header.id, incoming.body, stand.permit))
        if incoming.known or stand.state not in {"sent", "done"}:
            self.hop(header.id, stand.state, reason, incoming.attempt)

    def hop(self, message: str, what: str, reason: str | None, attempt: int, officer: str | None = None) -> None:
        """One turn of a message's way, for ``./run trace``."""
        self._hops.append((message, self._now, what, reason, attempt, officer))

    def refusal(self, body_hash: str, sender: str, message: str | None, reason: Reason) -> None:
        """Bytes that never became a message."""
        self._refusals.append((body_hash, sender, message, reason.value, self._now))

    def write(self, work: Work) -> None:
        """Everything, each kind of row by one statement."""
        # Another process may have taken the same message, or the same step, in this very moment.
        work.add(_MESSAGE, self._inserts)
        work.add(_BODY, self._bodies)
        work.many(_UPDATE, self._updates)
        work.many(_PERMIT, self._permits)
        work.many(_REFUSAL, self._refusals)
        forget(work, self._over)
        write_hops(work, self._hops)


def write_hops(work: Work, hops: Sequence[Row]) -> None:
    """Rows of (message, at, what, reason, attempt, officer)."""
    work.add(_HOP, hops)


def forget(work: Work, messages: Collection[str]) -> None:
    """What these messages carried is not needed any more."""
    if messages:
        work.run(_DELETE_BODY, list(messages))


def refused_before(work: Work, body_hash: str) -> bool:
    """Whether these bytes were refused before."""
    return work.one(_REFUSED_BEFORE, body_hash) is not None


def refuse_stored(work: Work, message: str, reason: Reason, now: int) -> bool:
    """End a stored message without deciding it; whether it had not ended before."""
    touched = work.run(_REFUSE, reason.value, now, message)
    forget(work, [message])
    return touched > 0


def due(work: Work, limit: int, now: int) -> list[Incoming]:
    """Messages whose time has come, each at its next attempt, leased to whoever calls."""
    ids = [found for (found,) in work.rows(_DUE if work.sqlite else f"{_DUE} FOR UPDATE SKIP LOCKED", now, now, limit)]
    if not ids:
        return []
    work.run(_LEASED, now + LEASE, ids)
    return [_incoming(*row) for row in work.rows(_BODIES, ids)]


def wake(work: Work, records: Collection[str], now: int) -> None:
    """Ask again now about everything that waits for these records."""
    if records:
        work.run(_WAKE, now, list(records))


def wake_references(work: Work, registered: Sequence[tuple[str, str]], now: int) -> None:
    """Ask again now about everything that waited for these registrations: agency and reference."""
    work.many(_WAKE_REFERENCE, [(now, reference, agency) for agency, reference in registered])


def recall(work: Work, records: Collection[str], now: int, why: Reason) -> list[str]:
    """What was permitted for these records and is not on its way yet is asked again; the messages whose rows go."""
    found = work.rows(_RECALLABLE, list(records), list(records), now)
    messages = [message for message, _ in found]
    back_to_waiting(work, messages, why, now)
    hops = [(m, now, "recalled", why.value, attempt, None) for m, attempt in found]
    write_hops(work, hops)
    return messages


def back_to_waiting(work: Work, messages: Collection[str], reason: Reason, now: int) -> None:
    """These lose their permit and are asked about again at once."""
    if messages:
        work.run(_BACK, reason.value, now, list(messages))
        work.run(_PERMITS_LAPSE, list(messages))


def _incoming(message: str, sender: str, attempt: int, arrived: int, body: bytes) -> Incoming:
    try:
        received, refused = read_submission(bytes(body)), None
    except MalformedError as error:
        # It was read once, by an earlier version of the contracts.
        received, refused = None, error.reason
    return Incoming(sender, bytes(body), received, refused, message, attempt, arrived, known=True)
