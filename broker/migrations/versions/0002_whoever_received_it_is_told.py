"""Whoever received what is withdrawn or corrected is told, and says that it was."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """One table: what each past recipient was told, and when it acknowledged."""
    number = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    op.execute(
        f"""
        CREATE TABLE telling (
            id TEXT NOT NULL, message TEXT NOT NULL, sender TEXT NOT NULL, agency TEXT NOT NULL, kind TEXT NOT NULL,
            alert TEXT NOT NULL, told {number} NOT NULL, acknowledged {number}, PRIMARY KEY (id)
        )
        """
    )
    op.execute("CREATE INDEX telling_open ON telling (told) WHERE acknowledged IS NULL")
