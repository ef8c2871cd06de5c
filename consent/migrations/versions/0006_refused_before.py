"""What was refused, so that the same on another basis is noticed (B7)."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One table: a fingerprint of what it would have told, and on what basis it was refused."""
    op.create_table(
        "refused",
        sa.Column("message_id", sa.Text, primary_key=True),
        sa.Column("attempt", sa.Integer, primary_key=True),
        sa.Column("fingerprint", sa.Text, nullable=False, index=True),
        sa.Column("basis", sa.Text, nullable=False),
        sa.Column("refused_at", sa.BigInteger, nullable=False),
    )
