"""Restrictions and objections (H2)."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One table: which records, since when, and until when."""
    op.create_table(
        "restriction",
        sa.Column("statement_id", sa.Text, primary_key=True),
        sa.Column("record", sa.Text, primary_key=True),
        sa.Column("purpose", sa.Text),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("log_index", sa.BigInteger, nullable=False),
        sa.Column("lifted_at", sa.BigInteger),
        sa.Column("lifted_index", sa.BigInteger),
    )
