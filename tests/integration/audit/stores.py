"""The raw stores of a system, opened read-only: where they are, and their rows as plain dictionaries.

Finds them in ``system.json`` and in nothing else. Leaves out what the rows mean (the other parts of ``audit``).
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

Row = dict[str, Any]


@dataclass(frozen=True)
class Agency:
    """One agency's own machine: its adapter's store and the case system behind it."""

    id: str
    adapter: Path
    case_system: Path | None


@dataclass(frozen=True)
class Places:
    """Where everything of one system lies."""

    folder: Path
    broker: str
    consent: str
    directory: Path
    agencies: tuple[Agency, ...] = field(default=())


def find(folder: Path) -> Places:
    """Read ``system.json``; the settings each program was started with say where its store is."""
    programs: Mapping[str, Any] = json.loads((folder / "system.json").read_text())["programs"]
    environment = {name: program["env"] for name, program in programs.items()}
    agencies = tuple(_agency(env) for env in environment.values() if "ADAPTER_AGENCY" in env)
    broker = next(env for env in environment.values() if "BROKER_DIRECTORY" in env)
    consent = next(env for env in environment.values() if "CONSENT_DIRECTORY" in env)
    return Places(
        folder,
        broker["BROKER_DATABASE_URL"],
        consent["CONSENT_DATABASE_URL"],
        Path(broker["BROKER_DIRECTORY"]),
        tuple(sorted(agencies, key=lambda agency: agency.id)),
    )


def _agency(env: Mapping[str, str]) -> Agency:
    kind, _, path = env["ADAPTER_CASE_SYSTEM"].partition(":")
    place = Path(path)
    if place.is_dir():
        place = place / "case_system.sqlite"
    return Agency(env["ADAPTER_AGENCY"], Path(env["ADAPTER_DATA"]) / "adapter.sqlite", place if kind == "simulated" else None)


class Store:
    """One database, SQLite or PostgreSQL, for reading. A table that is not there is an error of the auditor's own."""

    def __init__(self, url: str) -> None:
        self.url = url

    def rows(self, query: str) -> list[Row]:
        """All rows of a query written in the SQL that both databases share."""
        return self.snapshot(query)[0]

    def snapshot(self, *queries: str) -> list[list[Row]]:
        """The rows of several queries, all of one state of the store, while its program goes on writing."""
        with self._cursor() as cursor:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ" if self._is_postgres else "BEGIN")
            return [[dict(row) for row in cursor.execute(query).fetchall()] for query in queries]

    @property
    def _is_postgres(self) -> bool:
        return self.url.startswith("postgresql")

    @contextmanager
    def _cursor(self) -> Iterator[Any]:
        if self._is_postgres:
            address = self.url.replace("postgresql+psycopg://", "postgresql://")
            with psycopg.connect(address, row_factory=dict_row, autocommit=True) as connection:
                yield connection
            return
        # Not mode=ro: a store whose program was killed has a log to roll forward before it can be read.
        with closing(sqlite3.connect(self.url.removeprefix("sqlite:///"), timeout=30, isolation_level=None)) as connection:
            connection.row_factory = sqlite3.Row
            yield connection


def at(path: Path) -> Store:
    """A store of one SQLite file."""
    return Store(f"sqlite:///{path}")
