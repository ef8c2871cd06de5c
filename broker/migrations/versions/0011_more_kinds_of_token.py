"""More kinds of token: what was kept in the order of the old ones cannot be read in that of the new.

Agencies that registered people before it register them again, and are answered as before when they have.
"""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Forward only: the state before is that of a backup."""
    op.execute("DELETE FROM token")
    op.execute("DELETE FROM known")
