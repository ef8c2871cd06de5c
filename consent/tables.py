"""The consent service's tables: what she said, what was answered, and the log, in one database and so one transaction.

Leaves out: the questions asked of them (``store``), and how they came to be (``migrations``).
"""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, MetaData, Table, Text, text

from consent.log.tables import define

METADATA: Final = MetaData()
LOG: Final = define(METADATA)

CONSENT: Final = Table(
    "consent",
    METADATA,
    Column("consent_id", Text, primary_key=True),
    Column("record", Text, nullable=False, index=True),
    Column("taker", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("labels", Text, nullable=False),
    Column("taken_at", BigInteger, nullable=False),
    Column("review", BigInteger, nullable=False),
    Column("capacity", Text, nullable=False),
    Column("log_index", BigInteger, nullable=False),
    # How she was asked, as one text: the same words stand in very many rows.
    Column("circumstances", Text, nullable=False, server_default="{}"),
    Column("evidence", Text),
    Column("replaces", Text),
)

# The tombstone: written once, never taken away. What it names is never relied on again.
WITHDRAWAL: Final = Table(
    "withdrawal",
    METADATA,
    Column("consent_id", Text, ForeignKey("consent.consent_id"), primary_key=True),
    Column("withdrawn_at", BigInteger, nullable=False),
    Column("told_by", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("log_index", BigInteger, nullable=False),
)

_PERMITTED: Final = text("answer = 'permitted'")

# One answer for each attempt of a message, so that a question that comes twice is answered once.
DECISION: Final = Table(
    "decision",
    METADATA,
    Column("message_id", Text, primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("header", Text, nullable=False),
    Column("protocol", Text, nullable=False),
    Column("consents", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("reason", Text),
    Column("clauses", Text, nullable=False),
    Column("owner", Text),
    Column("deadline", BigInteger),
    Column("slots", Text, nullable=False),
    Column("reference", Text),
    Column("holders", Text, nullable=False),
    Column("withdrawn", Boolean, nullable=False),
    Column("decided", BigInteger, nullable=False),
    Column("valid_until", BigInteger, nullable=False),
    Column("log_index", BigInteger, nullable=False),
    # Of a release, what a withdrawal or a correction must find again.
    Column("record", Text),
    Column("sender", Text),
    Column("recipient", Text),
    Column("purpose", Text),
    Column("labels", Text),
    Index(
        "decision_released", "record", sqlite_where=text("answer = 'permitted'"), postgresql_where=text("answer = 'permitted'")
    ),
)

# Who had received what is withdrawn, refused or wrong, and is told so. What came of it is in ``outcome``, by the telling's id.
TELLING: Final = Table(
    "telling",
    METADATA,
    Column("telling_id", Text, primary_key=True),
    Column("cause", Text, nullable=False, index=True),
    Column("consent_id", Text),
    Column("message_id", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("made", BigInteger, nullable=False),
    Column("log_index", BigInteger, nullable=False),
)

# What an officer decided on a message that waited, and what held it when she looked.
ACT: Final = Table(
    "act",
    METADATA,
    Column("statement_id", Text, primary_key=True),
    Column("message_id", Text, nullable=False, index=True),
    *[Column(name, Text, nullable=False) for name in ("act", "clauses", "agency", "person", "office", "key")],
    Column("taken", BigInteger, nullable=False),
    Column("log_index", BigInteger, nullable=False),
)

# A broken glass: asked for, gone, reviewed (clause G4). What was said is in the log.
GLASS: Final = Table(
    "glass",
    METADATA,
    Column("message_id", Text, primary_key=True),
    Column("statement_id", Text, nullable=False, unique=True),
    Column("agency", Text, nullable=False, index=True),
    *[Column(name, Text, nullable=False) for name in ("person", "rank", "emergency", "recipient")],
    Column("second", Text),
    Column("asked", BigInteger, nullable=False),
    Column("released", BigInteger),
    Column("reviewed", BigInteger),
    Column("finding", Text),
    Column("reviewed_by", Text),
    Column("log_index", BigInteger, nullable=False),
)

# Where her data is not to be shared while something is settled, or for a purpose that she objects to (H2).
RESTRICTION: Final = Table(
    "restriction",
    METADATA,
    Column("statement_id", Text, primary_key=True),
    Column("record", Text, primary_key=True),
    Column("purpose", Text),
    Column("since", BigInteger, nullable=False),
    Column("log_index", BigInteger, nullable=False),
    Column("lifted_at", BigInteger),
    Column("lifted_index", BigInteger),
)

# What was refused, by a fingerprint of what it would have told (B7).
REFUSED: Final = Table(
    "refused",
    METADATA,
    Column("message_id", Text, primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("fingerprint", Text, nullable=False, index=True),
    Column("basis", Text, nullable=False),
    Column("refused_at", BigInteger, nullable=False),
)

# What the broker said became of a message: told at least once, written once.
OUTCOME: Final = Table(
    "outcome",
    METADATA,
    Column("message_id", Text, primary_key=True),
    Column("state", Text, primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("log_index", BigInteger, nullable=False),
)

# Every protocol that was ever in force, in the words that were read then.
PROTOCOL: Final = Table(
    "protocol",
    METADATA,
    Column("log_index", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("text", Text, nullable=False),
)
