"""References that an agency had replaced: for a time what is on its way under one still finds her record."""

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    number = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    op.execute(
        "CREATE TABLE former_reference (reference TEXT NOT NULL, agency TEXT NOT NULL, record TEXT NOT NULL, "
        f"until {number} NOT NULL, PRIMARY KEY (reference, agency))"
    )
    op.execute("CREATE INDEX former_reference_until ON former_reference (until)")


def downgrade() -> None:
    op.drop_table("former_reference")
