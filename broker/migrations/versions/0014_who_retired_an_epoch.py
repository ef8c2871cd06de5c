"""The end of a linkage key's epoch is kept with the signature of whoever decided it."""

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.execute("ALTER TABLE retired_epoch ADD COLUMN statement TEXT")


def downgrade() -> None:
    op.drop_column("retired_epoch", "statement")
