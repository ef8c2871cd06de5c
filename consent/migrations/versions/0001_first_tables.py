"""The log, what she said, what was answered."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables of the log, then those of the service."""
    _log()
    _said()
    _answered()


def _log() -> None:
    op.create_table(
        "leaf",
        sa.Column("leaf_index", _NUMBER, primary_key=True, autoincrement=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "node",
        sa.Column("level", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("node_index", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "entry",
        sa.Column("leaf_index", _NUMBER, sa.ForeignKey("leaf.leaf_index"), primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("message_id", sa.Text, index=True),
        sa.Column("shown", sa.Text, nullable=False),
        sa.Column("shown_salt", sa.LargeBinary, nullable=False),
        sa.Column("skeleton", sa.Text, nullable=False),
        sa.Column("skeleton_salt", sa.LargeBinary, nullable=False),
        sa.Column("subject_commitment", sa.LargeBinary, nullable=False),
        sa.Column("subject_ciphertext", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "subject_key",
        sa.Column("leaf_index", _NUMBER, sa.ForeignKey("entry.leaf_index"), primary_key=True, autoincrement=False),
        sa.Column("key", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "checkpoint",
        sa.Column("size", _NUMBER, primary_key=True, autoincrement=False),
        sa.Column("previous_size", _NUMBER, nullable=False, unique=True),
        sa.Column("written", sa.BigInteger, nullable=False),
        sa.Column("root", sa.LargeBinary, nullable=False),
        sa.Column("frontier", sa.LargeBinary, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
    )


def _said() -> None:
    op.create_table(
        "consent",
        sa.Column("consent_id", sa.Text, primary_key=True),
        sa.Column("record", sa.Text, nullable=False, index=True),
        sa.Column("taker", sa.Text, nullable=False),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("labels", sa.Text, nullable=False),
        sa.Column("taken_at", sa.BigInteger, nullable=False),
        sa.Column("review", sa.BigInteger, nullable=False),
        sa.Column("capacity", sa.Text, nullable=False),
        sa.Column("log_index", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "withdrawal",
        sa.Column("consent_id", sa.Text, sa.ForeignKey("consent.consent_id"), primary_key=True),
        sa.Column("withdrawn_at", sa.BigInteger, nullable=False),
        sa.Column("told_by", sa.Text, nullable=False),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("log_index", sa.BigInteger, nullable=False),
    )


def _answered() -> None:
    op.create_table(
        "decision",
        sa.Column("message_id", sa.Text, primary_key=True),
        sa.Column("attempt", sa.Integer, primary_key=True),
        *[sa.Column(name, sa.Text, nullable=False) for name in ("header", "protocol", "consents", "answer")],
        sa.Column("reason", sa.Text),
        sa.Column("clauses", sa.Text, nullable=False),
        sa.Column("owner", sa.Text),
        sa.Column("deadline", sa.BigInteger),
        sa.Column("slots", sa.Text, nullable=False),
        sa.Column("reference", sa.Text),
        sa.Column("holders", sa.Text, nullable=False),
        sa.Column("withdrawn", sa.Boolean, nullable=False),
        *[sa.Column(name, sa.BigInteger, nullable=False) for name in ("decided", "valid_until", "log_index")],
    )
    op.create_table(
        "outcome",
        sa.Column("message_id", sa.Text, primary_key=True),
        sa.Column("state", sa.Text, primary_key=True),
        sa.Column("attempt", sa.Integer, primary_key=True),
        sa.Column("log_index", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "protocol",
        sa.Column("log_index", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
    )
