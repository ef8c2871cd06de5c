"""A small world for the model check: three agencies, one or two people, and the broker's own tables in memory.

Every judgement is the shipped one, every write goes through the shipped store into tables with the shipped indexes; only the
messages around them are left out. A state is what the tables say, with ids that mean nothing taken away.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from broker.caseloads import Partners, Taker
from broker.outcome import Judged, MoveScript, StartScript
from broker.store import cases, scripts
from broker.store.database import LostError, Work
from broker.store.tables import METADATA

CJIT, PROJECT, DRUGS = "cjit-ashby", "project-ashby", "drugs-ashby"
PARTNERS: Final = Partners(hidden=frozenset(), keepers=frozenset({CJIT}))
SHE, OTHER = "0a" * 16, "0b" * 16
NOW: Final = 1_800_000_000_000

Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class State:
    """What the tables say: who stands where in whose case, what is proposed and prescribed, and whether two were merged."""

    cases: tuple[Row, ...] = ()
    proposals: tuple[Row, ...] = ()
    scripts: tuple[Row, ...] = ()
    merged: bool = False


_CASES = "SELECT record, person, agency, role, state, before FROM cases WHERE state <> 'closed'"
_PROPOSALS = (
    "SELECT person, record, lead, recipient, reason, CASE WHEN state IN ('open', 'suspended') THEN state ELSE 'declined' END "
    "FROM proposal WHERE state IN ('open', 'suspended') OR (state IN ('declined', 'fallen') AND lead IN "
    "(SELECT agency FROM cases WHERE role = 'lead' AND state <> 'closed' AND cases.person = proposal.person))"
)
_SCRIPTS = (
    "SELECT record, person, agency, state, before, transferee, until IS NOT NULL, transfer FROM script WHERE state <> 'ended'"
)


class World:
    """The tables, filled with a state at a time."""

    def __init__(self, agencies: tuple[str, ...], apart: frozenset[str] = frozenset()) -> None:
        """``apart``: the agencies whose record is another person until a merge says that they are one."""
        self.agencies, self.apart = agencies, apart
        self.records = {agency: f"{n:02x}" * 16 for n, agency in enumerate(agencies, start=16)}
        self._connection = sqlite3.connect(":memory:", isolation_level=None)
        dialect = sqlite.dialect()
        for table in METADATA.sorted_tables:
            self._connection.execute(str(CreateTable(table).compile(dialect=dialect)))
            for index in table.indexes:
                self._connection.execute(str(CreateIndex(index).compile(dialect=dialect)))
        self._connection.execute("BEGIN")
        self.work = Work(self._connection, sqlite=True)

    @contextmanager
    def at(self, state: State) -> Iterator[None]:
        """Fill the tables with a state; afterwards they are as they were."""
        self._connection.execute("SAVEPOINT state")
        try:
            self._fill(state)
            yield
        finally:
            self._connection.execute("ROLLBACK TO state")
            self._connection.execute("RELEASE state")

    @contextmanager
    def try_out(self) -> Iterator[None]:
        """One step, taken back afterwards."""
        self._connection.execute("SAVEPOINT trial")
        try:
            yield
        finally:
            self._connection.execute("ROLLBACK TO trial")
            self._connection.execute("RELEASE trial")

    def person(self, agency: str) -> str:
        """Whom the agency's record is now."""
        ((person,),) = self.work.rows("SELECT person FROM record WHERE id = ?", self.records[agency])
        return str(person)

    def taker(self, agency: str) -> Taker:
        """An agency about to take a step."""
        return Taker(agency, self.records[agency], self.person(agency), self.records[agency])

    def carry_out(self, judged: Judged, message: str, conversation: str) -> bool:
        """Write a judgement down, all or nothing; False when it changes nothing or an index refused it."""
        if judged.refusal is not None or not judged.effects:
            return False
        header = _Header(message, conversation)
        try:
            with self.work.savepoint():
                for effect in judged.effects:
                    if isinstance(effect, StartScript | MoveScript):
                        scripts.apply(self.work, effect, message, NOW)
                    else:
                        cases.apply(self.work, effect, header, NOW)  # type: ignore[arg-type]
        except LostError:
            return False
        return True

    def read(self) -> State:
        """The state that the tables say."""
        merged = self.work.one("SELECT 1 FROM merge WHERE undone_at IS NULL") is not None
        return State(
            tuple(sorted(self.work.rows(_CASES), key=repr)),
            tuple(sorted(set(self.work.rows(_PROPOSALS)), key=repr)),
            tuple(sorted(self.work.rows(_SCRIPTS), key=repr)),
            merged,
        )

    def _fill(self, state: State) -> None:
        run = self.work.run
        for agency, record in self.records.items():
            person = OTHER if agency in self.apart and not state.merged else SHE
            run(
                "INSERT INTO record (id, agency, reference, person, minted, created) VALUES (?, ?, ?, ?, 0, 0)",
                record, agency, record, person,
            )  # fmt: skip
            if state.merged and agency in self.apart:
                run(
                    "INSERT INTO merge (id, record, old_person, new_person, why, at) VALUES (?, ?, ?, ?, 'tokens', 0)",
                    f"{'cc' * 16}{record}", record, OTHER, SHE,
                )  # fmt: skip
        self.work.many(
            "INSERT INTO cases (id, record, person, agency, role, state, before, opened) VALUES (?, ?, ?, ?, ?, ?, ?, 0)",
            [(f"case {row[0]}", *row) for row in state.cases],
        )
        self.work.many(
            "INSERT INTO proposal (id, person, record, lead, recipient, reason, state, conversation, message, at, until) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)",
            [("".join(map(str, row)), *row, talk(row[2], row[3]), talk(row[2], row[3]), NOW) for row in state.proposals],
        )
        self.work.many(
            "INSERT INTO script (id, record, person, agency, state, before, transferee, until, transfer, since, message) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, CASE WHEN ? THEN ? END, ?, 0, 'm')",
            [(f"script {n}", *row[:6], row[6], NOW, row[7]) for n, row in enumerate(state.scripts)],
        )


@dataclass(frozen=True, slots=True)
class _Header:
    """All that the store reads of a header here."""

    id: str
    conversation: str


def talk(one: object, other: object) -> str:
    """The conversation in which one agency asks another to lead, or hands a prescription over."""
    return f"{one}>{other}"
