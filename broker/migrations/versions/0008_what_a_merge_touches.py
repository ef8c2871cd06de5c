"""What a merge touches can be taken back whole.

An override belongs to a record, and goes along with it; and each prescription knows the merge that put it in conflict.
"""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.execute("ALTER TABLE script_override ADD COLUMN record TEXT NOT NULL DEFAULT ''")
    op.execute(
        "UPDATE script_override SET record = coalesce((SELECT min(s.record) FROM script AS s "
        "WHERE s.message = script_override.message), (SELECT min(r.id) FROM record AS r "
        "WHERE r.person = script_override.person AND r.agency = script_override.agency), '')"
    )
    op.execute("ALTER TABLE script_override DROP COLUMN person")
    op.execute("ALTER TABLE script ADD COLUMN conflict TEXT")


def downgrade() -> None:
    op.execute("ALTER TABLE script DROP COLUMN conflict")
    op.execute("ALTER TABLE script_override ADD COLUMN person TEXT NOT NULL DEFAULT ''")
    op.execute(
        "UPDATE script_override SET person = coalesce((SELECT r.person FROM record AS r "
        "WHERE r.id = script_override.record), '')"
    )
    op.execute("ALTER TABLE script_override DROP COLUMN record")
