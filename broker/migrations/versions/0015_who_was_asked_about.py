"""Which agency was told of a caseload check, about whom of its own; and up to when each had its weekly list."""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    number = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    op.execute(
        "CREATE TABLE asked_about (message TEXT NOT NULL, agency TEXT NOT NULL, reference TEXT NOT NULL, "
        f"at {number} NOT NULL, PRIMARY KEY (message, agency))"
    )
    op.execute("CREATE INDEX asked_about_agency ON asked_about (agency, at)")
    op.execute(f"CREATE TABLE asked_list (agency TEXT NOT NULL, until {number} NOT NULL, PRIMARY KEY (agency))")


def downgrade() -> None:
    op.drop_table("asked_list")
    op.drop_table("asked_about")
