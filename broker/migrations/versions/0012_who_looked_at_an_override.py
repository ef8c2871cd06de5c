"""What looking at an override found is kept with the signature of whoever looked."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.execute("ALTER TABLE script_override ADD COLUMN review_statement TEXT")


def downgrade() -> None:
    op.drop_column("script_override", "review_statement")
