"""Who received what, so that a withdrawal or a correction finds everyone who did."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Five columns of a release, and the table of tellings."""
    for name in ("record", "sender", "recipient", "purpose", "labels"):
        op.add_column("decision", sa.Column(name, sa.Text))
    released = sa.text("answer = 'permitted'")
    op.create_index("decision_released", "decision", ["record"], sqlite_where=released, postgresql_where=released)
    op.create_table(
        "telling",
        sa.Column("telling_id", sa.Text, primary_key=True),
        sa.Column("cause", sa.Text, nullable=False, index=True),
        sa.Column("consent_id", sa.Text),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("made", sa.BigInteger, nullable=False),
        sa.Column("log_index", sa.BigInteger, nullable=False),
    )
