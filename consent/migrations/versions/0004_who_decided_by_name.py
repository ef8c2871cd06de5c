"""What officers decided on messages that waited, and the glass that was broken (clauses I2 and G4)."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two tables."""
    op.create_table(
        "act",
        sa.Column("statement_id", sa.Text, primary_key=True),
        sa.Column("message_id", sa.Text, nullable=False, index=True),
        *[sa.Column(name, sa.Text, nullable=False) for name in ("act", "clauses", "agency", "person", "office", "key")],
        sa.Column("taken", sa.BigInteger, nullable=False),
        sa.Column("log_index", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "glass",
        sa.Column("message_id", sa.Text, primary_key=True),
        sa.Column("statement_id", sa.Text, nullable=False, unique=True),
        sa.Column("agency", sa.Text, nullable=False, index=True),
        *[sa.Column(name, sa.Text, nullable=False) for name in ("person", "rank", "emergency", "recipient")],
        sa.Column("second", sa.Text),
        sa.Column("asked", sa.BigInteger, nullable=False),
        sa.Column("released", sa.BigInteger),
        sa.Column("reviewed", sa.BigInteger),
        sa.Column("finding", sa.Text),
        sa.Column("reviewed_by", sa.Text),
        sa.Column("log_index", sa.BigInteger, nullable=False),
    )
