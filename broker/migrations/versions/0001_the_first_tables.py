"""The first tables: people without names, messages, guards, the outbox. In the words of both databases."""

from alembic import op

revision = "0001"
down_revision = None

_SQLITE = {
    "number": "INTEGER",
    "bytes": "BLOB",
    "serial": "INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT",
    "without_rowid": "WITHOUT ROWID",
}
_POSTGRESQL = {"number": "BIGINT", "bytes": "BYTEA", "serial": "BIGSERIAL PRIMARY KEY", "without_rowid": ""}

_STATEMENTS = (
    """
    CREATE TABLE record (
        n {serial}, id TEXT NOT NULL, agency TEXT NOT NULL, reference TEXT NOT NULL, person TEXT NOT NULL,
        minted {number} NOT NULL, created {number} NOT NULL, recalled {number}, tokens TEXT NOT NULL,
        CONSTRAINT record_id UNIQUE (id), CONSTRAINT record_reference UNIQUE (reference, agency)
    )
    """,
    "CREATE INDEX record_person ON record (person)",
    """
    CREATE TABLE token (
        t TEXT NOT NULL, r {number} NOT NULL, PRIMARY KEY (t, r)
    ) {without_rowid}
    """,
    """
    CREATE TABLE pair (
        record TEXT NOT NULL, other TEXT NOT NULL, says TEXT NOT NULL, at {number} NOT NULL, decided_by TEXT,
        PRIMARY KEY (record, other)
    ) {without_rowid}
    """,
    """
    CREATE TABLE merge (
        id TEXT NOT NULL, record TEXT NOT NULL, old_person TEXT NOT NULL, new_person TEXT NOT NULL,
        why TEXT NOT NULL, at {number} NOT NULL, undone_at {number}, PRIMARY KEY (id)
    )
    """,
    "CREATE INDEX merge_record ON merge (record)",
    """
    CREATE TABLE message (
        id TEXT NOT NULL, header TEXT NOT NULL, sender TEXT NOT NULL, recipient TEXT NOT NULL, kind TEXT NOT NULL,
        conversation TEXT NOT NULL, in_reply_to TEXT, sequence {number} NOT NULL, created {number} NOT NULL,
        not_after {number} NOT NULL, arrived {number} NOT NULL, state TEXT NOT NULL, reason TEXT,
        attempt {number} NOT NULL, decided {number} NOT NULL, ended {number}, due_at {number}, owner TEXT,
        deadline {number}, record TEXT, waits_for TEXT, step TEXT, valid_until {number}, log_index {number},
        PRIMARY KEY (id)
    ) {without_rowid}
    """,
    "CREATE INDEX message_due ON message (due_at) WHERE state IN ('waiting', 'held')",
    "CREATE INDEX message_ends ON message (not_after) WHERE ended IS NULL",
    "CREATE INDEX message_queued ON message (recipient, decided) WHERE state = 'queued'",
    "CREATE INDEX message_record ON message (record) WHERE state IN ('waiting', 'held', 'queued')",
    "CREATE INDEX message_sent ON message (recipient) WHERE state = 'sent'",
    "CREATE UNIQUE INDEX message_step ON message (step) WHERE step IS NOT NULL",
    "CREATE INDEX message_waits_for ON message (waits_for) WHERE waits_for IS NOT NULL",
    """
    CREATE TABLE body (
        message TEXT NOT NULL, submission {bytes} NOT NULL, permit {bytes}, PRIMARY KEY (message)
    )
    """,
    """
    CREATE TABLE hop (
        n {serial}, message TEXT NOT NULL, at {number} NOT NULL, what TEXT NOT NULL, reason TEXT,
        attempt {number} NOT NULL, officer TEXT
    )
    """,
    "CREATE INDEX hop_message ON hop (message)",
    """
    CREATE TABLE refusal (
        body_hash TEXT NOT NULL, sender TEXT NOT NULL, message TEXT, reason TEXT NOT NULL, at {number} NOT NULL,
        PRIMARY KEY (body_hash)
    )
    """,
    "CREATE INDEX refusal_message ON refusal (message)",
    """
    CREATE TABLE sequence (
        sender TEXT NOT NULL, last {number} NOT NULL, PRIMARY KEY (sender)
    )
    """,
    """
    CREATE TABLE sequence_gap (
        sender TEXT NOT NULL, first {number} NOT NULL, last {number} NOT NULL, due_at {number} NOT NULL,
        told {number}, PRIMARY KEY (sender, first)
    )
    """,
    """
    CREATE TABLE cases (
        id TEXT NOT NULL, person TEXT NOT NULL, record TEXT NOT NULL, agency TEXT NOT NULL, role TEXT NOT NULL,
        state TEXT NOT NULL, before TEXT, opened {number} NOT NULL, closed {number}, PRIMARY KEY (id)
    )
    """,
    "CREATE INDEX cases_person ON cases (person)",
    "CREATE UNIQUE INDEX one_case_each ON cases (record) WHERE state <> 'closed'",
    "CREATE UNIQUE INDEX one_lead ON cases (person) WHERE state = 'open' AND role = 'lead'",
    """
    CREATE TABLE proposal (
        id TEXT NOT NULL, person TEXT NOT NULL, record TEXT NOT NULL, lead TEXT NOT NULL, recipient TEXT NOT NULL,
        reason TEXT NOT NULL, conversation TEXT NOT NULL, message TEXT NOT NULL, state TEXT NOT NULL,
        at {number} NOT NULL, until {number} NOT NULL, PRIMARY KEY (id)
    )
    """,
    "CREATE UNIQUE INDEX one_proposal ON proposal (person) WHERE state = 'open'",
    """
    CREATE TABLE script (
        id TEXT NOT NULL, person TEXT NOT NULL, record TEXT NOT NULL, agency TEXT NOT NULL, state TEXT NOT NULL,
        before TEXT, transferee TEXT, since {number} NOT NULL, until {number}, message TEXT NOT NULL,
        override_by TEXT, override_reason TEXT, PRIMARY KEY (id)
    )
    """,
    "CREATE UNIQUE INDEX one_live_script ON script (person) WHERE state IN ('reserved', 'active', 'transferring')",
    "CREATE INDEX script_person ON script (person)",
    "CREATE INDEX script_until ON script (until) WHERE state = 'reserved'",
    """
    CREATE TABLE checked (
        message TEXT NOT NULL, agency TEXT NOT NULL, at {number} NOT NULL, tokens TEXT NOT NULL, PRIMARY KEY (message)
    )
    """,
    """
    CREATE TABLE outbox (
        id {number} NOT NULL, exchange TEXT NOT NULL, routing_key TEXT NOT NULL, what TEXT NOT NULL, about TEXT,
        body {bytes}, not_before {number} NOT NULL, claimed_by TEXT, claimed_until {number} NOT NULL, PRIMARY KEY (id)
    )
    """,
    "CREATE INDEX outbox_about ON outbox (about) WHERE about IS NOT NULL",
    """
    CREATE TABLE counter (
        name TEXT NOT NULL, value {number} NOT NULL, PRIMARY KEY (name)
    )
    """,
)
_TABLES = (
    "record",
    "token",
    "pair",
    "merge",
    "message",
    "body",
    "hop",
    "refusal",
    "sequence",
    "sequence_gap",
    "cases",
    "proposal",
    "script",
    "checked",
    "outbox",
    "counter",
)


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    words = _SQLITE if sqlite else _POSTGRESQL
    for statement in _STATEMENTS:
        op.execute(statement.format(**words))
    # Outbox numbers are never reused, not even after a row is gone.
    op.execute("INSERT INTO counter (name, value) VALUES ('outbox', 0)" if sqlite else "CREATE SEQUENCE outbox_number")


def downgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP SEQUENCE outbox_number")
    for table in _TABLES:
        op.drop_table(table)
