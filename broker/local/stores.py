"""The stores of one system on this machine, as its state file names them, opened for reading only.

For the commands that look at a system from outside (``trace``, ``backup``, the demonstration). Imports none of the programs
whose stores these are. Leaves out what the rows mean.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from broker.local import state

Row = dict[str, Any]
SQLITE = "sqlite:///"


class StoreAwayError(RuntimeError):
    """A store cannot be read just now, with the reason."""


@dataclass(frozen=True)
class Store:
    """One database of one program."""

    name: str
    url: str

    @property
    def file(self) -> Path | None:
        """Where it lies, if it is a file."""
        return Path(self.url.removeprefix(SQLITE)) if self.url.startswith(SQLITE) else None

    def there(self) -> bool:
        """Whether there is anything to read."""
        return self.file is None or self.file.exists()

    def rows(self, query: str, values: Sequence[object] = ()) -> list[Row]:
        """The rows of a query, with ``?`` for each value."""
        if self.file is None:
            return self._postgres_rows(query, values)
        try:
            with closing(sqlite3.connect(self.file, timeout=30)) as rows:
                rows.row_factory = sqlite3.Row
                return [dict(row) for row in rows.execute(query, list(values))]
        except sqlite3.Error as error:
            raise StoreAwayError(f"the store of {self.name} cannot be read ({error})") from error

    def _postgres_rows(self, query: str, values: Sequence[object]) -> list[Row]:
        import psycopg
        from psycopg.rows import dict_row

        try:
            with psycopg.connect(self.address, row_factory=dict_row) as connection:
                # The queries are written in our own code, never taken from a message.
                return connection.execute(query.replace("?", "%s").encode(), list(values)).fetchall()
        except psycopg.Error as error:
            raise StoreAwayError(f"the database of {self.name} does not answer ({type(error).__name__})") from error

    def number(self, query: str) -> int | None:
        """The one number that a query gives; None where there is none."""
        found = self.rows(query)
        value = next(iter(found[0].values()), None) if found else None
        return None if value is None else int(value)

    @property
    def address(self) -> str:
        """The address as PostgreSQL's own programs take it."""
        return self.url.replace("postgresql+psycopg://", "postgresql://")


@dataclass(frozen=True)
class Stores:
    """All stores of one system."""

    folder: Path
    broker: Store
    consent: Store
    adapters: dict[str, Store]
    case_systems: dict[str, Store]

    @property
    def all(self) -> list[Store]:
        """In the order in which they are copied: what is copied later may know more, never less (``backup``)."""
        return [*self.case_systems.values(), *self.adapters.values(), self.broker, self.consent]


CASES = "-cases"
"""What the name of a simulated case system's store ends with."""


def at(folder: Path, places: Mapping[str, str]) -> Stores:
    """The same for a system that was never started here: where each store lies in the folder, by its name."""
    found = {name: Store(name, f"{SQLITE}{folder / place}") for name, place in places.items()}
    services = found.pop("broker"), found.pop("consent")
    cases = {name.removesuffix(CASES): found.pop(name) for name in places if name.endswith(CASES)}
    return Stores(folder, *services, found, cases)


def of(folder: Path) -> Stores:
    """The stores of the system in this folder."""
    remembered = state.read(folder)
    if remembered is None:
        raise state.NoSystemError(f"no system was started in {folder.name}")
    adapters: dict[str, Store] = {}
    cases: dict[str, Store] = {}
    for program in remembered["programs"].values():
        env = program["env"]
        if agency := env.get("ADAPTER_AGENCY"):
            adapters[agency] = Store(agency, f"{SQLITE}{env['ADAPTER_DATA']}/adapter.sqlite")
            kind, _, place = env["ADAPTER_CASE_SYSTEM"].partition(":")
            if kind == "simulated":
                file = Path(place) / "case_system.sqlite" if not place.endswith(".sqlite") else Path(place)
                cases[agency] = Store(f"{agency}{CASES}", f"{SQLITE}{file}")
    databases = remembered["databases"]
    return Stores(folder, Store("broker", databases["broker"]), Store("consent", databases["consent"]), adapters, cases)
