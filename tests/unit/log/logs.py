"""Small logs for the tests, of synthetic entries, on any database."""

from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, Engine, MetaData, create_engine

from consent.log.append import Appended, LogSigner, append
from consent.log.entry import Entry, EntryKind
from consent.log.tables import define

NAME = "relay.ashby.example/consent/2026"
SIGNER = LogSigner(NAME, Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
STRANGER = LogSigner(NAME, Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33))))
NOON = 1_795_000_000_000
CANARY = "record-canary-7f3a"


def new_log(url: str = "sqlite://") -> Engine:
    """An empty log."""
    engine = create_engine(url)
    metadata = MetaData()
    define(metadata)
    metadata.create_all(engine)
    return engine


def decision(number: int, at: int = NOON, kind: EntryKind = EntryKind.DECISION) -> Entry:
    """One decision, different from every other."""
    return Entry(
        kind,
        at,
        {"message": f"{number:032x}", "recipient": "project-ashby", "slots": [0, 3], "valid_until": at + 60_000},
        {"sender": "cjit-ashby", "clauses": ["A1", "G4"], "verdict": "route", "note": "caf\u00e9 \u2713"},
        {"records": [f"{CANARY}-{number}"], "labels": ["identity", "housing"], "consents": []},
    )


def append_batches(connection: Connection, sizes: Sequence[int], start: int = 0) -> list[Appended]:
    """Batches of decisions, one second apart."""
    done, number = [], start
    for count in sizes:
        at = NOON + number * 1000
        done.append(append(connection, [decision(number + i, at) for i in range(count)], SIGNER, at))
        number += count
    return done
