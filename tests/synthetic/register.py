"""A register in memory, filed under the truth: what matching is learned on and tried on, by the broker's own index."""

import sqlite3

from broker.matching import index
from broker.matching.carried import Presented
from broker.store.database import Work

_TABLES = (
    "CREATE TABLE record (n INTEGER PRIMARY KEY, id TEXT, person TEXT)",
    "CREATE TABLE token (t INTEGER, r INTEGER, PRIMARY KEY (t, r)) WITHOUT ROWID",
    "CREATE TABLE known (r INTEGER, epoch INTEGER, tokens BLOB, PRIMARY KEY (r, epoch)) WITHOUT ROWID",
)


class Register:
    """The index and nothing else of the broker's store."""

    def __init__(self) -> None:
        connection = sqlite3.connect(":memory:", isolation_level=None)
        for table in _TABLES:
            connection.execute(table)
        self.work = Work(connection, sqlite=True)

    def file(self, record: str, person: str, tokens: Presented) -> None:
        """A record of this person's."""
        ((number,),) = self.work.rows("INSERT INTO record (id, person) VALUES (?, ?) RETURNING n", record, person)
        index.add(self.work, number, tokens)
