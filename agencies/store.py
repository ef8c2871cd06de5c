"""What an adapter must not forget: one SQLite file, ``adapter.sqlite``, written through before anything is promised.

One connection on one thread, one transaction a step. Here are the tables, and what is known of people and consents;
``outbox`` and ``inbox`` hold what is on its way, ``checkpoints`` what was seen of the log.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from contracts.vocabulary import AgeBand, Purpose

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS own (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- A person as this agency knows her, and as the broker may: references minted here, or given with what arrived.
CREATE TABLE IF NOT EXISTS reference (
    reference TEXT PRIMARY KEY, local TEXT NOT NULL, age_band TEXT NOT NULL, n INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS reference_local ON reference (local, n);

-- The newest epoch of the linkage key under which each is registered, and for which the local system was asked last, when.
CREATE TABLE IF NOT EXISTS keyed (
    reference TEXT PRIMARY KEY, epoch INTEGER NOT NULL, asked_for INTEGER NOT NULL, asked INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- References that are being replaced (until: when their message is past its time), and those that were (until: how long they
-- are still known). replaced: 0 | 1. What is in use is ``fresh``, once it is replaced.
CREATE TABLE IF NOT EXISTS former (
    reference TEXT PRIMARY KEY, fresh TEXT NOT NULL, message TEXT NOT NULL, until INTEGER NOT NULL, replaced INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS former_fresh ON former (fresh);
CREATE INDEX IF NOT EXISTS former_asked ON former (message) WHERE replaced = 0;

CREATE TABLE IF NOT EXISTS consent (
    local TEXT PRIMARY KEY, consent TEXT NOT NULL UNIQUE, purpose TEXT NOT NULL, reference TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What leaves. body: the sealed bytes, until the broker has said that it has them.
-- state: queued | sent | received | held | delivered | refused | expired
CREATE TABLE IF NOT EXISTS message (
    id TEXT PRIMARY KEY, sequence INTEGER NOT NULL UNIQUE, record TEXT UNIQUE, fingerprint TEXT NOT NULL,
    kind TEXT NOT NULL, conversation TEXT NOT NULL, other TEXT NOT NULL, reference TEXT, purpose TEXT,
    created INTEGER NOT NULL, not_after INTEGER NOT NULL, state TEXT NOT NULL, reason TEXT, body BLOB
) STRICT;
CREATE INDEX IF NOT EXISTS message_reference ON message (reference) WHERE reference IS NOT NULL;
CREATE INDEX IF NOT EXISTS message_queued ON message (sequence) WHERE state = 'queued';
-- Questions that somebody waits for (``unanswered``).
CREATE INDEX IF NOT EXISTS message_asking ON message (created)
    WHERE kind IN ('script-reserved/1', 'caseload-check/1') AND state IN ('queued', 'sent', 'received');

-- What arrived, once for each message id. sealed: the delivery as it came, only until the local system has it.
-- state: opened | withdrawn (she took it back before the local system had it) | handed_over | refused
CREATE TABLE IF NOT EXISTS received (
    id TEXT PRIMARY KEY, n INTEGER NOT NULL UNIQUE, attempt INTEGER NOT NULL, state TEXT NOT NULL,
    conversation TEXT NOT NULL, sender TEXT NOT NULL, kind TEXT NOT NULL, reference TEXT, age_band TEXT NOT NULL,
    arrived INTEGER NOT NULL, sealed BLOB
) STRICT;
CREATE INDEX IF NOT EXISTS received_reference ON received (reference) WHERE reference IS NOT NULL;
CREATE INDEX IF NOT EXISTS received_opened ON received (n) WHERE state = 'opened';
CREATE INDEX IF NOT EXISTS received_withdrawn ON received (n) WHERE state = 'withdrawn';

-- What the broker must be told of deliveries.
CREATE TABLE IF NOT EXISTS receipt (
    n INTEGER PRIMARY KEY, message TEXT NOT NULL, attempt INTEGER NOT NULL, result TEXT NOT NULL, reason TEXT,
    UNIQUE (message, attempt, result)
) STRICT;

-- Notices seen, and what the local system must still be told.
CREATE TABLE IF NOT EXISTS notice (id TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS telling (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, fields TEXT NOT NULL) STRICT;

-- Heads of the log as they came with permits; and the evidence, if two of them cannot both be true.
CREATE TABLE IF NOT EXISTS checkpoint (
    size INTEGER PRIMARY KEY, root BLOB NOT NULL, note TEXT NOT NULL, decided INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS fork (
    n INTEGER PRIMARY KEY, at INTEGER NOT NULL, why TEXT NOT NULL, remembered TEXT NOT NULL, shown TEXT NOT NULL,
    message TEXT NOT NULL
) STRICT;
"""


