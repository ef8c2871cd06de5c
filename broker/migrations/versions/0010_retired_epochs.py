"""Linkage keys that are no longer used: which epoch, and who decided that the register had been re-keyed."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    number = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    op.execute(
        f"CREATE TABLE retired_epoch (epoch {number} NOT NULL, at {number} NOT NULL, officer TEXT NOT NULL, why TEXT NOT NULL, "
        "PRIMARY KEY (epoch))"
    )


def downgrade() -> None:
    op.drop_table("retired_epoch")
