"""An officer's act that does not count is written down too: who, on what, and why; never what she said.

Whoever tries what she may not, or signs in another's name, is seen by whoever reads the log. Leaves out: judging it (``acts``,
``broken``, ``rights/acts``).
"""

from typing import Any

from sqlalchemy import Connection

from consent.log.append import LogSigner, append
from consent.log.entry import Entry, EntryKind
from contracts.directory import Directory
from contracts.statements import Statement, prove
from contracts.vocabulary import Reason


def write_down(
    connection: Connection, statement: Statement, why: Reason, directory: Directory, signer: LogSigner, now: int
) -> int:
    """Its place in the log."""
    return append(connection, [refused_entry(statement, why, directory, now)], signer, now).first_index


def refused_entry(statement: Statement, why: Reason, directory: Directory, now: int) -> Entry:
    """``said_to_be``: in whose name it was signed; ``by``: whose key it was, if the directory knows."""
    said, officer = statement.said, prove(statement, directory).officer
    told: dict[str, Any] = {
        "act": said.statement,
        "statement": said.id,
        "code": why,
        "said_to_be": f"{said.agency}/{said.person}",
        "by": f"{officer.agency}/{officer.person}" if officer else None,
        "office": officer.office if officer else None,
        "key": statement.key,
    }
    message = getattr(said, "message", None)
    if message is not None:
        told["message"] = message
    return Entry(EntryKind.ACT_REFUSED, now, {}, told, {})
