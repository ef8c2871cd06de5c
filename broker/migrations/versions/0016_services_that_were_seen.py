"""Which services somebody looked at last, so that one that is new opens the question who should lead again."""

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    number = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    op.execute(f"CREATE TABLE service_seen (service TEXT NOT NULL, at {number} NOT NULL, PRIMARY KEY (service))")


def downgrade() -> None:
    op.drop_table("service_seen")
