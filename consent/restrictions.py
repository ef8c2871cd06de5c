"""Where her data is not to be shared for now: a restriction she asked for, or a purpose she objects to (H2, articles 18, 21).

Few at any time, so they are all read once for a batch. Leaves out: what follows (clause H2), and whose word sets one
(``rights/acts``).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from sqlalchemy import Connection

from contracts.consent_check import Records
from contracts.vocabulary import Purpose

_OPEN: Final = "SELECT record, purpose FROM restriction WHERE lifted_at IS NULL"

_NOTHING: Final[frozenset[Purpose | None]] = frozenset()
Restrictions = Mapping[str, frozenset[Purpose | None]]
"""By record: the purposes objected to; None among them stands for every purpose."""


def open_restrictions(connection: Connection) -> Restrictions:
    """All that stand now."""
    found: defaultdict[str, set[Purpose | None]] = defaultdict(set)
    for record, purpose in connection.exec_driver_sql(_OPEN):
        found[record].add(Purpose(purpose) if purpose else None)
    return {record: frozenset(purposes) for record, purposes in found.items()}


def over(restrictions: Restrictions, records: Records) -> frozenset[Purpose | None]:
    """What stands for her, or for someone who may be she: a doubt restricts, it never frees."""
    if not restrictions:
        return _NOTHING
    hers: Iterable[str] = (*((records.own,) if records.own else ()), *records.same, *records.possible)
    return _NOTHING.union(*(restrictions.get(record, _NOTHING) for record in hers))
