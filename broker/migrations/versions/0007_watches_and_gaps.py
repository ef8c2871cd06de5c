"""Who asked to hear when she comes to another agency, and needs that no service could meet."""

from alembic import op

revision = "0007"
down_revision = "0006"

_STATEMENTS = (
    """
    CREATE TABLE watch (
        record TEXT NOT NULL, agency TEXT NOT NULL, reason TEXT NOT NULL, message TEXT NOT NULL, at {number} NOT NULL,
        until {number} NOT NULL, PRIMARY KEY (record)
    )
    """,
    "CREATE INDEX watch_until ON watch (until)",
    """
    CREATE TABLE gap (
        message TEXT NOT NULL, need TEXT NOT NULL, agency TEXT NOT NULL, why TEXT NOT NULL, at {number} NOT NULL,
        PRIMARY KEY (message, need)
    )
    """,
)


def upgrade() -> None:
    number = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    for statement in _STATEMENTS:
        op.execute(statement.format(number=number))


def downgrade() -> None:
    op.drop_table("gap")
    op.drop_table("watch")
