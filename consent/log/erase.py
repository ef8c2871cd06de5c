"""Destroy the subject part of entries: the key goes, an entry says so, and every proof stays valid.

Copies of the key table in backups live until those expire; say "complete on that day", never "complete".
Leaves out: whether erasure is right. That is a decision of people, made before this is called (clause H4).
"""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, text

from consent.log.append import Appended, LogSigner, append
from consent.log.entry import Entry, EntryKind
from consent.log.read import NotInLogError

_PRESENT = text("SELECT leaf_index FROM entry WHERE leaf_index IN :indexes").bindparams(bindparam("indexes", expanding=True))
_DESTROY = text("DELETE FROM subject_key WHERE leaf_index IN :indexes").bindparams(bindparam("indexes", expanding=True))


def erase_subjects(
    connection: Connection,
    indexes: Sequence[int],
    *,
    ground: str,
    approved_by: Sequence[str],
    signer: LogSigner,
    now: int,
) -> Appended:
    """Destroy the subject keys of these entries and record it, in the caller's one transaction.

    An index that is not in the log is an error, so that nobody is told of an erasure that did not happen; one
    that is already erased is not.
    """
    wanted = sorted(set(indexes))
    found = connection.execute(_PRESENT, {"indexes": wanted}).scalars().all()
    if not wanted or len(found) != len(wanted):
        raise NotInLogError("an entry that should be erased is not in the log")
    connection.execute(_DESTROY, {"indexes": wanted})
    told = {"erased": wanted, "ground": ground, "approved_by": list(approved_by)}
    return append(connection, [Entry(EntryKind.ERASURE, now, {}, told, {})], signer, now)
