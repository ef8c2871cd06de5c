"""Everything the log says about one person, found by the records that are hers. Its keys stay in the log's own store.

A whole reading of the log, since what is about her is sealed entry by entry; an officer's command, never a message's.
"""

from collections.abc import Collection, Iterator
from typing import Final

from sqlalchemy import Connection

from consent.log.read import LoggedEntry, entries_between, newest_checkpoint

_PAGE: Final = 1000


def entries_about_her(connection: Connection, records: Collection[str]) -> Iterator[LoggedEntry]:
    """The entries whose subject is one of these records, oldest first. Someone who only may be she is not she."""
    newest, hers = newest_checkpoint(connection), set(records)
    for first in range(0, newest.size if newest else 0, _PAGE):
        for entry in entries_between(connection, first, first + _PAGE, subjects=True):
            if entry.subject is not None and entry.subject.fields.get("record") in hers:
                yield entry
