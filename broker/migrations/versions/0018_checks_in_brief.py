"""Checks in brief: a worker's are counted from an index and compared as numbers; a busy day makes none of them dearer."""

from alembic import op
from sqlalchemy import text

from broker.budgets import brief
from broker.store.checks import tokens_of

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    connection = op.get_bind()
    empty = "BLOB NOT NULL DEFAULT x''" if connection.dialect.name == "sqlite" else "BYTEA NOT NULL DEFAULT ''"
    op.execute(f"ALTER TABLE checked ADD COLUMN brief {empty}")
    op.execute("CREATE INDEX checked_worker ON checked (agency, worker, at)")
    # Whoever asked about one person again and again today is not forgotten for it.
    for message, kept in connection.execute(text("SELECT message, tokens FROM checked")).all():
        values = {"message": message, "brief": brief(tokens_of(kept))}
        connection.execute(text("UPDATE checked SET brief = :brief WHERE message = :message"), values)


def downgrade() -> None:
    op.execute("DROP INDEX checked_worker")
    op.execute("ALTER TABLE checked DROP COLUMN brief")
