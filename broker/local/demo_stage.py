"""Where the demonstration plays: each agency's case system, as its workers use it, and a way to wait for what comes of it.

Workers write a row and read what they are told; that is all the story does, and the programs do the rest. Every wait is for
something that a worker would see, so the same seed gives the same counts. Leaves out the story (``demo_scenes``).
"""

import json
import sqlite3
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

Record = dict[str, Any]

FINAL: Final = frozenset({"delivered", "refused", "expired"})
_LOOK_SECONDS: Final = 0.03


class NothingCameError(TimeoutError):
    """What the story waited for did not happen; carries what it was, in words."""


@dataclass
class Desk:
    """One agency's case system: its rows, and what was read of them so far."""

    agency: str
    path: Path
    told: dict[str, list[Record]] = field(default_factory=dict)
    """What the workers were told about each of their own records, in order."""
    alerts: list[Record] = field(default_factory=list)
    unasked: list[Record] = field(default_factory=list)
    """Receipts about messages that no worker here ever wrote."""
    arrived: list[Record] = field(default_factory=list)
    put: list[Record] = field(default_factory=list)
    _last_told: int = 0
    _seen: set[str] = field(default_factory=set)

    def write(self, records: Iterable[Record], due: int | None = None) -> list[str]:
        """Let workers write records, in this order; their ids."""
        rows = [(record["id"], _now() if due is None else due, json.dumps(record)) for record in records]
        with closing(self._open()) as connection, connection:
            connection.executemany("INSERT INTO task (id, due, record) VALUES (?, ?, ?)", rows)
        self.put += [json.loads(row[2]) for row in rows]
        return [row[0] for row in rows]

    def habit(self, **habits: str) -> None:
        """How the people here behave from now on."""
        with closing(self._open()) as connection, connection:
            connection.executemany(
                "INSERT INTO habit (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                list(habits.items()),
            )

    def outage(self, seconds: float) -> None:
        """The case system does not answer from now on, for so long."""
        with closing(self._open()) as connection, connection:
            connection.execute("INSERT INTO outage (starts, ends) VALUES (?, ?)", (_now(), _now() + int(seconds * 1000)))

    def message_of(self, record: str) -> str | None:
        """The message that a record became, once the adapter took it."""
        with closing(self._open()) as connection:
            row = connection.execute("SELECT message FROM task WHERE id = ?", (record,)).fetchone()
        return row[0] if row else None

    def look(self) -> None:
        """Read what is new."""
        with closing(self._open()) as connection:
            told = connection.execute("SELECT id, record FROM told WHERE id > ? ORDER BY id", (self._last_told,)).fetchall()
            came = connection.execute("SELECT id, record FROM arrived ORDER BY at, id").fetchall()
        for number, text in told:
            self._last_told = number
            self._sort(json.loads(text))
        for message, text in came:
            if message not in self._seen:
                self._seen.add(message)
                self.arrived.append(json.loads(text))

    def receipt(self, record: str) -> Record | None:
        """The last word on a record, or on a record that was never sent, why."""
        said = [told for told in self.told.get(record, []) if told["type"] in {"receipt", "rejected"}]
        final = [told for told in said if told["type"] == "rejected" or told["state"] in FINAL]
        words = final or said
        return words[-1] if words else None

    def is_final(self, record: str) -> bool:
        """Whether nothing more will come of a record by itself."""
        last = self.receipt(record)
        return last is not None and (last["type"] == "rejected" or last["state"] in FINAL)

    def said(self, record: str, kind: str) -> Record | None:
        """What was said about a record in one form: guard, caseload_answer."""
        return next((told for told in self.told.get(record, []) if told["type"] == kind), None)

    def _sort(self, told: Record) -> None:
        if told["type"] == "alert":
            self.alerts.append(told)
        elif told.get("record"):
            self.told.setdefault(told["record"], []).append(told)
        else:
            self.unasked.append(told)

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=30)


class Stage:
    """All the desks, and the barriers between scenes."""

    def __init__(self, paths: dict[str, Path], *, patience: float = 30.0) -> None:
        self.desks = {agency: Desk(agency, path) for agency, path in paths.items()}
        self._patience = patience

    def __getitem__(self, agency: str) -> Desk:
        return self.desks[agency]

    def look(self) -> None:
        """Read what is new everywhere."""
        for desk in self.desks.values():
            desk.look()

    def until(self, what: str, happened: Callable[[], bool], *, patience: float | None = None) -> None:
        """Wait until it is so; NothingCameError says what did not happen."""
        limit = time.monotonic() + (patience or self._patience)
        while True:
            self.look()
            if happened():
                return
            if time.monotonic() > limit:
                raise NothingCameError(f"waited in vain: {what}")
            time.sleep(_LOOK_SECONDS)

    def play(self, agency: str, *records: Record, due: int | None = None) -> list[str]:
        """One agency's workers write records and wait for the last word on each."""
        return self.play_all({agency: list(records)}, due=due)

    def play_all(self, records: dict[str, list[Record]], *, due: int | None = None) -> list[str]:
        """Workers of several agencies write at the same time, and all wait for the last word on each."""
        written = {agency: self[agency].write(each, due) for agency, each in records.items() if each}
        self.final(written)
        return [record for each in written.values() for record in each]

    def final(self, written: dict[str, list[str]]) -> None:
        """Wait for the last word on records already written."""

        def all_final() -> bool:
            return all(self[agency].is_final(record) for agency, records in written.items() for record in records)

        def missing() -> str:
            pairs = [(agency, record) for agency, each in written.items() for record in each]
            waiting = [f"{agency} {record}" for agency, record in pairs if not self[agency].is_final(record)]
            return f"the last word on {', '.join(waiting[:6])}"

        try:
            self.until("the last word", all_final)
        except NothingCameError:
            raise NothingCameError(f"waited in vain for {missing()}") from None

    def answered(self, agency: str, records: Iterable[str], answers: Iterable[str]) -> None:
        """Wait until another agency answered each of these referrals or proposals with one of these words."""
        wanted, words = set(records), set(answers)

        def all_answered() -> bool:
            return wanted <= {
                record.get("answers") for record in self[agency].arrived if (record.get("answer") or record["type"]) in words
            }

        self.until(f"answers to {len(wanted)} records of {agency}", all_answered)


def _now() -> int:
    return time.time_ns() // 1_000_000
