"""Every table of the broker, as data; the migrations are made from it and a test keeps the two equal.

A message is kept thin and for good; what it carries lies in ``body`` until it has ended. Times are milliseconds since 1970.
Leaves out: every query.
"""

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, Text, UniqueConstraint, text

METADATA: Final = MetaData()
# SQLite counts only a column declared INTEGER by itself.
_NUMBER: Final = BigInteger().with_variant(Integer, "sqlite")


def _text(name: str, *, key: bool = False, null: bool = False) -> Column[str]:
    return Column(name, Text, primary_key=key, nullable=null)


def _whole(name: str, *, key: bool = False, null: bool = False) -> Column[int]:
    return Column(name, _NUMBER, primary_key=key, nullable=null, autoincrement=False)


def _index(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index over the rows that are of interest, so that the others cost nothing."""
    return Index(name, *columns, unique=unique, sqlite_where=text(where), postgresql_where=text(where))


# --- people, without names

RECORD: Final = Table(
    "record", METADATA,
    Column("n", _NUMBER, primary_key=True, autoincrement=True),
    _text("id"), _text("agency"), _text("reference"), _text("person"),
    _whole("minted"),    # 1: she came to the agency by a message about her, and the broker gave the reference
    _whole("created"),
    _whole("recalled", null=True),    # log index of the latest withdrawal
    UniqueConstraint("id", name="record_id"), UniqueConstraint("reference", "agency", name="record_reference"),
    Index("record_person", "person"),
)  # fmt: skip
FORMER_REFERENCE: Final = Table(
    "former_reference", METADATA, _text("reference", key=True), _text("agency", key=True), _text("record"), _whole("until"),
    Index("former_reference_until", "until"),
)  # fmt: skip
TOKEN: Final = Table("token", METADATA, _whole("t", key=True), _whole("r", key=True), sqlite_with_rowid=False)
KNOWN: Final = Table(
    "known", METADATA, _whole("r", key=True), _whole("epoch", key=True), Column("tokens", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)  # fmt: skip
PAIR: Final = Table(
    "pair", METADATA, _text("record", key=True), _text("other", key=True), _text("says"), _whole("at"),
    _text("decided_by", null=True),
    _whole("until", null=True),    # how long "different" is remembered
    _index("pair_until", "until", where="until IS NOT NULL"), sqlite_with_rowid=False,
)  # fmt: skip
MARKED: Final = Table(
    "marked", METADATA, _text("record", key=True),
    _text("mark"),    # protected: no check tells of her; canary: planted, and never anyone's match
    sqlite_with_rowid=False,
)  # fmt: skip
RETIRED_EPOCH: Final = Table(
    "retired_epoch", METADATA, _whole("epoch", key=True), _whole("at"), _text("officer"), _text("why"),
    _text("statement", null=True),    # signed
)  # fmt: skip
REVIEW: Final = Table(
    "review", METADATA,
    _text("id", key=True), _text("record"), _text("other"), _text("agency"), _text("other_agency"), _text("strength"),
    _text("state"), _whole("opened"), _whole("deadline"), _text("answer", null=True), _text("other_answer", null=True),
    _whole("settled", null=True),
    Index("review_pair", "record", "other", unique=True), Index("review_other", "other"),
    _index("review_deadline", "deadline", where="state = 'open'"),
)  # fmt: skip
MERGE: Final = Table(
    "merge", METADATA, _text("id", key=True), _text("record"), _text("old_person"), _text("new_person"), _text("why"),
    _whole("at"), _text("decided_by", null=True), _whole("undone_at", null=True), _text("undone_by", null=True),
    _text("undone_why", null=True), _text("undone_statement", null=True), Index("merge_record", "record"),
)  # fmt: skip

# --- messages

MESSAGE: Final = Table(
    "message", METADATA,
    _text("id", key=True), _text("header"), _text("sender"), _text("recipient"), _text("kind"), _text("conversation"),
    _text("in_reply_to", null=True), _whole("sequence"), _whole("created"), _whole("not_after"), _whole("arrived"),
    _text("state"), _text("reason", null=True), _whole("attempt"), _whole("decided"), _whole("ended", null=True),
    _whole("due_at", null=True), _text("owner", null=True), _whole("deadline", null=True), _text("record", null=True),
    _text("waits_for", null=True), _text("step", null=True), _whole("valid_until", null=True),
    _whole("log_index", null=True),
    _index("message_step", "step", where="step IS NOT NULL", unique=True),
    _index("message_due", "due_at", where="state IN ('waiting', 'held')"),
    _index("message_queued", "recipient", "decided", where="state = 'queued'"),
    _index("message_sent", "recipient", where="state = 'sent'"),
    _index("message_ends", "not_after", where="ended IS NULL"),
    _index("message_record", "record", where="state IN ('waiting', 'held', 'queued')"),
    _index("message_waits_for", "waits_for", where="waits_for IS NOT NULL"),
    sqlite_with_rowid=False,
)  # fmt: skip
BODY: Final = Table(
    "body", METADATA, _text("message", key=True), Column("submission", LargeBinary, nullable=False),
    Column("permit", LargeBinary, nullable=True),
)  # fmt: skip
HOP: Final = Table(
    "hop", METADATA, Column("n", _NUMBER, primary_key=True, autoincrement=True), _text("message"), _whole("at"),
    _text("what"), _text("reason", null=True), _whole("attempt"), _text("officer", null=True),
    Index("hop_message", "message"),
)  # fmt: skip
TELLING: Final = Table(
    "telling", METADATA, _text("id", key=True), _text("message"), _text("sender"), _text("agency"), _text("kind"),
    _text("alert"), _whole("told"), _whole("acknowledged", null=True),
    _index("telling_open", "told", where="acknowledged IS NULL"),
)  # fmt: skip
REFUSAL: Final = Table(
    "refusal", METADATA, _text("body_hash", key=True), _text("sender"), _text("message", null=True), _text("reason"),
    _whole("at"), Index("refusal_message", "message"),
)  # fmt: skip
SEQUENCE: Final = Table("sequence", METADATA, _text("sender", key=True), _whole("last"))
SEQUENCE_GAP: Final = Table(
    "sequence_gap", METADATA, _text("sender", key=True), _whole("first", key=True), _whole("last"), _whole("due_at"),
    _whole("told", null=True),
)  # fmt: skip

# --- guards: a partial unique index is the referee

CASES: Final = Table(
    "cases", METADATA,
    _text("id", key=True), _text("person"), _text("record"), _text("agency"), _text("role"), _text("state"),
    _text("before", null=True), _whole("opened"), _whole("closed", null=True), _text("why", null=True),
    _index("one_lead", "person", where="state = 'open' AND role = 'lead'", unique=True),
    _index("one_case_each", "record", where="state <> 'closed'", unique=True),
    Index("cases_person", "person"),
)  # fmt: skip
PROPOSAL: Final = Table(
    "proposal", METADATA,
    _text("id", key=True), _text("person"), _text("record"), _text("lead"), _text("recipient"), _text("reason"),
    _text("conversation"), _text("message"), _text("state"), _whole("at"), _whole("until"), _text("answer", null=True),
    _text("answered_by", null=True),    # the message that accepted or declined
    _index("one_proposal", "person", where="state = 'open'", unique=True),
    Index("proposal_person", "person"), Index("proposal_message", "message"), Index("proposal_answered_by", "answered_by"),
)  # fmt: skip
SCRIPT: Final = Table(
    "script", METADATA,
    _text("id", key=True), _text("person"), _text("record"), _text("agency"), _text("state"), _text("before", null=True),
    _text("transferee", null=True), _whole("since"), _whole("until", null=True), _text("message"),
    _text("override_by", null=True), _text("override_reason", null=True),
    _text("transfer", null=True),    # the message that hands it over
    _text("conflict", null=True),    # the merge that took it out of the index
    _index("one_live_script", "person", where="state IN ('reserved', 'active', 'transferring')", unique=True),
    Index("script_person", "person"),
    _index("script_until", "until", where="until IS NOT NULL"),
    _index("script_transfer", "transfer", where="transfer IS NOT NULL"),
)  # fmt: skip
SCRIPT_OVERRIDE: Final = Table(
    "script_override", METADATA,
    _text("message", key=True), _text("record"), _text("agency"), _text("beside", null=True), _text("officer"),
    _text("reason"), _whole("at"), _whole("review_by"), _whole("reviewed", null=True), _text("reviewer", null=True),
    _text("finding", null=True), _text("review_statement", null=True),
    _index("override_to_review", "review_by", where="reviewed IS NULL"),
)  # fmt: skip
CHECKED: Final = Table(
    "checked", METADATA, _text("message", key=True), _text("agency"), _whole("at"), _text("tokens"), _text("worker"),
    Column("brief", LargeBinary, nullable=False),    # its tokens, to compare later checks of this worker with
    _text("named"),    # the agencies that its answer named
    _whole("answered"),    # 0: it waits for an officer, and opens the way to no case
    Index("checked_asker", "agency", "at"), Index("checked_worker", "agency", "worker", "at"),
)  # fmt: skip
CHECK_HOLD: Final = Table(
    "check_hold", METADATA,
    _text("id", key=True), _text("agency"), _text("worker"), _text("why"), _text("reason"), _text("message"), _whole("at"),
    _whole("lifted", null=True), _text("lifted_by", null=True), _text("lifted_of", null=True), _text("lifted_why", null=True),
    _text("lifted_statement", null=True),    # signed
    _index("one_check_hold", "agency", "worker", where="lifted IS NULL", unique=True),
    Index("check_hold_lifted", "agency", "lifted"),
)  # fmt: skip
PRESENTATION: Final = Table(
    "presentation", METADATA,
    _text("id", key=True), _text("agency"), _text("place"), _text("worker"), _text("state"), _whole("opened"), _whole("until"),
    _whole("ended", null=True), _text("check_id", null=True), _text("said", null=True), _text("why_not", null=True),
    Index("presentation_opened", "opened"), _index("presentation_until", "until", where="state = 'open'"),
)  # fmt: skip

ASKED_ABOUT: Final = Table(
    "asked_about", METADATA, _text("message", key=True), _text("agency", key=True), _text("reference"), _whole("at"),
    Index("asked_about_agency", "agency", "at"),
)  # fmt: skip
SERVICE_SEEN: Final = Table("service_seen", METADATA, _text("service", key=True), _whole("at"))
ASKED_LIST: Final = Table("asked_list", METADATA, _text("agency", key=True), _whole("until"))

WATCH: Final = Table(
    "watch", METADATA, _text("record", key=True), _text("agency"), _text("reason"), _text("message"), _whole("at"),
    _whole("until"), Index("watch_until", "until"),
)  # fmt: skip
GAP: Final = Table(
    "gap", METADATA, _text("message", key=True), _text("need", key=True), _text("agency"), _text("why"), _whole("at"),
)  # fmt: skip

# --- what is to be published

OUTBOX: Final = Table(
    "outbox", METADATA,
    Column("id", _NUMBER, primary_key=True, autoincrement=False), _text("exchange"), _text("routing_key"), _text("what"),
    _text("about", null=True),    # the message of a delivery, whose body is made from the table ``body``
    Column("body", LargeBinary, nullable=True), _whole("not_before"), _text("claimed_by", null=True),
    _whole("claimed_until"),
    _index("outbox_about", "about", where="about IS NOT NULL"),
)  # fmt: skip
COUNTER: Final = Table("counter", METADATA, _text("name", key=True), _whole("value"))
