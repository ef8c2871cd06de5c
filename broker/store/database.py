"""One connection to the store's database, and transactions on it: SQLite and PostgreSQL behind the same few verbs.

Statements are written once: ``?`` for a value, ``= ANY(?)`` for a list, ``EACH(?)`` for a list as rows,
``string_agg``. The driver is used directly: on the hot path an ORM costs more than the rest of the store (gate-cost.md §4).
Leaves out: what is stored.
"""

import json
import secrets
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, Final, TypeVar

import psycopg
from psycopg import errors
from sqlalchemy.engine import URL, make_url

T = TypeVar("T")
Row = tuple[Any, ...]

_THERE_ALREADY: Final = {
    sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
    sqlite3.SQLITE_CONSTRAINT_UNIQUE,
    sqlite3.SQLITE_CONSTRAINT_ROWID,
}
_BY_INDEX: Final = "; ".join(
    f"SET {choice} = off" for choice in ("enable_seqscan", "enable_hashjoin", "enable_mergejoin", "jit")
)
"""How PostgreSQL is to find rows: by their index, always. A plan made while a table was small is kept until the next ANALYZE,
and reads the whole of it however large it has become; one for each question anew costs a third more of the server."""
_TRIES: Final = 8
_BUSY_SECONDS: Final = 5.0


class StoreUnavailableError(Exception):
    """The database cannot be used just now. Nothing was written; back off and try again."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the broker's database is {reason}")
        self.reason = reason
        """``locked``, ``full``, ``contended`` or ``away``."""


class AgainError(Exception):
    """What was decided no longer fits what is stored: the transaction begins anew."""


class LostError(Exception):
    """Another transaction was first: a unique index refused the row."""


class Work:
    """One transaction, as the queries see it."""

    def __init__(self, connection: Any, *, sqlite: bool, types: dict[str, list[int]] | None = None) -> None:
        self._connection = connection
        self.sqlite = sqlite
        self._types = {} if types is None else types

    def rows(self, sql: str, *values: object) -> list[Row]:
        """All rows of a question."""
        found: list[Row] = self._execute(sql, values).fetchall()
        return found

    def one(self, sql: str, *values: object) -> Row | None:
        """The first row of a question, if there is one."""
        found = self.rows(sql, *values)
        return found[0] if found else None

    def run(self, sql: str, *values: object) -> int:
        """Write; how many rows it touched."""
        count: int = self._execute(sql, values).rowcount
        return count

    def many(self, sql: str, rows: Sequence[Row]) -> int:
        """Write many rows by one statement; how many rows it touched."""
        count = 0
        if rows and self.sqlite:
            count = self._connection.executemany(sql, rows).rowcount
        elif rows:
            with self._connection.cursor() as cursor:
                cursor.executemany(_translated(sql, sqlite=False), rows)
                count = cursor.rowcount
        return count

    def add(self, columns: str, rows: Sequence[Row]) -> None:
        """Write new rows; ``columns`` names the table and what each value is for: ``hop (message, at, what)``.

        AgainError when one was there already: another process wrote it in this very moment, and is seen next time.
        """
        if not rows:
            return
        try:
            if self.sqlite:
                self._connection.executemany(_insert(columns), rows)
            else:
                self._copy(columns, rows)
        except sqlite3.IntegrityError as error:
            if error.sqlite_errorcode not in _THERE_ALREADY:
                raise
            raise AgainError from error
        except errors.UniqueViolation as error:
            raise AgainError from error

    def _copy(self, columns: str, rows: Sequence[Row]) -> None:
        # Half of what as many INSERTs cost, here and in the server. The binary form wants to know the exact types.
        if columns not in self._types:
            table = columns.partition(" ")[0]
            known: dict[str, int] = dict(
                self.rows("SELECT attname, atttypid::bigint FROM pg_attribute WHERE attrelid = ?::regclass", table)
            )
            self._types[columns] = [known[name] for name in columns.partition("(")[2].rstrip(")").split(", ")]
        with (
            self._connection.cursor() as cursor,
            cursor.copy(f"COPY {columns} FROM STDIN (FORMAT BINARY)") as copy,
        ):
            copy.set_types(self._types[columns])
            for row in rows:
                copy.write_row(row)

    def lock(self, names: Sequence[str]) -> None:
        """Take turns with other processes over these ids, until the transaction ends.

        The unique indexes stay the referee; the turns spare their losers the second decision. SQLite has one writer.
        """
        if names and not self.sqlite:
            keys = sorted({int(name[:15], 16) for name in names})
            self.rows("SELECT pg_advisory_xact_lock(k) FROM (SELECT unnest(?::bigint[]) AS k ORDER BY 1) AS keys", keys)

    def numbers(self, count: int) -> Sequence[int]:
        """Fresh numbers for outbox rows. Never reused: a late confirm must not delete another row of the same number."""
        if not self.sqlite:
            return [int(number) for (number,) in self.rows("SELECT nextval('outbox_number') FROM generate_series(1, ?)", count)]
        ((last,),) = self.rows("UPDATE counter SET value = value + ? WHERE name = 'outbox' RETURNING value", count)
        return range(last - count + 1, last + 1)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Writes that stand or fall together, without the rest of the transaction. LostError when an index refused."""
        self._connection.execute("SAVEPOINT step")
        try:
            yield
        except (sqlite3.IntegrityError, psycopg.IntegrityError, LostError):
            self._connection.execute("ROLLBACK TO SAVEPOINT step")
            self._connection.execute("RELEASE SAVEPOINT step")
            raise LostError from None
        self._connection.execute("RELEASE SAVEPOINT step")

    def _execute(self, sql: str, values: tuple[object, ...]) -> Any:
        if self.sqlite:
            if "ANY(" in sql or "EACH(" in sql:
                values = tuple(json.dumps(value) if isinstance(value, list) else value for value in values)
            return self._connection.execute(_translated(sql, sqlite=True), values)
        return self._connection.execute(_translated(sql, sqlite=False), values)