class StoreError(Exception):
    """The file cannot be used, with the reason in plain words."""


class Store:
    """The open file. Use from one thread only."""

    def __init__(self, path: Path, agency: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # The thread that opens it need not be the one that uses it afterwards; only one ever uses it at a time.
        self.rows = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        path.chmod(0o600)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"):
            self.rows.execute(f"PRAGMA {pragma}")
        self.rows.executescript(_TABLES)
        self._belongs_to(agency)

    def close(self) -> None:
        """Let go of the file."""
        self.rows.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it, or none. Inside another one it is a part of that, taken back by itself if it fails."""
        inside = self.rows.in_transaction
        self.rows.execute("SAVEPOINT part" if inside else "BEGIN IMMEDIATE")
        try:
            yield self.rows
        except BaseException:
            if inside:
                self.rows.execute("ROLLBACK TO part")
            self.rows.execute("RELEASE part" if inside else "ROLLBACK")
            raise
        self.rows.execute("RELEASE part" if inside else "COMMIT")

    def next_sequence(self) -> int:
        """The next number of this sender, counted without a gap. Inside a transaction."""
        row = self.rows.execute(
            "INSERT INTO own VALUES ('sequence', '1') "
            "ON CONFLICT (name) DO UPDATE SET value = CAST(value AS INTEGER) + 1 RETURNING value"
        ).fetchone()
        return int(row[0])

    # --- people and consents

    def reference_of(self, local: str) -> tuple[str, AgeBand] | None:
        """The reference that this agency uses for a person of its own, and her age band."""
        row = self.rows.execute(
            "SELECT reference, age_band FROM reference WHERE local = ? ORDER BY n LIMIT 1", (local,)
        ).fetchone()
        return (row[0], AgeBand(row[1])) if row else None

    def person_of(self, reference: str | None) -> str | None:
        """The agency's own id for a reference, if it has bound one."""
        row = self.rows.execute("SELECT local FROM reference WHERE reference = ?", (reference,)).fetchone()
        return row[0] if row else None

    def remember_person(self, local: str, reference: str, band: AgeBand) -> None:
        """Bind a reference to a person. A reference that is bound stays with the person it was bound to."""
        self.rows.execute(
            "INSERT INTO reference VALUES (?, ?, ?, (SELECT COALESCE(MAX(n), 0) + 1 FROM reference)) "
            "ON CONFLICT (reference) DO UPDATE SET age_band = excluded.age_band WHERE local = excluded.local",
            (reference, local, band.value),
        )

    def remember_epoch(self, reference: str, epoch: int) -> None:
        """She is being registered under this epoch."""
        self.rows.execute(
            "INSERT INTO keyed VALUES (?, ?, ?, 0) ON CONFLICT (reference) DO UPDATE SET epoch = excluded.epoch",
            (reference, epoch, epoch),
        )

    def consent_of(self, local: str) -> tuple[str, Purpose, str] | None:
        """A consent's id on the wire, its purpose, and the reference of the person who gave it."""
        row = self.rows.execute("SELECT consent, purpose, reference FROM consent WHERE local = ?", (local,)).fetchone()
        return (row[0], Purpose(row[1]), row[2]) if row else None

    def remember_consent(self, local: str, consent: str, purpose: Purpose, reference: str) -> None:
        """Bind a local consent id to its id on the wire; a newer record under the same local id takes its place."""
        self.rows.execute(
            "INSERT INTO consent VALUES (?, ?, ?, ?) ON CONFLICT (local) DO UPDATE "
            "SET consent = excluded.consent, purpose = excluded.purpose, reference = excluded.reference",
            (local, consent, purpose.value, reference),
        )

    def _belongs_to(self, agency: str) -> None:
        row = self.rows.execute("SELECT value FROM own WHERE name = 'agency'").fetchone()
        if row is None:
            self.rows.execute("INSERT INTO own VALUES ('agency', ?)", (agency,))
        elif row[0] != agency:
            raise StoreError(f"this adapter.sqlite belongs to another agency than {agency}; point ADAPTER_DATA elsewhere")
