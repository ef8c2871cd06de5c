"""How she was asked, kept with what she said (anchors.md §5)."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Three columns: the circumstances as one text, the evidence's hash, and which consent this one replaces."""
    op.add_column("consent", sa.Column("circumstances", sa.Text, nullable=False, server_default="{}"))
    op.add_column("consent", sa.Column("evidence", sa.Text))
    op.add_column("consent", sa.Column("replaces", sa.Text))
