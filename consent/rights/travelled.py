"""How far a withdrawal or a correction has come: who was told, who acknowledged it, and what cannot be recalled (H1, V9).

What a recipient has opened cannot be taken from it; that is said here in so many words. Leaves out: telling (the broker).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection

from consent.log.entry import EntryKind
from consent.log.read import entries_between
from consent.store import rows_in

LATE_AFTER: Final = 2 * 86_400_000
"""Two days: nobody is without the news for longer (H1)."""

_TELLINGS: Final = (
    "SELECT t.telling_id, t.cause, t.message_id, t.recipient, t.made, t.log_index, o.state, o.log_index AS said_index "
    "FROM telling t LEFT JOIN outcome o ON o.message_id = t.telling_id WHERE t."
)
_MESSAGES: Final = "SELECT message_id, state, log_index FROM outcome WHERE message_id IN"
# Decided again after the release, and refused: the recipient's receipt said that it had not been opened.
_DECIDED_AGAIN: Final = "SELECT message_id, log_index FROM decision WHERE answer = 'refused' AND message_id IN"
_WITHDRAWN: Final = "SELECT consent_id, withdrawn_at, message_id, log_index FROM withdrawal WHERE consent_id IN"
# A part of one, which is kept as a no under the id of its message.
_PART_WITHDRAWN: Final = (
    "SELECT consent_id, taken_at AS withdrawn_at, message_id, log_index FROM consent "
    "WHERE consent_id = message_id AND consent_id IN"
)


class Came(StrEnum):
    """What came of one telling."""

    RECALLED = "recalled"
    STOPPED = "stopped"
    ACKNOWLEDGED = "acknowledged"
    PENDING = "pending"
    LATE = "late"


IN_WORDS: Final = {
    Came.RECALLED: "recalled before it left; nothing arrived",
    Came.STOPPED: "stopped before their own system had it",
    Came.ACKNOWLEDGED: "they have it, were told, and acknowledged that; what was opened cannot be recalled",
    Came.PENDING: "they were told, and have not acknowledged it yet",
    Came.LATE: "they were told, and after two days have not acknowledged it: ring them",
}
_WHAT: Final = {
    EntryKind.CONSENT: "She said no to something she had agreed to",
    EntryKind.WITHDRAWAL: "She took a consent back",
    EntryKind.CORRECTION: "Something that had been told of her was corrected",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One message of which its recipient had to be told."""

    message: str
    recipient: str
    came: Came
    at: int | None


@dataclass(frozen=True, slots=True)
class Report:
    """One withdrawal or correction, and everyone who was told."""

    cause: str
    what: EntryKind
    at: int
    index: int
    lines: tuple[Line, ...]

    @property
    def not_recalled(self) -> tuple[Line, ...]:
        """What a recipient has, or may have, for good."""
        return tuple(one for one in self.lines if one.came not in {Came.RECALLED, Came.STOPPED})

    @property
    def complete(self) -> bool:
        """Whether nobody is still to be heard from."""
        return all(one.came not in {Came.PENDING, Came.LATE} for one in self.lines)


def report(connection: Connection, name: str, now: int) -> Report | None:
    """The report on a consent, or on the message that took it back or corrected something; None when nobody knows it."""
    for column in ("cause", "consent_id"):
        found = list(rows_in(connection, f"{_TELLINGS}{column} IN", [name]))
        if found:
            first = found[0]
            (entry,) = entries_between(connection, first.log_index, first.log_index + 1)
            return Report(first.cause, entry.kind, first.made, first.log_index, tuple(_lines(connection, found, now)))
    # Nobody had been told anything: that is a whole report too.
    for row in (*rows_in(connection, _WITHDRAWN, [name]), *rows_in(connection, _PART_WITHDRAWN, [name])):
        return Report(row.message_id, EntryKind.WITHDRAWAL, row.withdrawn_at, row.log_index, ())
    return None


def in_words(found: Report, names: dict[str, str]) -> list[str]:
    """The report as lines to print."""
    head = [f"{_WHAT[found.what]}, {_moment(found.at)}: message {found.cause}, entry {found.index} of the log."]
    if not found.lines:
        return [*head, "Nothing that rests on it had been released: there is nobody to tell."]
    for one in found.lines:
        at = f" ({_moment(one.at)})" if one.at else ""
        head += [f"  {names.get(one.recipient, one.recipient)}, message {one.message}:", f"    {IN_WORDS[one.came]}{at}"]
    rest = len(found.not_recalled)
    released = "1 message had" if len(found.lines) == 1 else f"{len(found.lines)} messages had"
    head.append(f"{released} been released: {len(found.lines) - rest} stopped in time, {rest} beyond recall.")
    waits = "Not complete: somebody has not acknowledged it yet."
    return [*head, "Complete: nobody is still to be heard from." if found.complete else waits]


def _lines(connection: Connection, rows: Iterable[Any], now: int) -> Iterable[Line]:
    rows = list(rows)
    messages = [row.message_id for row in rows]
    outcomes = list(rows_in(connection, _MESSAGES, messages))
    arrived = {row.message_id for row in outcomes if row.state == "delivered"}
    ended = [*rows_in(connection, _DECIDED_AGAIN, messages), *(row for row in outcomes if row.state == "refused")]
    stopped = {row.message_id: row.log_index for row in ended if row.message_id not in arrived}
    for row in rows:
        said = stopped.get(row.message_id, row.said_index)
        came = Came.STOPPED if row.message_id in stopped and row.state != "recalled" else _came(row, now)
        yield Line(row.message_id, row.recipient, came, _told_at(connection, said))


def _came(row: Any, now: int) -> Came:
    if row.state is not None:
        return Came(row.state)
    return Came.LATE if now - row.made > LATE_AFTER else Came.PENDING


def _told_at(connection: Connection, index: int | None) -> int | None:
    if index is None:
        return None
    (entry,) = entries_between(connection, index, index + 1)
    return int(entry.skeleton.get("told", entry.at))


def _moment(moment: int) -> str:
    return datetime.fromtimestamp(moment / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
