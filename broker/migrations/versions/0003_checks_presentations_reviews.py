"""Who asked, in which presentation, what waits for an officer; reviews, and what was marked or decided about records."""

from alembic import op

revision = "0003"
down_revision = "0002"

_SQLITE = {"number": "INTEGER", "without_rowid": "WITHOUT ROWID"}
_POSTGRESQL = {"number": "BIGINT", "without_rowid": ""}

_STATEMENTS = (
    "ALTER TABLE pair ADD COLUMN until {number}",
    "CREATE INDEX pair_until ON pair (until) WHERE until IS NOT NULL",
    "ALTER TABLE merge ADD COLUMN decided_by TEXT",
    "ALTER TABLE merge ADD COLUMN undone_by TEXT",
    "ALTER TABLE merge ADD COLUMN undone_why TEXT",
    "ALTER TABLE checked ADD COLUMN worker TEXT NOT NULL DEFAULT 'worker'",
    "ALTER TABLE checked ADD COLUMN answered {number} NOT NULL DEFAULT 1",
    "CREATE INDEX checked_asker ON checked (agency, at)",
    "CREATE TABLE marked (record TEXT NOT NULL, mark TEXT NOT NULL, PRIMARY KEY (record)) {without_rowid}",
    """
    CREATE TABLE review (
        id TEXT NOT NULL, record TEXT NOT NULL, other TEXT NOT NULL, agency TEXT NOT NULL, other_agency TEXT NOT NULL,
        strength TEXT NOT NULL, state TEXT NOT NULL, opened {number} NOT NULL, deadline {number} NOT NULL, answer TEXT,
        other_answer TEXT, settled {number}, PRIMARY KEY (id)
    )
    """,
    "CREATE UNIQUE INDEX review_pair ON review (record, other)",
    "CREATE INDEX review_other ON review (other)",
    "CREATE INDEX review_deadline ON review (deadline) WHERE state = 'open'",
    """
    CREATE TABLE check_hold (
        id TEXT NOT NULL, agency TEXT NOT NULL, worker TEXT NOT NULL, why TEXT NOT NULL, reason TEXT NOT NULL,
        message TEXT NOT NULL, at {number} NOT NULL, lifted {number}, lifted_by TEXT, lifted_of TEXT, lifted_why TEXT,
        PRIMARY KEY (id)
    )
    """,
    "CREATE UNIQUE INDEX one_check_hold ON check_hold (agency, worker) WHERE lifted IS NULL",
    "CREATE INDEX check_hold_lifted ON check_hold (agency, lifted)",
    """
    CREATE TABLE presentation (
        id TEXT NOT NULL, agency TEXT NOT NULL, place TEXT NOT NULL, worker TEXT NOT NULL, state TEXT NOT NULL,
        opened {number} NOT NULL, until {number} NOT NULL, ended {number}, check_id TEXT, said TEXT, why_not TEXT,
        PRIMARY KEY (id)
    )
    """,
    "CREATE INDEX presentation_opened ON presentation (opened)",
    "CREATE INDEX presentation_until ON presentation (until) WHERE state = 'open'",
)
_TABLES = ("presentation", "check_hold", "review", "marked")
_COLUMNS = (
    ("checked", "answered"), ("checked", "worker"), ("merge", "undone_why"), ("merge", "undone_by"), ("merge", "decided_by"),
    ("pair", "until"),
)  # fmt: skip


def upgrade() -> None:
    words = _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL
    for statement in _STATEMENTS:
        op.execute(statement.format(**words))


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)
    op.execute("DROP INDEX checked_asker")
    op.execute("DROP INDEX pair_until")
    for table, column in _COLUMNS:
        op.drop_column(table, column)
