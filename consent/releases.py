"""What was released to whom, found again when she takes it back or it was wrong; and who is told so (H1, H6).

Leaves out: telling them, which the broker does and proves (``outcomes``), and the report of it (``rights/travelled``).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import Connection

from consent.consents import Consent
from consent.new_rows import put
from consent.store import rows_in
from contracts.consent_check import Telling
from contracts.identifiers import new_id
from contracts.vocabulary import Label, Purpose

_RELEASED: Final = (
    "SELECT message_id, record, sender, recipient, purpose, labels, decided, log_index FROM decision "
    "WHERE answer = 'permitted' AND "
)
# A yes to anything else carried these with it.
_CARRIED: Final = frozenset({Label.REQUEST, Label.OUTCOME})


@dataclass(frozen=True, slots=True)
class Release:
    """One message that its recipient may have opened, in all its attempts together."""

    message: str
    record: str | None
    sender: str
    recipient: str
    purpose: Purpose
    labels: frozenset[Label]
    decided: int
    index: int


@dataclass(frozen=True, slots=True)
class Told:
    """A recipient that is told about one release."""

    id: str
    release: Release

    @property
    def telling(self) -> Telling:
        """As the broker carries it."""
        return Telling(id=self.id, message=self.release.message)


def releases_about(connection: Connection, records: Iterable[str]) -> list[Release]:
    """Everything that was released under these records, oldest first."""
    return _together(rows_in(connection, _RELEASED + "record IN", records))


def release_of(connection: Connection, message: str) -> Release | None:
    """What was released of one message, or None."""
    found = _together(rows_in(connection, _RELEASED + "message_id IN", [message]))
    return found[0] if found else None


def rests_on(release: Release, consent: Consent, separate: frozenset[Label]) -> bool:
    """Whether a release told her this purpose's recipient something that the consent named, or that a yes to it carried."""
    named = consent.labels if consent.labels <= separate else consent.labels | _CARRIED
    to_it = release.recipient == consent.recipient and release.purpose is consent.purpose
    return to_it and not release.labels.isdisjoint(named)


def told_of(release: Release, consent: Consent, labels: frozenset[Label]) -> bool:
    """Whether a release told this consent's recipient one of these labels, for its purpose."""
    return (
        release.recipient == consent.recipient and release.purpose is consent.purpose and not release.labels.isdisjoint(labels)
    )


def to_tell(releases: Iterable[Release]) -> tuple[Told, ...]:
    """A telling for each."""
    return tuple(Told(new_id(), release) for release in releases)


def put_tellings(connection: Connection, told: Sequence[Told], cause: str, consent: str | None, index: int, now: int) -> None:
    """Write down who is told, with the entry that says so."""
    columns = "telling_id, cause, consent_id, message_id, recipient, made, log_index"
    rows = [(one.id, cause, consent, one.release.message, one.release.recipient, now, index) for one in told]
    put(connection, "telling", columns, rows)


def tellings_of(connection: Connection, cause: str) -> tuple[Telling, ...]:
    """The tellings of a withdrawal or correction that was answered before."""
    found = rows_in(connection, "SELECT telling_id, message_id FROM telling WHERE cause IN", [cause])
    return tuple(Telling(id=row.telling_id, message=row.message_id) for row in found)


def _together(rows: Iterable[Any]) -> list[Release]:
    found: dict[str, Release] = {}
    for row in rows:
        labels = frozenset(Label(label) for label in (row.labels or "").split())
        one = Release(
            row.message_id, row.record, row.sender, row.recipient, Purpose(row.purpose), labels, row.decided, row.log_index
        )
        before = found.get(one.message)
        found[one.message] = replace(before, labels=before.labels | labels) if before else one
    return sorted(found.values(), key=lambda one: (one.decided, one.index))
