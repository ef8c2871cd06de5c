"""Who took a merge back is kept with her signature."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.execute("ALTER TABLE merge ADD COLUMN undone_statement TEXT")


def downgrade() -> None:
    op.drop_column("merge", "undone_statement")
