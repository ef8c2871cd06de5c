"""Who lifted a hold on checks is kept with her signature."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute("ALTER TABLE check_hold ADD COLUMN lifted_statement TEXT")


def downgrade() -> None:
    op.drop_column("check_hold", "lifted_statement")