class Database:
    """The one connection of a store, opened again when it was lost."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        self.sqlite = self._url.get_backend_name() == "sqlite"
        self._connection: Any = None
        self._types: dict[str, list[int]] = {}

    def read(self, task: Callable[[Work], T]) -> T:
        """Run questions in one transaction."""
        return self._run(task, "BEGIN")

    def write(self, task: Callable[[Work], T]) -> T:
        """Run a task in one transaction; again from its beginning when the database asks for that."""
        # IMMEDIATE: a transaction that reads first and writes later could otherwise fail at its first write.
        return self._run(task, "BEGIN IMMEDIATE" if self.sqlite else "BEGIN")

    def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _run(self, task: Callable[[Work], T], begin: str) -> T:
        for last in (*(False,) * (_TRIES - 1), True):
            try:
                return self._attempt(task, begin)
            except (AgainError, errors.DeadlockDetected, errors.SerializationFailure) as error:
                if last:
                    raise StoreUnavailableError("contended") from error
            except (sqlite3.OperationalError, psycopg.OperationalError) as error:
                raise StoreUnavailableError(what_is_wrong(error)) from error
        raise AssertionError("the last try returns or raises")

    def _attempt(self, task: Callable[[Work], T], begin: str) -> T:
        connection = self._open()
        try:
            connection.execute(begin)
            result = task(Work(connection, sqlite=self.sqlite, types=self._types))
            connection.execute("COMMIT")
        except BaseException:
            self._abandon(connection)
            raise
        return result

    def _open(self) -> Any:
        if self._connection is None:
            self._connection = _open_sqlite(self._url) if self.sqlite else _open_postgresql(self._url)
        return self._connection

    def _abandon(self, connection: Any) -> None:
        try:
            if not self.sqlite or connection.in_transaction:
                connection.execute("ROLLBACK")
        except (sqlite3.Error, psycopg.Error):
            # What cannot even be rolled back is replaced; the database forgets the transaction by itself.
            connection.close()
            self._connection = None


def new_token() -> str:
    """A fresh random id: 32 hexadecimal digits."""
    return secrets.token_hex(16)


def _open_sqlite(url: URL) -> sqlite3.Connection:
    connection = sqlite3.connect(
        url.database or ":memory:",
        timeout=_BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=512,
    )
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "cache_size = -65536",
        "temp_store = MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _open_postgresql(url: URL) -> "psycopg.Connection[Row]":
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    connection = psycopg.connect(plain, autocommit=True, connect_timeout=5)
    connection.execute(_BY_INDEX)
    return connection


def what_is_wrong(error: BaseException | None) -> str:
    """In one word, why a driver could not do its work."""
    if isinstance(error, errors.DiskFull):
        return "full"
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return "away"
    # The extended codes carry the plain one in their low byte.
    return {sqlite3.SQLITE_BUSY: "locked", sqlite3.SQLITE_LOCKED: "locked", sqlite3.SQLITE_FULL: "full"}.get(
        code & 0xFF, "away"
    )


@cache
def _insert(columns: str) -> str:
    return f"INSERT INTO {columns} VALUES ({', '.join('?' * (columns.count(',') + 1))})"  # noqa: S608  # a constant of ours


@cache
def _translated(sql: str, *, sqlite: bool) -> str:
    if sqlite:
        sql = sql.replace("= ANY(?)", "IN (SELECT value FROM json_each(?))").replace("EACH(?)", "json_each(?)")
        return sql.replace("string_agg(", "group_concat(")
    return sql.replace("EACH(?)", "unnest(?::text[]) AS each (value)").replace("?", "%s")
