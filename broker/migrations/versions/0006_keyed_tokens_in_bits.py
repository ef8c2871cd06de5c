"""Tokens as numbers in the index, and a record's tokens beside it, epoch by epoch.

Tokens of the first form cannot be turned into these (the key is not here); agencies that registered people before it
register them again.
"""

from alembic import op

revision = "0006"
down_revision = "0005"

_SQLITE = {"number": "INTEGER", "bytes": "BLOB", "without_rowid": "WITHOUT ROWID"}
_POSTGRESQL = {"number": "BIGINT", "bytes": "BYTEA", "without_rowid": ""}

_STATEMENTS = (
    "ALTER TABLE record DROP COLUMN tokens",
    "DROP TABLE token",
    "CREATE TABLE token (t {number} NOT NULL, r {number} NOT NULL, PRIMARY KEY (t, r)) {without_rowid}",
    """
    CREATE TABLE known (
        r {number} NOT NULL, epoch {number} NOT NULL, tokens {bytes} NOT NULL, PRIMARY KEY (r, epoch)
    ) {without_rowid}
    """,
)


def upgrade() -> None:
    """Forward only: the state before is that of a backup."""
    words = _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL
    for statement in _STATEMENTS:
        op.execute(statement.format(**words))
