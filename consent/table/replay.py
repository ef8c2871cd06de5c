"""Every recorded decision made again, from the log: by the protocol of then, or by two to see which would flip.

A page of the log at a time; what is about a person is opened for the judging and shown to nobody. Leaves out: telling it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, text

from consent.consents import Consent
from consent.log.read import LoggedEntry, entries_about, entries_between, newest_checkpoint
from consent.protocol import Protocol
from consent.protocol_file import read_kept
from consent.store import consents_about
from consent.table.matter import Matter
from consent.table.recorded import DECISIONS, CannotBeMadeAgain, Told, consents_named, matter_then, told, told_then

_PAGE: Final = 500
_KEPT: Final = text("SELECT hash, text FROM protocol WHERE hash LIKE :begins")


@dataclass(frozen=True, slots=True)
class Made:
    """A recorded decision, with what is needed to make it again."""

    entry: LoggedEntry
    then: Told
    matter: Matter | CannotBeMadeAgain

    @property
    def message(self) -> str:
        """The message and the attempt."""
        return f"{self.entry.message_id} attempt {self.entry.skeleton['attempt']}"


def decisions(connection: Connection, heard: Callable[[int, int], None] = lambda *_: None) -> Iterator[Made]:
    """Every decision in the log, oldest first. ``heard`` is told how far it has come."""
    newest = newest_checkpoint(connection)
    size = newest.size if newest else 0
    for first in range(0, size, _PAGE):
        end = min(first + _PAGE, size)
        yield from _made(connection, entries_between(connection, first, end, subjects=True))
        heard(end, size)


def decisions_about(connection: Connection, message: str) -> list[Made]:
    """The decisions about one message, oldest first."""
    return list(_made(connection, entries_about(connection, message, subjects=True)))


def protocol_kept(connection: Connection, named: str) -> Protocol | None:
    """The one protocol whose hash begins so, from the words that were kept when it came into force."""
    if not named.isalnum():
        return None
    kept = {row.hash: row.text for row in connection.execute(_KEPT, {"begins": f"{named}%"})}
    return read_kept(next(iter(kept.values())).encode()) if len(kept) == 1 else None


def again(made: Made, protocol: Protocol) -> Told | None:
    """What this protocol says of it; None where it cannot be made again."""
    return None if isinstance(made.matter, CannotBeMadeAgain) else told(made.matter.judged(protocol))


def _made(connection: Connection, entries: list[LoggedEntry]) -> Iterator[Made]:
    decided = [entry for entry in entries if entry.kind in DECISIONS]
    known = _consents(connection, decided)
    for entry in decided:
        yield Made(entry, told_then(entry), matter_then(entry, known))


def _consents(connection: Connection, entries: list[LoggedEntry]) -> dict[str, Consent]:
    named = {one for entry in entries for one in consents_named(entry)}
    return {one.consent.id: one.consent for one in consents_about(connection, [], sorted(named))} if named else {}
