"""What the guards keep: why a case closed, how a proposal was answered, which message hands a prescription over, overrides."""

from alembic import op

revision = "0004"
down_revision = "0003"

_STATEMENTS = (
    "ALTER TABLE cases ADD COLUMN why TEXT",
    "ALTER TABLE proposal ADD COLUMN answer TEXT",
    "ALTER TABLE proposal ADD COLUMN answered_by TEXT",
    "CREATE INDEX proposal_person ON proposal (person)",
    "CREATE INDEX proposal_message ON proposal (message)",
    "CREATE INDEX proposal_answered_by ON proposal (answered_by)",
    "ALTER TABLE script ADD COLUMN transfer TEXT",
    "ALTER TABLE checked ADD COLUMN named TEXT NOT NULL DEFAULT '[]'",
    "DROP INDEX script_until",
    "CREATE INDEX script_until ON script (until) WHERE until IS NOT NULL",
    "CREATE INDEX script_transfer ON script (transfer) WHERE transfer IS NOT NULL",
    """
    CREATE TABLE script_override (
        message TEXT NOT NULL, person TEXT NOT NULL, agency TEXT NOT NULL, beside TEXT, officer TEXT NOT NULL,
        reason TEXT NOT NULL, at {number} NOT NULL, review_by {number} NOT NULL, reviewed {number}, reviewer TEXT,
        finding TEXT, PRIMARY KEY (message)
    )
    """,
    "CREATE INDEX override_to_review ON script_override (review_by) WHERE reviewed IS NULL",
)


def upgrade() -> None:
    number = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    for statement in _STATEMENTS:
        op.execute(statement.format(number=number))


def downgrade() -> None:
    op.drop_table("script_override")
    for index in ("script_transfer", "script_until", "proposal_person", "proposal_message", "proposal_answered_by"):
        op.execute(f"DROP INDEX {index}")
    op.execute("CREATE INDEX script_until ON script (until) WHERE state = 'reserved'")
    for place in ("cases.why", "proposal.answer", "proposal.answered_by", "script.transfer", "checked.named"):
        table, _, column = place.partition(".")
        op.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
