"""Watches and unmet needs as rows: who asked to hear when she comes to another agency, and what no service could meet.

A watch is its owner's alone, has a reason and an end, and ends when she takes a consent back. Leaves out: when one fires,
which a caseload check says (``broker/checks.py``).
"""

from collections.abc import Collection
from typing import Final

from broker.effects import CountGap, EndWatch, SetWatch
from broker.outcome import Alert
from broker.store.database import LostError, Work
from contracts.envelope import Header

_SET: Final = (
    "INSERT INTO watch (record, agency, reason, message, at, until) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (record) "
    "DO UPDATE SET reason = excluded.reason, message = excluded.message, at = excluded.at, until = excluded.until"
)
_END: Final = "DELETE FROM watch WHERE record = ?"
_OF_PERSON: Final = (
    "SELECT w.agency FROM watch AS w JOIN record AS r ON r.id = w.record WHERE r.person = ? AND w.until > ? ORDER BY w.agency"
)
_LAPSED: Final = (
    "SELECT w.record, w.agency, r.reference FROM watch AS w JOIN record AS r ON r.id = w.record WHERE w.until <= ? LIMIT ?"
)
_OF_RECORDS: Final = (
    "SELECT w.record, w.agency, r.reference FROM watch AS w JOIN record AS r ON r.id = w.record "
    "WHERE r.person IN (SELECT person FROM record WHERE id = ANY(?))"
)
_COUNT: Final = "INSERT INTO gap (message, need, agency, why, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"


def apply(work: Work, effect: SetWatch | EndWatch | CountGap, header: Header, now: int) -> None:
    """Write an effect down."""
    match effect:
        case SetWatch():
            work.run(_SET, effect.record, header.sender, effect.reason.value, header.id, now, effect.until)
        case EndWatch():
            if work.run(_END, effect.record) < 1:
                raise LostError
        case CountGap():
            why = ", ".join(effect.why)
            work.many(_COUNT, [(header.id, need, header.sender, why, now) for need in effect.needs])


def watching(work: Work, person: str, now: int) -> frozenset[str]:
    """The agencies that asked to hear when she comes to another."""
    return frozenset(agency for (agency,) in work.rows(_OF_PERSON, person, now))


def lapse(work: Work, limit: int, now: int) -> tuple[Alert, ...]:
    """End the watches whose time is over, and say whom to tell."""
    return _ended(work, work.rows(_LAPSED, now, limit))


def cancel(work: Work, records: Collection[str]) -> tuple[Alert, ...]:
    """She took a consent back: nobody watches for her any more, whoever asked for it. Whom to tell."""
    return _ended(work, work.rows(_OF_RECORDS, list(records))) if records else ()


def _ended(work: Work, rows: list[tuple[str, ...]]) -> tuple[Alert, ...]:
    for record, _, _ in rows:
        work.run(_END, record)
    return tuple(Alert(agency, "watch_ended", reference) for _, agency, reference in rows)
