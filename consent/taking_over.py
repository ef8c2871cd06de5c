"""Which protocol is decided by: the one on the disk, when its parties signed it and it may follow the one in force.

Looked at when the service starts, and again whenever a file changes. What may not take over is said in words, and what is in
force goes on. Leaves out: whose signatures are needed (``clauses/signing``), and what may follow what (``clauses/following``).
"""

from pathlib import Path

from sqlalchemy import Engine

from consent.clauses.fitting import ProtocolError
from consent.clauses.following import cannot_follow
from consent.clauses.signing import signed_as
from consent.entries import protocol_entry
from consent.log.append import LogSigner, append
from consent.new_rows import put
from consent.protocol import Protocol
from consent.protocol_file import documents_kept, load_approvals, load_in_force
from consent.store import alone, protocol_in_force, words_in_force
from contracts.directory import Directory


def may_take_over(
    engine: Engine | None, protocol: Path, approvals: Path, directory: Directory, now: int
) -> tuple[Protocol, bytes]:
    """The protocol that is on the disk, signed, and its words; ProtocolError says why it may not take over now.

    Without a database there is nothing that it could follow: then only the signatures are looked at.
    """
    made, text = load_in_force(protocol, approvals, directory)
    before = None
    if engine is not None:
        with engine.begin() as connection:
            before = words_in_force(connection)
    if before is not None and before != text:
        old, new = documents_kept(before), documents_kept(text)
        signed = signed_as(new, load_approvals(approvals), directory)
        why = cannot_follow(old, new, signed, now, tables_wait=not directory.document.demonstration)
        if why:
            raise ProtocolError(f"{protocol.name}: it may not take over from the one in force.\n  " + "\n  ".join(why))
    return made, text


def put_in_force(engine: Engine, protocol: Protocol, text: bytes, signer: LogSigner, now: int) -> bool:
    """Write down that this protocol is in force from here on, with its words and who signed it; whether that is news."""
    with alone(engine) as connection:
        before = protocol_in_force(connection)
        if before == protocol.hash:
            return False
        index = append(connection, [protocol_entry(protocol, before, now)], signer, now).first_index
        row = (index, protocol.hash, protocol.title, now, text.decode())
        put(connection, "protocol", "log_index, hash, title, since, text", [row])
        return True
