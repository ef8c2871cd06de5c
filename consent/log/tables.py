"""The tables of the log. They share a database, and so a transaction, with what the consent service knows.

Leaves out: every statement that writes them (``append``, ``erase``) or reads them (``read``).
"""

from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
)

# SQLite keeps a table sorted by its INTEGER primary key, and by no other spelling of the type.
_Number = BigInteger().with_variant(Integer, "sqlite")


@dataclass(frozen=True, slots=True)
class LogTables:
    """The five tables."""

    leaf: Table
    node: Table
    entry: Table
    subject_key: Table
    checkpoint: Table


def define(metadata: MetaData) -> LogTables:
    """Add the log's tables to the consent service's metadata."""
    leaf = Table(
        "leaf",
        metadata,
        Column("leaf_index", _Number, primary_key=True, autoincrement=False),
        Column("hash", LargeBinary, nullable=False),
    )
    node = Table(
        "node",
        metadata,
        Column("level", SmallInteger, primary_key=True, autoincrement=False),
        Column("node_index", BigInteger, primary_key=True, autoincrement=False),
        Column("hash", LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    return LogTables(leaf, node, _entry(metadata), _subject_key(metadata), _checkpoint(metadata))


def _entry(metadata: MetaData) -> Table:
    """Beside the leaves: what each commits to. ``message_id`` only serves searching; the groups count."""
    return Table(
        "entry",
        metadata,
        Column("leaf_index", _Number, ForeignKey("leaf.leaf_index"), primary_key=True, autoincrement=False),
        Column("kind", Text, nullable=False),
        Column("message_id", Text, index=True),
        Column("shown", Text, nullable=False),
        Column("shown_salt", LargeBinary, nullable=False),
        Column("skeleton", Text, nullable=False),
        Column("skeleton_salt", LargeBinary, nullable=False),
        Column("subject_commitment", LargeBinary, nullable=False),
        Column("subject_ciphertext", LargeBinary, nullable=False),
    )


def _subject_key(metadata: MetaData) -> Table:
    """One key for each entry. To erase is to delete the row; nothing else of the log changes."""
    return Table(
        "subject_key",
        metadata,
        Column("leaf_index", _Number, ForeignKey("entry.leaf_index"), primary_key=True, autoincrement=False),
        Column("key", LargeBinary, nullable=False),
    )


def _checkpoint(metadata: MetaData) -> Table:
    """One signed head for each batch. ``previous_size`` is unique: two writers cannot continue one tree."""
    return Table(
        "checkpoint",
        metadata,
        Column("size", _Number, primary_key=True, autoincrement=False),
        Column("previous_size", _Number, nullable=False, unique=True),
        Column("written", BigInteger, nullable=False),
        Column("root", LargeBinary, nullable=False),
        Column("frontier", LargeBinary, nullable=False),
        Column("note", Text, nullable=False),
    )
